"""``capset ps``: which processes, in which order, and what is told of those that are not shown; what ends with 1."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from attrs import evolve

from capset import FileCaps, display, live
from capset.display.parents import branches
from capset.summary import UNDEFINED

STATUSES = Path(__file__).parent.parent / "data" / "status"
KTHREAD = "2 ({}) S 0 0 0 0 -1 2129984 0 0\n"
PROGRAM = "2 ({}) S 0 0 0 0 -1 4194304 0 0\n"


def process(proc, pid, ppid, name, *, uid=0, caps="0", tgid=None, stat=""):
    """Save a process."""
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    masks = "".join(f"Cap{label}:\t{caps:0>16}\n" for label in ("Prm", "Eff", "Bnd"))
    (folder / "status").write_text(
        f"Name:\t{name}\nTgid:\t{tgid or pid}\nPid:\t{pid}\nPPid:\t{ppid}\n"
        f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t0\t0\t0\t0\nGroups:\t\nCapInh:\t0000000000000000\n{masks}"
    )
    if stat:
        (folder / "stat").write_text(stat.format(name))


@pytest.fixture
def proc(tmp_path):
    """Save a host with a kernel thread, a program that the kernel started, and a few others."""
    process(tmp_path, 1, 0, "init", caps="1ffffffffff")
    process(tmp_path, 2, 0, "kthreadd", caps="1ffffffffff", stat=KTHREAD)
    process(tmp_path, 9, 2, "kworker) R (", caps="1ffffffffff", stat=KTHREAD)
    process(tmp_path, 11, 2, "core-handler", caps="1ffffffffff", stat=PROGRAM)
    process(tmp_path, 20, 1, "web", uid=1000, caps="400")
    process(tmp_path, 21, 20, "worker", uid=1000)
    process(tmp_path, 22, 20, "ping", uid=1001, caps="2000")
    return tmp_path


def rows(out):
    """Return the rows of the table, cell by cell as far as they are words."""
    return [line.split() for line in out.splitlines()[1:] if line[0] != "!"]


def pids(run, proc, *args):
    return [int(row[0]) for row in rows(run("ps", "--proc", str(proc), *args)[1])]


def test_kernel_threads(run, proc):
    """Those of the kernel are left out, not what it started, and how many is said."""
    status, out, err = run("ps", "--no-kernel", "--proc", str(proc))

    assert [row[0] for row in rows(out)] == ["1", "11", "20", "21", "22"]
    assert (status, err) == (0, "capset: 5 of 7 listed; 2 threads of the kernel left out\n")
    (proc / "9/stat").unlink()
    (proc / "2/stat").write_text("2 (strange)\n")
    status, out, err = run("ps", "--no-kernel", "--proc", str(proc))
    assert len(rows(out)) == 7
    assert err == (
        "capset: 7 listed; no threads of the kernel left out\n"
        "capset: 2 may be of the kernel, which their stat would tell, and are not left out\n"
    )


def test_kernel_threads_in_json(run, proc):
    """Which were left out, and which may have been."""
    (proc / "9/stat").unlink()
    told = json.loads(run("ps", "--json", "--no-kernel", "--proc", str(proc))[1])

    assert [each["pid"] for each in told["processes"]] == [1, 9, 11, 20, 21, 22]
    assert told["kernel_threads"] == {"listed": [], "left_out": [2], "not_known": [9]}
    told = json.loads(run("ps", "--json", "--proc", str(proc))[1])
    assert told["kernel_threads"] == {"listed": [2], "left_out": [], "not_known": [9]}
    assert told["of"] == len(told["processes"])


def test_is_kernel_thread(proc):
    """By its flags; who stands elsewhere is none, and is not asked."""
    told = {status.pid: live.is_kernel_thread(status, proc=proc) for status in live.scan(proc=proc)}

    assert told == {1: False, 2: True, 9: True, 11: False, 20: False, 21: False, 22: False}
    (proc / "11/stat").unlink()
    assert live.is_kernel_thread(live.read(11, proc=proc), proc=proc) is None


@pytest.mark.linux
@pytest.mark.skipif(not os.path.exists("/proc/2/stat"), reason="needs a process 2")
def test_kernel_threads_of_this_host():
    """Where the flags say so, and nowhere else, there is no program: its exe leads nowhere."""
    for status in live.scan():
        if live.is_kernel_thread(status):
            with pytest.raises(OSError, match="No such"):
                os.readlink(f"/proc/{status.pid}/exe")


def test_users(run, proc):
    """By number, wherever the tree is from."""
    assert pids(run, proc, "--user", "1000") == [20, 21]
    assert pids(run, proc, "--user", "1000", "--user", "1001") == [20, 21, 22]
    assert run("ps", "--user", "1000", "--proc", str(proc))[2] == ""


@pytest.mark.linux
def test_users_of_this_host(run):
    """Whom it knows stands there by name, unless numbers are asked for."""
    me = str(os.getpid())
    assert me in [row[0] for row in rows(run("ps", "--user", str(os.geteuid()))[1])]
    import pwd

    own = pwd.getpwuid(os.geteuid()).pw_name
    table = {row[0]: row[1] for row in rows(run("ps", "--user", own)[1])}
    assert table[me] == own
    table = {row[0]: row[1] for row in rows(run("ps", "--user", own, "--numeric")[1])}
    assert table[me] == str(os.geteuid())


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--user", "99999999999"], "--user '99999999999': expected a name or a number up to 4294967294"),
        pytest.param(
            ["--user", "no such"],
            "there is no user 'no such'; give a name that id(1) knows, or the number",
            marks=pytest.mark.linux,
        ),
        (
            ["--user", "root", "--proc", "examples/host"],
            "--user 'root': whose name that is elsewhere is not known; give the number",
        ),
        (["--tree", "--group"], "--tree and --group are two tables: give one of them"),
    ],
)
def test_refused(run, args, told):
    """With the remedy."""
    assert run("ps", *args) == (2, "", f"capset: {told}\n")


def test_no_list_of_users(run, monkeypatch):
    """As on Windows."""
    monkeypatch.setitem(sys.modules, "pwd", None)

    told = "capset: --user 'root': this system has no list of users; give the number\n"
    assert run("ps", "--user", "root") == (2, "", told)


def test_order(run, proc):
    """By what is asked for, then by the id."""
    assert pids(run, proc, "--sort", "pid") == [1, 2, 9, 11, 20, 21, 22]
    assert pids(run, proc, "--sort", "name") == [11, 1, 2, 9, 22, 20, 21]
    assert pids(run, proc, "--sort", "user") == [1, 2, 9, 11, 20, 21, 22]
    assert pids(run, proc, "--sort", "held") == [1, 2, 9, 11, 20, 22, 21]


def test_tree(run, proc, monkeypatch):
    """Each below its parent; what is left out leaves its children at the edge."""
    monkeypatch.setattr("capset.cli.terminal.encodes", lambda _text: True)
    out = run("ps", "--tree", "--no-kernel", "--proc", str(proc))[1]
    start, end = (out.index(title) for title in ("name", "held"))
    names = [line[start:end].rstrip() for line in out.splitlines()[1:-1]]
    assert names == ["init", "└ web", "  ├ worker", "  └ ping", "core-handler"]
    monkeypatch.setattr("capset.cli.terminal.encodes", lambda _text: False)
    out = run("ps", "--tree", "--sort", "held", "--lacks", "chown", "--proc", str(proc))[1]
    assert [line.split()[2:-2] for line in out.splitlines()[1:]] == [["web"], ["|-ping"], ["`-worker"]]


def test_a_tree_without_an_end():
    """Ids may lead round in a circle, and a chain may be longer than Python's stack."""
    text = (STATUSES / "6.1.txt").read_text("utf-8")

    def status(pid, ppid):
        told = re.sub(r"(?m)^(Tgid|Pid):.*$", rf"\1:\t{pid}", text)
        return live.parse_status(re.sub(r"(?m)^PPid:.*$", f"PPid:\t{ppid}", told))

    assert len(list(branches([status(1, 3), status(2, 1), status(3, 2)]))) == 3
    thread = evolve(status(9, 1), tgid=2)
    assert [each.pid for each in (below for _, below in branches([thread, status(3, 1), status(2, 1)]))] == [3, 2, 9]
    chain = [status(pid, pid - 1) for pid in range(1, 1500)]
    assert [each.pid for _, each in branches(chain)] == list(range(1, 1500))


def test_an_old_kernel(run, proc):
    """The footnote is told once, as elsewhere."""
    process(proc, 30, 1, "old", caps="ffffffffffffffff")
    out = run("ps", "--proc", str(proc))[1]

    assert out.count(f"\n{UNDEFINED}.\n") == 1
    assert UNDEFINED not in run("ps", "--lacks", "51", "--proc", str(proc))[1]


def test_marks_of_groups(run, proc):
    """Told once, below all of them."""
    out = run("ps", "--group", "--no-kernel", "--proc", str(proc))[1]

    assert out.count("published lists warn of") == 1
    assert out.splitlines()[-1].startswith("! published lists warn of CAP_DAC_OVERRIDE, ")


@pytest.mark.linux
def test_show_names_the_user(run):
    """As ps does, where all ids are one's own."""
    import pwd

    me = pwd.getpwuid(os.geteuid()).pw_name
    assert f"\nuids          {os.geteuid()} ({me})\n" in run("show")[1]
    assert "\nuids          0\n" in run("show", "1", "--proc", "examples/host")[1]


def test_unread(run, proc):
    """Counted, by what was the matter."""
    (proc / "40").mkdir()
    assert run("ps", "--proc", str(proc))[2] == "capset: 7 listed; 1 ended meanwhile: 40\n"
    assert "hidepid" not in display.text(live.scan(proc=proc))


@pytest.mark.parametrize(
    ("args", "status"),
    [
        ([], 0),
        (["--exit-code"], 1),
        (["--has", "net_raw", "--exit-code"], 1),
        (["--has", "net_raw", "--exit-code", "--json"], 1),
        (["--has", "net_raw", "--exit-code", "--group"], 1),
        (["--has", "net_raw", "--lacks", "net_raw"], 0),
        (["--has", "net_raw", "--lacks", "net_raw", "--exit-code"], 0),
        (["--has", "net_raw", "--user", "77", "--exit-code"], 0),
    ],
)
def test_exit_status(run, proc, args, status):
    """1 where a process is listed, if that is asked for."""
    assert run("ps", "--proc", str(proc), *args)[0] == status


def test_what_is_unread_may_be_one(run, proc):
    """None is not said where not all could be read; one that is found is one."""
    (proc / "50").mkdir()
    (proc / "50/status").write_text("")
    none = ["ps", "--has", "net_raw", "--user", "77", "--exit-code", "--proc", str(proc)]
    status, _, err = run(*none)

    assert status == 2
    assert err.endswith("capset: none is listed, and what could not be read may be one\n")
    assert run("ps", "--has", "net_raw", "--exit-code", "--proc", str(proc))[0] == 1
    (proc / "50/status").unlink()  # it has ended
    assert run(*none)[0] == 0


@pytest.mark.parametrize(("cap", "held"), [("chown", True), ("sys_admin", False)])
def test_exit_status_of_why(run, cap, held):
    """1 where it is effective."""
    file = "file:" + str(STATUSES.parent.parent.parent / "examples/status/docker-mount.txt")
    caps = live.parse_status(Path(file[5:]).read_bytes()).caps.effective
    told = [run("why", file, cap, *more)[0] for more in ((), ("--exit-code",), ("--exit-code", "--json"))]

    assert told == [0, int(cap in caps), int(cap in caps)]


@pytest.mark.parametrize(("cap", "status"), [("kill", 1), ("syslog", 2), ("audit_read", 0), ("50", 0)])
def test_exit_status_of_why_on_an_old_kernel(run, cap, status):
    """What is no capability there is not effective, whatever the bits say; what is not known is neither."""
    code, out, err = run("why", f"file:{STATUSES / '2.6.32.txt'}", cap, "--exit-code")

    assert (code, bool(out)) == (status, True)
    assert err == ("capset: whether CAP_SYSLOG is effective is not known\n" if status == 2 else "")
    told = json.loads(run("why", f"file:{STATUSES / '2.6.32.txt'}", cap, "--json")[1])
    assert told["effective"] is {0: False, 1: True, 2: None}[status]


@pytest.mark.linux
def test_exit_status_of_files(run, monkeypatch, tmp_path):
    """1 where a file has capabilities; none is not said where not all could be read."""
    (tmp_path / "ping").touch()
    real = "capset.live.files.file_caps"
    monkeypatch.setattr(real, lambda *_, **__: None)
    assert run("files", "--exit-code", str(tmp_path))[0] == 0
    monkeypatch.setattr(real, lambda *_, **__: FileCaps(permitted=["net_raw"]))
    assert [run("files", *more, str(tmp_path))[0] for more in ((), ("--exit-code",))] == [0, 1]

    def denied(path, **_):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(real, denied)
    status, _, err = run("files", "--exit-code", str(tmp_path))
    assert status == 2
    assert err.endswith("capset: none is found, and what could not be read may have capabilities\n")
