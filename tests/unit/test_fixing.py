"""Fixing: names as every target takes them, and every other character as it was."""

from __future__ import annotations

import os
import stat

import pytest

from capset import documents
from capset.documents import Edit
from capset.documents.spelling import is_odd, spelled
from capset.errors import DialectError

COMPOSE = """\
x-caps: &caps [cap_net_raw, KILL]   # cap_net_raw
services:
  a: {cap_add: *caps, cap_drop: [all]}
  b:
    cap_add:
      - "cap_chown"  # why
      - CAP_SYS_TIME
      - KIL
      - sys_admin
"""


def test_spelling():
    """What is none, and what is not the same everywhere, is left alone."""
    assert [*map(spelled, ("cap_kill", "Kill", "CAP_KILL", "KILL", "all", "ALL"))] == [*["KILL"] * 4, "ALL", "ALL"]
    for name in ("CAP_ALL", "cap_all", "kil", "12", "${X}", ""):
        assert spelled(name) == name
    assert [*map(is_odd, ("KILL", "CAP_KILL", "kill", "12"))] == [False, True, True, True]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_compose_file(end, mark):
    """Comments, anchors, quotes and the ends of lines stay; what is not sure stays too."""
    text = mark + COMPOSE.replace("\n", end)
    fixed = documents.fix(text, "compose.yaml")

    meant = text.replace("[all]", "[ALL]").replace('"cap_chown"', '"CHOWN"')
    assert fixed.text == meant.replace("CAP_SYS_TIME", "SYS_TIME").replace("sys_admin", "SYS_ADMIN")
    assert fixed.edits[0] == Edit(line=3, column=34, before="all", after="ALL")
    assert documents.fix(fixed.text.encode(), "compose.yaml").edits == ()
    assert documents.fix(fixed.text, "compose.yaml").diff() == ""
    assert fixed.diff().count("\n+") == 5


def test_pods():
    """Of several documents, in JSON too, beside a container that is broken, and where the last line has no end."""
    context = '{"capabilities": {"add": ["CAP_KILL"]}}'
    pod = f'{{"kind": "Pod", "spec": {{"containers": [{{"name": "a", "securityContext": {context}}}, 5]}}}}'
    fixed = documents.fix(pod, "a.json")
    assert fixed.text == pod.replace("CAP_KILL", "KILL")
    assert fixed.diff().endswith(f"+{fixed.text}\n\\ No newline at end of file\n")
    two = f"{pod}\n---\n{pod.replace('CAP_KILL', 'kill')}\n"
    assert [(edit.line, edit.before) for edit in documents.fix(two, "a.yaml").edits] == [(1, "CAP_KILL"), (3, "kill")]


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {cap_add: [NET_ADMIN, cap_net_admin]}}",  # Compose refuses a name that stands there twice
        "services: {a: {cap_add: [kill], labels: [kill]}}",
        "x: &one kill\nservices: {a: {cap_add: [*one], labels: [*one]}}",
        "services: {a: {cap_add: ['k\\\nill']}}",
        "services: {a: {command: &l [kill], cap_add: *l}}",
        "services: {a: {cap_add: &l [kill], command: *l}}",
        "services: {a: {cap_add: &l [kill], x-a: !override [*l]}}",
        "services: {a: {cap_add: [&n kill], image: *n}}",
        "services: {a: {cap_add: [&n kill], labels: {*n : x}}}",
        "x-caps: &l [kill]\nservices: {a: {cap_add: *l}}",
        'services: {a: {image: all, cap_drop: ["\\x61ll"]}}',
        'services: {a: {cap_drop: ["\\x61ll"]}} # all',
        'services: {a: {cap_drop: ["\\x61ll", x]}, b: {cap_drop: [all]}}',
        "kind: Pod\nspec:\n containers:\n - name: a\n   args: &l [kill]\n   securityContext: {capabilities: {add: *l}}",
        "kind: Pod\nmetadata: {annotations: &x {drop: [all]}}\nspec:\n containers:\n - name: a\n"
        "   securityContext: {capabilities: {<<: *x}}",
        'services: {a: {cap_add: ["\\x6bill"]}}',
        "services: {a: {cap_add: ['${CAP}', CAP_ALL, kil]}}",
        "services: {a: {cap_add: kill}}",
        "services: {a: {cap_add: [kill]}} # \x85",
        "cap_kill=ep",
        "docker run --cap-add kill x",
        "[Service]\nCapabilityBoundingSet=cap_kill\n",
    ],
)
def test_what_is_not_sure_stays(text):
    """Or is no matter of spelling."""
    fixed = documents.fix(text, "x.service" if text.startswith("[") else "x")
    assert (fixed.edits, fixed.text, fixed.before) == ((), text, text)


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {cap_add: &l [kill]}, b: {cap_add: *l}}",
        "services: {a: {cap_add: [&n kill]}, b: {cap_drop: [*n]}}",
        "services: {a: {cap_add: !override [kill], x-a: .nan, x-b: &r [*r], labels: {a/b: c}}}",
    ],
)
def test_what_stands_for_names_alone_is_written(text):
    """By whatever aliases, tags and odd values are around."""
    assert documents.fix(text, "x").text == text.replace("kill", "KILL")


def test_what_would_ask_for_something_else_is_not_written(monkeypatch):
    """What is read again decides."""
    from capset.documents import fixing

    monkeypatch.setattr(fixing, "_edited", lambda text, _edits: text.replace("kill", "CHOWN"))
    assert documents.fix("services: {a: {cap_add: [kill]}}", "x").edits == ()


def test_what_is_no_document():
    """The errors of read()."""
    with pytest.raises(DialectError):
        documents.fix("Hello world")
    with pytest.raises(TypeError, match="expected a document as str or bytes, got 5"):
        documents.fix(5)


# -- the command line ----------------------------------------------------------------------------------


@pytest.fixture
def compose(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "compose.yaml"
    path.write_bytes(b"\xef\xbb\xbfservices:\r\n\ta: {cap_drop: [all]}\r\n".replace(b"\t", b"  "))
    path.chmod(0o640)
    return path


DIFF = "--- compose.yaml\n+++ compose.yaml\n@@ -1,2 +1,2 @@\n"


def test_a_system_without_owners(run, compose, monkeypatch):
    """Windows, where a file belongs to nobody who could be kept."""
    monkeypatch.delattr(os, "chown", raising=False)
    assert run("lint", "--fix", "compose.yaml")[0] == 0
    assert b"[ALL]" in compose.read_bytes()


def test_diff_writes_nothing(run, compose):
    """And says by its exit status whether there is anything to change."""
    before = compose.read_bytes()
    status, out, err = run("lint", "--diff", ".")
    assert (status, err) == (1, "")
    assert out.endswith("-  a: {cap_drop: [all]}\n+  a: {cap_drop: [ALL]}\n")
    assert compose.read_bytes() == before
    assert run("lint", "--diff", "-", stdin="services: {a: {cap_drop: [ALL]}}")[:2] == (0, "")
    assert run("lint", "--diff", "-", stdin="services: {a: {cap_drop: [all]}}")[0] == 1
    (compose.parent / "b.yaml").write_text("kind: [")
    assert run("lint", "--diff", ".")[0] == 2
    assert run("lint", "--diff", "-", stdin="services: {a: {labels: [\t'\\e'], cap_drop: [all]}}")[1].count("\t") == 2


def test_fix_shows_and_writes(run, compose):
    """What remains is linted; everything else of the file is as it was."""
    link = compose.parent / "link.yaml"
    link.symlink_to("compose.yaml")
    status, out, err = run("lint", "--fix", "link.yaml")
    assert (status, out) == (0, "")
    assert "+  a: {cap_drop: [ALL]}\n" in err
    assert compose.read_bytes() == b"\xef\xbb\xbfservices:\r\n  a: {cap_drop: [ALL]}\r\n"
    assert stat.S_IMODE(compose.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert sorted(each.name for each in compose.parent.iterdir()) == ["compose.yaml", "link.yaml"]
    assert run("lint", "--fix", "compose.yaml") == (0, "", "capset: there is nothing to fix\n")


def test_what_cannot_be_fixed(run, compose, monkeypatch):
    """Two options, standard input, and a file that changes meanwhile."""
    assert run("lint", "--fix", "--diff", "compose.yaml")[::2] == (
        2,
        "capset: --diff only shows what --fix would change: give one of them\n",
    )
    told = "capset: -: standard input cannot be written: --diff shows what would change\n"
    assert run("lint", "--fix", "-", stdin="services: {a: {cap_drop: [all]}}") == (2, "", told)

    from capset.cli import fixing

    before = compose.read_bytes()
    given = iter([before, b"other"])
    monkeypatch.setattr(fixing, "read_bytes", lambda _path: next(given))
    status, _, err = run("lint", "--fix", "compose.yaml")
    assert (status, err.splitlines()[-1]) == (
        2,
        f"capset: {os.path.realpath('compose.yaml')}: it has changed meanwhile, and was left as it is",
    )
    assert compose.read_bytes() == before
    assert os.listdir() == ["compose.yaml"]


def test_what_cannot_be_read_is_told_with_the_difference(run, compose):
    """It is not said that there is nothing to fix."""
    status, out, err = run("lint", "--diff", "gone.yaml", "compose.yaml")
    assert (status, "+  a: {cap_drop: [ALL]}" in out) == (2, True)
    assert err == "capset: gone.yaml: No such file or directory\n"
