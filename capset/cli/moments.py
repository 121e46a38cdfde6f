"""Times as the options of commands take them: a moment, or as much of a day as is given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from capset.cli.output import Failure

__all__ = ["Span", "moment", "span"]

_GIVEN = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:(?P<hour>T[0-9]{2})(?P<minute>:[0-9]{2}(?P<second>:[0-9]{2}(?P<part>\.[0-9]{1,6})?)?)?(?P<zone>.*))?"
)
_LONG = {
    "part": timedelta(microseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
}
"""How long what ends with a part of a time is, the finest first."""


class Span(NamedTuple):
    """A stretch of time: of all that an option could mean, none of it in one that lies beside it.

    Attributes:
        text: As it was given.
        start: Its first moment, in UTC.
        end: The first moment behind it.
    """

    text: str
    start: datetime
    end: datetime


def moment(option: str, text: str) -> datetime:
    """Read the value of an option as a time with its zone.

    Raises:
        Failure: It is none.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"{option}: expected a time such as 2026-11-02T06:00Z, got {text!r}") from None
    if time.tzinfo is None:
        raise Failure(f"{option}: {text!r} has no zone: {_with_zone(text)}")
    return time


def _with_zone(text: str) -> str:
    return f"write {text}Z if it is in UTC" if re.search("[T ]", text) else f"write {text}T00:00Z if it is in UTC"


def span(option: str, text: str) -> Span:
    """Read the value of an option as a day in UTC, or an hour, a minute, a second or less of it, with its zone.

    Raises:
        Failure: It is none.

    Examples:
        >>> day = span("--from", "2026-11-02")
        >>> print(day.start, day.end)
        2026-11-02 00:00:00+00:00 2026-11-03 00:00:00+00:00
        >>> minute = span("--from", "2026-11-02T06:00+01:00")
        >>> print(minute.start, minute.end)
        2026-11-02 05:00:00+00:00 2026-11-02 05:01:00+00:00
    """
    found = _GIVEN.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        if not found["hour"]:
            start, long = datetime.fromisoformat(f"{text}T00:00Z"), timedelta(days=1)
        else:
            start = datetime.fromisoformat(text)
            long = next(long for part, long in _LONG.items() if found[part])
        if start.tzinfo is None:
            raise Failure(f"{option}: {text!r} has no zone: {_with_zone(text)}")
        start = start.astimezone(UTC)
        return Span(text, start, start + long)
    except (OverflowError, ValueError):  # a day that no calendar has, or the last one there is
        expected = "a day such as 2026-11-02, or a time on it such as 2026-11-02T06:00Z"
        raise Failure(f"{option}: expected {expected}, got {text!r}") from None
