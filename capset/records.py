"""Records: rows for data frames, in which a mask is an unsigned number of 64 bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from functools import cache
from importlib import import_module
from typing import Any, Literal, overload

__all__ = ["Kind", "Records"]

Kind = Literal["text", "number", "flag", "mask"]


@cache
def _mask_type() -> Any:
    """Return what makes a mask of an int: NumPy's type where there is NumPy, as pandas has no other way to be told."""
    try:
        return import_module("numpy").uint64
    except ModuleNotFoundError:
        return int


class Records(Sized, Iterable[dict[str, Any]]):
    """Rows, each a dict with the same keys, for ``pandas.DataFrame()``, ``polars.DataFrame()`` and ``pyarrow.table()``.

    Returned by every ``to_records()``. A mask stays an unsigned number of 64 bits on the way: in a row it is a
    ``numpy.uint64`` where NumPy is installed, and otherwise an int; Arrow, and polars with it, is told by a
    schema. (Rows of plain numbers would become signed, and a mask with its last bit raised an error.)

    It is no list, as polars would then guess the types; ``list(records)`` is one. It equals the list of its rows.

    Args:
        columns: The names of the columns, each with what it holds: ``"text"``, ``"number"``, ``"flag"`` or ``"mask"``.
        rows: The values of each row, in the order of the columns; None where there is none.

    Examples:
        >>> from capset import CapSet
        >>> records = CapSet.parse("kill").to_records()
        >>> len(records), records[0]["name"], int(records[0]["mask"])
        (1, 'CAP_KILL', 32)
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, columns: Mapping[str, Kind], rows: Iterable[Sequence[Any]]) -> None:
        self._columns = dict(columns)
        self._rows = [tuple(row) for row in rows]

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._columns)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self._dict, self._rows)

    def _dict(self, row: Sequence[Any]) -> dict[str, Any]:
        mask = _mask_type()
        return {
            name: mask(value) if kind == "mask" and value is not None else value
            for (name, kind), value in zip(self._columns.items(), row, strict=True)
        }

    @overload
    def __getitem__(self, at: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> Records: ...
    def __getitem__(self, at: int | slice) -> dict[str, Any] | Records:
        return Records(self._columns, self._rows[at]) if isinstance(at, slice) else self._dict(self._rows[at])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Records):
            return self._columns == other._columns and self._rows == other._rows
        return list(self) == other if isinstance(other, list) else NotImplemented

    def __repr__(self) -> str:
        return repr([dict(zip(self._columns, row, strict=True)) for row in self._rows])

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Write what a notebook shows: what it is for, rather than thousands of rows."""
        printer.text(f"<{len(self)} records of {', '.join(self._columns)}: for pandas, polars or pyarrow>")

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the rows to Arrow, as whoever asks for this has pyarrow, or is polars."""
        columns = {name: [row[at] for row in self._rows] for at, name in enumerate(self._columns)}
        try:
            arrow: Any = import_module("pyarrow")
        except ModuleNotFoundError:
            polars: Any = import_module("polars")
            types = {"text": polars.String, "number": polars.Int64, "flag": polars.Boolean, "mask": polars.UInt64}
            schema = {name: types[kind] for name, kind in self._columns.items()}
            return polars.DataFrame(columns, schema).__arrow_c_stream__(requested_schema)
        types = {"text": arrow.string(), "number": arrow.int64(), "flag": arrow.bool_(), "mask": arrow.uint64()}
        schema = arrow.schema([(name, types[kind]) for name, kind in self._columns.items()])
        return arrow.table(columns, schema).__arrow_c_stream__(requested_schema)
