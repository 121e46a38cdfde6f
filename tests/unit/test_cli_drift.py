"""``capset drift``: what changed from one snapshot of hosts to the next."""

from __future__ import annotations

import json

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
        "! published lists warn of CAP_SYS_ADMIN: see capset explain",
    ]
    assert run("drift", "--by", "program", *snapshots)[1].startswith("nginx, 1 process on web1: effective")


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
        (snapshots[0], str(tmp_path), "ends with .parquet"),
        (snapshots[0], str(twice), "after has processes of 'web1' twice"),
        (str(tmp_path / "x.csv"), snapshots[0], "ends with .parquet"),
    ):
        status, _, err = run("drift", before, after)
        assert (status, message in err.replace("\n", " ").replace("  ", " ")) == (2, True), err
