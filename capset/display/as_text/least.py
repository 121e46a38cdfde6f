"""Searches for the least sets, as text."""

from __future__ import annotations

from capset.display import text
from capset.least.search import Search


@text.register(Search)
def _search(search: Search) -> str:
    return str(search)
