"""What HTML and texts both tell of threads and scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capset.live.reading import HIDDEN
from capset.live.user_ns import is_elsewhere, namespace_text

if TYPE_CHECKING:
    from capset.ids import Ids
    from capset.live import FileScan, ProcStatus, Snapshot, StatusRows

__all__ = ["MANY", "rows_facts", "rows_title", "thread_facts", "title_of", "unread"]

MANY = 200  # rows, names or errors; nobody reads more of them
_SECCOMP = {None: "unknown", 0: "disabled", 1: "strict", 2: "filter"}
_NO_NEW_PRIVS = {True: "no_new_privs is set", False: "no_new_privs is not set", None: "no_new_privs unknown"}


def title_of(status: ProcStatus) -> str:
    """Write which thread it is, without its name."""
    return f"Process {status.pid}" if status.pid == status.tgid else f"Thread {status.pid} of process {status.tgid}"


def thread_facts(status: ProcStatus) -> list[str]:
    """Tell of a thread what its sets do not."""
    return [
        f"user {_ids(status.uids)}",
        f"group {_ids(status.gids)}",
        _NO_NEW_PRIVS[status.no_new_privs],
        f"seccomp {_SECCOMP.get(status.seccomp, str(status.seccomp))}",
        "! " * is_elsewhere(status.user_ns) + namespace_text(status.user_ns),
    ]


def rows_title(rows: StatusRows) -> str:
    """Write which thread some rows are of, as far as they say, without its name."""
    if rows.pid is not None and rows.tgid is not None:
        return f"Process {rows.pid}" if rows.pid == rows.tgid else f"Thread {rows.pid} of process {rows.tgid}"
    return "A thread" if rows.pid is None else f"Thread {rows.pid}"


def rows_facts(rows: StatusRows) -> list[str]:
    """Tell what rows say of a thread, what they do not, and what follows from them."""
    facts = {"user": rows.uids, "group": rows.gids}
    found = [f"{what} {'not known' if ids is None else _ids(ids)}" for what, ids in facts.items()]
    found.append(_NO_NEW_PRIVS[rows.no_new_privs])
    return found + ([namespace_text(rows.user_ns)] if is_elsewhere(rows.user_ns) else []) + rows.assumed


def _ids(ids: Ids) -> str:
    """Write four ids, or the one that they all are."""
    if len(set(ids)) == 1:
        return str(ids.effective)
    return ", ".join(f"{name} {number}" for name, number in ids._asdict().items())


def unread(scan: Snapshot | FileScan) -> list[str]:
    """Say what could not be read, a line for each kind."""
    found = [f"! {HIDDEN}"] if getattr(scan, "hidden", False) else []
    for sign, what, errors in (("", "ended meanwhile", scan.gone), ("! ", "may not be read", scan.denied)):
        if errors:
            found.append(f"{sign}{len(errors)} {what}: {_places(errors)}")
    errors = (*scan.malformed, *scan.failed)
    found += [f"! {error}" for error in errors[:MANY]]
    return found + ([f"! and {len(errors) - MANY} more errors"] if len(errors) > MANY else [])


def _places(errors: Sequence[OSError]) -> str:
    places = [str(getattr(error, "tid", None) or getattr(error, "pid", None) or error.filename) for error in errors]
    more = f" and {len(places) - MANY} more" if len(places) > MANY else ""
    return ", ".join(places[:MANY]) + more
