"""What tracers saw, as rows."""

from __future__ import annotations

from capset.display import records
from capset.observed.use import Use
from capset.records import Kind, Records


@records.register(Use)
def _use(use: Use) -> Records:
    """Make a row of each check."""
    columns: dict[str, Kind] = {
        "cap": "text",
        "number": "number",
        "verdict": "text",
        "audited": "flag",
        "pid": "number",
        "tid": "number",
        "uid": "number",
        "command": "text",
        "syscall": "text",
        "function": "text",
        "user_ns": "text",
        "outside": "flag",
        "module": "text",
        "container": "text",
        "errno": "text",
        "count": "number",
        "line": "number",
        "noise": "text",
    }
    aside = {id(check): rule.name for check, rule in use.noise()}
    rows = (
        (
            str(each.cap),
            int(each.cap),
            each.verdict,
            each.audited,
            each.pid,
            each.tid,
            each.uid,
            each.command,
            each.syscall,
            each.function,
            each.user_ns,
            each.outside,
            each.module,
            each.container,
            each.errno,
            each.count,
            each.line,
            aside.get(id(each), ""),
        )
        for each in use.checks
    )
    return Records(columns, rows)
