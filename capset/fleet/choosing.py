"""Rows of a fleet by when they were read, and by whether a program runs in them."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from capset.errors import ArgumentError, FormatError, require
from capset.fleet.frames import frame, native, nw, programs_alone

__all__ = ["between", "programs"]


def between(data: Any, start: date, end: date | None = None) -> Any:
    """Choose the rows that were read in some time, as of one day where a table has those of a week.

    Rows of which the time is not known are not among them.

    Args:
        data: A table of a fleet, as for :func:`~capset.fleet.prevalence`.
        start: From when on: a time with its zone, or a day in UTC.
        end: Until before when. If not given, it is the end of that day.

    Returns:
        Such a table as *data* is, as of :func:`~capset.fleet.who`.

    Raises:
        ArgumentError: A time has no zone, or the end is not later than the start, or not given where that is no day.
        FormatError: The table has no times, or has something else for them.
        TypeError: *data* is no table, or one is neither a time nor a day.

    Examples:
        >>> from datetime import date
        >>> from capset import fleet
        >>> week = fleet.read("examples/fleet/monday.parquet", "examples/fleet/tuesday.parquet")
        >>> fleet.between(week, date(2026, 11, 3)).num_rows
        482
    """
    first = _moment(start)
    if end is None and isinstance(start, datetime):
        raise ArgumentError(f"expected an end too, as {start} is no day", start)
    last = first + timedelta(days=1) if end is None else _moment(end)
    if last <= first:
        raise ArgumentError(f"expected an end later than {first}, got {last}", end)
    time, table = nw.col("time"), frame(data, ["time"])
    if table.collect_schema()["time"] != nw.Datetime:
        raise FormatError("time", str(table.collect_schema()["time"]), "times with their zone")
    return native(table.filter((time >= nw.lit(first)) & (time < nw.lit(last))), data)


def _moment(when: date) -> datetime:
    require(when, date, "a time or a day, as datetime.datetime or datetime.date")
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day, tzinfo=UTC)
    if when.tzinfo is None:
        raise ArgumentError(f"expected a time with its zone, such as datetime.now(UTC), got {when}", when)
    return when.astimezone(UTC)


def programs(data: Any) -> Any:
    """Leave out the threads of the kernel, which hold everything and run no program.

    What may be one, as it is not known, stays.

    Args:
        data: A table of a fleet, as for :func:`~capset.fleet.prevalence`.

    Returns:
        Such a table as *data* is, as of :func:`~capset.fleet.who`.

    Raises:
        TypeError: *data* is no table.

    Examples:
        >>> from capset import fleet
        >>> worker = fleet.Row(host="web1", pid=9, name="kworker/0:1", kernel_thread=True)
        >>> fleet.programs([worker, fleet.Row(host="web1", pid=70)])["pid"].to_pylist()
        [70]
    """
    return native(programs_alone(frame(data, [])), data)
