"""Fields: what stands in an event of others, read so that nothing of it becomes something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

from attrs import field, frozen

from capset.capability import CAPS, Cap
from capset.engines import names
from capset.errors import ArgumentError, FormatError, clipped, require, shown
from capset.fleet.row import Row
from capset.formats.printed import cap_of
from capset.printable import message
from capset.sets import CapSet

__all__ = ["Fields", "engine_of", "ids_of", "object_of", "placed", "stamp", "whole"]

_NUMBER = re.compile("-?[0-9]{1,20}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS = 1_000  # so many characters of names that are none are told


def object_of(value: object, place: str, expected: str) -> Mapping[str, Any]:
    """Return an object of JSON.

    Raises:
        FormatError: It is none.
    """
    if not isinstance(value, Mapping):
        raise FormatError(place, value, expected)
    return cast("Mapping[str, Any]", value)


def whole(value: object) -> int | None:
    """Return a whole number, of JSON or as text; None for what is none."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


@frozen
class Fields:
    """The fields of an event, by their names.

    Attributes:
        event: The event.
        place: What stands in front of a name in errors.
        dotted: Whether a dot in a name may be a step into an object as well as a part of a key.
        unread: What was not understood, in words; it grows as fields are read.
    """

    event: Mapping[str, Any]
    place: str = ""
    dotted: bool = False
    unread: list[str] = field(factory=list[str])

    def get(self, name: str) -> Any:
        """Return what stands at a name; None where there is nothing.

        Raises:
            FormatError: It stands there twice with different values, or is in something that is no object.
        """
        if not self.dotted:
            return self.event.get(name)
        found = [value for value in self._found(self.event, name, self.place) if value is not None]
        try:
            differ = any(value != found[0] for value in found[1:])
        except RecursionError:  # lists in lists, and more of them than Python compares
            differ = True
        if differ:
            raise FormatError(self.place + name, found, "one value, dotted or nested")
        return found[0] if found else None

    def _found(self, event: Mapping[str, Any], name: str, front: str) -> Iterator[object]:
        if name in event:
            yield event[name]
        for dot in (at for at, char in enumerate(name) if char == "."):
            inside = event.get(name[:dot])
            if inside is not None:
                here = front + name[:dot]
                yield from self._found(object_of(inside, here, "an object"), name[dot + 1 :], f"{here}.")

    def wrong(self, name: str, expected: str) -> FormatError:
        """Make the error that a field holds something else."""
        return FormatError(self.place + name, self.one(name), expected)

    def one(self, name: str) -> Any:
        """Return the value of a field; where each may be a list, also that of a list of one."""
        value: object = self.get(name)
        if self.dotted and isinstance(value, list):
            listed = cast("list[object]", value)
            return listed if len(listed) > 1 else next(iter(listed), None)
        return value

    def text(self, *names: str) -> str | None:
        """Return the first text that is not empty, with nothing in it that acts on a terminal.

        Raises:
            FormatError: Something else stands there.
        """
        for name in names:
            value = self.one(name)
            if value is not None and not isinstance(value, str):
                raise self.wrong(name, "a text")
            if value:
                return message(value)
        return None

    def number(self, *names: str, unset: bool = False) -> int | None:
        """Return the first whole number of 63 bits.

        Args:
            *names: Where it may stand.
            unset: Whether what is less than 0 stands for none.

        Raises:
            FormatError: Something else stands there.
        """
        for name in names:
            value = self.one(name)
            if value is not None and value != "":
                number = whole(value)
                if number is not None and number < 0 and unset:
                    return None
                if number is None or not 0 <= number < 2**63:
                    raise self.wrong(name, "a whole number from 0 to 2**63 - 1")
                return number
        return None

    def id(self, *names: str, unset: tuple[int, ...] = (), words: bool = False) -> int | None:
        """Return the first number of a user or a group.

        Args:
            *names: Where it may stand.
            unset: What stands for none.
            words: Whether it may be a text of another kind too, which is told in *unread*.

        Raises:
            FormatError: Something else stands there.
        """
        for name in names:
            value = self.one(name)
            if value is None or value == "":
                continue
            number = whole(value)
            if number is None and words and isinstance(value, str):
                self.unread.append(message(f"{name} is {shown(value)}, which is no number"))
                return None
            if number in unset:
                return None
            if number is None or not 0 <= number < 2**32:
                raise self.wrong(name, "a number from 0 to 2**32 - 1")
            return number
        return None

    def time(self, *names: str, per_second: int | None = None, zone: bool = True) -> datetime | None:
        """Return the first time, in UTC.

        Args:
            *names: Where it may stand.
            per_second: How many of a number that counts from 1970 on are a second; None where numbers are no times.
            zone: Whether a text has to tell its zone; if not, it is UTC where it does not.

        Raises:
            FormatError: Something else stands there.
        """
        for name in names:
            value = self.one(name)
            if value is None or value == "":
                continue
            try:
                if per_second is not None and (number := whole(value)) is not None:
                    return _EPOCH + timedelta(microseconds=number * 1_000_000 // per_second)
                time = datetime.fromisoformat(value)
                if time.tzinfo is None:
                    if zone:
                        raise self.wrong(name, _time(per_second))
                    time = time.replace(tzinfo=UTC)
                return time.astimezone(UTC)
            except (TypeError, ValueError, OverflowError):
                raise self.wrong(name, _time(per_second)) from None
        return None

    def names(self, set: str, values: Iterable[object], place: str) -> CapSet | None:
        """Return the set of some names and numbers; those that are no capability are told in *unread*.

        Returns:
            What is known of it; None where that is nothing, though something is named.

        Raises:
            FormatError: One is neither a text nor a whole number.
        """
        caps: list[Cap] = []
        unknown: list[str] = []
        for at, value in enumerate(values):
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise FormatError(f"{self.place}{place}[{at}]", value, "the name or the number of a capability")
            cap = _cap(value)
            if cap is None:
                unknown.append(shown(value))
            else:
                caps.append(cap)
        if unknown:
            which = "which is no capability" if len(unknown) == 1 else "which are no capabilities"
            named = clipped(", ".join(unknown), _WORDS)
            self.unread.append(message(f"{set} names {named}, {which} that capset knows"))
        return None if unknown and not caps else CapSet(caps)

    def process(self, host: str | None, **values: Any) -> Row:
        """Make the process of what was read.

        Args:
            host: The name of its host.
            **values: Its other columns, but for what is unread.

        Raises:
            FormatError: The name of the host is not known.
        """
        if host is None:
            raise FormatError("host", None, "the name of the host in the event, or as host=")
        contained = None if values.get("container") is None else True
        return Row(host=host, contained=contained, **values, unread="; ".join(self.unread) or None)


def _time(per_second: int | None) -> str:
    return "a time with its zone, such as 2026-11-29T12:00:00Z" + (", or a number" if per_second else "")


def _cap(value: str | int) -> Cap | None:
    if isinstance(value, int):
        return CAPS[value] if 0 <= value < len(CAPS) else None
    return cap_of(value) if value.isascii() else None  # some letters beyond it have capital ones in it


def placed(host: str | None) -> str | None:
    """Return the name of a host as it was given, made safe to show.

    Raises:
        ArgumentError: It is empty.
        TypeError: It is no text.
    """
    require(host, str | None, "the name of a host as str")
    if host == "":
        raise ArgumentError("expected the name of a host, got an empty text", host)
    return host and message(host)


@cache
def _engines() -> frozenset[str]:
    return frozenset(names())


def engine_of(name: str | None) -> str | None:
    """Return the engine of that name; None where capset knows none."""
    return name if name in _engines() else None


def stamp(time: datetime | None, digits: str = "") -> str | None:
    """Write a time as most write it, in UTC with a Z; more *digits* stand behind the six of its fraction."""
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + f"{digits}Z"


def ids_of(process: Row, keys: Mapping[str, str]) -> dict[str, int]:
    """Return those ids of a process that are known, by others' names for them."""
    known = ((key, getattr(process, column)) for key, column in keys.items())
    return {key: value for key, value in known if value is not None}
