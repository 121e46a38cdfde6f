"""Reports on documents, as rows."""

from __future__ import annotations

from capset.display import records
from capset.documents import Report
from capset.printable import printable
from capset.records import Kind, Records


@records.register(Report)
def _report(report: Report) -> Records:
    """Make a row of each finding."""
    texts = ("rule", "verdict", "workload", "place", "value", "message", "effect")
    columns: dict[str, Kind] = {
        "file": "text",
        **dict.fromkeys(("line", "column"), "number"),
        **dict.fromkeys((*texts, "silenced"), "text"),
    }
    rows = (
        (
            printable(each.file),
            each.line,
            each.column,
            *(printable(getattr(each, name)) for name in texts),
            printable(each.silence.reason) if each.silence else None,
        )
        for each in report
    )
    return Records(columns, rows)
