"""Objects: JSON as tracers write it, a value a line, one over many lines, or several in a list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar, cast

from capset.capability import Cap
from capset.errors import ArgumentError, CapsetError, clipped, shown
from capset.observed.use import Unread

__all__ = [
    "Found",
    "cap_of",
    "found_in",
    "listed",
    "number_of",
    "object_of",
    "objects_of",
    "outside",
    "read_each",
    "text_of",
]

_BLANK = re.compile(r"[\s,]*")
_NEXT = re.compile(r"^[\[{]", re.MULTILINE)
_MOST = 200  # so many times what is no JSON is passed over, as each time all before it is counted


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in it twice")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_once)
_WHY = "expected an object of JSON"
# The inode of the initial user namespace. Source: Linux include/linux/proc_ns.h, PROC_USER_INIT_INO.
_INITIAL = "4026531837"

T = TypeVar("T")


class Found(NamedTuple):
    """An object, the line where it begins, and its text."""

    line: int
    value: dict[str, Any]
    text: str


def found_in(text: str) -> Iterator[Found | Unread]:
    """Yield each object, in a list or not; what is none is not understood, up to the next line that begins one."""
    at, line, failures = 0, 1, 0
    while True:
        start = cast("re.Match[str]", _BLANK.match(text, at)).end()
        line += text.count("\n", at, start)
        if start == len(text):
            return
        try:
            parsed: tuple[object, int] = _DECODER.raw_decode(text, start)
            value, end = parsed
            values = listed(cast("object", value)) if isinstance(value, list) else [value]
            why = "" if all(isinstance(each, dict) for each in values) else _WHY
        except (ValueError, RecursionError) as error:
            values, why = list[object](), clipped(f"{_WHY}: {error}")
            newline = text.find("\n", start)
            failures += 1
            after = None if newline < 0 or failures > _MOST else _NEXT.search(text, newline)
            end = after.start() if after else len(text)
        part = text[start:end].rstrip()
        if why:
            yield Unread(line=line, text=part, why=why)
        else:
            yield from (Found(line, cast("dict[str, Any]", each), part) for each in values)
        line += text.count("\n", start, end)
        at = end


def read_each(text: str, read: Callable[[Found], Iterable[T]]) -> tuple[list[T], list[Unread]]:
    """Return what a reader makes of each object, and what neither is an object nor understood by it."""
    made: list[T] = []
    missed: list[Unread] = []
    for found in found_in(text):
        if isinstance(found, Unread):
            missed.append(found)
            continue
        try:
            made += read(found)
        except (CapsetError, ValueError, TypeError, RecursionError) as error:
            missed.append(Unread(line=found.line, text=found.text, why=clipped(f"expected a check: {error}")))
    return made, missed


def listed(value: object) -> list[object]:
    """Return a list; an empty one for what is none."""
    return cast("list[object]", value) if isinstance(value, list) else []


def objects_of(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of a list that stands at a key."""
    return [cast("dict[str, Any]", each) for each in listed(value.get(key)) if isinstance(each, dict)]


def object_of(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return what stands at a key, an empty object where there is none."""
    found = value.get(key)
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def text_of(value: Mapping[str, Any], *keys: str) -> str:
    """Return the first text at one of some keys; empty where there is none."""
    return next((found for key in keys if isinstance(found := value.get(key), str) and found), "")


def number_of(value: Mapping[str, Any], *keys: str) -> int | None:
    """Return the first whole number at one of some keys; None where there is none.

    Raises:
        TypeError: Something else stands there, but a text.
    """
    for key in keys:
        found = value.get(key)
        if isinstance(found, bool | float | list | dict):
            raise TypeError(f"{key} is no whole number: {shown(cast('object', found))}")
        if isinstance(found, int):
            return found
    return None


def cap_of(number: object, name: object) -> Cap:
    """Return the capability of a number and a name, of which one may be missing.

    Raises:
        ArgumentError: Neither is there, or they do not go together.
        UnknownCapabilityError: It is none.
    """
    by_name = Cap.parse(name) if isinstance(name, str) and name else None
    if isinstance(number, bool) or not isinstance(number, int):
        if by_name is None:
            raise ArgumentError(f"it does not say which capability: {shown(number)}, {shown(name)}", number)
        return by_name
    by_number = Cap(number)
    if by_name is not None and by_name is not by_number:
        raise ArgumentError(f"{shown(name)} is not the capability {number}", name)
    return by_number


def outside(own: str, asked: str) -> bool | None:
    """Say whether it was asked for in the initial user namespace by a thread in another; None where that is unknown.

    Args:
        own: The inode of the thread's own user namespace; empty where it is not known.
        asked: That of the one in which it was asked for; likewise.
    """
    if not own or not asked:
        return None
    if own == asked:
        return False
    return True if asked == _INITIAL else None
