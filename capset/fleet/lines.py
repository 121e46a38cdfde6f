"""Processes as lines of JSON, one each: a mask is text of 16 hexadecimal digits, as ``/proc`` prints it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from capset.errors import CapsetError, FormatError
from capset.fleet.row import COLUMNS, Kind, Row
from capset.sets import CapSet

__all__ = ["from_line", "to_line"]


def to_line(process: Row) -> str:
    """Write a process as an object of JSON in one line; what is not known is left out.

    Numbers of JSON lose bits in many a reader, so masks are text.

    Examples:
        >>> from capset import CapSet, fleet
        >>> print(fleet.to_line(fleet.Row(host="web1", pid=7, effective=CapSet.parse("kill"))))
        {"host": "web1", "pid": 7, "effective": "0000000000000020"}
    """
    values = ((name, getattr(process, name)) for name in COLUMNS)
    return json.dumps({name: _written(COLUMNS[name], value) for name, value in values if value is not None})


def _written(kind: Kind, value: Any) -> object:
    match kind:
        case "mask":
            return value.hex()
        case "time":
            return value.astimezone(UTC).isoformat()
        case _:
            return list(value) if kind == "ids" else value


def from_line(text: str, source: str = "", line: int | None = None) -> Row:
    """Read a line that :func:`to_line` writes.

    Args:
        text: The line.
        source: What errors call the file.
        line: Its number in it.

    Raises:
        FormatError: It is no object of JSON, or a column is unknown, missing, or holds something else.

    Examples:
        >>> from capset import fleet
        >>> fleet.from_line('{"host": "web1", "effective": "0000000000000020"}').effective
        CapSet.parse('CAP_KILL')
    """
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (RecursionError, ValueError) as error:
        raise FormatError("line", text, f"a process as an object of JSON ({error})", source, line) from None
    if not isinstance(found, dict):
        raise FormatError("line", found, "a process as an object of JSON", source, line)
    return from_values(cast("dict[str, Any]", found), source, line)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice, of which one value would be lost."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice")
    return found


def from_values(found: dict[str, Any], source: str = "", line: int | None = None) -> Row:
    """Read the values of the columns, as JSON has them.

    Raises:
        FormatError: A column is unknown, missing, or holds something else.
    """
    if strange := next((name for name in found if name not in COLUMNS), None):
        raise FormatError(strange, found[strange], f"a column of a snapshot: {', '.join(COLUMNS)}", source, line)
    values = {name: _read(name, value, source, line) for name, value in found.items() if value is not None}
    if "host" not in values:
        raise FormatError("host", None, "the name of the host", source, line)
    return Row(**values)


def _read(name: str, value: object, source: str, line: int | None) -> Any:
    expected, convert = _READ[COLUMNS[name]]
    try:
        return convert(value)
    except (CapsetError, OverflowError, TypeError, ValueError):  # a time before the first in UTC overflows
        raise FormatError(name, value, expected, source, line) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # lone surrogates cannot stand in a table
    return value


def _time(value: object) -> datetime:
    time = datetime.fromisoformat(_text(value))
    if time.tzinfo is None:
        raise ValueError
    return time.astimezone(UTC)


def _whole(bits: int, *, signed: bool) -> Callable[[object], int]:
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)

    def convert(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < most:
            raise ValueError
        return value

    return convert


def _ids(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_whole(32, signed=False), cast("list[object]", value)))


def _mask(value: object) -> CapSet:
    if isinstance(value, str):
        if len(value) != 16:  # one that is cut off would look like a smaller set
            raise ValueError
        return CapSet.from_hex(value)
    return CapSet.from_mask(_whole(64, signed=False)(value))


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


_READ: dict[Kind, tuple[str, Callable[[object], Any]]] = {
    "text": ("a text", _text),
    "time": ("a time with its zone, such as 2026-11-29T12:00:00+00:00", _time),
    "number": ("a whole number of 64 bits", _whole(64, signed=True)),
    "id": ("a number from 0 to 2**32 - 1", _whole(32, signed=False)),
    "ids": ("a list of numbers from 0 to 2**32 - 1", _ids),
    "mask": ("a mask of 16 hexadecimal digits, or a number from 0 to 2**64 - 1", _mask),
    "flag": ("true or false", _flag),
}
