"""Processes as a table of Arrow, and back."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, islice
from typing import Any

from capset.capability import CAPS
from capset.errors import ArgumentError, FormatError, MissingExtraError, require, shown
from capset.fleet.row import COLUMNS, Kind, Row
from capset.printable import message
from capset.sets import THREAD_SETS, CapSet

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ModuleNotFoundError as error:
    raise MissingExtraError("pyarrow", "fleet", "a snapshot of a fleet") from error

__all__ = ["BATCH", "arrow_schema", "batch", "batches", "conformed", "names_of", "pa", "rows", "table"]

BATCH = 1 << 15
"""So many processes are held at once on the way to a file, and from one."""

_MARK, _VERSION = b"capset.fleet", b"1"
_TYPES: dict[Kind, Any] = {
    "text": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "number": pa.int64(),
    "id": pa.uint32(),
    "ids": pa.list_(pa.uint32()),
    "mask": pa.uint64(),
    "flag": pa.bool_(),
}


@cache
def arrow_schema() -> Any:
    """Return the schema of a snapshot, a ``pyarrow.Schema`` with the columns of :data:`~capset.fleet.row.COLUMNS`.

    Examples:
        >>> from capset import fleet
        >>> fleet.arrow_schema().field("effective").type
        DataType(uint64)
    """
    fields = [pa.field(name, _TYPES[kind], nullable=name != "host") for name, kind in COLUMNS.items()]
    return pa.schema(fields, metadata={_MARK: _VERSION})


def batch(processes: Sequence[Row]) -> Any:
    """Make a ``pyarrow.RecordBatch`` of some processes.

    Raises:
        ArgumentError: A value cannot stand in its column.
        TypeError: One is no Row.
    """
    for process in processes:
        require(process, Row, "a fleet.Row, or tables alone")
    return pa.record_batch([_column(name, processes) for name in COLUMNS], schema=arrow_schema())


def _column(name: str, processes: Sequence[Row]) -> Any:
    values = [getattr(process, name) for process in processes]
    try:
        if name == "host" and None in values:
            raise TypeError("it is None")
        if COLUMNS[name] == "mask":
            values = [None if caps is None else caps.mask for caps in values]
        if name == "time" and any(time is not None and time.tzinfo is None for time in values):
            raise TypeError("one has none")  # Arrow would take it for one in UTC
        column = pa.array(values, _TYPES[COLUMNS[name]])
        if (beyond := _beyond(name, column)) is not None:
            raise ValueError(f"one is {beyond}")
    except (pa.ArrowException, OverflowError, AttributeError, TypeError, ValueError) as error:
        raise ArgumentError(f"not every {name} is {_expected(name)}: {error}", name) from None
    return column


def _beyond(name: str, column: Any) -> int | str | None:
    """Return a value that the type of a column has room for, and what it stands for has not; None where none is."""
    if name not in _LIMITS:
        return None
    low, high = _LIMITS[name]
    found: dict[str, int | None] = pc.min_max(column.view(pa.int64())).as_py()  # pyright: ignore[reportAttributeAccessIssue]
    beyond = next((number for number in found.values() if number is not None and not low <= number <= high), None)
    return f"{beyond} microseconds from 1970 on" if name == "time" and beyond is not None else beyond


def _microseconds(time: datetime) -> int:
    return (time - datetime(1970, 1, 1)) // timedelta(microseconds=1)


_LIMITS = {
    "time": (_microseconds(datetime.min), _microseconds(datetime.max)),
    "last_cap": (0, len(CAPS) - 1),
}


def _expected(name: str) -> str:
    return _EXPECTED_OF.get(name) or _EXPECTED[COLUMNS[name]]


_EXPECTED_OF = {"last_cap": "the number of a capability, from 0 to 63"}
_EXPECTED: dict[Kind, str] = {
    "text": "a text without lone surrogates, which capset.printable.printable() writes as escapes",
    "time": "a time with its zone, of the years 1 to 9999",
    "number": "a whole number of 64 bits",
    "id": "a number from 0 to 2**32 - 1",
    "ids": "a list of numbers from 0 to 2**32 - 1",
    "mask": "a CapSet, or in a table a column of unsigned numbers of 64 bits",
    "flag": "true or false",
}


def batches(processes: Iterable[Row] | Any) -> Iterator[Any]:
    """Make record batches of processes as they come, or of whatever has batches of Arrow.

    Args:
        processes: Any number of :class:`~capset.fleet.Row`; or a table of Arrow, polars, pandas or duckdb, a
            record batch, or a reader of such; or any number of these, as :func:`~capset.fleet.stream` gives them.

    Yields:
        A ``pyarrow.RecordBatch`` with the schema of a snapshot, of up to :data:`BATCH` rows.

    Raises:
        ArgumentError: A value cannot stand in its column.
        FormatError: A table is no snapshot of a fleet.
        TypeError: *processes* are none.
    """
    if _is_table(processes):
        yield from _pieces(processes)
        return
    require(processes, Iterable, "processes, or a table of Arrow")
    found = iter(processes)
    some = list(islice(found, 1))
    found = chain(some, found)
    if some and _is_table(some[0]):
        yield from _together(piece for each in found for piece in _pieces(each))
        return
    while some := list(islice(found, BATCH)):
        yield batch(some)


def _is_table(data: object) -> bool:
    return hasattr(data, "__arrow_c_stream__") or isinstance(data, pa.RecordBatch)


def _together(pieces: Iterator[Any]) -> Iterator[Any]:
    """Make few batches of many small ones, each of which would be a group of rows of its own in a file."""
    some: list[Any] = []
    count = 0
    for piece in pieces:
        some.append(piece)
        count += piece.num_rows
        if count >= BATCH:
            yield from pa.Table.from_batches(some).combine_chunks().to_batches(BATCH)
            some, count = [], 0
    if some:
        yield from pa.Table.from_batches(some).combine_chunks().to_batches()


def _pieces(data: Any) -> Iterator[Any]:
    if not _is_table(data):
        raise TypeError(f"expected tables alone, as the first is one, got {shown(data)}")
    found = _stream(data)
    names_of(found.schema)
    for each in found:
        for start in range(0, each.num_rows, BATCH):
            yield from conformed(each.slice(start, BATCH)).to_batches()


def _stream(data: Any) -> Any:
    if isinstance(data, pa.RecordBatch):
        return pa.RecordBatchReader.from_batches(data.schema, [data])
    return data if isinstance(data, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(data)


def table(processes: Iterable[Row] | Any) -> Any:
    """Make a ``pyarrow.Table`` of processes, or of a table that has them.

    Args:
        processes: As for :func:`~capset.fleet.write`.

    Raises:
        ArgumentError: A value cannot stand in its column.
        FormatError: A table is no snapshot of a fleet.
        TypeError: *processes* are none.

    Examples:
        >>> from capset import CapSet, fleet
        >>> made = fleet.table([fleet.Row(host="web1", pid=7, effective=CapSet.parse("chown"))])
        >>> made.num_rows, made["effective"][0]
        (1, <pyarrow.UInt64Scalar: 1>)
    """
    return pa.Table.from_batches(batches(processes), arrow_schema())


def rows(data: Any) -> Iterator[Row]:
    """Read the processes in a table.

    Args:
        data: A table of Arrow, polars, pandas or duckdb, a record batch, a reader of such, or what
            :func:`~capset.fleet.stream` gives. Columns that are not there are None, and others are passed over.

    Raises:
        FormatError: It is no snapshot of a fleet.
        TypeError: It is no table.

    Examples:
        >>> from capset import fleet
        >>> found = fleet.who(fleet.read("examples/fleet/monday.parquet"), has=["sys_ptrace"], lacks=["sys_admin"])
        >>> sorted({process.name for process in fleet.rows(found)})
        ['debugger']
    """
    if not _is_table(data) and not isinstance(data, Iterator):
        raise TypeError(f"expected a table of Arrow, polars, pandas or duckdb, got {shown(data)}")
    for each in batches(data):
        columns = [_values(name, each[name]) for name in COLUMNS]
        for values in zip(*columns, strict=True):
            yield Row(**dict(zip(COLUMNS, values, strict=True)))


def _values(name: str, column: Any) -> list[Any]:
    values: list[Any] = column.to_pylist()
    match COLUMNS[name]:
        case "mask":
            return [None if mask is None else CapSet.from_mask(mask) for mask in values]
        case "ids":
            return [None if ids is None else tuple(ids) for ids in values]
        case "time":
            return [None if time is None else _utc(time) for time in values]
        case _:
            return values


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC)


def conformed(data: Any, source: str = "") -> Any:
    """Give a batch the columns and types of a snapshot, where nothing is lost by it.

    Columns that are not there become ones of nulls, and others are passed over.

    Args:
        data: A ``pyarrow.RecordBatch``.
        source: What errors call it.

    Returns:
        A ``pyarrow.Table``.

    Raises:
        FormatError: It has no host, or none of the five sets, or a column that cannot be read as what it should hold.
    """
    given = names_of(data.schema, source)
    schema = arrow_schema()
    columns = [
        _conformed(name, data.column(name), source)
        if name in given
        else pa.nulls(data.num_rows, schema.field(name).type)
        for name in COLUMNS
    ]
    if columns[0].null_count:
        raise FormatError("host", None, "the name of a host in every row", source)
    return pa.table(columns, schema=schema)


def names_of(schema: Any, source: str = "") -> list[str]:
    """Return the names of the columns of a snapshot, which may have no row that tells that it is one.

    Raises:
        FormatError: There is no host, or none of the five sets, or one of the columns is there twice.
    """
    try:
        given: list[str] = schema.names
    except UnicodeDecodeError as error:
        raise FormatError("columns", error.object, "names in UTF-8", source) from None
    if doubled := next((name for name in COLUMNS if given.count(name) > 1), None):
        raise FormatError(doubled, given, "each column once", source)
    version = (schema.metadata or {}).get(_MARK)
    if version is not None and version != _VERSION:
        raise FormatError("version", version.decode(errors="replace"), "a snapshot of version 1", source)
    strange = [name for name in given if name not in COLUMNS]
    if version and strange and len(given) == len(COLUMNS):  # its name is damaged, and what it holds would be lost
        raise FormatError("columns", message(strange[0]), f"the columns of a snapshot: {', '.join(COLUMNS)}", source)
    if "host" not in given or not any(name in given for name in THREAD_SETS):
        expected = f"a snapshot of a fleet, with the columns host and {', '.join(THREAD_SETS)}, or some of them"
        raise FormatError("columns", given, expected, source)
    return given


def _conformed(name: str, column: Any, source: str) -> Any:
    try:
        column.validate(full=True)  # else Arrow believes what it is told, and reads beyond what there is
    except pa.ArrowException as error:
        raise FormatError(
            name, str(column.type), f"a column that is not damaged, of texts in UTF-8 ({message(str(error))})", source
        ) from None
    try:
        found = _cast(name, column)
    except (pa.ArrowException, ValueError) as error:
        expected = f"{_expected(name)} (in a column of {column.type}: {message(str(error))})"
        raise FormatError(name, _example(column), expected, source) from None
    if (beyond := _beyond(name, found)) is not None:
        raise FormatError(name, beyond, _expected(name), source)
    return found


def _cast(name: str, column: Any) -> Any:
    kind, wanted = COLUMNS[name], arrow_schema().field(name).type
    if column.type == wanted:
        return column
    if not (pa.types.is_null(column.type) or _ALIKE[kind](column.type)):
        raise ValueError(_OTHERWISE.get(kind, "which is something else"))
    if kind == "mask" and pa.types.is_int64(column.type):  # what engines write that have no unsigned numbers
        return column.view(wanted)
    if kind == "mask" and _is_text(column.type):
        return pa.array([_hexadecimal(text) for text in column.to_pylist()], wanted)
    # What is less than a microsecond is cut off, as of the times in events.
    return pc.cast(column, options=pc.CastOptions(wanted, allow_time_truncate=True))


def _example(column: Any) -> object:
    """Return a value of a column of any type, for a message."""
    try:
        return column.drop_null()[0].as_py()
    except (pa.ArrowException, LookupError, ValueError, OverflowError):  # there is none, or none that Python has
        return None


def _is_text(kind: Any) -> bool:
    return (kind.value_type if pa.types.is_dictionary(kind) else kind) in {pa.string(), pa.large_string(), _VIEW}


_VIEW = getattr(pa, "string_view", pa.string)()  # since Arrow 16


def _is_whole(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def _is_time(kind: Any) -> bool:
    return bool(pa.types.is_timestamp(kind)) and kind.tz is not None


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind)) and _is_whole(kind.value_type)


_ALIKE: dict[Kind, Callable[[Any], bool]] = {
    "text": _is_text,
    "time": _is_time,
    "number": _is_whole,
    "id": _is_whole,
    "ids": _is_list,
    "mask": lambda kind: _is_whole(kind) or _is_text(kind),
    "flag": pa.types.is_boolean,
}
_OTHERWISE: dict[Kind, str] = {
    "mask": "where it has a point, large ones have lost bits; see the page on fleets",
    "time": "which has no zone",
}


def _hexadecimal(text: str | None) -> int | None:
    if text is None:
        return None
    if len(text) != 16:  # one that is cut off would look like a smaller set
        raise ValueError("a mask as text has 16 hexadecimal digits")
    return CapSet.from_hex(text).mask
