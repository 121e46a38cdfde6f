"""Threads, hosts and trees of files, as HTML for notebooks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from capset.display.judging import against, docker_default, in_short, risky
from capset.display.markup import Html, block, details, foreign, lines, listed, paragraph, signed, strong, table
from capset.display.values import state_parts, told
from capset.live.status import INITIAL_USER_NS
from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.ids import Ids
    from capset.live import CapFile, FileScan, ProcStatus, Snapshot
    from capset.state import CapState

__all__ = ["files_html", "is_elsewhere", "namespace_text", "snapshot_html", "status_html", "thread_title", "unread"]

_SOME = 5  # so many names stand for a group
_MANY = 200  # rows, names or errors; a notebook is no place for more


def status_html(status: ProcStatus) -> str:
    """Show a thread: who it is, and its five sets."""
    facts = [
        f"user {_ids(status.uids)}",
        f"group {_ids(status.gids)}",
        {True: "no_new_privs is set", False: "no_new_privs is not set", None: "no_new_privs unknown"}[
            status.no_new_privs
        ],
        f"seccomp {_SECCOMP.get(status.seccomp, str(status.seccomp))}",
    ]
    facts.append("! " * is_elsewhere(status.user_ns) + namespace_text(status.user_ns))
    return block(*state_parts(thread_title(status), status.caps, paragraph("; ".join(facts))))


_SECCOMP = {None: "unknown", 0: "disabled", 1: "strict", 2: "filter"}


def thread_title(status: ProcStatus) -> Html:
    """Write which thread it is."""
    which = f"Process {status.pid}" if status.pid == status.tgid else f"Thread {status.pid} of process {status.tgid}"
    return Html(f"{which}: {foreign(status.name)}")


def is_elsewhere(inode: int | None) -> bool:
    """Say whether a user namespace is known, and is not the initial one."""
    return inode not in {None, INITIAL_USER_NS}


def namespace_text(inode: int | None) -> str:
    """Write in which user namespace capabilities count; many a full set has no power over the host."""
    if inode is None:
        return "user namespace not known"
    if inode == INITIAL_USER_NS:
        return "in the initial user namespace"
    return f"in user namespace {inode}, and counts only there and below"


def _ids(ids: Ids) -> str:
    """Write four ids, or the one that they all are."""
    if len(set(ids)) == 1:
        return str(ids.effective)
    return ", ".join(f"{name} {number}" for name, number in ids._asdict().items())


def snapshot_html(snapshot: Snapshot) -> str:
    """Show a host: a row for all processes with the same five sets, those first that lists warn of most."""
    threads = any(status.pid != status.tgid for status in snapshot)
    what = ("thread" if threads else "process") + ("" if len(snapshot) == 1 else "s" if threads else "es")
    title = Html(f"{len(snapshot)} {what}" + (f" of {foreign(snapshot.proc)}" if snapshot.proc else ""))
    groups: defaultdict[tuple[CapState, int | None], list[ProcStatus]] = defaultdict(list)
    for status in snapshot:
        groups[status.caps, status.user_ns].append(status)
    ordered = sorted(groups.items(), key=lambda group: (_might(group[0][0]), len(group[1])), reverse=True)
    rows = [
        (
            len(members),
            _who(members),
            _some(sorted({status.uids.effective for status in members})),
            in_short(caps.effective),
            against(caps.effective, docker_default()),
            _more(caps, namespace),
        )
        for (caps, namespace), members in ordered[:_MANY]
    ]
    head = ("how many", "who", "user", "effective", "against Docker's default", "besides")
    wide = len(head) if any(row[-1] for row in rows) else len(head) - 1
    shown = [table(title, head[:wide], [row[:wide] for row in rows]) if rows else paragraph(strong(title))]
    if len(ordered) > _MANY:
        shown.append(paragraph(f"and {len(ordered) - _MANY} more groups; to_records() has all of them"))
    if any(status.user_ns is None for status in snapshot):
        shown.append(paragraph(_NAMESPACES))
    held = CapSet().union(*(_within(status.caps) for status in snapshot))
    return block(*shown, *told(held), *map(paragraph, unread(snapshot)))


_NAMESPACES = (
    "User namespaces are not known of all: in one of its own a process may hold everything, and have power only there. "
    "On a running host, live.scan(user_ns=True) reads those of processes that you may trace."
)


def _within(caps: CapState) -> CapSet:
    """Return what a thread has, or can have without anybody's help."""
    return caps.effective | caps.permitted | caps.ambient


def _might(caps: CapState) -> tuple[int, int]:
    """Return what says whom to look at first: how much of it lists warn of or nobody has named, and how much it is."""
    within = _within(caps)
    return len(risky(within) | within.unknown), len(within)


def _some(numbers: Sequence[int]) -> str:
    """Write the first of some numbers, and how many there are besides."""
    more = f" and {len(numbers) - _SOME} more" if len(numbers) > _SOME else ""
    return ", ".join(map(str, numbers[:_SOME])) + more


def _who(members: Sequence[ProcStatus]) -> Html:
    """Name some of a group, and others where one can open it."""
    named: list[Html | str] = [Html(f"{foreign(status.name)} ({status.pid})") for status in members[:_MANY]]
    if len(named) <= _SOME:
        return lines(named)
    rest = [*named[_SOME:], *([f"and {len(members) - _MANY} more"] if len(members) > _MANY else [])]
    return lines([*named[:_SOME], details(f"and {len(members) - _SOME} more", lines(rest))])


def _more(caps: CapState, namespace: int | None) -> Html:
    """Tell what the effective set does not."""
    more: list[Html | str] = []
    if waiting := caps.permitted - caps.effective:
        more.append(Html(f"permitted too: {listed(waiting, risky(waiting))}"))
    if caps.inheritable:
        more.append(Html(f"inheritable: {listed(caps.inheritable, risky(caps.inheritable))}"))
    if caps.ambient:
        more.append(Html(f"ambient: {listed(caps.ambient, risky(caps.ambient))}"))
    if caps.bounding != caps.permitted:
        more.append(f"bounding: {in_short(caps.bounding)}")
    if is_elsewhere(namespace):
        more.append(f"! {namespace_text(namespace)}")
    return lines(more)


def unread(scan: Snapshot | FileScan) -> list[str]:
    """Say what could not be read, a line for each kind."""
    found: list[str] = []
    for sign, what, errors in (("", "ended meanwhile", scan.gone), ("! ", "may not be read", scan.denied)):
        if errors:
            found.append(f"{sign}{len(errors)} {what}: {_places(errors)}")
    errors = (*scan.malformed, *scan.failed)
    found += [f"! {error}" for error in errors[:_MANY]]
    return found + ([f"! and {len(errors) - _MANY} more errors"] if len(errors) > _MANY else [])


def _places(errors: Sequence[OSError]) -> str:
    places = [str(getattr(error, "tid", None) or getattr(error, "pid", None) or error.filename) for error in errors]
    more = f" and {len(places) - _MANY} more" if len(places) > _MANY else ""
    return ", ".join(places[:_MANY]) + more


def files_html(scan: FileScan, files: Sequence[CapFile]) -> str:
    """Show the files of a tree that have capabilities."""
    rows = [
        (
            foreign(file.path),
            listed(file.caps.permitted, risky(file.caps.permitted)),
            listed(file.caps.inheritable, risky(file.caps.inheritable)),
            signed("+", "on") if file.caps.effective else signed("−", "off"),  # noqa: RUF001, the sign is meant
            f"where user {file.caps.rootid} is root" if file.caps.rootid else "everywhere",
        )
        for file in files[:_MANY]
    ]
    title = Html(f"{len(files)} of {scan.seen} files under {foreign(scan.root)} have capabilities")
    empty = sum(not file.caps.permitted | file.caps.inheritable for file in files)
    if empty:
        title = Html(f"{title}, {empty} of them none in it")
    head = ("file", "permitted", "inheritable", "effective bit", "counts")
    shown = [table(title, head, rows) if rows else paragraph(strong(title))]
    if len(files) > _MANY:
        shown.append(paragraph(f"and {len(files) - _MANY} more; to_records() has every file"))
    return block(*shown, *map(paragraph, unread(scan)))
