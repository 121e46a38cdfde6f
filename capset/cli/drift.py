"""``capset drift``: what changed from one snapshot of hosts to the next."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false, reportMissingTypeStubs=false

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

from capset.cli.group import exit_code_option, json_option
from capset.cli.moments import Span, span
from capset.cli.output import Failure, say, say_json, warn
from capset.cli.sources import FED, fed_rows, opened_snapshot
from capset.cli.tables import say_risks
from capset.errors import ArgumentError
from capset.fleet.formats import ENDINGS
from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.fleet.changes import By

__all__ = ["drift"]


@click.command()
@click.argument("before")
@click.argument("after", required=False)
@click.option("--from", "since", metavar="TIME", help="Of BEFORE only what was read then.")
@click.option("--to", "until", metavar="TIME", help="Of AFTER only what was read then.")
@click.option(
    "--by",
    type=click.Choice(["process", "program"]),
    default="process",
    show_default=True,
    help="Compare each process that is in both, or on each host what programs of one name hold.",
)
@exit_code_option("something has changed")
@json_option
def drift(
    before: str, after: str | None, since: str | None, until: str | None, by: By, exit_code: bool, as_json: bool
) -> None:
    """Show what changed from one snapshot of hosts to a later one, as capset snapshot writes them.

    It tells of the five sets, of users, user namespaces, no_new_privs and seccomp, and of who has left its container.
    Of processes that are new it tells by program alone. One of the two may be -, lines of JSON on standard input.

    A file may have more snapshots of a host than one: --from and --to choose, by a day in UTC such as 2026-11-02, or
    by an hour, a minute or less, such as 2026-11-02T06Z. With both, BEFORE alone will do.
    """
    from capset import fleet  # which needs an extra

    cut_off: list[str] = []
    spans = [None if text is None else span(option, text) for option, text in (("--from", since), ("--to", until))]
    _check(before, after, spans)
    one = _read(before, cut_off)
    whole = (one, one if after is None else _read(after, cut_off))
    places = ((_name(before), "--from"), (_name(after or before), "--to"))
    tables = [
        table if chosen is None else _within(table, chosen, name)
        for table, chosen, (name, _) in zip(whole, spans, places, strict=True)
    ]
    undated = sum(table["time"].null_count for table, chosen in zip(whole, spans, strict=True) if chosen)
    if undated:
        rows, are = ("row", "is") if undated == 1 else ("rows", "are")
        warn(f"{undated} {rows} of which the time is not known {are} left out")
    try:
        found = fleet.drift(*tables, by=by)
    except ArgumentError as error:
        raise Failure(_twice(error, tables, places)) from error
    if as_json:
        say_json(found.as_dict())
    else:
        for line in str(found).splitlines():
            say(line)
        say_risks(CapSet().union(*(caps for change in found for caps in change.added.values())))
    if exit_code:
        apart = len(found.hosts_gone) == len(tables[0]["host"].unique())  # no host is in both
        unknown = found.unread or found.partly or found.unsure or undated or cut_off
        if not found.changes and (unknown or found.same == 0 or apart):
            raise Failure("nothing has changed of what could be compared, and what could not may have")
        click.get_current_context().exit(int(bool(found.changes)))


def _check(before: str, after: str | None, spans: list[Span | None]) -> None:
    """Refuse what cannot be two snapshots."""
    if before == after == "-":
        raise Failure("- stands for one of the two: give a file for the other")
    one, other = spans
    if after is None and (one is None or other is None):
        raise Failure(f"there is {_name(before)} alone: give another, or choose two times in it by --from and --to")
    alone = after is None or os.path.realpath(before) == os.path.realpath(after)
    if alone and one and other and one.start < other.end and other.start < one.end:
        raise Failure(f"--from {one.text} and --to {other.text} are of the same time")
    if one and other and one.start > other.start:
        raise Failure(f"--from {one.text} is later than --to {other.text}")


def _name(source: str) -> str:
    return FED if source == "-" else source


def _read(source: str, cut_off: list[str]) -> Any:
    """Read a snapshot as a table; put its name into *cut_off* where some of it may be missing."""
    from capset.fleet.arrow import arrow_schema, batches, pa

    if source == "-":
        return pa.Table.from_batches(batches(fed_rows(lambda: cut_off.append(FED))), arrow_schema())
    if os.path.isdir(source):
        raise Failure(
            f"{source}: it is a folder: capset snapshot FILE {source} makes a snapshot of a tree of proc, and of files "
            "of Parquet in it where you name them"
        )
    if PurePath(source).suffix.lower() not in ENDINGS:
        raise Failure(f"{source}: expected a snapshot, whose name ends with {', '.join(ENDINGS)}")
    return pa.Table.from_batches(opened_snapshot(source), arrow_schema())


def _within(table: Any, chosen: Span, name: str) -> Any:
    """Take the rows that were read in a stretch of time."""
    import pyarrow.compute as pc

    from capset import fleet

    found = fleet.between(table, chosen.start, chosen.end)
    if not found.num_rows:
        ends = pc.min_max(table["time"]).as_py()
        has = "of its rows no time is known"
        if ends["min"] is not None:
            has = f"its rows are of {' to '.join(dict.fromkeys(map(_written, ends.values())))}"
        raise Failure(f"{name}: nothing in it is of {chosen.text}: {has}")
    return found


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _twice(error: ArgumentError, tables: Iterable[Any], places: Iterable[tuple[str, str]]) -> str:
    """Tell which snapshots there are of a host that a table has twice, and how to choose one."""
    import pyarrow.compute as pc

    for table, (name, option) in zip(tables, places, strict=True):
        rows = table.filter(pc.and_(pc.equal(table["host"], error.value), pc.is_valid(table["pid"])))
        if len(pc.unique(rows["pid"])) == rows.num_rows:
            continue
        times = _told_apart(sorted(pc.unique(rows["time"]).drop_null().to_pylist()))
        if len(times) < 2:
            return f"{name} has processes of {error.value} twice, and no times that tell them apart"
        more = f" and {len(times) - _SOME} more" if len(times) > _SOME else ""
        told = f"{', '.join(times[:_SOME])}{more}"
        return f"{name} has {error.value} at {len(times)} times: {told}; choose one by {option} {times[0]}"
    return str(error)


_SOME = 5


def _told_apart(times: list[datetime]) -> list[str]:
    """Write times as shortly as they can be told apart, and chosen by."""
    whole = [time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") for time in times]
    for length in _LENGTHS:
        short = [text[:length] + "Z" * (length > _LENGTHS[0]) for text in whole]
        if len(set(short)) == len(short):
            return short
    return whole


_LENGTHS = (len("2026-11-02"), len("2026-11-02T06"), len("2026-11-02T06:00"), len("2026-11-02T06:00:00"))
