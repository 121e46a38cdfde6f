"""Many masks, as rows."""

from __future__ import annotations

from capset.arrays.distinct import Names, Unique
from capset.arrays.each import Diffs
from capset.arrays.prevalent import Prevalence
from capset.display import records
from capset.display.counted import caps_at, texts_at
from capset.records import Kind, Records


@records.register(Prevalence)
def _prevalence(found: Prevalence) -> Records:
    """Make a row of each capability, and one of what is missing, and of what was not all understood."""
    columns: dict[str, Kind] = {
        "cap": "text",
        "number": "number",
        "count": "number",
        "total": "number",
        "note": "text",
    }
    rows = [(str(cap), int(cap), times, found.total, None) for cap, times in found.items()]
    notes = (found.missing, "missing"), (found.partly, "partly")
    rest = [(None, None, times, found.total, note) for times, note in notes if times]
    return Records(columns, [*rows, *rest])


@records.register(Unique)
def _unique(found: Unique) -> Records:
    """Make a row of each distinct mask, and one of what is missing."""
    rows = [(caps.mask, times, found.total, str(caps)) for caps, times in found]
    rest = [(None, found.missing, found.total, None)] if found.missing else []
    return Records({"mask": "mask", "count": "number", "total": "number", "names": "text"}, [*rows, *rest])


@records.register(Diffs)
def _diffs(found: Diffs) -> Records:
    """Make a row of each mask."""
    pairs = enumerate(caps_at(found, None))
    rows = ((at, *(caps.mask for caps in pair)) if pair else (at, None, None) for at, pair in pairs)
    return Records({"place": "number", "added": "mask", "dropped": "mask"}, rows)


@records.register(Names)
def _names(found: Names) -> Records:
    """Make a row of each mask."""
    return Records({"place": "number", "names": "text"}, enumerate(texts_at(found, None)))
