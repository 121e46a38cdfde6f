"""Tables of whatever engine holds them, asked by one interface: what leaves an engine is grouped first."""

# Of what kind a table is, is known when it is there.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from capset.errors import ArgumentError, FormatError, MissingExtraError, require, shown
from capset.fleet.row import COLUMNS

try:
    import narwhals as nw
except ModuleNotFoundError as error:
    raise MissingExtraError("narwhals", "fleet", "asking a fleet") from error

__all__ = [
    "Frame",
    "first",
    "frame",
    "grouped",
    "host_and_pid",
    "how_many",
    "may_be",
    "native",
    "noted",
    "nw",
    "one_of",
    "own_columns",
    "programs_alone",
    "repeated",
]

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
    lacking = next((name for name in columns if name not in schema), None)
    if lacking is not None:
        raise FormatError("columns", list(schema), f"a snapshot of a fleet, with the column {lacking}")
    kinds = {name: schema[name] for name in (*columns, *also) if name in schema and name in COLUMNS}
    for name, kind in sorted(kinds.items(), key=lambda each: COLUMNS[each[0]] != "mask"):
        if not _FITS.get(COLUMNS[name], _is_anything)(kind) and not _is_empty(found, name):
            raise FormatError(name, str(kind), _expected(name, kind))
    categories = [name for name, kind in kinds.items() if kind in _CATEGORIES]
    return found.with_columns(*(nw.col(name).cast(nw.String) for name in categories)) if categories else found


def _is_empty(found: Frame, name: str) -> bool:
    """Say whether nothing is known in a column of flags or texts, of which pandas makes whatever then."""
    return COLUMNS[name] in {"flag", "text"} and not grouped(found, [], known=nw.col(name).count())[0]["known"]


def _expected(name: str, kind: Any) -> str:
    match COLUMNS[name]:
        case "mask":
            return (
                f"masks as whole numbers of 64 bits; {_TEXTS if kind == nw.String else f'{_REMEDY}, which lose bits'}"
            )
        case "flag":
            return "true and false, or null"
        case "text":
            return "texts"
        case _:  # in numbers with a point, what is not known is unequal to itself
            return f"whole numbers; {_REMEDY}"


def _is_whole(kind: Any) -> bool:
    return bool(kind.is_integer() or kind.is_decimal() or kind == nw.Unknown)  # the last where all is null


def _is_flag(kind: Any) -> bool:
    return kind in {nw.Boolean, nw.Object, nw.Unknown}


def _is_text(kind: Any) -> bool:
    return kind in {nw.String, nw.Object, nw.Unknown, *_CATEGORIES}


def _is_anything(_kind: Any) -> bool:
    return True


_CATEGORIES = {nw.Categorical, nw.Enum}
_FITS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("mask", "number", "id"), _is_whole),
    "flag": _is_flag,
    "text": _is_text,
}
_REMEDY = (
    "pandas has them by dtype_backend='pyarrow' where it reads a file, and by types_mapper=pandas.ArrowDtype of a "
    "table of Arrow, and floats otherwise"
)
_TEXTS = "texts of 16 hexadecimal digits, as in lines of JSON, are read by fleet.read()"


def how_many(found: Frame) -> int:
    """Return the number of rows."""
    [row] = grouped(found, [])
    count: int = row["count"]
    return count


def may_be(column: str, value: bool) -> Any:
    """Return the expression that a flag has a value, or is not known."""
    return nw.col(column).is_null() | (nw.col(column) == nw.lit(value))


def repeated(found: Frame) -> int:
    """Count the hosts that were read at more times than one, of which each process may be there several times."""
    if "time" not in found.collect_schema():
        return 0
    hosts = grouped(found, ["host"], times=nw.col("time").n_unique())
    return sum(group["times"] > 1 for group in hosts)


def programs_alone(found: Frame) -> Frame:
    """Leave out threads of the kernel, which hold everything, come and go, and run no program."""
    return found.filter(may_be("kernel_thread", False)) if "kernel_thread" in found.collect_schema() else found


def noted(found: Frame) -> dict[str, Any]:
    """Return how :func:`grouped` counts, as ``noted``, the rows of which something was not read or not understood."""
    return {"noted": nw.col("unread").count()} if "unread" in found.collect_schema() else {}


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


def first(found: Frame) -> Any:
    """Return an expression of what tells processes apart where their host and pid are known, the least first.

    It is one text, as the least host and the least pid of a group may be of two processes.
    """
    if "pid" not in found.collect_schema():
        return nw.concat_str(nw.col("host"), nw.lit(_UNKNOWN), separator=_APART)
    pid = nw.col("pid").cast(nw.String).str.zfill(_DIGITS).fill_null(_UNKNOWN)
    return nw.concat_str(nw.col("host"), pid, separator=_APART)


def host_and_pid(told: str) -> tuple[str, int | None]:
    """Return what :func:`first` has put into one text."""
    host, _, pid = told.rpartition(_APART)
    return host, None if pid == _UNKNOWN else int(pid)


_APART, _DIGITS, _UNKNOWN = "\1", 20, "~"  # the last sorts behind all digits


def one_of(column: str, masks: list[Any], found: Frame) -> Any:
    """Return the expression that a column has one of some masks, which are as the engine has given them."""
    if not masks:
        return nw.lit(False) & nw.col(column).is_null()
    kind = found.collect_schema()[column]
    if kind == nw.UInt64:  # else taken for signed numbers, in which the last bit has no place
        if found.implementation.is_polars():  # which makes a list of an array again
            listed = nw.new_series("masks", [masks], nw.List(nw.UInt64), backend=found.implementation)
            return nw.col(column).is_in(listed)
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
    strange = next((name for name in names if COLUMNS.get(name) in {"mask", "ids"}), None)
    if strange is not None:
        raise ArgumentError(f"expected columns other than the five sets and the groups, got {strange!r}", strange)
    if len(set(names)) < len(names):
        raise ArgumentError(f"expected each column once, got {', '.join(names)}", names)
    return names
