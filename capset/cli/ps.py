"""``capset ps``: every process of a host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from capset import live
from capset.cli.group import json_option, proc_option, set_option
from capset.cli.operands import caps_of_options, own_status
from capset.cli.output import number, prose, say, say_json, table, warn, word
from capset.cli.show import show_sets
from capset.live.reading import HIDDEN
from capset.printable import printable
from capset.summary import summary

if TYPE_CHECKING:
    from capset import CapState
    from capset.errors import AccessDeniedError, ProcessGoneError
    from capset.live import ProcStatus

__all__ = ["ps"]

_SOME = 8  # so many names are shown of a group of processes


@click.command()
@click.option("--has", multiple=True, metavar="CAP[,CAP]...", help="Only those that have all of these.")
@click.option("--lacks", multiple=True, metavar="CAP[,CAP]...", help="Only those that have none of these.")
@click.option("--group", is_flag=True, help="One entry for all that have the same five sets.")
@click.option("--threads", is_flag=True, help="Every thread, not just the main one of each process.")
@set_option("Which of the five sets to list, and to filter by.")
@proc_option
@json_option
def ps(
    has: tuple[str, ...], lacks: tuple[str, ...], group: bool, threads: bool, which: str, proc: str, as_json: bool
) -> None:
    """Show the capabilities of every process.

    What could not be read is counted at the end, on standard error. A * behind the user id marks a
    process in another user namespace than yours: its capabilities count only there. A ? says that you
    may not know.
    """
    wanted, unwanted = caps_of_options(has), caps_of_options(lacks)
    scan = live.scan(threads=threads, proc=proc, user_ns=True)
    statuses = [
        status
        for status in scan
        if wanted <= getattr(status.caps, which) and unwanted.isdisjoint(getattr(status.caps, which))
    ]
    if as_json:
        _ps_json(scan, statuses, group)
    elif group:
        _ps_groups(statuses)
    else:
        own = own_status()
        rows: list[list[str]] = []
        for status in statuses:
            mark = "?" if proc == "/proc" else ""  # what a saved tree cannot tell is no news
            if status.user_ns is not None:
                mark = "" if own and status.user_ns == own.user_ns else "*"
            uid, caps = f"{status.uids.effective}{mark}", getattr(status.caps, which)
            rows.append([str(status.pid), uid, printable(status.name), str(len(caps)), summary(caps)])
        ids = number("tid" if threads else "pid")
        table([ids, number("uid"), word("name"), number("held"), prose("capabilities")], rows)
    if scan.hidden:
        warn(HIDDEN)
    for what, errors in (("ended meanwhile", scan.gone), ("may not be read", scan.denied)):
        if errors:
            warn(f"{len(errors)} {what}: {', '.join(str(error.tid or error.pid) for error in errors)}")
    for error in (*scan.malformed, *scan.failed):
        warn(str(error))


def _ps_groups(statuses: list[ProcStatus]) -> None:
    for at, members in enumerate(_groups(statuses)):
        names = sorted({printable(status.name) for status in members})
        more = f" and {len(names) - _SOME} more" if len(names) > _SOME else ""
        say() if at else None
        say(f"{len(members)} of them: {', '.join(names[:_SOME])}{more}")
        show_sets(members[0].caps)


def _groups(statuses: list[ProcStatus]) -> list[list[ProcStatus]]:
    """Group by identical sets, the largest group first."""
    groups: defaultdict[CapState, list[ProcStatus]] = defaultdict(list)
    for status in statuses:
        groups[status.caps].append(status)
    return sorted(groups.values(), key=len, reverse=True)


def _ps_json(scan: live.Scan, statuses: list[ProcStatus], group: bool) -> None:
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
        }
    )
