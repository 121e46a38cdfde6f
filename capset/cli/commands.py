"""The commands: each reads its arguments, asks the library, and writes the answer."""

from __future__ import annotations

import os
import traceback
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import click

import capset as library
from capset import engines, info, live
from capset.capability import Cap
from capset.cli.operands import (
    Operand,
    caps_of_options,
    input_lines,
    is_foreign,
    labelled_set,
    operand,
    own_user_ns,
    pid_or_self,
    status_files,
)
from capset.cli.output import (
    ADDED,
    DROPPED,
    Cell,
    Failure,
    cap_rows,
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
from capset.display import printable, summary
from capset.errors import AccessDeniedError, CapsetError, ProcessGoneError
from capset.live import ProcStatus
from capset.sets import THREAD_SETS, CapSet

__all__ = ["capset"]

_SOME = 8  # so many names are shown of a group of processes
_SECCOMP = {0: "disabled", 1: "strict", 2: "filter"}


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        # Whatever goes wrong must not end with exit status 1, with which diff says that two sets differ.
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(130)
        except BrokenPipeError:  # the reader went away; nothing more can be said, not even at the exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            ctx.exit(2)
        except OSError as error:
            raise Failure(f"{error.strerror}: {error.filename}" if error.filename else str(error)) from None
        except CapsetError as error:
            raise Failure(str(error)) from None
        except Exception:
            traceback.print_exc()
            ctx.exit(2)


def _json(command: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")(command)


def _proc(command: Any) -> Any:
    return click.option(
        "--proc", default="/proc", show_default=True, help="Another mount of proc, or a saved tree of it."
    )(command)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(library.__version__, prog_name="capset")
def capset() -> None:
    """Look at Linux capability sets: decode, compare and explain them.

    capset reads and computes; it never changes a capability on the system.
    """


@capset.command()
@click.argument("pid", default="self")
@click.option("--thread", type=int, metavar="TID", help="One of its threads instead of the main one.")
@click.option(
    "--against",
    default="docker",
    show_default=True,
    metavar="ENGINE",
    help="The container engine whose default set to compare with.",
)
@_proc
@_json
def show(pid: str, thread: int | None, against: str, proc: str, as_json: bool) -> None:
    """Show the five capability sets of a process.

    PID is a process id, "self" (the default) or "thread-self": this command itself, which has the
    sets of the shell that started it.
    """
    engine = engines.get(against)
    status = live.read(pid_or_self(pid), tid=thread, proc=proc, user_ns=True)
    if as_json:
        diffs = {name: _diff_json(engine.default, getattr(status.caps, name)) for name in ("effective", "bounding")}
        say_json({**status_json(status), "against": {"engine": engine.name, **diffs}})
        return
    _show_status(status, proc)
    say()
    say(f"Against {engine.title}'s default of {len(engine.default)} capabilities:")
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
    nnp = {None: "unknown, the kernel does not say", False: "no", True: "yes, execve(2) cannot give privileges"}
    say(f"no_new_privs  {nnp[status.no_new_privs]}")
    if status.seccomp is not None:
        say(f"seccomp       {_SECCOMP.get(status.seccomp, status.seccomp)}")
    if status.user_ns is not None:
        foreign = "another one than yours: these capabilities count in it and below it only"
        say(f"user_ns       {status.user_ns} ({foreign if is_foreign(status) else 'the same as yours'})")
    elif proc == "/proc":
        say("user_ns       unknown: you may not trace this process; its capabilities may not count in yours")
    say()
    _show_sets(status.caps)
    for violation in status.caps.violations():
        warn(f"impossible sets: {violation}")


def _show_sets(state: library.CapState) -> None:
    sets = [(name, getattr(state, name)) for name in THREAD_SETS]
    rows = [[name, caps.hex(), str(len(caps)), summary(caps)] for name, caps in sets]
    table([word("set"), word("mask"), number("held"), prose("capabilities")], rows)


def _ids(ids: library.Ids) -> str:
    if len(set(ids)) == 1:
        return str(ids.real)
    return ", ".join(f"{name} {value}" for name, value in ids._asdict().items())


@capset.command()
@click.argument("values", nargs=-1, metavar="[VALUE]...")
@_json
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
        say_json([{"label": label, **set_json(caps)} for label, caps in sets])
    elif len(sets) == 1:
        [(_, caps)] = sets
        say(f"{caps.hex()}: {len(caps)} {'capability' if len(caps) == 1 else 'capabilities'}")
        if caps:
            table([number("no."), word("name"), prose("what for")], cap_rows(caps))
    else:
        rows = [[label, caps.hex(), str(len(caps)), ", ".join(caps.names())] for label, caps in sets]
        table([word("value"), word("mask"), number("held"), prose("capabilities")], rows)


@capset.command()
@click.argument("a")
@click.argument("b")
@click.option(
    "--set",
    "which",
    type=click.Choice(THREAD_SETS),
    help="Which set of a process to compare; by default all five of two processes, the effective one with a set.",
)
@_proc
@_json
@click.pass_context
def diff(ctx: click.Context, a: str, b: str, which: str | None, proc: str, as_json: bool) -> None:
    """Show what was added and dropped on the way from A to B.

    A and B are each the name of an engine (its default set), pid:N (a live process), file:PATH (a
    saved /proc/PID/status), a mask, or a list of capabilities.

    Exit status: 0 the same, 1 they differ, 2 an error.
    """
    left, right = operand(a, proc), operand(b, proc)
    pairs = _pairs(left, right, which)
    differs = any(before != after for _, before, after in pairs)
    if as_json:
        sets = [{"set": name, **_diff_json(before, after)} for name, before, after in pairs]
        say_json({"a": left.label, "b": right.label, "same": not differs, "sets": sets})
    else:
        say(f"from {printable(left.label)}\nto   {printable(right.label)}")
        for name, before, after in pairs:
            _show_diff(name, before, after)
    ctx.exit(int(differs))


def _pairs(left: Operand, right: Operand, which: str | None) -> list[tuple[str, CapSet, CapSet]]:
    """Pair the sets that are to be compared, each pair with the name of the thread's set, if there is one."""
    a, b = left.value, right.value
    if isinstance(a, CapSet) and isinstance(b, CapSet):
        return [("", a, b)]
    two_processes = not isinstance(a, CapSet) and not isinstance(b, CapSet)
    names = THREAD_SETS if two_processes and which is None else [which or "effective"]
    return [
        (name, a if isinstance(a, CapSet) else getattr(a, name), b if isinstance(b, CapSet) else getattr(b, name))
        for name in names
    ]


def _show_diff(name: str, before: CapSet, after: CapSet) -> None:
    changes = before.diff(after)
    kept = before & after
    say()
    say(
        f"{name + ': ' if name else ''}{len(changes.added)} added, {len(changes.dropped)} dropped, "
        f"{len(kept)} kept ({before.hex()} to {after.hex()})"
    )
    if changes:
        rows = cap_rows(changes.added, *ADDED) + cap_rows(changes.dropped, *DROPPED)
        table([word(""), word(""), number("no."), word("name"), prose("what for")], rows)


def _diff_json(before: CapSet, after: CapSet) -> dict[str, object]:
    changes = before.diff(after)
    return {
        "before": before.hex(),
        "after": after.hex(),
        "added": changes.added.names(),
        "dropped": changes.dropped.names(),
        "kept": (before & after).names(),
    }


@capset.command()
@click.option("--has", multiple=True, metavar="CAP[,CAP]...", help="Only those that have all of these.")
@click.option("--lacks", multiple=True, metavar="CAP[,CAP]...", help="Only those that have none of these.")
@click.option("--group", is_flag=True, help="One entry for all that have the same five sets.")
@click.option("--threads", is_flag=True, help="Every thread, not just the main one of each process.")
@click.option(
    "--set",
    "which",
    type=click.Choice(THREAD_SETS),
    default="effective",
    show_default=True,
    help="Which of the five sets to list, and to filter by.",
)
@_proc
@_json
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
        own = own_user_ns()
        rows: list[list[str]] = []
        for status in statuses:
            mark = "?" if proc == "/proc" else ""  # what a saved tree cannot tell is no news
            if status.user_ns is not None:
                mark = "" if status.user_ns == own else "*"
            uid, caps = f"{status.uids.effective}{mark}", getattr(status.caps, which)
            rows.append([str(status.pid), uid, printable(status.name), str(len(caps)), summary(caps)])
        ids = number("tid" if threads else "pid")
        table([ids, number("uid"), word("name"), number("held"), prose("capabilities")], rows)
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
        _show_sets(members[0].caps)


def _groups(statuses: list[ProcStatus]) -> list[list[ProcStatus]]:
    """Group by identical sets, the largest group first."""
    groups: defaultdict[library.CapState, list[ProcStatus]] = defaultdict(list)
    for status in statuses:
        groups[status.caps].append(status)
    return sorted(groups.values(), key=len, reverse=True)


def _ps_json(scan: live.Scan, statuses: list[ProcStatus], group: bool) -> None:
    processes: object
    if group:
        processes = [
            {
                "caps": status_json(members[0])["caps"],
                "members": [{"pid": status.pid, "name": printable(status.name)} for status in members],
            }
            for members in _groups(statuses)
        ]
    else:
        processes = [status_json(status) for status in statuses]
    failures: dict[str, Sequence[ProcessGoneError | AccessDeniedError]] = {"gone": scan.gone, "denied": scan.denied}
    say_json(
        {
            "groups" if group else "processes": processes,
            **{what: [{"pid": e.pid, "tid": e.tid} for e in errors] for what, errors in failures.items()},
            "malformed": [str(error) for error in scan.malformed],
            "failed": [str(error) for error in scan.failed],
        }
    )


@capset.command()
@click.argument("caps", nargs=-1, required=True, metavar="CAP...")
@_json
def explain(caps: tuple[str, ...], as_json: bool) -> None:
    """Say what a capability permits, since when, and what others say of its risk."""
    chosen = [Cap.parse(cap) for cap in caps]
    if as_json:
        say_json([_info_json(cap) for cap in chosen])
        return
    for at, cap in enumerate(chosen):
        say() if at else None
        _explain(cap)


def _explain(cap: Cap) -> None:
    fact = cap.info
    if fact.since_linux is None:
        say(f"{cap}\n  {fact.summary}")
        return
    say(f"{cap} ({int(cap)}), since Linux {fact.since_linux}")
    say(f"  {fact.summary}")
    say("What it permits")
    for line in fact.permits:
        say(f"  - {line}")
    if fact.split_from:
        implied = ", which still implies it" if fact.implied_by is fact.split_from else ""
        say(f"Carved out of {fact.split_from}{implied}.")
    if parts := CapSet(part for part in Cap if part.info.implied_by is cap):
        say(f"Implies {', '.join(parts.names())}.")
    for name in engines.names():
        engine = engines.get(name)
        say(f"{'In' if cap in engine.default else 'Not in'} {engine.title}'s default set.")
    say("What others say of its risk")
    verdicts = {risk.risk_list: risk.verdict for risk in fact.risks}
    for risks in info.risk_lists():
        unsaid = "not listed" if cap <= risks.last_cap else f"newer than the list, which ends with {risks.last_cap}"
        say(f"  {risks.name}: {verdicts.get(risks, unsaid)}")
        say(f"    {risks.about}")
        say(f"    {risks.source.url}")


def _info_json(cap: Cap) -> dict[str, object]:
    fact = cap.info
    return {
        "number": int(cap),
        "name": str(cap),
        "since_linux": fact.since_linux,
        "split_from": str(fact.split_from) if fact.split_from else None,
        "implied_by": str(fact.implied_by) if fact.implied_by else None,
        "summary": fact.summary,
        "permits": list(fact.permits),
        "default_of": [name for name in engines.names() if cap in engines.get(name).default],
        "risks": [
            {"list": risk.risk_list.name, "verdict": risk.verdict, "source": risk.risk_list.source.url}
            for risk in fact.risks
        ],
    }
