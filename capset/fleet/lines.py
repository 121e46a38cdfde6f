"""Processes as lines of JSON, one each: a mask is text of 16 hexadecimal digits, as ``/proc`` prints it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from capset.errors import CapsetError, FormatError, shown
from capset.fleet.row import COLUMNS, Kind, Row
from capset.printable import message
from capset.sets import CapSet

__all__ = ["LONGEST_LINE", "end_line", "from_line", "from_lines", "from_values", "lines_of", "once", "to_line"]


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
        found = json.loads(text, object_pairs_hook=once)
    except (RecursionError, ValueError) as error:
        raise FormatError("line", text, f"a process as an object of JSON ({error})", source, line) from None
    if not isinstance(found, dict):
        raise FormatError("line", found, "a process as an object of JSON", source, line)
    return from_values(cast("dict[str, Any]", found), source, line)


def end_line(rows: int) -> str:
    """Write the last line of a pipe, which says how many rows there were: one that is cut off is seen by it."""
    return json.dumps({_END: rows})


def _end_of(text: str) -> int | None:
    """Return how many rows there were, if that is what a line says."""
    found = _ENDED.fullmatch(text)
    return int(found[1]) if found else None


_END = "rows"
_ENDED = re.compile(rf'\{{\s*"{_END}"\s*:\s*([0-9]{{1,18}})\s*\}}')


def from_lines(lines: Iterable[bytes], source: str = "", *, unended: Callable[[], None] | None = None) -> Iterator[Row]:
    """Read lines, of which empty ones are passed over.

    Args:
        lines: Each line, as :func:`lines_of` gives them.
        source: What errors call the file.
        unended: Called at the end where no line says how many rows there were.

    Raises:
        FormatError: One is too long, no UTF-8, or none that :func:`to_line` writes; or there are fewer rows, or more,
            than the last line says.
    """
    rows, ended = 0, None
    for number, line in enumerate(lines, 1):
        if len(line) == LONGEST_LINE:
            raise FormatError("line", line[:40], f"lines shorter than {LONGEST_LINE} bytes", source, number)
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            raise FormatError("line", line[:40], "text in UTF-8", source, number) from None
        if not text:
            continue
        if ended is not None:
            raise FormatError("line", text, "no more, as the line before is the last", source, number)
        ended = _end_of(text)
        if ended is None:
            rows += 1
            yield from_line(text, source, number)
        elif ended != rows:
            raise FormatError("rows", ended, f"as many as there are, {rows}: something is missing", source, number)
    if ended is None and unended:
        unended()


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """Return the lines of a file, the first part of one that is too long among them."""
    return iter(lambda: file.readline(LONGEST_LINE), b"")


LONGEST_LINE = 2**20


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice, of which one value would be lost."""
    found = dict(pairs)
    if len(found) != len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{shown(twice)} stands twice")
    return found


def from_values(found: dict[str, Any], source: str = "", line: int | None = None) -> Row:
    """Read the values of the columns, as JSON has them.

    Raises:
        FormatError: A column is unknown, missing, or holds something else.
    """
    values: dict[str, Any] = {}
    for name, value in found.items():
        if name not in _READ_OF:
            raise FormatError(message(name), value, f"a column of a snapshot: {', '.join(COLUMNS)}", source, line)
        if value is None:
            continue
        expected, convert = _READ_OF[name]
        try:
            values[name] = convert(value)
        except (CapsetError, OverflowError, TypeError, ValueError):  # a time before the first in UTC overflows
            raise FormatError(name, value, expected, source, line) from None
    if "host" not in values:
        raise FormatError("host", None, "the name of the host", source, line)
    return Row(**values)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    if not value.isascii():
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
_READ_OF = {name: _READ[kind] for name, kind in COLUMNS.items()}
_READ_OF["last_cap"] = ("the number of a capability, from 0 to 63", _whole(6, signed=False))
