"""How many processes of a fleet hold each capability, and which processes hold what."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from capset.arrays import Prevalence
from capset.arrays import prevalence as of_masks
from capset.capability import Cap
from capset.errors import ArgumentError, require
from capset.fleet.frames import frame, grouped, native, noted, nw, one_of
from capset.fleet.held import caps_of
from capset.sets import CapSet
from capset.state import check_set

__all__ = ["prevalence", "who"]

Names = Iterable[Cap | int | str]


def prevalence(data: Any, *, set: str = "effective") -> Prevalence:
    """Count how many processes of a fleet hold each capability.

    The engine groups by the mask; what leaves it is a row for each that differs.

    Args:
        data: A table of a fleet: of Arrow, as :func:`~capset.fleet.read` gives it, or of polars, pandas, duckdb or
            PySpark; or a list of :class:`~capset.fleet.Row`.
        set: Which of the five sets.

    Returns:
        A mapping of each capability that any process holds. Its ``missing`` are the processes whose set is not known,
        and ``partly`` those of which not all was understood, so that they may hold more. Threads of the kernel count
        as others do.

    Raises:
        ArgumentError: There is no such set.
        FormatError: The table lacks it, or has it as something else than masks.
        TypeError: *data* is no table.

    Examples:
        >>> from capset import fleet
        >>> found = fleet.prevalence(fleet.read("examples/fleet/monday.parquet"))
        >>> found["sys_admin"] < found.total
        True
    """
    check_set(set)
    table = frame(data, [set], also=("unread",))
    groups = grouped(table, [set], **noted(table))
    known = [(caps, group["count"]) for group in groups if (caps := caps_of(group[set])) is not None]
    missing = sum(group["count"] for group in groups if group[set] is None)
    counted = of_masks([caps for caps, _ in known], [times for _, times in known])
    partly = sum(group.get("noted", 0) for group in groups if group[set] is not None)
    return Prevalence(counted, counted.total, missing, partly=partly, what="processes")


def who(
    data: Any,
    *,
    has: Names = (),
    lacks: Names = (),
    user: int | None = None,
    set: str = "effective",
) -> Any:
    """Return the processes that hold some capabilities, and not others.

    Those of which it is not known are among them: their set is null, and ``unread`` says why as far as that is known.

    The engine is asked at once which masks there are, and for the rows when you ask for them: what is lazy stays so.

    Args:
        data: A table of a fleet, as for :func:`prevalence`.
        has: Each of these is held.
        lacks: None of these is held.
        user: Of processes that act as this user id alone, or of which that is not known.
        set: Which of the five sets.

    Returns:
        Such a table as *data* is: a lazy one of polars, a relation of duckdb, a frame of pandas.

    Raises:
        ArgumentError: There is no such set, or *user* is no id.
        FormatError: The table lacks a column, or has a set as something else than masks.
        TypeError: *data* is no table.
        UnknownCapabilityError: A name is none.

    Examples:
        >>> from capset import fleet
        >>> found = fleet.who(fleet.read("examples/fleet/monday.parquet"), has=["sys_module"], user=0)
        >>> found.num_rows > 0
        True
    """
    check_set(set)
    if isinstance(has, str) or isinstance(lacks, str):
        name = has if isinstance(has, str) else lacks
        raise TypeError(f"expected capabilities in a list, such as [{name!r}], got {name!r}")
    wanted, unwanted = CapSet(has), CapSet(lacks)
    require(user, int | None, "a user id as int")
    if user is not None and (isinstance(user, bool) or not 0 <= user < 2**32):
        raise ArgumentError(f"expected a user id from 0 to 2**32 - 1, got {user}", user)
    table = frame(data, [set] if user is None else [set, "uid_effective"])
    masks = [
        group[set]
        for group in grouped(table, [set])
        if (caps := caps_of(group[set])) is not None and wanted <= caps and unwanted.isdisjoint(caps)
    ]
    chosen = one_of(set, masks, table) | nw.col(set).is_null()
    if "unread" in table.collect_schema():
        chosen |= ~nw.col("unread").is_null()
    if user is not None:
        chosen &= (nw.col("uid_effective") == user) | nw.col("uid_effective").is_null()
    return native(table.filter(chosen), data)
