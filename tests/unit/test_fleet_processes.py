"""Processes of a fleet, from scans, from snapshots, and from what ``capset ps --json`` has printed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from capset import CapSet, fleet, live
from capset.errors import ArgumentError, FormatError
from capset.fleet.gathering import HIDDEN
from capset.fleet.row import Row

TIME = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
ID = "0123456789abcdef" * 4


@pytest.fixture
def tree(host):
    """A saved tree that has all that is read."""
    kernel = host / "sys/kernel"
    (kernel / "random").mkdir(parents=True)
    for name, text in (
        ("hostname", "web1"),
        ("random/boot_id", "b-1"),
        ("osrelease", "6.12.1"),
        ("cap_last_cap", "40"),
    ):
        (kernel / name).write_text(f"{text}\n")
    (host / "7/stat").write_text("7 (cat) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 9 10 11\n")
    (host / "7/cgroup").write_text(f"0::/system.slice/docker-{ID}.scope\n")
    return host


def rows_of(source, **told):
    """Make rows, all of them."""
    return [*fleet.processes(source, **told)]


def test_of_a_saved_tree(tree):
    """What stands beside the status files is read too; what does not is not known."""
    first, second = rows_of(live.scan(proc=tree))
    assert (first.host, first.boot, first.kernel, first.last_cap, first.time) == ("web1", "b-1", "6.12.1", 40, None)
    assert (first.start, first.cgroup, first.container, first.engine) == (None, None, None, None)
    assert (second.start, second.container, second.engine) == (987654, ID, "docker")
    assert (first.contained, second.contained, second.kernel_thread) == (None, True, False)
    assert second.effective == CapSet.from_mask(0xA80425FB)
    assert second.caps == live.read(7, proc=tree).caps
    assert (second.uid_fs, second.gid_real, second.groups, second.seccomp) == (0, 0, (), None)
    assert second.sets == {
        name: getattr(second, name) for name in ("effective", "permitted", "inheritable", "bounding", "ambient")
    }
    assert Row(host="x", effective=CapSet()).caps is None


def test_a_tree_that_has_nothing_else(host):
    """Then the host has to be named."""
    with pytest.raises(ArgumentError, match="has no sys/kernel/hostname, which names the host: give host="):
        fleet.processes(live.scan(proc=host))
    [row, _] = rows_of(live.scan(proc=host), host="web2", time=TIME.astimezone(timezone(timedelta(hours=2))))
    assert (row.host, row.time, row.boot, row.kernel, row.last_cap) == ("web2", TIME, None, None, None)


def group_of(tree, group):
    """Write a control group, and return of what it is taken for."""
    (tree / "7/cgroup").write_text(f"0::{group}\n")
    [row] = [row for row in rows_of(live.scan(proc=tree)) if row.pid == 7]
    return row.cgroup, row.contained


def test_whether_it_is_in_a_container(tree):
    """Groups of a host are outside, unless they are seen from inside, where each begins at the container's own."""
    assert group_of(tree, "/system.slice/ssh.service") == ("/system.slice/ssh.service", None)
    (tree / "2").mkdir()
    (tree / "2/stat").write_text("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0\n")
    assert group_of(tree, "/system.slice/ssh.service") == ("/system.slice/ssh.service", False)
    assert group_of(tree, "/default/web") == ("/default/web", None)
    (tree / "7/ns").mkdir()
    (tree / "7/ns/pid").symlink_to("pid:[4026532999]")
    assert group_of(tree, "/system.slice/ssh.service") == ("/system.slice/ssh.service", None)
    (tree / "7/ns/pid").unlink()
    (tree / "self/ns").mkdir(parents=True)
    (tree / "self/ns/cgroup").symlink_to("cgroup:[4026532999]")
    assert group_of(tree, "/system.slice/ssh.service") == ("/system.slice/ssh.service", None)


@pytest.mark.parametrize(("flags", "kernel", "contained"), [(0x200040, True, False), (0x400000, False, None)])
def test_threads_of_the_kernel(tree, flags, kernel, contained):
    """They are in the first of all groups, as everything is that is seen from inside a container."""
    status = (tree / "7/status").read_text()
    (tree / "7/status").write_text(re.sub("PPid:.*", "PPid:\t2", status))
    (tree / "7/stat").write_text(f"7 (kworker) I 2 0 0 0 -1 {flags} 1 2 3 4 5 6 7 8 20 0 1 0 98 9 10 11\n")
    (tree / "7/cgroup").write_text("0::/\n")
    row = rows_of(live.scan(proc=tree))[1]
    assert (row.kernel_thread, row.contained, row.start) == (kernel, contained, 98)


@pytest.mark.linux
def test_of_this_host():
    """Now."""
    rows = rows_of(live.scan(user_ns=True))
    [mine] = [row for row in rows if row.pid == live.read().pid]
    assert abs(datetime.now(UTC) - mine.time) < timedelta(minutes=5)
    assert mine.caps == live.read().caps
    assert mine.start is not None
    assert mine.cgroup is not None


@pytest.mark.linux
def test_of_threads():
    """Each has a start and a group of its own."""
    rows = rows_of(live.scan(threads=True))
    assert any(row.pid == row.tgid and row.start for row in rows)


def test_a_process_that_cannot_be_read(tree):
    """It is a row without sets, which says why."""
    (tree / "9").mkdir()
    (tree / "9/status").write_text("Name:\tx\n")
    (tree / "11/status").mkdir(parents=True)
    *_, malformed, failed = rows_of(live.scan(proc=tree))
    assert (malformed.pid, malformed.caps, malformed.sets) == (9, None, {})
    assert malformed.unread.startswith(f"{tree}/9/status: ")
    assert (failed.pid, failed.host, failed.boot) == (11, "web1", "b-1")


def test_what_is_denied_and_hidden(tree):
    """Of a snapshot too, which has no more files to look at."""
    scan = live.scan(proc=tree)
    snapshot = scan.snapshot()
    denied = live.Snapshot(snapshot, denied=[live.reading.AccessDeniedError("x", 5, 6)], hidden=True)
    *rows, thread, hidden = rows_of(denied, host="web1")
    assert [row.name for row in rows] == ["sh", "cat"]
    assert (thread.pid, "x" in thread.unread) == (6, True)
    assert (hidden.pid, hidden.unread) == (None, HIDDEN)
    assert rows[1].start is None
    [only] = rows_of(live.Snapshot([], denied=[live.reading.AccessDeniedError("x", "self")]), host="web1")
    assert only.pid is None
    failing = live.Snapshot([], failed=[OSError(5, "no", "somewhere")])
    assert rows_of(failing, host="web1")[0].pid is None


def test_a_hostile_name(tree):
    """It is written so that nothing in it can act, and no two names become one."""
    status = (tree / "7/status").read_bytes()
    (tree / "7/status").write_bytes(status.replace(b"cat", b"\x1b[2J\xff\\\\x"))
    assert rows_of(live.scan(proc=tree))[1].name == r"\x1b[2J\xff\\x"


def ps(run, *args):
    """Return what ``capset ps --json`` prints."""
    status, out, _ = run("ps", "--json", *args)
    assert status == 0
    return out


def test_what_ps_has_printed(run, tree):
    """As text, as bytes, and parsed; the same processes with the same sets."""
    (tree / "9").mkdir()
    (tree / "9/status").write_text("Name:\tx\n")
    (tree / "11/status").mkdir(parents=True)
    out = ps(run, "--proc", str(tree))
    rows = rows_of(out, host="web1", time=TIME)
    assert rows == rows_of(out.encode(), host="web1", time=TIME) == rows_of(json.loads(out), host="web1", time=TIME)
    assert [row.pid for row in rows] == [1, 7, 9, 11]
    assert [row.caps is None for row in rows] == [False, False, True, True]
    assert rows[1].caps == live.read(7, proc=tree).caps
    assert rows[2].unread


def test_what_ps_has_left_out(run, tree):
    """A list without some processes is not one in which there are none."""
    told = json.loads(ps(run, "--proc", str(tree)))
    told |= {"denied": [{"pid": 4, "tid": None}, {"pid": 5, "tid": 6}], "hidden": True, "failed": ["no place"]}
    told["kernel_threads"] = {"left_out": [2, 3], "not_known": []}
    rows = rows_of(told, host="web1")
    assert [(row.pid, row.unread) for row in rows[2:]] == [
        (4, "it may not be read"),
        (6, "it may not be read"),
        (None, "no place"),
        (None, HIDDEN),
        (2, "a thread of the kernel, which ps has left out"),
        (3, "a thread of the kernel, which ps has left out"),
    ]
    assert [row.kernel_thread for row in rows[2:]] == [None] * 4 + [True] * 2


def test_what_ps_was_told_not_to_list(run, tree):
    """Some of the processes of a host are not the host."""
    rows = rows_of(ps(run, "--proc", str(tree), "--has", "sys_admin"), host="web1")
    assert [(row.pid, row.unread) for row in rows] == [
        (None, "ps was told to list some alone: of 2 processes 0 are listed"),
    ]


def test_what_ps_says_of_threads_of_the_kernel(run, tree):
    """They are listed, and said to be such; what may be one is not known to be none."""
    status = (tree / "7/status").read_text()
    (tree / "7/status").write_text(re.sub("PPid:.*", "PPid:\t2", status))
    assert [row.kernel_thread for row in rows_of(ps(run, "--proc", str(tree)), host="web1")] == [False, False]
    (tree / "7/stat").write_text("7 (kworker) I 2 0 0 0 -1 2097216 1 2 3 4 5 6 7 8 20 0 1 0 98 9 10 11\n")
    [_, kernel] = rows_of(ps(run, "--proc", str(tree)), host="web1")
    assert (kernel.kernel_thread, kernel.contained) == (True, False)
    (tree / "7/stat").unlink()
    assert [row.kernel_thread for row in rows_of(ps(run, "--proc", str(tree)), host="web1")] == [False, None]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("/proc", r"what capset ps --json prints \(.*\); a folder is read by live.scan\(proc=\.\.\.\)"),
        ('{"processes": [], "processes": []}', "'processes' stands twice"),
        ("[" * 100_000, "what capset ps --json prints"),
        ("[]", "processes: expected the list processes"),
        ({"groups": []}, "without --group"),
        ({"processes": 5}, "processes: expected a list"),
        ({"processes": [5]}, r"processes\[0\]\.ProcStatus: expected "),
        ({"processes": [{"pid": 1}]}, r"processes\[0\]\."),
        ({"processes": [], "denied": [5]}, "denied: expected a process that could not be read"),
        ({"processes": [], "denied": [{"pid": "x", "tid": None}]}, "denied: expected a process"),
    ],
)
def test_what_ps_does_not_print(told, message):
    """It says where in it."""
    with pytest.raises(FormatError, match=message):
        fleet.processes(told, host="web1")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: fleet.processes({"processes": []}),
            ArgumentError,
            "what capset ps prints does not say the name of the host",
        ),
        (lambda: fleet.processes(live.Snapshot([])), ArgumentError, "a snapshot does not say the name of the host"),
        (
            lambda: fleet.processes({"processes": []}, host=""),
            ArgumentError,
            "expected the name of a host, got an empty",
        ),
        (lambda: fleet.processes({"processes": []}, host=5), TypeError, "expected the name of a host as str"),
        (lambda: fleet.processes({"processes": []}, host="x", time=5), TypeError, "expected a time as"),
        (
            lambda: fleet.processes({"processes": []}, host="x", time=TIME.replace(tzinfo=None)),
            ArgumentError,
            "expected a time with its zone",
        ),
        (
            lambda: fleet.processes(5, host="x"),
            TypeError,
            "expected a scan, a snapshot, or what capset ps --json prints",
        ),
        (lambda: rows_of({"processes": [], "failed": [5]}, host="x"), FormatError, "failed: expected a text that says"),
        (
            lambda: rows_of({"processes": [], "kernel_threads": [1]}, host="x"),
            FormatError,
            "kernel_threads: expected an",
        ),
        (lambda: rows_of({"processes": [], "of": "x"}, host="x"), FormatError, "of: expected the number of processes"),
        (
            lambda: rows_of({"processes": [], "kernel_threads": {"left_out": ["x"]}}, host="x"),
            FormatError,
            r"kernel_threads\.left_out: expected the ids of threads",
        ),
    ],
)
def test_what_cannot_be(call, error, message):
    """The error says what was expected."""
    with pytest.raises(error, match=message):
        call()
