"""``capset show``: the five sets of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from capset import live
from capset.cli.group import json_option, proc_option
from capset.cli.operands import assumed, engine_named, is_foreign, pid_or_self
from capset.cli.output import diff_json, say, say_json, warn
from capset.cli.tables import ADDED, DROPPED, Cell, number, prose, say_risks, table, word
from capset.cli.users import user_name
from capset.display.judging import marked
from capset.printable import printable
from capset.sets import THREAD_SETS
from capset.summary import UNDEFINED

if TYPE_CHECKING:
    from capset import CapSet, CapState, Ids
    from capset.live import ProcStatus

__all__ = ["sets_of", "show", "show_sets", "show_status"]

_HANG = 14  # where the facts of a thread stand, behind what they are
_SECCOMP = {0: "disabled", 1: "strict", 2: "filter"}


@click.command()
@click.argument("pid", default="self")
@click.option("--thread", type=int, metavar="TID", help="One of its threads instead of the main one.")
@click.option(
    "--against",
    default="docker",
    show_default=True,
    metavar="ENGINE[@VERSION][:FILE]",
    help="The container engine whose default set to compare with.",
)
@proc_option
@json_option
def show(pid: str, thread: int | None, against: str, proc: str, as_json: bool) -> None:
    """Show the five capability sets of a process.

    PID is a process id, "self" (the default) or "thread-self": this command itself, which has the
    sets of the shell that started it.
    """
    engine = engine_named(against)
    status = live.read(pid_or_self(pid), tid=thread, proc=proc, user_ns=True)
    if as_json:
        diffs = {name: diff_json(engine.default, getattr(status.caps, name)) for name in ("effective", "bounding")}
        say_json({**status.as_dict(), "against": {"engine": engine.name, **diffs, "assumed": assumed(engine)}})
        return
    show_status(status, proc)
    say()
    say(f"Against {engine}'s default of {len(engine.default)} capabilities:")
    rows: list[list[Cell]] = []
    for name in ("effective", "bounding"):
        diff = engine.default.diff(getattr(status.caps, name))
        changes = [(ADDED, diff.added), (DROPPED, diff.dropped)]
        rows += [[name, sign, marked(caps)] for sign, caps in changes if caps] or [[name, "= same", ""]]
    table([word("set"), word("change"), prose("capabilities")], rows)


def show_status(status: ProcStatus, proc: str = "") -> None:
    """Print what a status file says, without a comparison."""
    thread = "" if status.pid == status.tgid else f", thread {status.pid}"
    say(f"{printable(status.name)} (pid {status.tgid}{thread}, parent {status.ppid})")
    # The list of users is that of this host, and of this user namespace.
    foreign = is_foreign(status)
    known = proc == "/proc" and not foreign and len(set(status.uids)) == 1
    named = f" ({printable(user_name(status.uids.real))})" if known else ""
    say(f"uids          {_ids(status.uids)}{named}", hang=_HANG)
    say(f"gids          {_ids(status.gids)}", hang=_HANG)
    say(f"groups        {' '.join(map(str, status.groups)) or 'none'}", hang=_HANG)
    nnp = {None: "unknown, the kernel does not say", False: "no", True: "yes, execve(2) gives no new privileges"}
    say(f"no_new_privs  {nnp[status.no_new_privs]}", hang=_HANG)
    if status.seccomp is not None:
        say(f"seccomp       {_SECCOMP.get(status.seccomp, status.seccomp)}", hang=_HANG)
    if status.user_ns is not None:
        whose = "another one than yours: these capabilities count in it and below it only"
        say(f"user_ns       {status.user_ns} ({whose if foreign else 'the same as yours'})", hang=_HANG)
    elif proc == "/proc":
        say(
            "user_ns       unknown: you may not trace this process; its capabilities may not count in yours", hang=_HANG
        )
    say()
    show_sets(status.caps)
    say_risks(*sets_of(status.caps))
    for violation in status.caps.violations():
        warn(f"impossible sets: {violation}")


def sets_of(state: CapState) -> list[CapSet]:
    """Return the five sets."""
    return [getattr(state, name) for name in THREAD_SETS]


def show_sets(state: CapState) -> None:
    """Print the five sets as a table."""
    sets = sets_of(state)
    rows = [[name, caps.hex(), str(len(caps)), marked(caps)] for name, caps in zip(THREAD_SETS, sets, strict=True)]
    table([word("set"), word("mask"), number("held"), prose("capabilities")], rows)
    if any(caps.undefined for caps in sets):
        say(f"{UNDEFINED}.")


def _ids(ids: Ids) -> str:
    if len(set(ids)) == 1:
        return str(ids.real)
    return ", ".join(f"{name} {value}" for name, value in ids._asdict().items())
