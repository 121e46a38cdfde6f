"""Records: rows for data frames, in which a mask is an unsigned number of 64 bits."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from importlib import import_module
from typing import Any, Literal, get_args, overload

from capset.errors import ArgumentError, require, shown

__all__ = ["Kind", "Records"]

Kind = Literal["text", "number", "flag", "mask"]
_KINDS: tuple[str, ...] = get_args(Kind)


class Records(Sized, Iterable[dict[str, Any]]):
    """Rows, each a dict with the same keys, for ``pandas.DataFrame()``, ``polars.DataFrame()`` and ``pyarrow.table()``.

    Returned by every ``to_records()``. A row holds plain texts, ints and bools, and None where there is nothing, so
    that ``json.dumps(list(records))`` writes it. In a data frame a mask is an unsigned number of 64 bits all the
    same, whatever its value: Arrow and polars are told by a schema. pandas cannot be told: it is given an array of
    typed numbers, and guesses from it. So of no rows it makes no columns, unless given ``columns=records.columns``, and
    those without types; and a column of masks of which one is None holds objects. Where that matters, go by way of
    Arrow: ``pyarrow.table(records).to_pandas(types_mapper=pandas.ArrowDtype)``.

    It is no list, as the types would then be guessed; ``list(records)`` is one. It equals the list of its rows.

    Args:
        columns: The names of the columns, each with what it holds: ``"text"``, ``"number"``, ``"flag"`` or ``"mask"``.
        rows: The values of each row, in the order of the columns; None where there is none.

    Raises:
        ArgumentError: A column holds something else, or a row has another number of values.
        TypeError: *columns* is no mapping of texts, or a row is no list or tuple.

    Examples:
        >>> from capset import CapSet
        >>> records = CapSet.parse("kill").to_records()
        >>> len(records), records[0]["name"], int(records[0]["mask"])
        (1, 'CAP_KILL', 32)
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, columns: Mapping[str, Kind], rows: Iterable[Sequence[Any]]) -> None:
        require(columns, Mapping, 'the columns as a dict, such as {"name": "text"}')
        self._columns = dict(columns)
        for name, kind in self._columns.items():
            require(name, str, "the name of a column as str")
            if kind not in _KINDS:
                raise ArgumentError(f"column {name!r} is of a kind of {', '.join(_KINDS)}, got {shown(kind)}", kind)
        require(rows, Iterable, "the rows as a list of tuples")
        self._rows = [self._checked(row) for row in rows]

    def _checked(self, row: Sequence[Any]) -> tuple[Any, ...]:
        if not isinstance(row, tuple | list | Sequence) or isinstance(row, str | bytes):  # tuples are told at once
            raise TypeError(f"a row is a list or a tuple of values, in the order of the columns, got {shown(row)}")
        if len(row) != len(self._columns):
            expected = f"as many values as there are columns ({', '.join(self._columns)})"
            raise ArgumentError(f"a row has {expected}, got {shown(row)}", row)
        return tuple(row)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._columns)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self._dict, self._rows)

    def _dict(self, row: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(self._columns, row, strict=True))

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
        return repr(list(self))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Write what a notebook shows: what it is for, rather than thousands of rows."""
        printer.text(f"<{len(self)} records of {', '.join(self._columns)}: for pandas, polars or pyarrow>")

    def __array__(self, dtype: object = None, copy: object = None) -> Any:
        """Hand the rows to pandas, whose constructor asks for an array before it iterates.

        What types the columns get it guesses from the values, and only NumPy's numbers say that they are unsigned. An
        array of instances of a dataclass is the one way to give it other values than whoever iterates over the rows.
        """
        from dataclasses import fields, make_dataclass

        numpy: Any = import_module("numpy")
        none = getattr(sys.modules.get("pandas"), "NA", None)  # with None, all masks of a column would become floats
        # Its own methods would ask for the fields by the names that they have here first.
        names = [f"column_{at}" for at in range(len(self._columns))]
        row_type: Any = make_dataclass("Row", names, repr=False, eq=False, namespace={"__repr__": _repr_of_row})
        for field, name in zip(fields(row_type), self._columns, strict=True):
            field.name = name  # which need be no word of Python
        array = numpy.empty(len(self._rows), dtype=object)
        for at, values in enumerate(self._rows):
            row: Any = object.__new__(row_type)
            for (name, kind), value in zip(self._columns.items(), values, strict=True):
                setattr(row, name, value if kind != "mask" else none if value is None else numpy.uint64(value))
            array[at] = row
        return array

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


def _repr_of_row(row: object) -> str:
    return f"Row({vars(row)!r})"
