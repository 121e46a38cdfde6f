"""Drift: what changed of a fleet from one snapshot to the next."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import product
from operator import itemgetter
from typing import Any

from attrs import evolve

from capset.errors import ArgumentError, shown
from capset.fleet.changes import By, Change, Drift
from capset.fleet.frames import Frame, frame, grouped, nw
from capset.fleet.held import STANDING, Held, held_of, rank
from capset.live.user_ns import INITIAL_USER_NS

__all__ = ["drift"]


def drift(before: Any, after: Any, *, by: By = "process") -> Drift:
    """Say what changed of a fleet from one snapshot to the next: sets, the user, no_new_privs and seccomp.

    The engine joins and groups; what leaves it is a row for each way in which processes changed.

    Args:
        before: A table of a fleet, as for :func:`~capset.fleet.prevalence`.
        after: A later one, of the same engine.
        by: ``"process"`` compares what is the same process in both, by its host, boot, id and start. ``"program"``
            compares, on each host, what programs of one name held: it tells of processes that began or ended too, and
            needs no start.

    Raises:
        ArgumentError: A table has a process twice, as where it holds two snapshots of a host; or *by* is neither.
        FormatError: A table lacks a column, or has a set as something else than masks.
        TypeError: One is no table.

    Examples:
        >>> from capset import fleet
        >>> monday, tuesday = fleet.read("examples/fleet/monday.parquet"), fleet.read("examples/fleet/tuesday.parquet")
        >>> found = fleet.drift(monday, tuesday)
        >>> [(each.name, str(each.diff["effective"]), each.hosts) for each in found[:1]]
        [('backup', '+CAP_DAC_READ_SEARCH', 3)]
    """
    if by not in _COMPARED:
        raise ArgumentError(f'expected "process" or "program", got {shown(by)}', by)
    columns, compare = _COMPARED[by]
    elsewhere = {"elsewhere": nw.col("user_ns") != INITIAL_USER_NS}
    tables = [frame(data, columns).with_columns(**elsewhere) for data in (before, after)]
    engines = [table.implementation for table in tables]
    if engines[0] != engines[1]:
        raise TypeError(f"expected two tables of one engine, got {' and '.join(map(str, engines))}")
    hosts = [_hosts(table, which) for table, which in zip(tables, ("before", "after"), strict=True)]
    found = compare(*tables)
    ordered = sorted(found.changes, key=_order)
    return evolve(
        found,
        changes=tuple(ordered),
        unread=sum(map(_unread, tables)),
        hosts_gone=tuple(sorted(hosts[0] - hosts[1])),
        hosts_new=tuple(sorted(hosts[1] - hosts[0])),
    )


def _order(change: Change) -> tuple[Any, ...]:
    told = (-change.gained, -change.count, str(change.name), change.host)
    return (*told, change.name is None, rank(change.before), rank(change.after))


def _hosts(table: Frame, which: str) -> set[str]:
    """Return the hosts; refuse two snapshots of one of them."""
    if "pid" not in table.collect_schema():
        return {group["host"] for group in grouped(table, ["host"])}
    known = grouped(table.filter(~nw.col("pid").is_null()), ["host"], pids=nw.col("pid").n_unique())
    if twice := next((group["host"] for group in known if group["pids"] != group["count"]), None):
        message = f"{which} has processes of {shown(twice)} twice, as of two snapshots: choose one, by its time"
        raise ArgumentError(message, twice)
    return {group["host"] for group in grouped(table, ["host"])}


def _unread(table: Frame) -> int:
    return _count(table.filter(_all_null()))


def _all_null() -> Any:
    return nw.all_horizontal(*(nw.col(name).is_null() for name in STANDING[:5]), ignore_nulls=False)


def _count(table: Frame) -> int:
    [row] = grouped(table, [])
    count: int = row["count"]
    return count


def _by_process(before: Frame, after: Frame) -> Drift:
    keys = ["host", "pid", "start"]
    known = [table.filter(~nw.col("start").is_null() & ~nw.col("pid").is_null()) for table in (before, after)]
    has_boot = all("boot" in table.collect_schema() for table in known)
    columns = [*keys, *(["boot"] if has_boot else []), "name", *STANDING]
    one, other = (table.select(*columns) for table in known)
    renamed = {name: f"{name}_after" for name in columns if name not in keys}
    joined = one.join(other.rename(renamed), on=keys, how="inner")
    if has_boot:
        joined = joined.filter(~_differs("boot") | nw.col("boot").is_null() | nw.col("boot_after").is_null())
    same = _count(joined)
    # A process of the first host: the least of both together, as the least of each alone may be of two.
    first = nw.concat_str(nw.col("host"), nw.col("pid").cast(nw.String).str.zfill(_DIGITS), separator=_APART)
    changed = joined.filter(nw.any_horizontal(*map(_differs, STANDING), ignore_nulls=False)).with_columns(first=first)
    groups = grouped(
        changed,
        ["name_after", *STANDING, *(f"{name}_after" for name in STANDING)],
        hosts=nw.col("host").n_unique(),
        first=nw.col("first").min(),
    )
    counts, totals = [_count(table) for table in known], [_count(table) for table in (before, after)]
    return Drift(
        changes=tuple(_changes(groups)),
        by="process",
        same=same,
        ended=counts[0] - same,
        begun=counts[1] - same,
        unsure=sum(totals) - sum(counts),
    )


_APART, _DIGITS = "\1", 20


def _differs(name: str) -> Any:
    """Return whether two columns differ, of which either may be null; to some engines null is unequal to null."""
    one, other = nw.col(name), nw.col(f"{name}_after")
    both = ~one.is_null() & ~other.is_null()
    return ((one != other) & both) | (one.is_null() & ~other.is_null()) | (~one.is_null() & other.is_null())


def _changes(groups: Iterable[dict[str, Any]]) -> Iterator[Change]:
    for group in groups:
        host, _, pid = group["first"].rpartition(_APART)
        yield Change(
            name=group["name_after"],
            before=held_of(group),
            after=held_of(group, "_after"),
            count=group["count"],
            hosts=group["hosts"],
            host=host,
            pid=int(pid),
        )


def _by_program(before: Frame, after: Frame) -> Drift:
    one, other = _programs(before), _programs(after)
    # Of hosts that are in one of them alone there is nothing to compare.
    came = _only(other, one).join(before.select("host").unique(), on="host", how="semi")
    went = _only(one, other).join(after.select("host").unique(), on="host", how="semi")
    pairs: defaultdict[tuple[str, str | None], tuple[_Standings, _Standings]] = defaultdict(lambda: ({}, {}))
    for at, table in enumerate((went, came)):
        for group in table.collect(backend="pyarrow").to_native().to_pylist():
            told = {name: group[name] if group[f"{name}_known"] else None for name in ("name", *STANDING)}
            pairs[group["host"], told["name"]][at][held_of(told)] = int(group["processes"])
    found: defaultdict[tuple[str | None, Held | None, Held | None], dict[str, int]] = defaultdict(dict)
    for (host, name), (gone, new) in pairs.items():
        for held, later, count in _paired(gone, new):
            found[name, held, later][host] = count
    changes = (
        Change(name=name, before=held, after=later, count=sum(on.values()), hosts=len(on), host=min(on))
        for (name, held, later), on in found.items()
    )
    return Drift(changes=tuple(changes), by="program")


_Standings = dict[Held, int]  # how many processes of a program on a host hold alike


def _paired(gone: _Standings, new: _Standings) -> Iterator[tuple[Held | None, Held | None, int]]:
    """Put what came beside what went, the nearest first, and tell how many processes have it."""
    both = product(sorted(gone, key=rank), sorted(new, key=rank))
    pairs = sorted(((_distance(held, later), held, later) for held, later in both), key=itemgetter(0))
    left, right = dict(gone), dict(new)
    for _, held, later in pairs:
        if held in left and later in right:
            del left[held]
            yield held, later, right.pop(later)
    yield from ((held, None, count) for held, count in left.items())
    yield from ((None, later, count) for later, count in right.items())


def _distance(held: Held, later: Held) -> int:
    diffs = held.diff(later).values()
    others = [name for name in STANDING[5:] if getattr(held, name) != getattr(later, name)]
    return sum(len(diff.added) + len(diff.dropped) for diff in diffs) + len(others)


def _programs(table: Frame) -> Frame:
    """Group processes by their host, program and standing, in which a null is a value as any other."""
    known = {f"{name}_known": ~nw.col(name).is_null() for name in ("name", *STANDING)}
    schema = table.collect_schema()
    filled = [nw.col(name).fill_null(_nothing(name, schema[name].is_decimal())) for name in ("name", *STANDING)]
    flagged = table.filter(~_all_null()).select("host", *filled, **known)
    return flagged.group_by("host", *_KEY).agg(nw.len().alias("processes"))


def _nothing(name: str, is_decimal: bool) -> str | bool | int | Decimal:
    match name:
        case "name":
            return ""
        case "no_new_privs" | "elsewhere":
            return False
        case _:
            return Decimal(0) if is_decimal else 0


_KEY = ("name", "name_known", *STANDING, *(f"{name}_known" for name in STANDING))


def _only(these: Frame, those: Frame) -> Frame:
    return these.join(those.select("host", *_KEY), on=["host", *_KEY], how="anti")


_COMPARED: dict[str, tuple[tuple[str, ...], Callable[[Frame, Frame], Drift]]] = {
    "process": (("host", "pid", "start", "name", "user_ns", *STANDING[:-1]), _by_process),
    "program": (("host", "name", "user_ns", *STANDING[:-1]), _by_program),
}
