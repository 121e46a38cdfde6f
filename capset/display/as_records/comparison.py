"""Sets beside each other, as rows."""

from __future__ import annotations

from collections.abc import Container

from capset.comparison import Comparison
from capset.display import records
from capset.printable import printable
from capset.records import Kind, Records
from capset.sets import CapSet


@records.register(Comparison)
def _comparison(comparison: Comparison) -> Records:
    """Make a row of each capability, with a flag for each column."""
    sets: dict[str, CapSet] = {}
    for name, caps in comparison.sets.items():
        sets[_encodable(name, comparison.columns.keys() | sets.keys())] = caps
    columns: dict[str, Kind] = {"number": "number", "name": "text", "mask": "mask", **dict.fromkeys(sets, "flag")}
    rows = ((int(cap), str(cap), cap.mask, *(cap in caps for caps in sets.values())) for cap in comparison.rows)
    return Records(columns, rows)


def _encodable(name: str, taken: Container[str]) -> str:
    """Return the name of a column as it is, or, where no data frame would take it, with escapes, and as none other."""
    if name.isprintable():
        return name
    name = printable(name)
    while name in taken:
        name += "_"
    return name
