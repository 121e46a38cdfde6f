"""Several compose files, what they extend and what they tag: as ``docker compose config`` has it."""

from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from capset import documents
from capset.errors import CapsetError
from tests.live.suites import unpacked

pytest.importorskip("ruamel.yaml")

NAMES = ["KILL", "CHOWN", "NET_ADMIN", "ALL", "kill", "CAP_KILL"]
FILES = ["f0.yaml", "f1.yaml", "sub/g.yaml", "sub/h.yaml"]


def written(values):
    return values.map(lambda each: json.dumps(each))


LISTS = written(st.lists(st.sampled_from(NAMES), max_size=3))
KEYS = {
    "cap_add": LISTS,
    "cap_drop": LISTS,
    "user": written(st.sampled_from(["5", "6:7", "root"])),
    "privileged": written(st.booleans()),
    "security_opt": written(
        st.sampled_from([["no-new-privileges"], ["no-new-privileges:false"], ["label=disable"], []])
    ),
    "command": written(st.sampled_from(["x", ["x"]])),
    "environment": written(st.sampled_from([{"A": "b"}, ["A=b"]])),
    "build": written(st.sampled_from([".", {"context": "."}, {"context": ".", "privileged": True}])),
    "post_start": written(st.just([{"command": "x", "user": "5"}])),
}
TAGS = st.sampled_from(["{}"] * 8 + ["!reset null", "!reset []", "!reset {}", "!override {}"])


@st.composite
def files(draw):
    """Write a file, of YAML as people write it."""
    lines, names = ["services:"], draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True))
    for name in names:
        whole = draw(st.sampled_from([""] * 15 + ["!override"]))
        if draw(st.integers(0, 20)) == 0:
            lines.append(f"  {name}: !reset null")
            continue
        lines += [f"  {name}: {whole}", "    image: x"]
        for key in draw(st.lists(st.sampled_from([*KEYS]), unique=True, max_size=6)):
            lines.append(f"    {key}: {('{}' if whole else draw(TAGS)).replace('{}', draw(KEYS[key]))}")
        if draw(st.integers(0, 2)) == 0:
            file = draw(st.sampled_from(["", "", "f1.yaml", "sub/g.yaml", "h.yaml", "../f0.yaml"]))
            extends = {"service": draw(st.sampled_from("abc")), **({"file": file} if file else {})}
            lines.append(f"    extends: {json.dumps(extends)}")
    return "\n".join(lines) + "\n"


@pytest.mark.suite
def test_what_compose_makes_of_several_files(tool, tmp_path):
    """Names, user, privileged and no_new_privs of each service; and what Compose refuses, is refused or not known."""
    root = unpacked("forky", tool)
    [loader] = root.glob("usr/lib*/ld-linux-*.so.*")
    [library] = root.glob("usr/lib/*/libc.so.6")
    compose = [loader, "--library-path", library.parent, root / "usr/libexec/docker/cli-plugins/docker-compose"]
    (tmp_path / "sub").mkdir()
    agreed = refused = 0

    @settings(max_examples=80, deadline=None, phases=[Phase.generate])
    @given(
        st.tuples(*[files()] * len(FILES)), st.lists(st.sampled_from(FILES[:3]), min_size=1, max_size=3, unique=True)
    )
    def compare(texts, used):
        nonlocal agreed, refused
        given_texts = dict(zip(FILES, texts, strict=True))
        for name, text in given_texts.items():
            (tmp_path / name).write_text(text)
        named = [word for name in used for word in ("-f", name)]
        run = subprocess.run(
            [*compose, *named, "config", "--no-consistency", "--format", "json"], cwd=tmp_path, capture_output=True
        )
        rest = {name: text for name, text in given_texts.items() if name not in used}
        try:
            found = documents.merge({name: given_texts[name] for name in used}, beside=rest)
        except CapsetError:
            found = None
        if b"no such file" in run.stderr:  # of a file that is not there, nothing is known
            return
        if run.returncode:
            # Of other keys, what Compose refuses is not looked for.
            if all(word not in run.stderr.decode() for word in ("build", "command", "environment", "post_start")):
                assert found is None or any(each.refusal or each.not_known for each in found), run.stderr
                refused += 1
            return
        assert found is not None
        services = json.loads(run.stdout)["services"]
        assert sorted(services) == sorted(each.name for each in found)
        for each in found:
            said = services[each.name]
            assert not each.refusal
            if each.not_known:  # it extends what is in no file that is given
                assert "file" in "".join(texts)
                continue
            options = [option.partition(":") for option in said.get("security_opt") or []]
            gains = [value != "false" for name, _, value in options if name == "no-new-privileges"]
            assert list(dict.fromkeys(each.request.add)) == said.get("cap_add", [])
            assert list(dict.fromkeys(each.request.drop)) == said.get("cap_drop", [])
            assert (each.request.user, each.request.privileged) == (said.get("user", ""), said.get("privileged", False))
            assert each.request.no_new_privs == (gains[-1] if gains else False)
            agreed += 1

    compare()
    assert (agreed > 30, refused > 5) == (True, True)
