"""Processes of a fleet, from scans, from snapshots, and from what ``capset ps --json`` has printed."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("nonsense", r"what capset ps --json prints \("),
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
        (lambda: rows_of({"processes": [], "failed": [5]}, host="x"), TypeError, "a text in failed"),
        (
            lambda: rows_of({"processes": [], "kernel_threads": {"left_out": ["x"]}}, host="x"),
            TypeError,
            "the id of a thread of the kernel",
        ),
    ],
)
def test_what_cannot_be(call, error, message):
    """The error says what was expected."""
    with pytest.raises(error, match=message):
        call()
