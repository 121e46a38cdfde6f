"""Drift: what changed of a fleet from one snapshot to the next."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import product, starmap
from operator import itemgetter
from typing import Any

from attrs import evolve

from capset.errors import ArgumentError, FormatError, shown
from capset.fleet.changes import By, Change, Drift
from capset.fleet.frames import Frame, first, frame, grouped, host_and_pid, how_many, nw, programs_alone
from capset.fleet.held import STANDING, Held, held_of, rank
from capset.live.user_ns import INITIAL_USER_NS

__all__ = ["drift"]


def drift(before: Any, after: Any, *, by: By = "process") -> Drift:
    """Say what changed of a fleet from one snapshot to the next: sets, users, no_new_privs, seccomp, and where it is.

    The engine joins and groups; what leaves it is a row for each way in which processes changed.

    Args:
        before: A table of a fleet, as for :func:`~capset.fleet.prevalence`.
        after: A later one, of the same engine.
        by: ``"process"`` compares what is the same process in both, by its host, boot, id and start. ``"program"``
            compares, on each host, what programs of one name held: it tells of what no process of that name held
            before, or none does any longer, and needs no start. Threads of the kernel are left out.

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
    whole = [
        frame(data, columns, also=("unread", "kernel_thread", "contained")).with_columns(**elsewhere)
        for data in (before, after)
    ]
    tables = [programs_alone(table) for table in whole]
    engines = [table.implementation for table in tables]
    if engines[0] != engines[1]:
        raise TypeError(f"expected two tables of one engine, got {' and '.join(map(str, engines))}")
    hosts = [_hosts(table, which) for table, which in zip(whole, ("before", "after"), strict=True)]
    found = compare(*tables, *whole)
    ordered = sorted(found.changes, key=_order)
    unread = [group for table in tables for group in grouped(table.filter(_all_null()), ["host"])]
    return evolve(
        found,
        changes=tuple(ordered),
        unread=sum(group["count"] for group in unread),
        unread_hosts=tuple(sorted({group["host"] for group in unread})),
        partly=sum(map(_partly, tables)),
        kernel=sum(map(_kernel_threads, whole)),
        hosts_gone=tuple(sorted(hosts[0] - hosts[1])),
        hosts_new=tuple(sorted(hosts[1] - hosts[0])),
    )


def _order(change: Change) -> tuple[Any, ...]:
    told = (-change.gained, -change.count, str(change.name), change.host)
    return (*told, change.name is None, rank(change.before), rank(change.after))


def _hosts(table: Frame, which: str) -> set[str]:
    """Return the hosts; refuse two snapshots of one of them."""
    hosts = {group["host"] for group in grouped(table, ["host"])}
    if None in hosts:
        raise FormatError("host", None, f"the name of a host in every row of {which}")
    if "pid" not in table.collect_schema():
        return hosts
    known = grouped(table.filter(~nw.col("pid").is_null()), ["host"], pids=nw.col("pid").n_unique())
    twice = next((group["host"] for group in known if group["pids"] != group["count"]), None)
    if twice is not None:
        message = f"{which} has processes of {shown(twice)} twice, as of two snapshots: choose one, by its time"
        raise ArgumentError(message, twice)
    return hosts


def _kernel_threads(table: Frame) -> int:
    if "kernel_thread" not in table.collect_schema():
        return 0
    return how_many(table.filter(nw.col("kernel_thread") == nw.lit(True)))


def _partly(table: Frame) -> int:
    """Count the rows of which some of it was understood and some was not."""
    if "unread" not in table.collect_schema():
        return 0
    return how_many(table.filter(~nw.col("unread").is_null() & ~_all_null()))


def _all_null() -> Any:
    return nw.all_horizontal(*(nw.col(name).is_null() for name in STANDING[:5]), ignore_nulls=False)


def _by_process(before: Frame, after: Frame, *_whole: Frame) -> Drift:
    keys = ["host", "pid", "start"]
    known = [table.filter(~nw.col("start").is_null() & ~nw.col("pid").is_null()) for table in (before, after)]
    also = [name for name in ("boot", "contained") if all(name in table.collect_schema() for table in known)]
    has_boot = "boot" in also
    columns = [*keys, *also, "name", *STANDING]
    one, other = (table.select(*columns) for table in known)
    renamed = {name: f"{name}_after" for name in columns if name not in keys}
    joined = one.join(other.rename(renamed), on=keys, how="inner")
    if has_boot:
        joined = joined.filter(~_differs("boot") | nw.col("boot").is_null() | nw.col("boot_after").is_null())
    of_one_boot = {"proven": nw.when(nw.col("boot") == nw.col("boot_after")).then(nw.col("host")).count()}
    [in_both] = grouped(joined, [], **(of_one_boot if has_boot else {}))
    same, proven = in_both["count"], in_both.get("proven", 0)
    differs, told = [*map(_differs, STANDING)], [*STANDING]
    if "contained" in also:
        # Many a source does not say it, which is no news; and who stayed where it was is told with others.
        moved = nw.when(nw.col("contained") != nw.col("contained_after"))
        joined = joined.with_columns(*(moved.then(nw.col(name)).alias(name) for name in _PLACES))
        differs.append(~nw.col("contained").is_null())
        told.append("contained")
    changed = joined.filter(nw.any_horizontal(*differs, ignore_nulls=False))
    changed = changed.with_columns(first=first(changed), name_after=nw.coalesce("name_after", "name"))
    groups = grouped(
        changed,
        ["name_after", *told, *(f"{name}_after" for name in told)],
        hosts=nw.col("host").n_unique(),
        first=nw.col("first").min(),
    )
    counts, totals = [how_many(table) for table in known], [how_many(table) for table in (before, after)]
    return Drift(
        changes=tuple(_changes(groups)),
        by="process",
        same=same,
        unproven=same - proven,
        ended=counts[0] - same,
        begun=counts[1] - same,
        unsure=sum(totals) - sum(counts),
    )


_PLACES = ("contained", "contained_after")


def _differs(name: str) -> Any:
    """Return whether two columns differ, of which either may be null; to some engines null is unequal to null."""
    one, other = nw.col(name), nw.col(f"{name}_after")
    both = ~one.is_null() & ~other.is_null()
    return ((one != other) & both) | (one.is_null() & ~other.is_null()) | (~one.is_null() & other.is_null())


def _changes(groups: Iterable[dict[str, Any]]) -> Iterator[Change]:
    for group in groups:
        host, pid = host_and_pid(group["first"])
        yield Change(
            name=group["name_after"],
            before=held_of(group),
            after=held_of(group, "_after"),
            count=group["count"],
            hosts=group["hosts"],
            host=host,
            pid=pid,
        )


def _by_program(before: Frame, after: Frame, *whole: Frame) -> Drift:
    one, other = _programs(before), _programs(after)
    # Of hosts that are in one of them alone there is nothing to compare.
    hosts = [table.select("host").unique() for table in whole]
    came = _only(other, one).join(hosts[0], on="host", how="semi")
    went = _only(one, other).join(hosts[1], on="host", how="semi")
    pairs: defaultdict[tuple[str, str | None], tuple[_Standings, _Standings]] = defaultdict(lambda: ({}, {}))
    for at, table in enumerate((went, came)):
        for group in table.collect(backend="pyarrow").to_native().to_pylist():
            told = {name: group[name] if group[f"{name}_known"] else None for name in ("name", *STANDING)}
            pairs[group["host"], told["name"]][at][held_of(told)] = int(group["processes"]), group["first"]
    found: defaultdict[tuple[str | None, Held | None, Held | None], list[_Some]] = defaultdict(list)
    for (_, name), (gone, new) in pairs.items():
        for held, later, some in _paired(gone, new):
            found[name, held, later].append(some)
    return Drift(changes=tuple(starmap(_change_of, found.items())), by="program", more=_more(one, other))


_Some = tuple[int, str]  # how many processes of a program on a host hold alike, and the host and pid of the first
_Standings = dict[Held, _Some]


def _change_of(what: tuple[str | None, Held | None, Held | None], on: Sequence[_Some]) -> Change:
    name, held, later = what
    host, pid = host_and_pid(min(told for _, told in on))
    count = sum(count for count, _ in on)
    return Change(name=name, before=held, after=later, count=count, hosts=len(on), host=host, pid=pid)


def _paired(gone: _Standings, new: _Standings) -> Iterator[tuple[Held | None, Held | None, _Some]]:
    """Put what came beside what went, the nearest first, and tell how many processes have it."""
    these, those = sorted(gone, key=rank), sorted(new, key=rank)
    pairs: Iterable[tuple[int, Held, Held]] = ((0, *pair) for pair in zip(these, those, strict=False))
    if len(these) * len(those) <= _MOST_PAIRS:  # else it would take too long to find which are near to which
        near = ((_distance(held, later), held, later) for held, later in product(these, those))
        pairs = sorted(near, key=itemgetter(0))
    left, right = dict(gone), dict(new)
    for _, held, later in pairs:
        if held in left and later in right:
            del left[held]
            yield held, later, right.pop(later)
    yield from ((held, None, some) for held, some in left.items())
    yield from ((None, later, some) for later, some in right.items())


_MOST_PAIRS = 100_000


def _distance(held: Held, later: Held) -> int:
    diffs = held.diff(later).values()
    others = [name for name in STANDING[5:] if getattr(held, name) != getattr(later, name)]
    return sum(len(diff.added) + len(diff.dropped) for diff in diffs) + len(others)


def _programs(table: Frame) -> Frame:
    """Group processes by their host, program and standing, in which a null is a value as any other."""
    known = {f"{name}_known": ~nw.col(name).is_null() for name in ("name", *STANDING)}
    schema = table.collect_schema()
    filled = [nw.col(name).fill_null(_nothing(name, schema[name].is_decimal())) for name in ("name", *STANDING)]
    flagged = table.filter(~_all_null()).select("host", *filled, **known, first=first(table))
    return flagged.group_by("host", *_KEY).agg(nw.len().alias("processes"), nw.col("first").min())


def _nothing(name: str, is_decimal: bool) -> str | bool | int | Decimal:
    match name:
        case "name":
            return ""
        case "no_new_privs" | "elsewhere":
            return False
        case _:
            return Decimal(0) if is_decimal else 0


_KEY = ("name", "name_known", *STANDING, *(f"{name}_known" for name in STANDING))


def _more(one: Frame, other: Frame) -> int:
    """Count by how much those have become more that hold alike on a host."""
    key = ["host", *_KEY]
    were = one.select(*key, were=nw.col("processes"))
    grown = other.join(were, on=key, how="inner").filter(nw.col("processes") > nw.col("were"))
    [row] = grouped(grown, [], more=(nw.col("processes") - nw.col("were")).sum())
    return int(row["more"] or 0)


def _only(these: Frame, those: Frame) -> Frame:
    return these.join(those.select("host", *_KEY), on=["host", *_KEY], how="anti")


_COMPARED: dict[str, tuple[tuple[str, ...], Callable[..., Drift]]] = {
    "process": (("host", "pid", "start", "name", "user_ns", *STANDING[:-1]), _by_process),
    "program": (("host", "name", "user_ns", *STANDING[:-1]), _by_program),
}
