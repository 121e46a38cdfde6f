"""What was added and dropped, as rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from capset.diff import CapDiff, StateDiff
from capset.display import records
from capset.display.as_records.sets import CAP, cap_row
from capset.records import Records
from capset.sets import THREAD_SETS


@records.register(CapDiff)
def _diff(diff: CapDiff) -> Records:
    """Make a row of each capability that is added or dropped."""
    return Records({"change": "text", **CAP}, _changes(diff))


@records.register(StateDiff)
def _state_diff(diff: StateDiff) -> Records:
    """Make a row of each capability of each set that is added or dropped."""
    rows = ((name, *row) for name in THREAD_SETS for row in _changes(getattr(diff, name)))
    return Records({"set": "text", "change": "text", **CAP}, rows)


def _changes(diff: CapDiff) -> Iterator[tuple[Any, ...]]:
    for change in ("added", "dropped"):
        for cap in getattr(diff, change):
            yield change, *cap_row(cap)
