"""A document as an operand: what tools print and what people write, wherever a command looks at something."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

AVC = (
    'type=AVC msg=audit(1715680000.123:456): avc:  denied  { net_admin } for  pid=7 comm="tcpdump" capability=12  '
    "scontext=a:b:c:s0 tcontext=a:b:c:s0 tclass=capability permissive=0\n"
)
QUADLET = "[Container]\nImage=web\nUser=1000\nDropCapability=all\nAddCapability=CAP_KILL\n"
GETCAP = "/usr/bin/ping cap_net_raw=ep\n"
PODS = '{"spec": {"containers": [{"name": "a"}, {"name": "b", "securityContext": {"runAsUser": 5}}]}}'


def sets(told):
    """The sets of what show prints as JSON, by their first letters."""
    return {name[0]: caps and ",".join(caps["names"]) for name, caps in told["caps"].items()}


def test_a_quadlet_file(run, tmp_path):
    """What its container gets, to each command that asks for a process."""
    file = tmp_path / "app.container"
    file.write_text(QUADLET)
    told = json.loads(run("show", f"file:{file}", "--json")[1])
    assert sets(told) == dict.fromkeys("epiba", "CAP_KILL")
    assert told["uids"] == {"real": 1000, "effective": 1000, "saved": 1000, "fs": 1000}
    [assumed] = told["assumed"]
    assert assumed == (
        f"file:{file} ([Container]) is read as quadlet: the sets are those of the container's first process, as Podman "
        "gives them"
    )
    assert run("diff", "kill", f"file:{file}")[0] == 0
    assert "CAP_KILL is effective" in run("why", f"file:{file}", "kill")[1]
    assert "leave --uid out" in run("why", f"file:{file}", "kill", "--uid", "5")[2]
    assert "--cap-add=KILL" in run("flags", "docker", f"file:{file}")[1]
    assert "bubblewrap" in run("recognise", f"file:{file}")[1]
    assert "file:" in run("compare", "docker", f"file:{file}")[1]


@pytest.mark.linux
def test_what_a_container_of_a_quadlet_file_executes(run, tmp_path):
    """A program of this machine."""
    file = tmp_path / "app.container"
    file.write_text(QUADLET)
    assert run("exec", "/bin/sh", "--pid", f"file:{file}")[0] == 0


def test_file_capabilities(run):
    """They are sets of a file, of which there are three, and nobody's default is their measure."""
    status, out, err = run("show", "-", stdin=GETCAP)
    assert (status, err) == (
        0,
        "capset: standard input (/usr/bin/ping) is read as getcap: the sets are those of the file\n",
    )
    assert "uids" not in out
    assert "Against" not in out
    assert out.count("not known") == 2
    assert run("show", GETCAP)[1:] == (
        out.replace("standard input", "the operand"),
        err.replace("standard input", "the operand"),
    )
    assert run("decode", stdin=GETCAP)[1:] == (out, err)
    assert run("decode", GETCAP.strip())[1] == out.replace("standard input", "the operand")
    status, out, err = run("why", "-", "kill", stdin=GETCAP)
    assert (status, out) == (2, "")
    assert err == (
        "capset: standard input (/usr/bin/ping): the bounding and the ambient set cannot be told: it says effective "
        "and permitted and inheritable alone\n"
    )


def test_what_has_no_sets(run):
    """It is told what there is, and that the sets are not known; never that there are none."""
    status, out, err = run("show", "-", stdin=AVC)
    assert status == 0
    assert "refused-check: SELinux refused CAP_NET_ADMIN to tcpdump (pid 7)" in err
    assert "capset: not known: it tells what was asked" in err
    assert out.count("not known") == 6
    assert set(sets(json.loads(run("show", "-", "--json", stdin=AVC)[1])).values()) == {None}
    for command in (["diff", "docker", "-"], ["why", "-", "kill"], ["recognise", "-"], ["flags", "docker", "-"]):
        status, out, err = run(*command, stdin=AVC)
        assert (status, out) == (2, "")
        assert "refused CAP_NET_ADMIN to tcpdump" in err
        assert "not known: it tells what was asked" in err


def test_several(run):
    """Each is shown; where one is asked for, they are named."""
    told = json.loads(run("show", "-", "--json", stdin=PODS)[1])
    assert [each["label"] if "label" in each else each["name"] for each in told] == ["a", "b"]
    assert [sets(each)["e"] == "" for each in told] == [False, True]
    assert "nothing names the user, so it is the image's, which is taken for root" in told[0]["assumed"]
    told = "has 2 processes in it, and one is asked for; choose one, as in file:PATH#a: a, b"
    assert told in run("diff", "docker", "-", stdin=PODS)[2]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("docker run --user 5 --cap-add CHOWN web", "the operand"),
        ("cap_chown=i", "the operand"),
        ("$ getpcaps 7\n7: cap_chown=ip\n", "the operand (pid 7)"),
    ],
)
def test_what_is_pasted_as_an_operand(run, text, name):
    """A whole line, in quotes."""
    status, out, _ = run("show", text)
    assert status == 0
    assert out.startswith(f"{name}\n")
    assert "CAP_CHOWN" in out


def test_a_user_that_is_a_name(run):
    """Root is 0; who another one is, nobody knows."""
    line = "docker run --user {} web"
    assert json.loads(run("show", line.format("root"), "--json")[1])["uids"]["real"] == 0
    assert json.loads(run("show", line.format("web"), "--json")[1])["uids"] is None
    told = run("why", line.format("web"), "chown")[1]
    assert "If it is root" not in told
    assert "Assumed: the four user ids are 1000." in told
    assert json.loads(run("why", line.format("web"), "chown", "--json")[1])["effective"] is False
    assert "Assumed: the four user ids are 5." in run("why", line.format("web"), "chown", "--uid", "5")[1]


def test_what_is_no_document(run, tmp_path):
    """The error says what was looked for; one in a row, or in a document, stands."""
    status, out, err = run("show", "-", stdin="Hello world")
    assert (status, out) == (2, "")
    assert err == (
        "capset: standard input: no CapEff line; expected a row such as CapEff: and 16 hexadecimal digits, as "
        "/proc/PID/status has it; nor is it a document: see capset help dialects\n"
    )
    near = run("show", "-", stdin="web: {cap_add: [KILL]}")[2]
    assert "nor is it a document (compose: it has no services): see capset help dialects" in near
    twice = "services:\n  a: {user: 1, user: 2}\n"
    assert 'found duplicate key "user"' in run("show", "-", stdin=twice)[2]
    assert 'found duplicate key "user"' in run("decode", stdin=twice)[2]
    assert "nor is it" not in run("show", "-", stdin="")[2]
    assert "expected 16 hexadecimal digits" in run("show", "-", stdin="CapEff: 000001ff")[2]
    assert run("show", "-", stdin='{"kind": "List", "items": []}')[2].endswith(
        "standard input: there is no container in it, and no unit\n"
    )
    broken = tmp_path / "a.yaml"
    broken.write_text("services: [")
    assert "a.yaml:1: expected the node content" in run("show", f"file:{broken}")[2]
    assert "cannot read 'cap_chwon=ep' as pid:N" in run("show", "cap_chwon=ep")[2]
    assert run("decode", stdin="Hello world")[2].startswith("capset: line 1: unknown capability 'Hello")


def test_one_of_several(run, tmp_path):
    """By its name behind the file's; a file that is there may have such a name itself."""
    file = tmp_path / "pods.json"
    file.write_text(PODS)
    assert "choose one, as in file:" in run("why", f"file:{file}", "chown")[2]
    told = json.loads(run("show", f"file:{file}#b", "--json")[1])
    assert (told["name"], told["uids"]["real"]) == ("b", 5)
    assert run("show", f"file:{file}#c")[2] == f"capset: file:{file}#c: there is no 'c' in it: known are a, b\n"
    odd = tmp_path / "pods.json#b"
    odd.write_text(QUADLET)
    assert json.loads(run("show", f"file:{odd}", "--json")[1])["name"] == "[Container]"
    within = tmp_path / "named.json"
    within.write_text('{"metadata": {"name": "shop"}, "spec": {"containers": [{"name": "a"}]}}')
    assert json.loads(run("show", f"file:{within}#a", "--json")[1])["name"] == "shop: a"
    rows = tmp_path / "rows"
    rows.write_text("CapEff: 0000000000000001\n")
    assert run("show", f"file:{rows}#a")[2].endswith(
        "there is no 'a' in it: known are none, as nothing in it has a name\n"
    )
    rows.write_text("CapEff: 0000000000000001\nCapEff: 0000000000000002\n")
    assert "choose one, as in" in run("diff", "docker", f"file:{rows}")[2]


def test_a_path_that_can_be_nothing_else(run, tmp_path, monkeypatch):
    """Nobody has to write file: in front of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "status").write_text("Name:\tweb\nCapEff:\t0000000000000001\n")
    (tmp_path / "kill").write_text("")
    assert run("show", "status") == run("show", "file:status")
    assert run("diff", "kill", "CAP_KILL")[0] == 0
    assert "write file:gone.txt" in run("show", "gone.txt")[2]


@pytest.mark.linux
def test_what_a_program_is_said_to_have(run, tmp_path):
    """Executing it is explained without it, as root's or as another's program of a container."""
    file = tmp_path / "getcap.txt"
    file.write_text("/usr/bin/dumpcap cap_net_admin,cap_net_raw=ep\n")
    status, out, _ = run("exec", f"file:{file}", "--engine", "docker", "--user", "1000")
    assert (status, "EPERM" in out, "CAP_NET_ADMIN" in out) == (1, True, True)
    assert run("exec", "-", "--engine", "docker", "--user", "1000", stdin=GETCAP)[0] == 0
    file.write_text(QUADLET)
    assert run("exec", f"file:{file}")[2].endswith("says nothing of a program's capabilities, as getcap does\n")


@pytest.mark.linux
def test_a_program_that_is_not_understood(run):
    """Nothing is explained of what is not known."""
    for text in ("/usr/bin/x cap_next=ep\n", "effective   /usr/bin/x   chown, next_one\n", AVC):
        status, out, err = run("exec", "-", stdin=text)
        assert (status, out) == (2, "")
        assert "not known" in err


def test_the_engine_of_a_document(run, tmp_path):
    """Is the measure, unless another is named."""
    file = tmp_path / "app.container"
    file.write_text(QUADLET)
    assert "Against Podman's default of 11 " in run("show", f"file:{file}")[1]
    assert "Against CRI-O's default of 9 " in run("show", f"file:{file}", "--against", "cri-o")[1]
    assert "Against Docker Engine's default of 14 " in run("show", f"file:{file}", "--against", "docker")[1]


def test_nothing_effective(run):
    """Then another set says what was asked for, and that is told."""
    rows = (
        "".join(f"Cap{name}:\t0000000000000000\n" for name in ("Inh", "Prm", "Eff", "Amb"))
        + "CapBnd:\t0000000000001000\n"
    )
    told = "standard input has nothing effective; what it was given is in another set: --set bounding"
    assert told in run("diff", "docker", "-", stdin=rows)[1]
    assert told in run("flags", "docker", "-", stdin=rows)[2]
    assert told not in run("diff", "docker", "-", "--set", "bounding", stdin=rows)[1]
    assert told not in run("flags", "docker", "-", "--set", "bounding", stdin=rows)[2]
    assert told not in run("diff", "docker", "-", stdin=rows.replace("1000", "0000"))[1]


@pytest.mark.linux
def test_standard_input_that_nobody_reads(tmp_path):
    """It is told, where a person has piped something in."""
    command = [sys.executable, "-m", "capset", "show"]
    told = "these are the sets of this command; to show what is on standard input, write: capset show -"
    piped = subprocess.run(command, input="CapEff: 0000000000000001\n", capture_output=True, text=True, check=True)
    assert told in piped.stderr
    (tmp_path / "empty").write_text("")
    with open(tmp_path / "empty") as empty:
        quiet = subprocess.run(command, stdin=empty, capture_output=True, text=True, check=True)
    assert told not in quiet.stderr


UNKNOWN = "docker run --cap-add $X alpine"


@pytest.mark.parametrize("other", ["docker run --privileged alpine", UNKNOWN])
def test_what_is_not_known_is_not_the_same(run, other):
    """On either side: nothing was compared."""
    for words in ((UNKNOWN, other), (other, UNKNOWN)):
        for more in ((), ("--json",)):
            status, out, err = run("diff", *words, *more)
            assert (status, out) == (2, "")
            assert "capset: the operand: not known: a variable decides\n" in err
    status, out, err = run("diff", "-", "-", stdin="CapEff: 0000000000000001")
    assert status == 2


def test_rows_that_share_no_set(run, tmp_path):
    """They cannot be compared."""
    for name, label in (("a", "Eff"), ("b", "Bnd")):
        (tmp_path / name).write_text(f"Cap{label}: 0000000000000001\n")
    for words in (("a", "b"), ("b", "a")):
        status, out, err = run("diff", *(f"file:{tmp_path}/{name}" for name in words))
        assert (status, out) == (2, "")
        assert "the effective set cannot be told: there is no row CapEff, but CapBnd alone" in err


def test_what_is_not_known_is_shown_as_that(run):
    """Of no fact of it anything is said."""
    for words in (("show", UNKNOWN), ("decode", UNKNOWN)):
        status, out, err = run(*words)
        assert (status, out.count("not known")) == (0, 6)
        assert "not known     uids, gids, groups, no_new_privs\n" in out
        assert "capset: not known: a variable decides\n" in err
    assert run("decode", stdin=UNKNOWN)[1] == run("decode", UNKNOWN)[1].replace("the operand", "standard input")
    told = json.loads(run("show", UNKNOWN, "--json")[1])
    assert (told["no_new_privs"], told["uids"]) == (None, None)


@pytest.mark.parametrize("command", [("show",), ("decode",), ("recognise",), ("diff", "docker"), ("compare", "docker")])
@pytest.mark.parametrize("text", ["services: {}", "{kind: ConfigMap, apiVersion: v1}"])
def test_a_document_without_a_container(run, command, text):
    """It is an error, and no empty answer."""
    told = "there is no container in it, and no unit\n"
    assert run(*command, text)[::2] == (2, f"{noted(text, 'the operand')}capset: the operand: {told}")
    assert run(*command, "-", stdin=text)[::2] == (2, f"{noted(text, 'standard input')}capset: standard input: {told}")


def noted(text, name):
    """What is told of a document in which there is none."""
    if "kind" in text:
        return f"capset: {name}:1:8: passed-over: a document of kind ConfigMap, in which there is no pod\n"
    return f"capset: {name}:1: passed-over: nothing in it has capabilities: it was read as a compose file\n"


def test_the_reason_of_a_document(run):
    """Where it is one, and its target would refuse it, that is told."""
    assert "expected an option, with a hyphen in front" in run("show", "docker run —cap-add NET_ADMIN alpine")[2]


def test_what_is_silenced_in_a_document(run):
    """It is not told; what comes of it is."""
    text = "services:\n  a:\n    cap_add: [KIL]  # capset: ignore[unknown-capability] a test\n"
    err = run("show", "-", stdin=text)[2]
    assert "unknown-capability" not in err
    assert "capset: nothing: Docker knows no capability 'KIL'" in err


def test_what_was_piped_in(run, monkeypatch, tmp_path):
    """Whether there is something is asked of the system; where that knows nothing, nothing is said."""
    import io

    from capset.cli.inputs import is_fed

    monkeypatch.setattr("capset.cli.show.is_fed", lambda: True)
    assert "to show what is on standard input, write: capset show -" in run("show")[2]
    for stdin in (None, io.StringIO("CapEff: 0")):
        monkeypatch.setattr(sys, "stdin", stdin)
        assert not is_fed()
    for text in ("", "CapEff: 0"):
        (tmp_path / "rows").write_text(text)
        with open(tmp_path / "rows") as file:
            monkeypatch.setattr(sys, "stdin", file)
            assert is_fed() is bool(text)


def test_a_target_is_needed(run):
    """All are named."""
    status, out, err = run("convert", stdin="cap_kill=ep")
    assert (status, out) == (2, "")
    assert "--to DIALECT has to be given, one of compose, " in " ".join(err.split())


def test_the_files_that_others_name():
    """Those that are read, and no other."""
    from capset.cli.folders import _Others

    others = _Others(["a.yaml", "-", "a.yaml"])
    assert (len(others), list(others)) == (1, ["a.yaml"])
    with pytest.raises(KeyError):
        others["b.yaml"]
