"""``capset show`` and ``capset decode``: processes and masks as names."""

from __future__ import annotations

import click

from capset import Ids, live
from capset.cli.group import capset, json_option, proc_option
from capset.cli.operands import engine_named, input_lines, is_foreign, labelled_set, pid_or_self, status_files
from capset.cli.output import (
    ADDED,
    DROPPED,
    Cell,
    Failure,
    cap_rows,
    diff_json,
    number,
    prose,
    say,
    say_json,
    set_json,
    status_json,
    table,
    warn,
    word,
)
from capset.live import ProcStatus
from capset.printable import printable
from capset.sets import THREAD_SETS
from capset.state import CapState
from capset.summary import summary

__all__ = ["decode", "show", "show_sets"]

_SECCOMP = {0: "disabled", 1: "strict", 2: "filter"}


@capset.command()
@click.argument("pid", default="self")
@click.option("--thread", type=int, metavar="TID", help="One of its threads instead of the main one.")
@click.option(
    "--against",
    default="docker",
    show_default=True,
    metavar="ENGINE[@VERSION]",
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
        say_json({**status_json(status), "against": {"engine": engine.name, **diffs}})
        return
    _show_status(status, proc)
    say()
    say(f"Against {engine}'s default of {len(engine.default)} capabilities:")
    rows: list[list[Cell]] = []
    for name in ("effective", "bounding"):
        diff = engine.default.diff(getattr(status.caps, name))
        changes = [(ADDED, diff.added), (DROPPED, diff.dropped)]
        rows += [[name, *sign, summary(caps)] for sign, caps in changes if caps] or [[name, "=", "same", ""]]
    table([word("set"), word(""), word(""), prose("capabilities")], rows)


def _show_status(status: ProcStatus, proc: str = "") -> None:
    thread = "" if status.pid == status.tgid else f", thread {status.pid}"
    say(f"{printable(status.name)} (pid {status.tgid}{thread}, parent {status.ppid})")
    say(f"uids          {_ids(status.uids)}")
    say(f"gids          {_ids(status.gids)}")
    say(f"groups        {' '.join(map(str, status.groups)) or 'none'}")
    nnp = {None: "unknown, the kernel does not say", False: "no", True: "yes, execve(2) gives no new privileges"}
    say(f"no_new_privs  {nnp[status.no_new_privs]}")
    if status.seccomp is not None:
        say(f"seccomp       {_SECCOMP.get(status.seccomp, status.seccomp)}")
    if status.user_ns is not None:
        foreign = "another one than yours: these capabilities count in it and below it only"
        say(f"user_ns       {status.user_ns} ({foreign if is_foreign(status) else 'the same as yours'})")
    elif proc == "/proc":
        say("user_ns       unknown: you may not trace this process; its capabilities may not count in yours")
    say()
    show_sets(status.caps)
    for violation in status.caps.violations():
        warn(f"impossible sets: {violation}")


def show_sets(state: CapState) -> None:
    """Print the five sets as a table."""
    sets = [(name, getattr(state, name)) for name in THREAD_SETS]
    rows = [[name, caps.hex(), str(len(caps)), summary(caps)] for name, caps in sets]
    table([word("set"), word("mask"), number("held"), prose("capabilities")], rows)


def _ids(ids: Ids) -> str:
    if len(set(ids)) == 1:
        return str(ids.real)
    return ", ".join(f"{name} {value}" for name, value in ids._asdict().items())


@capset.command()
@click.argument("values", nargs=-1, metavar="[VALUE]...")
@json_option
def decode(values: tuple[str, ...], as_json: bool) -> None:
    """Write masks as names.

    A VALUE is a mask, of 8 to 16 digits or with 0x in front, or a list of capabilities such as
    "net_raw,chown". Without any, standard input is read: a value a line, lines such as
    "CapEff: 00000000a80425fb", or whole status files.
    """
    lines = [] if values else input_lines()
    if statuses := status_files(lines):
        if as_json:
            say_json([status_json(status) for status in statuses])
            return
        for at, status in enumerate(statuses):
            say() if at else None
            _show_status(status)
        return
    sets = [labelled_set(value) for value in values]
    for at, line in enumerate(lines, 1):
        try:
            sets += [labelled_set(line)] if line.strip() else []
        except ValueError as error:
            raise Failure(f"line {at}: {error}") from None
    if as_json:
        say_json([{"label": printable(label), **set_json(caps)} for label, caps in sets])
    elif len(sets) == 1:
        [(_, caps)] = sets
        say(f"{caps.hex()}: {len(caps)} {'capability' if len(caps) == 1 else 'capabilities'}")
        if caps:
            table([number("no."), word("name"), prose("what for")], cap_rows(caps))
    else:
        rows = [[printable(label), caps.hex(), str(len(caps)), ", ".join(caps.names())] for label, caps in sets]
        table([word("value"), word("mask"), number("held"), prose("capabilities")], rows)
