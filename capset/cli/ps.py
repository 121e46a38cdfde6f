"""``capset ps``: every process of a host."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from capset import live
from capset.cli import terminal
from capset.cli.group import exit_code_option, json_option, proc_option, set_option
from capset.cli.operands import caps_of_options, own_status
from capset.cli.output import Failure, say, say_json, warn
from capset.cli.progress import progress
from capset.cli.show import sets_of, show_sets
from capset.cli.tables import number, prose, say_risks, table, word
from capset.cli.users import uid_of, user_name
from capset.display.judging import marked
from capset.display.parents import branches
from capset.live.reading import HIDDEN
from capset.printable import printable
from capset.summary import UNDEFINED

if TYPE_CHECKING:
    from capset import CapState
    from capset.errors import AccessDeniedError, ProcessGoneError
    from capset.live import ProcStatus

__all__ = ["ps"]

_SOME = 8  # so many names are shown of a group of processes


@click.command()
@click.option("--has", multiple=True, metavar="CAP[,CAP]...", help="Only those that have all of these.")
@click.option("--lacks", multiple=True, metavar="CAP[,CAP]...", help="Only those that have none of these.")
@click.option("--user", "users", multiple=True, metavar="NAME|UID", help="Only those of this effective user.")
@click.option("--no-kernel", is_flag=True, help="Leave out the threads of the kernel itself.")
@click.option(
    "--sort",
    type=click.Choice(["pid", "name", "user", "held"]),
    default="pid",
    show_default=True,
    help="In which order; by held, the most capabilities first.",
)
@click.option("--tree", is_flag=True, help="Each below its parent.")
@click.option("--group", is_flag=True, help="One entry for all that have the same five sets.")
@click.option("--threads", is_flag=True, help="Every thread, not just the main one of each process.")
@click.option("--numeric", is_flag=True, help="User ids, not the names of users.")
@set_option("Which of the five sets to list, and to filter by.")
@exit_code_option("a process is listed")
@proc_option
@json_option
def ps(
    has: tuple[str, ...],
    lacks: tuple[str, ...],
    users: tuple[str, ...],
    no_kernel: bool,
    sort: str,
    tree: bool,
    group: bool,
    threads: bool,
    numeric: bool,
    which: str,
    exit_code: bool,
    proc: str,
    as_json: bool,
) -> None:
    """Show the capabilities of every process.

    What could not be read is counted at the end, on standard error. A * behind the user marks a
    process in another user namespace than yours: its capabilities count only there. A ? says that you
    may not know. A ! behind a capability says that published lists warn of it. Users have names where
    the processes are those of this host.
    """
    if tree and group:
        raise Failure("--tree and --group are two tables: give one of them")
    wanted, unwanted = caps_of_options(has), caps_of_options(lacks)
    here = proc == "/proc"
    uids = {uid_of(user, here=here) for user in users}
    scan = live.scan(threads=threads, proc=proc, user_ns=True)
    found = _all(scan)
    kernel, unsure = _kernel_threads(found, proc) if no_kernel or as_json else ([], [])
    left_out = set(kernel) if no_kernel else set[int]()
    chosen = [
        status
        for status in found
        if wanted <= getattr(status.caps, which) and unwanted.isdisjoint(getattr(status.caps, which))
        if not uids or status.uids.effective in uids
        if status.pid not in left_out
    ]
    chosen.sort(key=lambda status: _order(status, sort, which))
    if as_json:
        listed, out = ([], kernel) if no_kernel else (kernel, [])
        threads_of_kernel = {"listed": listed, "left_out": out, "not_known": unsure}
        _ps_json(scan, chosen, group, {"of": len(found), "kernel_threads": threads_of_kernel})
    elif group:
        _ps_groups(chosen)
    else:
        title = "tid" if threads else "pid"
        _ps_table(chosen, which, title, tree=tree, here=here, numeric=numeric)
    told = [f"{f'{len(chosen)} of ' * (len(chosen) < len(found))}{len(found)} listed"]
    told += [f"{len(kernel) or 'no'} threads of the kernel left out"] if no_kernel else []
    _tell(scan, told)
    if no_kernel and unsure:
        warn(f"{len(unsure)} may be of the kernel, which their stat would tell, and are not left out")
    if exit_code:
        _exit(scan, chosen)


def _all(scan: live.Scan) -> list[ProcStatus]:
    found: list[ProcStatus] = []
    with progress() as report:
        for status in scan:
            found.append(status)
            report(f"{len(found)} read")
    return found


def _kernel_threads(found: Iterable[ProcStatus], proc: str) -> tuple[list[int], list[int]]:
    """Find the kernel's own threads, and those of which that is not known."""
    told = {status.pid: live.is_kernel_thread(status, proc=proc) for status in found}
    return [pid for pid, kernel in told.items() if kernel], [pid for pid, kernel in told.items() if kernel is None]


def _order(status: ProcStatus, sort: str, which: str) -> tuple[str | int, int]:
    first: dict[str, str | int] = {"pid": 0, "name": status.name, "user": status.uids.effective}
    return first.get(sort, -len(getattr(status.caps, which))), status.pid


def _ps_table(statuses: list[ProcStatus], which: str, ids: str, *, tree: bool, here: bool, numeric: bool) -> None:
    own = own_status()
    lines = branches(statuses, ascii=not terminal.encodes("├└│")) if tree else (("", status) for status in statuses)
    rows: list[list[str]] = []
    for front, status in lines:
        mark = "?" if here else ""  # what a saved tree cannot tell is no news
        if status.user_ns is not None:
            mark = "" if own and status.user_ns == own.user_ns else "*"
        uid, caps = status.uids.effective, getattr(status.caps, which)
        # The list of users is that of this host, and of this user namespace.
        user = str(uid) if numeric or not here or mark == "*" else printable(user_name(uid))
        name = f"{front}{printable(status.name)}"
        rows.append([str(status.pid), user + mark, name, str(len(caps)), marked(caps)])
    table([number(ids), word("user"), word("name"), number("held"), prose("capabilities")], rows)
    sets = [getattr(status.caps, which) for status in statuses]
    if any(caps.undefined for caps in sets):
        say(f"{UNDEFINED}.")
    say_risks(*sets)


def _tell(scan: live.Scan, told: list[str]) -> None:
    """Say in a line what is not shown, and what could not be read; where nobody looks, only if there is such."""
    for what, errors in (("ended meanwhile", scan.gone), ("may not be read", scan.denied)):
        if errors:
            told.append(f"{len(errors)} {what}: {', '.join(str(error.tid or error.pid) for error in errors)}")
    if len(told) > 1 or terminal.is_watched(sys.stderr):
        warn("; ".join(told))
    if scan.hidden:
        warn(HIDDEN)
    for error in (*scan.malformed, *scan.failed):
        warn(str(error))


def _exit(scan: live.Scan, chosen: list[ProcStatus]) -> None:
    """End with 1 where one is found; that there is none is not known where some could not be read."""
    unread = scan.hidden or scan.denied or scan.malformed or scan.failed
    if not chosen and unread:
        raise Failure("none is listed, and what could not be read may be one")
    click.get_current_context().exit(int(bool(chosen)))


def _ps_groups(statuses: list[ProcStatus]) -> None:
    for at, members in enumerate(_groups(statuses)):
        names = sorted({printable(status.name) for status in members})
        more = f" and {len(names) - _SOME} more" if len(names) > _SOME else ""
        say() if at else None
        say(f"{len(members)} of them: {', '.join(names[:_SOME])}{more}")
        show_sets(members[0].caps)
    say_risks(*(caps for status in statuses for caps in sets_of(status.caps)))


def _groups(statuses: list[ProcStatus]) -> list[list[ProcStatus]]:
    """Group by identical sets, the largest group first."""
    groups: defaultdict[CapState, list[ProcStatus]] = defaultdict(list)
    for status in statuses:
        groups[status.caps].append(status)
    return sorted(groups.values(), key=len, reverse=True)


def _ps_json(scan: live.Scan, statuses: list[ProcStatus], group: bool, more: Mapping[str, object]) -> None:
    processes: object
    if group:
        processes = [
            {
                "caps": members[0].caps.as_dict(),
                "members": [{"pid": status.pid, "name": status.name} for status in members],
            }
            for members in _groups(statuses)
        ]
    else:
        processes = [status.as_dict() for status in statuses]
    failures: dict[str, Sequence[ProcessGoneError | AccessDeniedError]] = {"gone": scan.gone, "denied": scan.denied}
    say_json(
        {
            "groups" if group else "processes": processes,
            **{what: [{"pid": e.pid, "tid": e.tid} for e in errors] for what, errors in failures.items()},
            "hidden": scan.hidden,
            "malformed": [str(error) for error in scan.malformed],
            "failed": [str(error) for error in scan.failed],
            **more,
        }
    )
