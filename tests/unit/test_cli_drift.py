"""``capset drift``: what changed from one snapshot of hosts to the next."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from capset import CapSet, fleet
from tests.extras import needs

needs("fleet")


@pytest.fixture
def snapshots(tmp_path):
    """Two snapshots of a process that gains a capability."""
    caps = [CapSet(["kill"]), CapSet(["kill", "sys_admin"])]
    paths = [str(tmp_path / name) for name in ("before.jsonl", "after.parquet")]
    for held, path in zip(caps, paths, strict=True):
        known = dict.fromkeys(("effective", "permitted", "bounding"), held)
        rows = [fleet.Row(host="web1", pid=7, start=1, name="nginx", **known, inheritable=CapSet(), ambient=CapSet())]
        fleet.write(rows, path)
    return paths


def test_what_changed(run, snapshots):
    """As lines, with what published lists warn of."""
    status, out, err = run("drift", *snapshots)
    assert (status, err) == (0, "")
    assert out.replace("\n  ", " ").splitlines() == [
        "nginx, 1 process on web1, pid 7: effective, permitted, bounding: +CAP_SYS_ADMIN",
        "1 process in both",
        "! 1 of them by their start alone, as the boot is not known in both",
        "! published lists warn of CAP_SYS_ADMIN: see capset explain",
    ]
    assert run("drift", "--by", "program", *snapshots)[1].startswith("nginx, 1 process on web1, pid 7: effective")


def test_as_json(run, snapshots):
    """The whole value, which reads back."""
    _, out, _ = run("drift", "--json", *snapshots)
    found = fleet.Drift.from_dict(json.loads(out))
    assert found == fleet.drift(*map(fleet.read, snapshots))


def test_exit_statuses(run, snapshots):
    """1 where something has changed."""
    assert run("drift", "--exit-code", *snapshots)[0] == 1
    assert run("drift", "--exit-code", snapshots[0], snapshots[0])[0] == 0


def test_that_nothing_has_changed_is_not_said_of_what_cannot_be_compared(run, tmp_path):
    """With no start, no set or no process that is in both, a check in CI does not pass."""
    known = dict.fromkeys(("effective", "permitted", "bounding", "inheritable", "ambient"), CapSet())
    one = fleet.Row(host="web1", pid=7, start=1, **known)
    for name, rows in {
        "one": [one],
        "other": [fleet.Row(host="web2", pid=7, start=1, **known)],
        "without a start": [one, fleet.Row(host="web1", pid=8, **known)],
        "unread": [one, fleet.Row(host="web1", pid=8, start=1, unread="it may not be read")],
    }.items():
        fleet.write(rows, tmp_path / f"{name}.parquet")
        status, _, err = run("drift", "--exit-code", str(tmp_path / "one.parquet"), str(tmp_path / f"{name}.parquet"))
        assert (name, status) == (name, 0 if name == "one" else 2)
        assert ("what could not may have" in err.replace("\n ", "")) == bool(status)


def test_a_new_process_is_warned_of(run, tmp_path):
    """By program, by all that it has."""
    for name, rows in {"before": ["a"], "after": ["a", "b"]}.items():
        known = dict.fromkeys(("effective", "permitted", "bounding"), CapSet(["sys_admin"]))
        fleet.write(
            [fleet.Row(host="web1", pid=7, name=row, **known) for row in rows[-1:]], tmp_path / f"{name}.parquet"
        )
    paths = [str(tmp_path / f"{name}.parquet") for name in ("before", "after")]
    assert "! published lists warn of CAP_SYS_ADMIN" in run("drift", "--by", "program", *paths)[1]


def test_what_cannot_be(run, snapshots, tmp_path):
    """A message, and status 2."""
    twice = tmp_path / "twice.jsonl"
    line = fleet.to_line(fleet.Row(host="web1", pid=7, effective=CapSet()))
    twice.write_text(f"{line}\n{line}\n")
    for before, after, message in (
        (snapshots[0], str(tmp_path / "none.parquet"), "No such file"),
        (snapshots[0], str(tmp_path), "it is a folder: capset snapshot FILE"),
        (snapshots[0], str(twice), "has processes of web1 twice, and no times that tell them apart"),
        (str(tmp_path / "x.csv"), snapshots[0], "expected a snapshot, whose name ends with .parquet, .pq, .arrow"),
        ("-", "-", "- stands for one of the two: give a file for the other"),
        ("-", snapshots[0], "standard input is empty"),
    ):
        status, _, err = run("drift", before, after)
        assert (status, message in err.replace("\n", " ").replace("  ", " ")) == (2, True), err


def test_standard_input(run, snapshots):
    """Lines of JSON, as either of the two."""
    lines = [run("snapshot", "-", path)[1] for path in snapshots]
    told = run("drift", *snapshots)
    assert run("drift", "-", snapshots[1], stdin=lines[0]) == told
    assert run("drift", snapshots[0], "-", stdin=lines[1]) == told
    for text in ("{\n", '{"processes": []}\n', "[\n"):
        status, _, err = run("drift", "-", snapshots[1], stdin=text)
        assert (status, "expected a snapshot as lines of JSON, got JSON of another shape" in err) == (2, True)
        assert "capset snapshot - - --host NAME makes one of what capset ps --json prints" in err


MONDAY = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


def at(time, pid=7, host="web1", name="nginx", caps=()):
    """Make a process, as it was at some time."""
    held = dict.fromkeys(("effective", "permitted", "bounding"), CapSet(caps))
    return fleet.Row(host=host, time=time, pid=pid, start=1, name=name, **held)


@pytest.fixture
def both(tmp_path):
    """Two snapshots of two hosts in one file, not of the same second."""
    path = tmp_path / "both.parquet"
    rows = [
        at(MONDAY + timedelta(days=day, seconds=second), host=host, caps=["kill"] * day)
        for day in (0, 1)
        for second, host in enumerate(("web1", "web2"))
    ]
    fleet.write(rows, path)
    return str(path)


CHANGED = "nginx, 2 processes on 2 hosts, such as web1, pid 7: effective, permitted, bounding: +CAP_KILL"


@pytest.mark.parametrize(
    "times",
    [
        ("2026-11-02", "2026-11-03"),
        ("2026-11-02T06Z", "2026-11-03T06Z"),
        ("2026-11-02T07:00+01:00", "2026-11-03T06:00Z"),
    ],
)
def test_two_times_of_one_file(run, both, times):
    """As much of a time as is given chooses all that was read in it, named once or twice, or piped in."""
    options = ["--from", times[0], "--to", times[1]]
    for args, stdin in (([both], None), ([both, both], None), (["-"], run("snapshot", "-", both)[1])):
        status, out, err = run("drift", *args, *options, stdin=stdin)
        assert (status, out.splitlines()[0], err) == (0, CHANGED, "")


def test_one_of_two_files_with_several_times(run, both, tmp_path):
    """The option of each chooses in it alone."""
    one = tmp_path / "one.parquet"
    fleet.write([at(MONDAY)], one)
    assert run("drift", str(one), both, "--to", "2026-11-03T06:00:00Z")[1].startswith("nginx, 1 process on web1, pid 7")
    assert run("drift", both, str(one), "--from", "2026-11-03")[1].startswith("nginx, 1 process on web1, pid 7")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "both.parquet alone: give another, or choose two times in it by --from and --to"),
        (["--from", "2026-11-02"], "both.parquet alone: give another, or choose two times in it by --from and --to"),
        (["--to", "2026-11-02"], "both.parquet alone: give another, or choose two times in it by --from and --to"),
        (["{both}"], "both.parquet has web1 at 2 times: 2026-11-02, 2026-11-03; choose one by --from 2026-11-02"),
        (
            ["{both}", "--from", "2026-11-02"],
            "both.parquet has web1 at 2 times: 2026-11-02, 2026-11-03; choose one by --to 2026-11-02",
        ),
        (
            ["--from", "2026-11-02", "--to", "2026-11-02T06Z"],
            "--from 2026-11-02 and --to 2026-11-02T06Z are of the same",
        ),
        (["--to", "2026-11-02", "--from", "2026-11-02", "{both}"], "--from 2026-11-02 and --to 2026-11-02 are of the"),
        (
            ["--from", "2026-11-01", "--to", "2026-11-02"],
            "nothing in it is of 2026-11-01: its rows are of 2026-11-02T06:00:00Z to 2026-11-03T06:00:01Z",
        ),
        (["--from", "2026-11-02T06:00", "--to", "2026-11-03"], "--from: '2026-11-02T06:00' has no zone: write 2026-11"),
        (["--from", "monday", "--to", "2026-11-03"], "--from: expected a day such as 2026-11-02, or a time on it such"),
        (["--from", "2026-11-02", "--to", "2026-02-30"], "--to: expected a day such as 2026-11-02, or a time on it"),
        (["--from", "2026-11-02", "--to", "9999-12-31"], "got '9999-12-31'"),
    ],
)
def test_times_that_choose_nothing(run, both, args, message):
    """The message names the option, and what there is to choose from."""
    status, _, err = run("drift", both, *(arg.format(both=both) for arg in args))
    assert (status, message in err) == (2, True), err


@pytest.mark.parametrize(
    ("apart", "told"),
    [
        ([timedelta(), timedelta(hours=1)], "2026-11-02T06Z, 2026-11-02T07Z; choose one by --from 2026-11-02T06Z"),
        ([timedelta(), timedelta(minutes=1)], "2026-11-02T06:00Z, 2026-11-02T06:01Z; choose one by --from"),
        ([timedelta(), timedelta(seconds=1)], "2026-11-02T06:00:00Z, 2026-11-02T06:00:01Z; choose one by --from"),
        ([timedelta(), timedelta(microseconds=1)], "2026-11-02T06:00:00.000000Z, 2026-11-02T06:00:00.000001Z; choose"),
        ([timedelta(days=day) for day in range(7)], "at 7 times: 2026-11-02, 2026-11-03, 2026-11-04, 2026-11-05, "),
        ([timedelta(days=day) for day in range(7)], ", 2026-11-06 and 2 more; choose one by --from 2026-11-02"),
    ],
)
def test_times_are_told_as_shortly_as_they_can_be_chosen_by(run, tmp_path, apart, told):
    """To the day where that will do; and what is told chooses."""
    path = str(tmp_path / "a.parquet")
    fleet.write([at(MONDAY + each) for each in apart], path)
    err = run("drift", path, path)[2]
    assert told in err
    first, second = err.rpartition("times: ")[2].partition(";")[0].split(", ")[:2]
    status, out, _ = run("drift", path, "--from", first, "--to", second)
    assert (status, "1 process in both" in out) == (0, True)
    status, _, err = run("drift", path, "--from", second, "--to", first)
    assert (status, f"--from {second} is later than --to {first}" in err) == (2, True)


def test_without_the_extra(run, monkeypatch):
    """The error names it, before anything of a table is asked for."""
    for name in ("capset.fleet.arrow", "capset.fleet.files"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for args in (["a.parquet", "b.parquet"], ["-", "b.parquet"]):
        status, _, err = run("drift", *args, stdin="")
        assert (status, "pip install 'capset[fleet]'" in err) == (2, True), err


def test_a_pipe_that_may_be_cut_off_is_not_said_to_be_the_same(run, tmp_path):
    """What is missing of it may have changed."""
    path = str(tmp_path / "a.jsonl")
    fleet.write([at(MONDAY)], path)
    line = (tmp_path / "a.jsonl").read_text()
    assert run("drift", "--exit-code", path, "-", stdin=line)[0] == 2
    assert run("drift", "--exit-code", path, "-", stdin=line + '{"rows": 1}')[0] == 0


def test_what_was_not_all_understood_is_not_said_to_be_the_same(run, tmp_path):
    """It may hold what has no name here."""
    path = str(tmp_path / "a.jsonl")
    fleet.write([fleet.Row(host="web1", pid=7, start=1, effective=CapSet(), unread="effective names 'CAP_NEXT'")], path)
    assert run("drift", "--exit-code", path, path)[0] == 2
    assert run("drift", "--exit-code", "--by", "program", path, path)[0] == 2


def test_hosts_of_which_none_is_in_both(run, tmp_path):
    """There is nothing to compare, by whatever."""
    one, other = (str(tmp_path / f"{name}.jsonl") for name in ("web1", "web2"))
    for path in (one, other):
        fleet.write([fleet.Row(host=path, pid=7, start=1, effective=CapSet())], path)
    for by in ("process", "program"):
        assert run("drift", "--exit-code", "--by", by, one, other)[0] == 2


def test_rows_without_a_time(run, tmp_path):
    """They are told, and that nothing has changed is not said for them; where there are none else, it says so."""
    for name, rows in {"some": [at(MONDAY), at(None, pid=8)], "none": [at(None)], "one": [at(MONDAY)]}.items():
        fleet.write(rows, tmp_path / f"{name}.parquet")
    some, none, one = (str(tmp_path / f"{name}.parquet") for name in ("some", "none", "one"))
    assert run("drift", some, one, "--from", "2026-11-02")[2] == (
        "capset: 1 row of which the time is not known is left out\n"
    )
    assert run("drift", some, some, "--from", "2026-11-02")[0] == 0
    assert run("drift", "--exit-code", some, one, "--from", "2026-11-02")[0] == 2
    assert run("drift", "--exit-code", one, one, "--from", "2026-11-02")[0] == 0
    assert (
        "nothing in it is of 2026-11-02: of its rows no time is known"
        in run("drift", none, one, "--from", "2026-11-02")[2]
    )


def test_another_error_is_told_as_it_is(run):
    """Of a table that has nothing twice."""
    from capset.cli.drift import _twice
    from capset.errors import ArgumentError

    assert _twice(ArgumentError("no", "web1"), [fleet.table([at(None)])], [("a", "--from")]) == "no"
