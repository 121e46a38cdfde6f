"""Threads, hosts and trees of files, as text."""

from __future__ import annotations

from capset.display import text
from capset.display.judging import in_short
from capset.display.threads import rows_facts, rows_title, thread_facts, title_of, unread
from capset.live.files import FileScan
from capset.live.rows import StatusRows
from capset.live.scanning import Scan
from capset.live.snapshot import Snapshot
from capset.live.status import ProcStatus
from capset.live.user_ns import is_elsewhere, namespace_text
from capset.printable import printable
from capset.sets import THREAD_SETS
from capset.summary import summary


@text.register(ProcStatus)
def _status(status: ProcStatus) -> str:
    title = f"{title_of(status)}: {printable(status.name)}"
    return "\n".join([title, "; ".join(thread_facts(status)), text(status.caps)])


@text.register(StatusRows)
def _rows(rows: StatusRows) -> str:
    title = rows_title(rows) + (f": {printable(rows.name)}" if rows.name is not None else "")
    known = rows.sets
    sets = [f"{name}: {summary(known[name]) if name in known else 'not known'}" for name in THREAD_SETS]
    return "\n".join([title, "; ".join(rows_facts(rows)), *sets])


@text.register(Scan)
def _scan(scan: Scan) -> str:
    return text(scan.snapshot())


@text.register(Snapshot)
def _snapshot(snapshot: Snapshot) -> str:
    """Write a line for each thread, with its effective set."""
    lines = list(map(_line, snapshot)) or ["no process"]
    return "\n".join(lines + [printable(line) for line in unread(snapshot)])


def _line(status: ProcStatus) -> str:
    where = f" ({namespace_text(status.user_ns)})" if is_elsewhere(status.user_ns) else ""
    return f"{status.pid} {printable(status.name)}: {in_short(status.caps.effective)}{where}"


@text.register(FileScan)
def _files(scan: FileScan) -> str:
    """Write a line for each file."""
    lines = [f"{printable(path)}: {'; '.join(text(caps).splitlines())}" for path, caps in scan._all()]
    lines = lines or [f"no file under {printable(scan.root)} has capabilities"]
    return "\n".join(lines + [printable(line) for line in unread(scan)])
