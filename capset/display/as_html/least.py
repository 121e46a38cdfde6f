"""Searches for the least sets, as HTML."""

from __future__ import annotations

from capset.display import html
from capset.display.as_html.markup import block, paragraph, signed, table
from capset.least.search import Search
from capset.summary import summary

_SIGNS = {True: ("+", "works"), False: ("−", "does not work"), None: ("?", "answers differ")}  # noqa: RUF001
_MOST = 100  # so many trials are shown; the records have all


@html.register(Search)
def _search(search: Search) -> str:
    """Show what was found, and below it what was tried."""
    found = [paragraph(line) for line in str(search).split("\n")]
    if not search.trials:
        return block(*found)
    rows = [(signed(*_SIGNS[each.works]), summary(each.caps), str(each.count)) for each in search.trials[:_MOST]]
    more = len(search.trials) - _MOST
    rest = [paragraph(f"and {more} more trials: to_records() has all")] if more > 0 else []
    return block(*found, table("what was tried", ("result", "with", "asked"), rows), *rest)
