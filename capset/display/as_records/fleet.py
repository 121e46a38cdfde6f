"""Processes of a fleet, and what was asked of it, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from capset.display import records
from capset.fleet.changes import Change, Drift
from capset.fleet.excesses import Beyond, Excess
from capset.fleet.held import STANDING, Held
from capset.fleet.outliers import Outlier, Rare
from capset.fleet.row import COLUMNS, Row
from capset.printable import message
from capset.records import Kind, Records
from capset.sets import THREAD_SETS

_FLAGS = ("no_new_privs", "elsewhere", "contained")
_KINDS: dict[str, Kind] = {**dict.fromkeys(THREAD_SETS, "mask"), **dict.fromkeys(_FLAGS, "flag")}
_HELD: dict[str, Kind] = {name: _KINDS.get(name, "number") for name in (*STANDING, "contained")}
# Of what holds more than its engine gives.
_NOT_ASKED = ("uid_real", "uid_saved", "uid_fs", "no_new_privs", "seccomp", "contained")


def _held(held: Held | None) -> Iterator[Any]:
    for name in _HELD:
        value = getattr(held, name, None)
        yield value.mask if name in THREAD_SETS and value is not None else value


@records.register(Row)
def _process(process: Row) -> Records:
    """Make one row, with the columns of a snapshot."""
    as_kind: dict[str, Kind] = {"text": "text", "mask": "mask", "flag": "flag", "ids": "text", "time": "text"}
    columns: dict[str, Kind] = {name: as_kind.get(kind, "number") for name, kind in COLUMNS.items()}
    return Records(columns, [[_plain(kind, getattr(process, name)) for name, kind in COLUMNS.items()]])


def _plain(kind: str, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case "mask":
            return value.mask
        case "time":
            return value.isoformat()
        case "ids":
            return " ".join(map(str, value))
        case "text":
            return message(value)
        case _:
            return value


@records.register(Change)
def _change(change: Change) -> Records:
    return _changes([change])


@records.register(Drift)
def _changes(changes: Iterable[Change]) -> Records:
    """Make a row of each change, with what was held before and after; of what was not there it is None."""
    columns: dict[str, Kind] = {"name": "text", "count": "number", "hosts": "number", "host": "text", "pid": "number"}
    for when in ("before", "after"):
        columns |= {f"{when}_{name}": kind for name, kind in _HELD.items()}
    rows = (
        (
            _text(each.name),
            each.count,
            each.hosts,
            message(each.host),
            each.pid,
            *_held(each.before),
            *_held(each.after),
        )
        for each in changes
    )
    return Records(columns, rows)


def _text(value: str | None) -> str | None:
    return None if value is None else message(value)


@records.register(Outlier)
def _outlier(outlier: Outlier) -> Records:
    return _outliers([outlier])


@records.register(Rare)
def _outliers(outliers: Iterable[Outlier]) -> Records:
    """Make a row of each set that few hold, with the usual one."""
    columns: dict[str, Kind] = {
        "peers": "text",
        "count": "number",
        "of": "number",
        "hosts": "number",
        "example": "text",
        "pid": "number",
        "mask": "mask",
        "usual": "mask",
        "added": "mask",
        "dropped": "mask",
    }
    rows = (
        (
            message(", ".join(str(value) for value in each.peers.values())),
            each.count,
            each.of,
            each.hosts,
            message(each.example),
            each.pid,
            each.caps.mask,
            each.usual.mask,
            each.diff.added.mask,
            each.diff.dropped.mask,
        )
        for each in outliers
    )
    return Records(columns, rows)


@records.register(Excess)
def _excess(excess: Excess) -> Records:
    return _excesses([excess])


@records.register(Beyond)
def _excesses(excesses: Iterable[Excess]) -> Records:
    """Make a row of each kind of processes that hold more."""
    columns: dict[str, Kind] = {
        "names": "text",
        "count": "number",
        "hosts": "number",
        "containers": "number",
        "host": "text",
        "engine": "text",
        "extra": "mask",
        "flags": "text",
        **{name: kind for name, kind in _HELD.items() if name not in _NOT_ASKED},
    }
    rows = (
        (
            message(", ".join(each.names)),
            each.count,
            each.hosts,
            each.containers,
            message(each.host),
            each.engine.name,
            each.extra.mask,
            None if each.match is None else " ".join(each.match.flags),
            *(value for name, value in zip(_HELD, _held(each.held), strict=True) if name not in _NOT_ASKED),
        )
        for each in excesses
    )
    return Records(columns, rows)
