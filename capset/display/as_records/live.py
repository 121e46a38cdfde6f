"""Threads and files, as rows."""

from __future__ import annotations

from collections.abc import Iterable

from capset.display import records
from capset.display.as_records.state import masks
from capset.live.files import CapFile, FileScan
from capset.live.scanning import Scan
from capset.live.snapshot import Snapshot
from capset.live.status import ProcStatus
from capset.printable import printable
from capset.records import Kind, Records
from capset.sets import THREAD_SETS

__all__ = ["file_records", "status_records"]


@records.register(Scan)
def _scan(scan: Scan) -> Records:
    return records(scan.snapshot())


@records.register(ProcStatus)
def _status(status: ProcStatus) -> Records:
    return status_records([status])


@records.register(Snapshot)
def status_records(statuses: Iterable[ProcStatus]) -> Records:
    """Make a row of each thread."""
    ids = [f"{kind}_{which}" for kind in ("uid", "gid") for which in ("real", "effective", "saved", "fs")]
    columns: dict[str, Kind] = {
        "pid": "number",
        "tgid": "number",
        "ppid": "number",
        "name": "text",
        **dict.fromkeys(ids, "number"),
        "groups": "text",
        **dict.fromkeys(THREAD_SETS, "mask"),
        "no_new_privs": "flag",
        "seccomp": "number",
        "user_ns": "number",
    }
    rows = (
        (
            status.pid,
            status.tgid,
            status.ppid,
            printable(status.name),
            *status.uids,
            *status.gids,
            " ".join(map(str, status.groups)),
            *masks(status.caps),
            status.no_new_privs,
            status.seccomp,
            status.user_ns,
        )
        for status in statuses
    )
    return Records(columns, rows)


@records.register(FileScan)
def _files(scan: FileScan) -> Records:
    return file_records(scan._all())


def file_records(files: Iterable[CapFile]) -> Records:
    """Make a row of each file with capabilities."""
    columns: dict[str, Kind] = {
        "path": "text",
        "permitted": "mask",
        "inheritable": "mask",
        "effective": "flag",
        "rootid": "number",
        "revision": "number",
    }
    rows = (
        (printable(path), caps.permitted.mask, caps.inheritable.mask, caps.effective, caps.rootid, caps.revision)
        for path, caps in files
    )
    return Records(columns, rows)
