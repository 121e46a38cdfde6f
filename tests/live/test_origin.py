"""capset.live.origin against containers that run: what the group of each tells, and that of what has started it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from capset.live.origin import control_group, origin
from tests.live.containers import COMPILED_IN, LIMITS, call
from tests.live.cri import IMAGE, NODE
from tests.live.test_engines import places

_NUMBERS = count(1_000_000 + os.getpid() * 100)  # a command line that nothing else on this machine has
_PATIENCE = 30  # seconds


def told(pid: int) -> tuple[str | None, str | None]:
    """Return the container and the engine of a process, as this side sees it, whatever namespaces it is in."""
    found = origin(control_group(pid))
    return found.container, found.engine


def of_lxc(pid: int) -> str | None:
    """Return the engine of what LXC has started: below a group that capset does not know it may be somebody's else."""
    return "lxc" if control_group(pid).startswith("/lxc.payload.") else None


def of_the_tests() -> tuple[str | None, str | None]:
    """Return what is told of this process, which may itself be in a container."""
    return told(os.getpid())


def parent(pid: int) -> int:
    """Return the process that has started another."""
    return int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])


def started(words: list[str]) -> int:
    """Wait for the process of a command line, which an engine started, not for the engine's own with these words."""
    line = "\0".join([*words, ""])
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if (folder / "cmdline").read_text("utf-8", "replace") == line:
                    return int(folder.name)
            except OSError:  # it has ended
                continue
        time.sleep(0.05)
    raise AssertionError(f"{words} was not started")


def waiting() -> list[str]:
    """Return the words of a command that waits, and that nothing else has."""
    return ["/bin/busybox", "sleep", str(next(_NUMBERS))]


@contextmanager
def running(command: list[str | Path], words: list[str], **options: object) -> Iterator[int]:
    """Run a command that starts another and waits for it; yield the number of that other."""
    nothing = subprocess.DEVNULL
    with ExitStack() as ending:
        process = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing, **options)
        ending.callback(process.wait, _PATIENCE)
        ending.callback(process.terminate)
        pid = started(words)
        ending.callback(os.kill, pid, 9)
        yield pid


@places("docker", "here", "trixie", "forky")
def test_docker(docker):
    """A container, what is run in it later, and its shim, which is outside."""
    words, later = waiting(), waiting()
    made = call(*docker.client, "run", "--detach", "--network=none", "box", *words)
    container = made.stdout.decode().strip()
    try:
        assert len(container) == 64, made
        assert told(started(words)) == (container, "docker")
        assert told(parent(started(words))) == of_the_tests()
        done = call(*docker.client, "exec", "--detach", container, *later)
        assert done.returncode == 0, done
        assert told(started(later)) == (container, "docker")
    finally:
        call(*docker.client, "rm", "--force", container)


@places("podman", "here", "trixie", "forky")
def test_podman(podman):
    """A container, what is run in it later, and conmon, which watches over it from outside."""
    words, later = waiting(), waiting()
    options = ["--detach", "--pull=never", "--network=none", "--pids-limit=0", *LIMITS]
    made = call(*podman.podman, "run", *options, "box:1", *words, env=COMPILED_IN)
    container = made.stdout.decode().strip()
    try:
        assert len(container) == 64, made
        assert told(started(words)) == (container, "podman")
        assert told(parent(started(words))) == of_the_tests()
        done = call(*podman.podman, "exec", "--detach", container, *later, env=COMPILED_IN)
        assert done.returncode == 0, done
        assert told(started(later)) == (container, "podman")
    finally:
        call(*podman.podman, "rm", "--force", "--time=0", container, env=COMPILED_IN)


def test_containerd(containerd):
    """A container of a pod, by the id that CRI tells; without a cgroup parent its path does not name the engine."""
    words = waiting()
    container = {1: {1: "origin"}, 2: {1: IMAGE}, 3: words, 15: {2: {3: {1: NODE}}}}
    made = containerd.ask("CreateContainer", {1: containerd.id, 2: container, 3: containerd.sandbox})[1].decode()
    try:
        containerd.ask("StartContainer", {1: made})
        assert told(started(words)) == (made, None)
        assert told(parent(started(words))) == of_the_tests()
    finally:
        containerd.ask("RemoveContainer", {1: made})


@places("lxc", "here", "forky")
def test_lxc(lxc):
    """A container by its name, and its monitor, which is outside."""
    config, words = lxc.folder / "origin", waiting()
    config.write_text(
        "lxc.include = /usr/share/lxc/config/common.conf\nlxc.uts.name = test\nlxc.net.0.type = empty\n"
        f"lxc.rootfs.path = dir:{lxc.root}\nlxc.mount.auto =\nlxc.mount.auto = proc:mixed sys:ro\n"
    )
    command = [*lxc.execute, "-P", lxc.folder, "-n", "of-a.test", "-f", config, "--", *words]
    with running(command, words) as pid:
        assert told(pid) == ("of-a.test", of_lxc(pid))
        init = parent(pid)
        assert told(init) == ("of-a.test", of_lxc(init))
        assert told(parent(init)) == of_the_tests()


@places("incus", "forky")
def test_incus(incus):
    """A container by its name; Incus lets LXC start it."""
    words = waiting()
    incus.ask("create", "box", "origin", "--storage", "default")
    incus.ask("start", "origin")
    try:
        with running([*incus.incus, "exec", "origin", "--", *words], words, env=incus.environment) as pid:
            assert told(pid) == ("origin", of_lxc(pid))
    finally:
        incus.ask("delete", "--force", "origin")


@places("nspawn", "here", "trixie", "forky")
def test_nspawn_that_keeps_its_unit(nspawn):
    """Without a group of its own a container is told as what has started it."""
    words = waiting()
    with running([*nspawn.nspawn, "--keep-unit", "--quiet", "--pipe", *words], words) as pid:
        assert told(pid) == of_the_tests()


def test_runc(runc):
    """The group is named as the container is, which is nothing that another group may not be named."""
    words = waiting()
    process = {**runc.template["process"], "args": words}
    (runc.bundle / "config.json").write_text(json.dumps(runc.template | {"process": process}))
    command = [*runc.runtime, "--root", runc.folder / "state", "run", "--bundle", runc.bundle, "of-a-test"]
    with running(command, words) as pid:
        assert told(pid) == of_the_tests()
