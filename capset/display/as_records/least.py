"""Searches for the least sets, as rows."""

from __future__ import annotations

from capset.display import records
from capset.least.search import Search
from capset.records import Kind, Records


@records.register(Search)
def _search(search: Search) -> Records:
    """Make a row of each trial."""
    columns: dict[str, Kind] = {"caps": "text", "size": "number", "mask": "mask", "works": "flag", "count": "number"}
    rows = ((str(each.caps), len(each.caps), each.caps.mask, each.works, each.count) for each in search.trials)
    return Records(columns, rows)
