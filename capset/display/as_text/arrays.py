"""Many masks, as text: the first of them, and how many there are."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from capset.arrays.distinct import Names, Unique
from capset.arrays.each import Diffs
from capset.arrays.prevalent import Prevalence
from capset.arrays.worded import percent, plural
from capset.diff import CapDiff
from capset.display import text
from capset.display.counted import (
    by_count,
    caps_at,
    differ,
    distinct,
    missing,
    named,
    not_known,
    places,
    texts_at,
)
from capset.display.judging import in_short
from capset.display.threads import MANY


@text.register(Prevalence)
def _prevalence(found: Prevalence) -> str:
    """Write a line for each capability, in columns."""
    rows = [(str(cap), str(times), percent(times, found.total), f"{int(cap):3}") for cap, times in by_count(found)]
    head = ("capability", found.what, "share", "no.")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        f"{number} {cap:{widths[0]}}  {times:>{widths[1]}}  {share:>{widths[2]}}"
        for cap, times, share, number in (head, *rows)
    ]
    held = lines if rows else ["nothing is held"]
    return _text([*held, f"of {plural(found.total, found.what)}", *not_known(found)])


@text.register(Unique)
def _unique(found: Unique) -> str:
    """Write a line for each distinct mask."""
    lines = [f"{times}, {percent(times, found.total)}: {caps.hex()} {in_short(caps)}" for caps, times in found[:MANY]]
    return _text([distinct(found), *lines, *_more(len(found)), *missing(found.missing)])


@text.register(Diffs)
def _diffs(found: Diffs) -> str:
    """Write a line for each mask."""
    title, gone = differ(found)
    lines = [
        f"{at}: {text(CapDiff(added=pair[0], dropped=pair[1])) if pair else 'not known'}"
        for at, pair in enumerate(caps_at(found, MANY))
    ]
    return _text([title, *lines, *_more(places(found)), *missing(gone)])


@text.register(Names)
def _names(found: Names) -> str:
    """Write a line for each mask."""
    title, gone = named(found)
    lines = [
        f"{at}: {'not known' if names is None else names.replace(',', ', ') or 'none'}"
        for at, names in enumerate(texts_at(found, MANY))
    ]
    return _text([title, *lines, *_more(places(found)), *missing(gone)])


_WIDTH = 80


def _text(lines: Iterable[str]) -> str:
    """Join lines, of which those that are too long for a terminal are folded."""
    return "\n".join(part for line in lines for part in _folded(line))


def _folded(line: str) -> list[str]:
    if len(line) <= _WIDTH:
        return [line]
    return wrap(line, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _more(count: int) -> list[str]:
    return [f"and {count - MANY} more"] if count > MANY else []
