"""What ``/proc/PID/status`` says of threads: whole files, rows of them, and what capset writes of processes as JSON."""

from __future__ import annotations

import re

from capset.documents.dialect import Dialect, Text
from capset.documents.workload import Workload
from capset.live.pasted import holds_rows, parse_rows
from capset.live.rows import StatusRows
from capset.sets import THREAD_SETS
from capset.state import CapState

__all__ = ["DIALECTS"]


def _refuses(text: Text) -> str:
    if not holds_rows(text.text):  # which says why there are none
        parse_rows(text.text, source=text.source or "-")
    return ""


def _read(text: Text) -> list[Workload]:
    return [_workload(rows, text.source) for rows in parse_rows(text.text, source=text.source or "-")]


def _workload(rows: StatusRows, source: str) -> Workload:
    known = rows.sets
    return Workload(
        name=rows.name if rows.name is not None else rows.path,
        dialect="status",
        source=source,
        line=rows.line,
        state=CapState(**known),
        says=tuple(name for name in THREAD_SETS if name in known),
        thread=rows,
    )


DIALECTS = (
    Dialect(
        name="status",
        signs=re.compile(r"Cap(?:Inh|Prm|Eff|Bnd|Amb)\b"),
        about="rows of /proc/PID/status, as grep Cap prints them",
        refuses=_refuses,
        reader=_read,
    ),
)
