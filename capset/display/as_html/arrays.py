"""Many masks, as HTML: the first of them, and how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from capset.arrays.distinct import Names, Unique
from capset.arrays.each import Diffs
from capset.arrays.prevalent import Prevalence
from capset.arrays.worded import percent, plural
from capset.display import html
from capset.display.as_html.judging import against, told
from capset.display.as_html.markup import Html, block, listed, mono, paragraph, strong, table
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
from capset.display.judging import docker_default, in_short, risky
from capset.display.threads import MANY
from capset.sets import CapSet


@html.register(Prevalence)
def _prevalence(found: Prevalence) -> str:
    """Show what most hold first, with what published lists warn of."""
    rows = [
        (listed(CapSet([cap]), risky(CapSet([cap]))), times, percent(times, found.total))
        for cap, times in by_count(found)
    ]
    total = plural(found.total, found.what)
    nothing = paragraph(strong(f"nothing is held in {total}"))
    shown = table(f"held in {total}", ("capability", "held by", "share"), rows) if rows else nothing
    return block(shown, *told(CapSet(found)), *map(paragraph, not_known(found)))


@html.register(Unique)
def _unique(found: Unique) -> str:
    """Show the most frequent first."""
    first = list(found[:MANY])
    rows = [
        (times, percent(times, found.total), mono(caps.hex()), in_short(caps), against(caps, docker_default()))
        for caps, times in first
    ]
    head = ("how many", "share", "mask", "capabilities", "against Docker's default")
    held = CapSet().union(*(caps for caps, _ in first))
    return block(*_shown(distinct(found), head, rows, len(found)), *told(held), *map(paragraph, missing(found.missing)))


@html.register(Diffs)
def _diffs(found: Diffs) -> str:
    """Show what the first masks have more and less."""
    title, gone = differ(found)
    rows = [
        (at, *([listed(caps, risky(caps)) for caps in pair] if pair else ["not known", "not known"]))
        for at, pair in enumerate(caps_at(found, MANY))
    ]
    shown = _shown(title, ("place", "more", "less"), rows, places(found))
    return block(*shown, *map(paragraph, missing(gone)))


@html.register(Names)
def _names(found: Names) -> str:
    """Show the names of the first masks."""
    title, gone = named(found)
    rows = [
        (at, "not known" if names is None else names.replace(",", ", ") or "none")
        for at, names in enumerate(texts_at(found, MANY))
    ]
    return block(*_shown(title, ("place", "names"), rows, places(found)), *map(paragraph, missing(gone)))


def _shown(title: str, head: Sequence[str], rows: Sequence[Sequence[str | int]], count: int) -> Iterable[Html]:
    yield table(title, head, rows) if rows else paragraph(strong(title))
    if count > MANY:
        yield paragraph(f"and {count - MANY} more; to_records() has all of them")
