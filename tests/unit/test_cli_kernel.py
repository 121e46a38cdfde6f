"""The commands exec and why, run as a person runs them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from capset import engines, live

USER = f"file:{Path(__file__).parent.parent / 'data' / 'status' / '6.18.txt'}"

pytestmark = pytest.mark.linux


@pytest.fixture
def program(tmp_path):
    """A file that anybody may execute."""
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF")
    path.chmod(0o755)
    return str(path)


def test_exec_by_oneself(run, program):
    """Who runs the command executes it."""
    status, out, err = run("exec", program)

    assert (status, err) == (0, "")
    assert out.startswith(f"execve({program} of user {os.geteuid()} and group ")
    assert "AT_SECURE is not set" in out


def test_exec_by_a_container(run, program):
    """As its first program, with what is added and dropped."""
    status, out, _ = run("exec", program, "--engine", "docker", "--user", "1000", "--cap-add", "NET_ADMIN")

    assert status == 0
    assert "user 1000 is not root, and it is not ambient" in out
    root = run("exec", program, "--engine", "docker", "--cap-drop", "ALL", "--cap-add", "KILL")[1]
    assert "kept: CAP_KILL: root gets what is in the bounding set" in root
    told = json.loads(run("exec", program, "--engine", "podman", "--privileged", "--json")[1])
    assert told["caps"]["bounding"]["mask"] == "000001ffffffffff"
    limited = json.loads(run("exec", program, "--engine", "podman", "--available", "0x3", "--json")[1])
    assert limited["caps"]["bounding"]["mask"] == "0000000000000003"


def test_exec_as_json(run, program):
    """Every reason, by its rule."""
    status, out, _ = run("exec", program, "--engine", "docker", "--user", "1000", "--no-new-privs", "--json")
    told = json.loads(out)

    assert status == 0
    assert (told["error"], told["errno"], told["secure"], told["notes"], told["assumed"]) == (None, None, False, [], [])
    assert told["uids"]["effective"] == 1000
    assert told["caps"]["effective"]["names"] == []
    assert {reason["change"] for reason in told["reasons"] if reason["set"] == "permitted"} == {"lost"}
    assert told["reasons"][0] == {
        "set": "effective",
        "capability": "CAP_CHOWN",
        "change": "lost",
        "rule": "effective",
        "why": "the file has no capabilities, user 1000 is not root, and it is not ambient",
    }


def test_exec_that_is_refused(run, program):
    """Exit status 1, and why."""
    os.chmod(program, 0o600)
    status, out, _ = run("exec", program, "--pid", USER)
    told = json.loads(run("exec", program, "--pid", USER, "--json")[1])

    assert status == 1
    assert "refused: EACCES: the mode 0600 of" in out
    assert "assumed: the securebits are 0" in out
    assert (told["errno"], told["caps"], told["uids"], told["gids"], told["reasons"]) == (13, None, None, None, [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--cap-add", "KILL"],
            "capset: --cap-add, --cap-drop, --privileged, --user and --available are about a container",
        ),
        (["--user", "5"], "are about a container: give --engine"),
        (["--pid", "self", "--engine", "docker"], "either --pid or --engine executes it: give one of them"),
        (["--engine", "dokcer"], "did you mean docker?"),
        (["--pid", "x"], "cannot read 'x' as pid:N"),
        (["--pid", "0"], "not a process or thread id"),
        (["--pid", "file:/no/such"], "No such file or directory: /no/such"),
    ],
)
def test_exec_with_wrong_options(run, program, options, message):
    """Each says what is wrong."""
    status, out, err = run("exec", program, *options)

    assert (status, out) == (2, "")
    assert message in err


def test_exec_of_nothing(run, tmp_path):
    """A file that is not there."""
    assert run("exec", str(tmp_path / "nothing"))[2] == f"capset: No such file or directory: {tmp_path / 'nothing'}\n"


def test_why(run):
    """Where it stands, what would give it, and how it may have come to that."""
    status, out, err = run("why", USER, "net_admin")
    told = json.loads(run("why", USER, "net_admin", "--json")[1])

    assert (status, err) == (0, "")
    assert out.splitlines()[0] == told["verdict"]
    assert [
        f"{way['what']} {'gives' if way['gives'] else 'does not give'} it: {way['because']}." for way in told["ways"]
    ] == [line for line in out.splitlines() if " it: " in line]
    assert [f"This is how it looks after {each['title']}: {each['says']}." for each in told["histories"]] == [
        line for line in out.splitlines() if line.startswith("This is how")
    ]
    assert told["capability"] == "CAP_NET_ADMIN"
    assert told["assumed"]


def test_why_of_oneself(run, monkeypatch):
    """With python-prctl or without."""
    assert run("why", "self", "kill")[0] == 0
    assert run("why", f"pid:{os.getpid()}", "kill")[0] == 0
    monkeypatch.setitem(sys.modules, "prctl", None)
    out = run("why", "self", "kill")[1]
    assert "Assumed: the securebits are 0, as only a thread itself can read its own, with the extra prctl." in out


def test_the_running_kernel(run, program):
    """A process of this machine goes by the kernel of this machine."""
    told = json.loads(run("why", "self", "kill", "--json")[1])
    executed = json.loads(run("exec", program, "--json")[1])

    assert told["kernel"] == executed["kernel"] == os.uname().release
    assumed = list(live.kernel_rules().assumed)
    assert executed["assumed"][len(executed["assumed"]) - len(assumed) :] == assumed


def test_another_kernel(run, program):
    """Its rules, what its name does not tell, and what the thread loses."""
    out = run("why", USER, "kill", "--kernel", "5.10.0-32-cloud-amd64")[1]
    told = json.loads(run("exec", program, "--pid", USER, "--kernel", "4.4.302", "--json")[1])
    contained = json.loads(
        run("exec", program, "--engine", "docker", "--privileged", "--kernel", "4.4.302", "--json")[1]
    )

    assert "Assumed: 5.10.0-32-cloud-amd64 does not tell which release of the series 5.10 it is" in out
    assert told["kernel"] == contained["kernel"] == "4.4.302"
    assert any("is left out, as Linux 4.4.302 does not have it" in sentence for sentence in told["assumed"])
    assert contained["caps"]["bounding"]["mask"] == "0000003fffffffff"


def test_a_kernel_that_nothing_tells_of(run, program, tmp_path):
    """A status file, a saved tree: the newest rules, which is said; a tree may say which kernel it was."""
    newest = "the rules are those of Linux 7.2, the newest that are known, as nothing says which kernel it was"
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "status").write_bytes(Path(USER.removeprefix("file:")).read_bytes())

    def assumed(*arguments):
        told = json.loads(run("why", *arguments, "kill", "--json")[1])
        return told["kernel"], told["assumed"][-1]

    assert assumed(USER) == (None, newest)
    assert assumed("7", "--proc", str(tmp_path)) == (None, newest)
    (tmp_path / "version").write_text("Linux version 6.16.1 (x@y)")
    assert assumed("7", "--proc", str(tmp_path))[0] == "6.16.1"
    assert f"Assumed: {newest}." in run("why", USER, "kill")[1]
    container = json.loads(run("exec", program, "--engine", "docker", "--json")[1])
    assert (container["kernel"], container["assumed"]) == (None, [])
    newer = run("exec", program, "--engine", "docker@99", "--json")
    assert json.loads(newer[1])["assumed"] == list(engines.get("docker", "99").assumed)
    _, out, err = run("exec", program, "--engine", "docker@99")  # an explanation tells what it assumes itself
    assert (out.count(f"assumed: {engines.get('docker', '99').assumed[0]}"), err) == (1, "")


def test_a_kernel_that_is_none(run, program):
    """Said as the library says it."""
    status, out, err = run("exec", program, "--kernel", "2.4.20")

    assert (status, out) == (2, "")
    assert err.startswith("capset: no rules of a kernel '2.4.20': those from Linux 3.10 on are known")


def test_why_not(run):
    """A capability that is none, a process that is none."""
    assert "did you mean CAP_KILL?" in run("why", "self", "kil")[2]
    assert run("why", "0", "kill")[0] == 2


def test_engine_credentials():
    """What the command puts before the kernel's rules is what container() executes with."""
    cred = engines.get("docker").credentials(add=["net_admin"], uid=1000, no_new_privs=True)

    assert cred.no_new_privs
    assert cred.uids.effective == 1000
    assert "net_admin" in cred.caps.bounding
