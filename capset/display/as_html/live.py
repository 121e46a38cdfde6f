"""Threads, hosts and trees of files, as HTML."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from capset.display import html
from capset.display.as_html.judging import against, told
from capset.display.as_html.markup import (
    Html,
    block,
    details,
    foreign,
    lines,
    listed,
    mono,
    paragraph,
    signed,
    strong,
    table,
)
from capset.display.as_html.state import state_parts
from capset.display.judging import docker_default, in_short, risky
from capset.display.threads import MANY, rows_facts, rows_title, thread_facts, title_of, unread
from capset.live.files import FileScan
from capset.live.rows import StatusRows
from capset.live.scanning import Scan
from capset.live.snapshot import Snapshot
from capset.live.status import ProcStatus
from capset.live.user_ns import is_elsewhere, namespace_text
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState
from capset.summary import summary

_SOME = 5  # so many names stand for a group


@html.register(ProcStatus)
def _status(status: ProcStatus) -> str:
    """Show who it is, and its five sets."""
    facts = paragraph("; ".join(thread_facts(status)))
    return block(*state_parts(Html(f"{title_of(status)}: {foreign(status.name)}"), status.caps, facts))


@html.register(StatusRows)
def _rows(rows: StatusRows) -> str:
    """Show the sets that rows say, and which are not known."""
    title = Html(rows_title(rows) + (f": {foreign(rows.name)}" if rows.name is not None else ""))
    known = rows.sets
    told_of = [
        (name, len(known[name]), mono(known[name].hex()), summary(known[name]))
        if name in known
        else (name, "", "", "not known")
        for name in THREAD_SETS
    ]
    held = CapSet().union(*(caps for name, caps in known.items() if name in {"effective", "permitted", "ambient"}))
    facts = paragraph("; ".join(rows_facts(rows)))
    return block(table(title, ("set", "held", "mask", "capabilities"), told_of), facts, *told(held))


@html.register(Scan)
def _scan(scan: Scan) -> str:
    return html(scan.snapshot())


@html.register(Snapshot)
def _snapshot(snapshot: Snapshot) -> str:
    """Show a row for all processes with the same five sets, those first that lists warn of most."""
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
        for (caps, namespace), members in ordered[:MANY]
    ]
    head = ("how many", "who", "user", "effective", "against Docker's default", "besides")
    wide = len(head) if any(row[-1] for row in rows) else len(head) - 1
    shown = [table(title, head[:wide], [row[:wide] for row in rows]) if rows else paragraph(strong(title))]
    if len(ordered) > MANY:
        shown.append(paragraph(f"and {len(ordered) - MANY} more groups; to_records() has all of them"))
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
    return len(risky(within) | within.unknown - within.undefined), len(within)


def _some(numbers: Sequence[int]) -> str:
    """Write the first of some numbers, and how many there are besides."""
    more = f" and {len(numbers) - _SOME} more" if len(numbers) > _SOME else ""
    return ", ".join(map(str, numbers[:_SOME])) + more


def _who(members: Sequence[ProcStatus]) -> Html:
    """Name some of a group, and others where one can open it."""
    named: list[Html | str] = [Html(f"{foreign(status.name)} ({status.pid})") for status in members[:MANY]]
    if len(named) <= _SOME:
        return lines(named)
    rest = [*named[_SOME:], *([f"and {len(members) - MANY} more"] if len(members) > MANY else [])]
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


@html.register(FileScan)
def _files(scan: FileScan) -> str:
    """Show the files of a tree that have capabilities."""
    files = scan._all()
    rows = [
        (
            foreign(file.path),
            listed(file.caps.permitted, risky(file.caps.permitted)),
            listed(file.caps.inheritable, risky(file.caps.inheritable)),
            signed("+", "on") if file.caps.effective else signed("−", "off"),  # noqa: RUF001, the sign is meant
            f"where user {file.caps.rootid} is root" if file.caps.rootid else "everywhere",
        )
        for file in files[:MANY]
    ]
    title = Html(f"{len(files)} of {scan.seen} files under {foreign(scan.root)} have capabilities")
    empty = sum(not file.caps.permitted | file.caps.inheritable for file in files)
    if empty:
        title = Html(f"{title}, {empty} of them none in it")
    head = ("file", "permitted", "inheritable", "effective bit", "counts")
    shown = [table(title, head, rows) if rows else paragraph(strong(title))]
    if len(files) > MANY:
        shown.append(paragraph(f"and {len(files) - MANY} more; to_records() has every file"))
    return block(*shown, *map(paragraph, unread(scan)))
