"""Processes as a table of Arrow, and back."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from capset.errors import ArgumentError, FormatError, MissingExtraError, require, shown
from capset.fleet.row import COLUMNS, Kind, Row
from capset.sets import THREAD_SETS, CapSet

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ModuleNotFoundError as error:
    raise MissingExtraError("pyarrow", "fleet", "a snapshot of a fleet") from error

__all__ = ["BATCH", "arrow_schema", "batch", "batches", "conformed", "pa", "rows", "table"]

BATCH = 1 << 15
"""So many processes are held at once on the way to a file, and from one."""

_VERSION = b"1"
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
    return pa.schema(fields, metadata={b"capset.fleet": _VERSION})


def batch(processes: Sequence[Row]) -> Any:
    """Make a ``pyarrow.RecordBatch`` of some processes.

    Raises:
        ArgumentError: A value cannot stand in its column.
        TypeError: One is no Row.
    """
    for process in processes:
        require(process, Row, "a fleet.Row")
    return pa.record_batch([_column(name, processes) for name in COLUMNS], schema=arrow_schema())


def _column(name: str, processes: Sequence[Row]) -> Any:
    values = [getattr(process, name) for process in processes]
    try:
        if name == "host" and None in values:
            raise TypeError("it is None")
        if COLUMNS[name] == "mask":
            values = [None if caps is None else caps.mask for caps in values]
        return pa.array(values, _TYPES[COLUMNS[name]])
    except (pa.ArrowException, OverflowError, UnicodeEncodeError, AttributeError, TypeError) as error:
        raise ArgumentError(f"not every {name} is {_EXPECTED[COLUMNS[name]]}: {error}", name) from None


_EXPECTED = {
    "text": "a text without lone surrogates, which capset.printable.printable() writes as escapes",
    "time": "a time with its zone",
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
            record batch, or a reader of such.

    Yields:
        A ``pyarrow.RecordBatch`` with the schema of a snapshot, of up to :data:`BATCH` rows.

    Raises:
        ArgumentError: A value cannot stand in its column.
        FormatError: A table is no snapshot of a fleet.
        TypeError: *processes* are none.
    """
    if hasattr(processes, "__arrow_c_stream__") or isinstance(processes, pa.RecordBatch):
        for each in _stream(processes):
            for start in range(0, each.num_rows, BATCH):
                yield from conformed(each.slice(start, BATCH)).to_batches()
        return
    require(processes, Iterable, "processes, or a table of Arrow")
    some: list[Row] = []
    for process in processes:
        some.append(process)
        if len(some) == BATCH:
            yield batch(some)
            some = []
    if some:
        yield batch(some)


def _stream(data: Any) -> Any:
    if isinstance(data, pa.RecordBatch):
        return [data]
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
        data: A table of Arrow, polars, pandas or duckdb, a record batch, or a reader of such. Columns that are not
            there are None, and others are passed over.

    Raises:
        FormatError: It is no snapshot of a fleet.
        TypeError: It is no table.

    Examples:
        >>> from capset import fleet
        >>> found = fleet.who(fleet.read("examples/fleet/monday.parquet"), has=["sys_ptrace"], lacks=["sys_admin"])
        >>> sorted({process.name for process in fleet.rows(found)})
        ['debugger']
    """
    if not hasattr(data, "__arrow_c_stream__") and not isinstance(data, pa.RecordBatch):
        raise TypeError(f"expected a table of Arrow, polars, pandas or duckdb, got {shown(data)}")
    for each in _stream(data):
        found = conformed(each)
        columns = [_values(name, found[name]) for name in COLUMNS]
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
    given = data.schema.names
    if doubled := next((name for name in COLUMNS if given.count(name) > 1), None):
        raise FormatError(doubled, given, "each column once", source)
    if "host" not in given or not any(name in given for name in THREAD_SETS):
        expected = f"a snapshot of a fleet, with the columns host and {', '.join(THREAD_SETS)}, or some of them"
        raise FormatError("columns", given, expected, source)
    schema = arrow_schema()
    columns = [
        _cast(name, data.column(name), source) if name in given else pa.nulls(data.num_rows, schema.field(name).type)
        for name in COLUMNS
    ]
    if columns[0].null_count:
        raise FormatError("host", None, "the name of a host in every row", source)
    return pa.table(columns, schema=schema)


def _cast(name: str, column: Any, source: str) -> Any:
    kind, wanted = COLUMNS[name], arrow_schema().field(name).type
    if column.type == wanted:
        return column
    try:
        if not (pa.types.is_null(column.type) or _ALIKE[kind](column.type)):
            raise ValueError(_OTHERWISE.get(kind, "which is something else"))
        if kind == "mask" and pa.types.is_int64(column.type):  # what engines write that have no unsigned numbers
            return column.view(wanted)
        if kind == "mask" and _is_text(column.type):
            return pa.array([_hexadecimal(text) for text in column.to_pylist()], wanted)
        return pc.cast(column, wanted)
    except (pa.ArrowException, ValueError) as error:
        some = next((value for value in column.slice(0, _GLANCE).to_pylist() if value is not None), None)
        expected = f"{_EXPECTED[kind]} (in a column of {column.type}: {error})"
        raise FormatError(name, some, expected, source) from None


_GLANCE = 1000


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
