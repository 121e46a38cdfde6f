"""One grammar of operands: whatever a command looks at is named in the same ways, and in the words of one help."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import click
import pytest

from capset import DOCKER_DEFAULT, CapSet, engines, live
from capset.cli.group import COMMANDS
from capset.cli.group import capset as command
from capset.cli.operands import OPERANDS

FILES = Path(__file__).parent.parent / "data" / "status"
FULL, DOCKER, NONE = "000001ffffffffff", "00000000a80425fb", "0" * 16
USER = f"CapInh:\t{NONE}\nCapPrm:\t{NONE}\nCapEff:\t{NONE}\nCapBnd:\t{DOCKER}\nCapAmb:\t{NONE}\n"
ROOT = USER.replace(f"Prm:\t{NONE}", f"Prm:\t{DOCKER}").replace(f"Eff:\t{NONE}", f"Eff:\t{DOCKER}")
HELD = ("can", "compare", "decode", "diff", "exec", "flags", "recognise", "show", "why")

# How each command is called with one operand, as {}.
CALLS = {
    "show": ("show", "{}"),
    "can": ("can", "{}", "mount"),
    "decode": ("decode", "{}"),
    "diff": ("diff", "docker", "{}"),
    "diff from": ("diff", "{}", "docker"),
    "compare": ("compare", "docker", "{}"),
    "flags": ("flags", "docker", "{}"),
    "recognise": ("recognise", "{}"),
    "why": ("why", "{}", "kill"),
    "exec": ("exec", "/bin/sh", "--pid", "{}"),
}

pytestmark = pytest.mark.linux


def called(run, name, operand, *more, stdin=None):
    """Call a command with an operand."""
    return run(*(word.format(operand) for word in CALLS[name]), *more, stdin=stdin)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_words_in_every_help(run, name):
    """Of the commands that take an operand, and of no other; no line of it is folded."""
    found = command.get_command(click.Context(command), name)

    assert str(found.epilog).startswith(OPERANDS) is (name in HELD)
    lines = OPERANDS.removeprefix("\b\n").splitlines()
    assert all(f"\n  {line}\n" in run(name, "--help")[1] for line in lines) is (name in HELD)
    assert max(map(len, lines)) <= 78


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "kind", ["pid", "self", "thread", "file", "-", "rows", "engine", "configured", "mask", "names"]
)
def test_every_kind_of_operand(run, tmp_path, name, kind):
    """Every command takes all kinds that make sense to it; a set alone has not the five that some ask for."""
    whole = f"Name:\tweb\nUid:\t0\t0\t0\t0\n{ROOT}"
    (tmp_path / "status").write_text(whole)
    (tmp_path / "containers.conf").write_text('[containers]\ndefault_capabilities = ["KILL"]\n')
    operand = {
        "pid": f"pid:{os.getpid()}",
        "self": "pid:self",
        "thread": "pid:thread-self",
        "file": f"file:{tmp_path}/status",
        "-": "-",
        "rows": f"CapEff: {DOCKER}",
        "engine": "docker@20.10",
        "configured": f"podman:{tmp_path}/containers.conf",
        "mask": DOCKER,
        "names": "net_raw,chown",
    }[kind]
    needs_five = name in {"recognise", "why", "exec"} and kind in {"rows", "mask", "names"}
    needs_five |= name == "can" and kind == "rows"  # a set alone is taken for the effective one

    status, out, err = called(run, name, operand, stdin=whole if kind == "-" else None)
    if needs_five:
        assert (status, out) == (2, "")
        assert ("there is no row CapPrm, CapInh, CapBnd, CapAmb, but CapEff alone" in err) is (kind == "rows")
        assert ("is one set, and" in err) is (kind != "rows")
    elif "cannot give exactly" in err:  # whoever runs this may hold what Docker does not give
        assert name == "flags"
    else:
        assert (status in {0, 1}, bool(out) or "nothing to ask for" in err) == (True, True)
        if name not in {"flags", "exec", "why"}:
            jsoned = json.loads(called(run, name, operand, "--json", stdin=whole if kind == "-" else None)[1])
            assert name in {"can", "decode"} or jsoned["assumed"] == []


def test_this_command_without_prctl(run, monkeypatch):
    """What only a thread itself can read is assumed then."""
    monkeypatch.setitem(sys.modules, "prctl", None)
    for text in ("pid:self", "pid:thread-self"):
        status, out, _ = run("why", text, "kill")
        assert (status, "Assumed: the securebits are 0" in out) == (0, True)


@pytest.mark.parametrize("name", CALLS)
def test_a_number_alone(run, host, name):
    """It is a process for show, why, recognise and exec alone, and elsewhere told how it is said."""
    status, out, err = called(run, name, "1", "--proc", str(host))

    if name in {"show", "why", "exec", "recognise"}:
        assert status == 0
        if name == "show":
            assert out.startswith("sh (pid 1, parent 0)\n")
    else:
        told = "1 alone may be a process, a mask or a capability: write pid:1, 0x1 or CAP_DAC_OVERRIDE"
        assert (status, out, err) == (2, "", f"capset: {told}\n")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("operand", "message"),
    [
        ("file:", "file: is to be followed by the path of a file: file:PATH"),
        ("file:/no/such", "No such file or directory: /no/such"),
        ("/no/such.txt", "it looks like the name of a file: write file:/no/such.txt"),
        ("dokcer", "did you mean docker?"),
        ("chwon", "did you mean CAP_CHOWN?"),
        ("pid:0", "expected a process id, self or thread-self"),
        ("CapEff: 0000...", "CapEff: 0000...:1: CapEff: expected 16 hexadecimal digits"),
        ("docker:a b", "docker:a b: no name of a container"),
    ],
)
def test_what_is_no_operand(run, name, operand, message):
    """With the remedy, and what was given."""
    status, out, err = called(run, name, operand)

    assert (status, out) == (2, "")
    assert message in err


def test_a_file_of_any_name(run, tmp_path, monkeypatch):
    """One that is here needs no ending to be known for one, and nothing in front."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved").write_text(USER)

    assert run("decode", "saved") == run("decode", "file:saved")


def test_a_file_that_is_broken_is_named(run, tmp_path):
    """With the line."""
    (tmp_path / "cut").write_text(f"{USER}CapEff: 0000\n".replace("CapEff:\t0", "x\t0"))

    for name in CALLS:
        assert f"{tmp_path}/cut:6: CapEff: expected 16 hex" in called(run, name, f"file:{tmp_path}/cut")[2]


# -- five bare rows ------------------------------------------------------------------------------------


def test_show_of_rows(run):
    """What they say, what they do not, and what that is against Docker's default."""
    status, out, err = run("show", "-", stdin=f"$ grep Cap /proc/1/status\n{USER}[...]\n")

    assert (status, err) == (0, "")
    assert out.splitlines()[:2] == ["standard input", "not known     uids, gids, groups, no_new_privs"]
    assert "bounding    00000000a80425fb   14 CAP_CHOWN" in out
    assert "bounding  = same" in out
    out = run("show", "-", stdin=f"Name:\tw\nNoNewPrivs:\t1\nGroups:\t5 6\nUid:\t5\t5\t5\t5\nCapBnd: {DOCKER}")[1]
    assert out.splitlines()[:5] == [
        "standard input (w)",
        "uids          5",
        "groups        5 6",
        "no_new_privs  yes, execve(2) gives no new privileges",
        "not known     gids",
    ]
    assert "effective   not known" in out
    assert "effective -" not in out
    told = json.loads(run("show", "-", "--json", stdin=f"CapBnd: {DOCKER}")[1])
    assert told["caps"]["effective"] is told["uids"] is told["no_new_privs"] is None
    assert told["caps"]["bounding"]["mask"] == DOCKER
    assert set(told["against"]) == {"engine", "bounding", "assumed"}
    thread = run("show", "-", stdin=f"Name:\tw\nPid:\t7\nTgid:\t5\n{USER}")[1]
    assert thread.startswith("w (pid 5, thread 7)\n")


def test_show_of_what_is_no_process(run):
    """An engine's first process, and one set."""
    out = run("show", "docker")[1]
    assert out.startswith("Docker Engine, root in a container\n")
    assert "bounding  = same" in out
    out = run("show", "kill,chown", "--against", "podman")[1]
    assert out.startswith("kill,chown (CAP_CHOWN,CAP_KILL)\n")
    assert "0000000000000021" in out
    assert "effective" not in out
    assert json.loads(run("show", "kill", "--json")[1])["names"] == ["CAP_KILL"]
    assert json.loads(run("show", "docker@99", "--json")[1])["assumed"] == list(engines.get("docker", "99").assumed)


def test_show_of_several(run):
    """Each by itself; where one is asked for, that is an error which names them."""
    text = f"/proc/1/status:CapEff:\t{FULL}\n/proc/7/status:CapEff:\t{DOCKER}\n"

    status, out, _ = run("show", "-", stdin=text)
    assert status == 0
    assert [line for line in out.splitlines() if line.startswith("standard")] == [
        "standard input (/proc/1/status)",
        "standard input (/proc/7/status)",
    ]
    assert [each["pid"] for each in json.loads(run("show", "-", "--json", stdin=text)[1])] == [1, 7]
    assert [each["label"] for each in json.loads(run("decode", "-", "--json", stdin=text)[1])] == [
        "/proc/1/status:CapEff",
        "/proc/7/status:CapEff",
    ]
    compared = run("compare", "docker", "-", stdin=text)[1].splitlines()
    assert compared[1].split()[2:] == ["docker", "standard", "input", "(/proc/1/status)"] + [
        *("standard", "input", "(/proc/7/status)")
    ]
    assert run("diff", "docker", "-", stdin=text)[2] == (
        "capset: standard input has 2 processes in it, and one is asked for; choose one, as in "
        "file:PATH#/proc/1/status: /proc/1/status, /proc/7/status\n"
    )
    assert "line 3, ...\n" in run("diff", "docker", "-", stdin=f"CapEff: {FULL}\n" * 4)[2]


def test_diff_of_rows(run):
    """With a set, the effective one or another; of two processes, those that are known of both."""
    assert run("diff", "docker", "-", stdin=f"CapEff: {DOCKER}")[0] == 0
    assert run("diff", "docker", "-", "--set", "bounding", stdin=f"CapBnd: {DOCKER}")[0] == 0
    assert run("diff", "docker", "-", stdin=f"CapBnd: {DOCKER}")[2] == (
        "capset: standard input: the effective set cannot be told: there is no row CapEff, but CapBnd alone\n"
    )
    both = ("diff", f"file:{FILES / '5.10.txt'}", "-")
    status, out, _ = run(*both, stdin=f"CapBnd: {DOCKER}")
    assert (status, out.splitlines()[-1]) == (
        0,
        "not compared, as they are not known of both: effective, permitted, inheritable, ambient",
    )
    told = json.loads(run(*both, "--json", stdin=f"CapBnd: {DOCKER}")[1])
    assert (told["same"], [each["set"] for each in told["sets"]]) == (True, ["bounding"])
    assert told["not_known"] == ["effective", "permitted", "inheritable", "ambient"]
    assert json.loads(run(*both, "--json", stdin=USER)[1])["not_known"] == []
    rows = [f"CapEff: {DOCKER}", f"CapBnd: {DOCKER}"]
    assert "there is no row CapEff, but CapBnd alone" in run("diff", *rows)[2]


def test_recognise_of_rows(run):
    """All five are needed; what follows from others is said."""
    assert json.loads(run("recognise", "-", "--json", stdin=ROOT)[1])["matches"]
    old = ROOT.partition("CapAmb")[0]
    status, out, err = run("recognise", "-", stdin=old)
    assert (status, "docker" in out) == (0, True)
    assert err == "capset: ambient is empty, as inheritable is, and it is always a subset of that\n"
    told = json.loads(run("recognise", "-", "--json", stdin=old)[1])
    assert told["assumed"] == ["ambient is empty, as inheritable is, and it is always a subset of that"]
    assert run("recognise", "-", stdin=f"CapBnd: {DOCKER}\nCapPrm: {DOCKER}")[2] == (
        "capset: standard input: the effective and the inheritable and the ambient set cannot be told: there is no "
        "row CapEff, CapInh, CapAmb, but CapPrm, CapBnd alone\n"
    )


def test_why_of_rows(run):
    """Who it is, is root or another where no row says it; the rest is assumed, and said so."""
    status, out, err = run("why", "-", "chown", stdin=USER)
    assert (status, err) == (0, "")
    front, root, other = out.split("\nIf it is ")
    assert front == "Nothing says which user it is; --uid does.\n"
    assert root == "root:\n" + run("why", "-", "chown", "--uid", "0", stdin=USER)[1]
    assert other == "another user, such as 1000:\n" + run("why", "-", "chown", "--uid", "1000", stdin=USER)[1]
    assert run("why", "-", "chown", "--exit-code", stdin=USER)[0] == 0
    status, out, err = run("why", "-", "chown", "--json", stdin=USER)
    assert (status, out) == (2, "")
    assert err == "capset: standard input: nothing says which user it is: give --uid UID\n"
    assert "give --user UID" in run("exec", "/bin/sh", "--pid", "-", stdin=USER)[2]
    status, out, _ = run("why", "-", "chown", "--uid", "1000", stdin=USER)
    assert status == 0
    assert "CAP_CHOWN is not permitted, and so it cannot be effective." in out
    for told in (
        "the four user ids are 1000",
        "the four group ids are 0",
        "no_new_privs is not set, as no row says so",
    ):
        assert f"Assumed: {told}." in out
    named = f"Uid:\t5\t5\t5\t5\nNoNewPrivs:\t0\n{USER}"
    assert run("why", "-", "chown", "--uid", "5", stdin=named)[2] == (
        "capset: standard input: it says itself which user it is: leave --uid out\n"
    )
    assert "says itself which user it is: leave --uid out" in run("why", "self", "chown", "--uid", "5")[2]
    executed = run("exec", "/bin/sh", "--pid", "-", "--user", "5", stdin=USER)
    assert (executed[0], "assumed: the four user ids are 5" in executed[1]) == (0, True)
    assert "leave --user out" in run("exec", "/bin/sh", "--pid", "self", "--user", "5")[2]
    with_old = json.loads(run("why", "-", "chown", "--uid", "5", "--json", stdin=USER.partition("CapAmb")[0])[1])
    assert with_old["assumed"][0] == "ambient is empty, as permitted is, and it is always a subset of that"


def test_why_with_what_is_known_besides(run):
    """Options say what no status file does, and then it is not assumed."""
    plain = json.loads(run("why", "-", "chown", "--uid", "0", "--json", stdin=USER)[1])
    given = ("--no-new-privs", "--securebits", "noroot|SECBIT_NOROOT_LOCKED,0x10".replace("0x10", "16"))
    told = json.loads(run("why", "-", "chown", "--uid", "0", *given, "--json", stdin=USER)[1])

    assert set(plain["assumed"]) - set(told["assumed"]) == {
        "the securebits are 0, as a status file does not have them",
        "no_new_privs is not set, as no row says so",
    }
    assert [way["gives"] for way in plain["ways"]] != [way["gives"] for way in told["ways"]]
    status, _, err = run("why", "-", "chown", "--securebits", "no-rot", stdin=USER)
    assert status == 2
    assert err.startswith("capset: no securebit is called 'no-rot': known are noroot, noroot_locked, ")
    assert run("why", "-", "chown", "--securebits", "99999999999", stdin=USER)[0] == 2


def test_why_of_an_engine(run):
    """The first process of a container, as root or as another user."""
    assert "CAP_KILL is effective" in run("why", "docker", "kill")[1]
    out = run("why", "docker", "kill", "--uid", "1000", "--kernel", "6.1")[1]
    assert out.startswith("CAP_KILL is not permitted")
    assert engines.get("docker", "99").assumed[0] in json.loads(run("why", "docker@99", "kill", "--json")[1])["assumed"]


def test_flags_of_rows(run):
    """The set that is asked for has to be there."""
    assert run("flags", "podman", "-", stdin=f"CapEff: {DOCKER}")[1] == (
        "--cap-add=NET_RAW --cap-add=MKNOD --cap-add=AUDIT_WRITE\n"
    )
    assert "there is no row CapBnd" in run("flags", "podman", "-", "--set", "bounding", stdin=f"CapEff: {DOCKER}")[2]
    old = ROOT.partition("CapAmb")[0]
    assert "ambient is empty, as inheritable is" in run("flags", "docker", "-", "--set", "ambient", stdin=old)[2]


# -- decode --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("CapEff:", DOCKER),
        ("CapEff", DOCKER),
        (f"CapEff:\t{DOCKER}",),
        ("/proc/1/status:CapEff:", DOCKER),
    ],
)
def test_decode_of_a_row(run, words):
    """In quotes or not, as it is copied."""
    status, out, _ = run("decode", *words)

    assert (status, out.splitlines()[0]) == (0, f"{DOCKER}: 14 capabilities")


def test_decode_of_many_words(run):
    """Rows and operands beside each other."""
    out = run("decode", "CapInh:", NONE, "docker", "CapEff:", DOCKER, "kill")[1]
    assert [line.split()[0] for line in out.splitlines()] == ["value", "CapInh", "docker", "CapEff", "kill", "!"]
    assert run("decode", "CapEff:", "kill")[2].startswith("capset: CapEff: kill:1: CapEff: expected 16")
    assert run("decode", "CapEff:")[2].startswith("capset: CapEff::1: CapEff: expected 16")
    both = run("decode", "pid:self", "kill")
    assert both[0] == 0
    assert "(pid " in both[1]
    assert both[1].endswith("kill  0000000000000020    1 CAP_KILL\n")


def test_decode_of_a_paste(run):
    """Noise is passed over where there are rows, and what is a set is not."""
    text = f"$ grep Cap /proc/1/status\n0\nCapEff:\t{DOCKER}\n[...]\nnet_raw\n00000000a80425fb\nCapBnd:\t{FULL}\n"
    status, out, _ = run("decode", stdin=text)

    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["value", "CapEff", "CapBnd", "net_raw", DOCKER, "!"]
    assert run("decode", stdin="x\nkill\n")[2] == (
        "capset: line 1: unknown capability 'x': expected a name as in capabilities(7), such as CAP_NET_ADMIN, or a "
        "number from 0 to 63\n"
    )  # fmt: skip
    again = run("decode", stdin=run("decode", "--json", stdin=text.replace("net_raw\n00000000a80425fb\n", ""))[1])[1]
    assert [line.split()[0] for line in again.splitlines()] == ["value", "CapEff", "CapBnd", "!"]


def test_a_row_of_a_kernel_that_is_newer(run):
    """Bits without a name are shown by their numbers."""
    assert "CAP_CHOWN, 41" in run("show", "-", stdin="CapEff: 0000020000000001")[1]
    assert CapSet.from_hex("0000020000000001").unknown == CapSet([41])


def test_standard_input_twice(run):
    """There is nothing left for the second."""
    status, out, err = run("diff", "-", "-", stdin=USER)

    assert (status, out) == (2, "")
    assert err == "capset: standard input was read already: - stands for one operand\n"


def test_a_saved_status_has_a_name(run, tmp_path):
    """And a process that is gone has none."""
    shutil.copy(FILES / "5.10.txt", tmp_path / "x")
    assert run("show", f"file:{tmp_path}/x")[1].startswith("python3 (pid 48213, parent 48190)\n")
    assert live.parse_rows((tmp_path / "x").read_bytes())[0].caps.bounding == DOCKER_DEFAULT
    assert run("show", "docker", "--thread", "5")[2] == (
        "capset: --thread is one of a process, and 'docker' is none: give pid:N\n"
    )


def test_a_json_list(run):
    """As config.json and docker inspect have one, on one line or on several."""
    text = '["CAP_KILL", "chown"]'
    told = run("decode", "kill,chown")[1]
    assert run("decode", text) == (0, told, "")
    assert run("decode", stdin='[\n  "CAP_KILL",\n  "CAP_CHOWN"\n]\n') == (0, told, "")
    assert run("diff", "kill,chown", text)[0] == 0
    assert run("decode", "[]")[1].startswith("0000000000000000: ")
    for wrong in ('["CAP_KIL"]', "[1]", "[", '{"a": []}', "[" * 100_000):
        assert run("diff", "docker", wrong)[0] == 2
    assert "did you mean CAP_KILL?" in run("decode", stdin='["CAP_KIL"]')[2]
