"""Configurations under the real LXC."""

from __future__ import annotations

import random

import pytest

from capset import documents, engines, live
from tests.live.containers import outcome

SHARE = "/usr/share/lxc/config"
NAMES = ["kill", "chown", "12", "0x3", "net_raw", "sys_module", "bpf", "010"]
ODD = ["KILL", "cap_kill", "kill,chown", "none", "41", "-5", "$X", "all"]


def configuration(draw: random.Random) -> str:
    """Draw what is about capabilities."""
    lines: list[str] = []
    for _ in range(draw.randint(0, 5)):
        names = draw.choices(NAMES, k=draw.randint(1, 3))
        if draw.random() < 0.1:
            names.insert(draw.randint(0, len(names)), draw.choice(ODD))
        key = draw.choice(["lxc.cap.drop", "lxc.cap.keep"])
        value = draw.choice([" ", "\t", "  "]).join(names)
        lines.append(
            draw.choice(
                [
                    *(f"{key} = {value}", f"  {key}={value}  ", f'{key} = "{value}"'),
                    *(f"{key} =", f"{key} = none", f"{key} = ''"),
                    *(f"lxc.include = {SHARE}/common.conf", f"lxc.include = {SHARE}/userns.conf"),
                    *("# lxc.cap.drop = kill", "cap.drop = kill", "; lxc.cap.keep = kill"),
                ]
            )
        )
    if draw.random() < 0.1:
        lines.append(
            draw.choice(["lxc.capdrop = kill", "lxc.utsname = a", "lxc.cap.drop kill", "lxc.no_new_privs = 2"])
        )
    lines += draw.choice([[], ["lxc.init.uid = 1000"], ["lxc.init.uid = 0x3E8", "lxc.init.uid = web"]])
    lines += draw.choice([[], ["lxc.no_new_privs = 1"]])
    return draw.choice(["\n", "\r\n"]).join(lines) + "\n"


@pytest.mark.parametrize("seed", range(3))
def test_drawn_configurations(lxc, seed):
    """What the container's first process has is what is read of the file, and what LXC refuses is refused."""
    engine = engines.get("lxc", lxc.version)
    held = live.read().caps.permitted
    draw = random.Random(seed)
    file = lxc.folder / "drawn.conf"
    rest = (
        f"lxc.uts.name = drawn\nlxc.rootfs.path = dir:{lxc.root}\nlxc.net.0.type = empty\n"
        "lxc.mount.auto =\nlxc.mount.auto = proc:mixed sys:ro\n"
    )
    refused = 0
    for _ in range(40):
        text = configuration(draw) + rest
        file.write_text(text, newline="")
        command = ("-P", lxc.folder, "-n", "drawn", "-f", file, "--", "/bin/cat", "/proc/self/status")
        actual = outcome(*lxc.execute, *command)
        [workload] = documents.read(text, "drawn.conf", dialect="lxc")
        workload = workload.for_engine(engine)
        if actual.state is None:
            assert "config" in actual.said, actual.said
            assert workload.refusal or any(each.rule == "variable" for each in workload.problems), (text, actual.said)
            refused += 1
            continue
        assert workload.refusal is None, (text, workload.refusal)
        assert actual.state == engine.container(workload.request, available=held), text
    assert 5 < refused < 35


def test_what_is_written(lxc):
    """What is written for LXC gives just the sets."""
    held = live.read().caps.permitted
    for line in ("docker run a", "docker run --cap-drop ALL a", "docker run --cap-add ALL --cap-drop KILL -u 1000 a"):
        text = documents.convert(documents.read(line), "lxc", writes=engines.get("lxc", lxc.version)).text
        file = lxc.folder / "written.conf"
        file.write_text(
            f"{text}\nlxc.rootfs.path = dir:{lxc.root}\nlxc.net.0.type = empty\nlxc.mount.auto = proc:mixed\n"
        )
        command = ("-P", lxc.folder, "-n", "written", "-f", file, "--", "/bin/cat", "/proc/self/status")
        actual = outcome(*lxc.execute, *command)
        [workload] = documents.read(line)
        expected = engines.get("docker").container(workload.request)
        assert actual.state is not None, actual.said
        assert actual.state.bounding == expected.bounding & held
        assert actual.state.permitted == expected.permitted & held
