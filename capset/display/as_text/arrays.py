"""Many masks, as text: the first of them, and how many there are."""

from __future__ import annotations

from capset.arrays.distinct import Names, Unique
from capset.arrays.each import Diffs
from capset.arrays.prevalent import Prevalence
from capset.diff import CapDiff
from capset.display import text
from capset.display.counted import (
    by_count,
    caps_at,
    differ,
    distinct,
    missing,
    named,
    percent,
    places,
    plural,
    texts_at,
)
from capset.display.judging import in_short
from capset.display.threads import MANY


@text.register(Prevalence)
def _prevalence(found: Prevalence) -> str:
    """Write a line for each capability."""
    lines = [f"{cap}: {times}, {percent(times, found.total)}" for cap, times in by_count(found)]
    return "\n".join([plural(found.total), *(lines or ["nothing is held"]), *missing(found.missing)])


@text.register(Unique)
def _unique(found: Unique) -> str:
    """Write a line for each distinct mask."""
    lines = [f"{times}, {percent(times, found.total)}: {caps.hex()} {in_short(caps)}" for caps, times in found[:MANY]]
    return "\n".join([distinct(found), *lines, *_more(len(found)), *missing(found.missing)])


@text.register(Diffs)
def _diffs(found: Diffs) -> str:
    """Write a line for each mask."""
    title, gone = differ(found)
    lines = [
        f"{at}: {text(CapDiff(added=pair[0], dropped=pair[1])) if pair else 'not known'}"
        for at, pair in enumerate(caps_at(found, MANY))
    ]
    return "\n".join([title, *lines, *_more(places(found)), *missing(gone)])


@text.register(Names)
def _names(found: Names) -> str:
    """Write a line for each mask."""
    title, gone = named(found)
    lines = [
        f"{at}: {'not known' if names is None else names or 'none'}" for at, names in enumerate(texts_at(found, MANY))
    ]
    return "\n".join([title, *lines, *_more(places(found)), *missing(gone)])


def _more(count: int) -> list[str]:
    return [f"and {count - MANY} more"] if count > MANY else []
