"""Tables of whatever engine holds them, asked by one interface: what leaves an engine is grouped first."""

# Of what kind a table is, is known when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from capset.errors import ArgumentError, FormatError, MissingExtraError, require, shown
from capset.fleet.row import COLUMNS
from capset.sets import THREAD_SETS

try:
    import narwhals as nw
except ModuleNotFoundError as error:
    raise MissingExtraError("narwhals", "fleet", "asking a fleet") from error

__all__ = ["Frame", "frame", "grouped", "native", "nw", "one_of", "own_columns"]

Frame = Any  # a narwhals LazyFrame


def frame(data: object, columns: Sequence[str], also: Sequence[str] = ()) -> Frame:
    """Return a table as narwhals has it, lazily where its engine is lazy.

    Args:
        data: A table of polars, pandas, Arrow, duckdb, PySpark, or what else narwhals knows; or some processes.
        columns: Those that have to be there.
        also: Those that are asked where they are there.

    Raises:
        FormatError: One of them is not there, or a mask or another number is no whole number in it.
        TypeError: It is no table.
    """
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        from capset.fleet.arrow import table

        data = table(data)
    try:
        found: Any = nw.from_native(cast("Any", data))
    except TypeError:
        known = "fleet.read() gives one, and polars, pandas, pyarrow, duckdb and PySpark have them"
        raise TypeError(f"expected a table of a fleet ({known}), got {shown(data)}") from None
    found = found.lazy()
    schema: Mapping[str, Any] = found.collect_schema()
    if lacking := next((name for name in columns if name not in schema), None):
        raise FormatError("columns", list(schema), f"a snapshot of a fleet, with the column {lacking}")
    kinds = {name: schema[name] for name in (*columns, *also) if name in schema}
    for name, kind in kinds.items():
        if name in THREAD_SETS and not (kind.is_integer() or kind.is_decimal()):
            remedy = _TEXTS if kind == nw.String else f"{_REMEDY}, which lose bits"
            raise FormatError(name, str(kind), f"masks as whole numbers of 64 bits; {remedy}")
    for name, kind in kinds.items():  # in numbers with a point, what is not known is unequal to itself
        if COLUMNS.get(name) in {"number", "id"} and kind.is_float():
            raise FormatError(name, str(kind), f"whole numbers; {_REMEDY}")
    return found


_REMEDY = "pandas reads them so with dtype_backend='pyarrow', and as floats without it"
_TEXTS = "texts of 16 hexadecimal digits, as in lines of JSON, are read by fleet.read()"


def native(found: Frame, like: object) -> Any:
    """Return a table of narwhals as its engine has it: a frame where a frame was given, and lazy where that was."""
    if isinstance(like, Sequence):
        return found.to_native()
    if type(found.to_native()) is type(like):
        return found.to_native()
    return found.collect().to_native()


def grouped(found: Frame, by: Sequence[str], **more: Any) -> list[dict[str, Any]]:
    """Let the engine group rows, and return a dict of each group: its columns, ``count``, and *more*.

    Args:
        found: The table.
        by: The columns.
        more: Other expressions of narwhals.
    """
    aggregates = [nw.len().alias("count"), *(expression.alias(name) for name, expression in more.items())]
    groups = found.group_by(*by).agg(*aggregates) if by else found.select(*aggregates)
    told: list[dict[str, Any]] = groups.collect(backend="pyarrow").to_native().to_pylist()
    return told


def one_of(column: str, masks: list[Any], found: Frame) -> Any:
    """Return the expression that a column has one of some masks, which are as the engine has given them."""
    if not masks:
        return nw.lit(False) & nw.col(column).is_null()
    kind = found.collect_schema()[column]
    if kind == nw.UInt64:  # else taken for signed numbers, in which the last bit has no place
        if found.implementation.is_polars():  # which makes a list of an array again
            return nw.col(column).is_in(nw.new_series("masks", masks, nw.UInt64, backend=found.implementation))
        from numpy import array, uint64

        return nw.col(column).is_in(array(masks, uint64))
    return nw.col(column).is_in(masks)


def own_columns(by: str | Iterable[str] | None) -> list[str]:
    """Return the columns by which a user wants groups.

    Raises:
        ArgumentError: One is a set.
    """
    require(by, str | Iterable | None, "the names of columns")
    names = [] if by is None else [by] if isinstance(by, str) else list(by)
    if strange := next((name for name in names if name in THREAD_SETS), None):
        raise ArgumentError(f"expected columns other than the five sets, got {strange!r}", strange)
    return names
