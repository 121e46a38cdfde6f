"""``capset show``: the five sets of a process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from capset import engines, live
from capset.cli.group import json_option, proc_option
from capset.cli.inputs import is_fed
from capset.cli.operands import OPERANDS, engine_named, is_foreign, operands
from capset.cli.output import diff_json, say, say_json, warn
from capset.cli.subject import Subject, assumed, tell
from capset.cli.tables import ADDED, DROPPED, Cell, number, prose, say_risks, table, word
from capset.cli.users import user_name
from capset.display.judging import marked
from capset.printable import printable
from capset.sets import THREAD_SETS, CapSet
from capset.summary import UNDEFINED

if TYPE_CHECKING:
    from capset import CapState, Ids
    from capset.engines import Engine

__all__ = ["sets_of", "show", "show_sets", "show_thread", "thread_json"]

_HANG = 14  # where the facts of a thread stand, behind what they are
_SECCOMP = {0: "disabled", 1: "strict", 2: "filter"}


@click.command(epilog=OPERANDS)
@click.argument("operand", required=False)
@click.option("--thread", type=int, metavar="TID", help="One of its threads instead of the main one.")
@click.option(
    "--against",
    metavar="ENGINE[@VERSION][:FILE]",
    help="The container engine with whose default to compare; docker, or that of a document, if not given.",
)
@proc_option
@json_option
def show(operand: str | None, thread: int | None, against: str | None, proc: str, as_json: bool) -> None:
    """Show the five capability sets of a process.

    OPERAND is usually a process: its id, or "self" (the default), this command, which has the sets of the shell that
    started it. For an engine, show the sets of a container's first process, run as root.
    """
    if operand is None and is_fed():
        warn("these are the sets of this command; to show what is on standard input, write: capset show -")
    chosen = None if against is None else engine_named(against)
    subjects = operands(operand or "self", proc, alone=True, tid=thread)
    if as_json:
        told = [_json(each, _measure(each, chosen)) for each in subjects]
        say_json(told[0] if len(told) == 1 else told)
        return
    tell(subjects)
    for at, each in enumerate(subjects):
        say() if at else None
        _show(each, proc)
        if not _compared(each):
            continue
        engine = _measure(each, chosen)
        say()
        say(f"Against {engine}'s default of {len(engine.default)} capabilities:")
        rows: list[list[Cell]] = []
        for name, caps in _compared(each).items():
            diff = engine.default.diff(caps)
            changes = [(ADDED, diff.added), (DROPPED, diff.dropped)]
            rows += [[name, sign, marked(caps)] for sign, caps in changes if caps] or [[name, "= same", ""]]
        table([word("set"), word("change"), prose("capabilities")], rows)


def _measure(subject: Subject, chosen: Engine | None) -> Engine:
    """Return the engine with whose default a subject is compared."""
    return chosen or engines.get(subject.engine_of or "docker")


def _compared(subject: Subject) -> dict[str, CapSet]:
    """Return the sets of a subject that are compared with a default."""
    if subject.engine is not None:
        state = subject.five("show")
        return {name: getattr(state, name) for name in _AGAINST}
    if subject.caps is not None:
        return {"": subject.caps}
    if subject.file_caps is not None:
        return {}
    return {name: subject.sets[name] for name in _AGAINST if name in subject.sets}


_AGAINST = ("effective", "bounding")


def _show(subject: Subject, proc: str) -> None:
    if subject.engine is not None:
        say(f"{subject.engine}, root in a container")
        say()
        show_sets(subject.five("show"))
        say_risks(*sets_of(subject.five("show")))
    elif subject.caps is not None:
        say(f"{printable(subject.label)}\n")
        show_sets({"": subject.caps})
        say_risks(subject.caps)
    else:
        show_thread(subject, proc)


def _json(subject: Subject, engine: Engine) -> dict[str, object]:
    told: dict[str, object] = {"label": printable(subject.label)}
    if subject.engine is not None:
        told |= {"engine": subject.engine.name, "caps": subject.five("show").as_dict()}
    elif subject.caps is not None:
        told |= subject.caps.as_dict()
    else:
        told = thread_json(subject)
    diffs = {name or "set": diff_json(engine.default, caps) for name, caps in _compared(subject).items()}
    against = {"engine": engine.name, **diffs, "assumed": assumed(engine)}
    return {**told, "against": against, "assumed": assumed(subject)}


def thread_json(subject: Subject) -> dict[str, object]:
    """Return a thread as JSON has it: what is not known of it is null."""
    thread: Any = subject.thread
    told: dict[str, object] = thread.as_dict()
    if "caps" in told:
        return told
    known = {name: caps.as_dict() for name, caps in subject.sets.items()}
    return {
        **{name: value for name, value in told.items() if name not in THREAD_SETS},
        "caps": {name: known.get(name) for name in THREAD_SETS},
    }


def show_thread(subject: Subject, proc: str = "") -> None:
    """Print what is known of a thread, without a comparison."""
    thread: Any = subject.thread
    facts = [] if subject.file_caps is not None else list(_facts(thread, proc))
    say(printable(_title(subject)))
    for name, fact in facts:
        if fact:
            say(f"{name:<13} {fact}", hang=_HANG)
    if unknown := [name for name, fact in facts if not fact]:
        say(f"{'not known':<13} {', '.join(unknown)}", hang=_HANG)
    say()
    show_sets(subject.sets)
    say_risks(*subject.sets.values())
    if len(subject.sets) == len(THREAD_SETS):
        for violation in subject.five("show").violations():
            warn(f"impossible sets: {violation}")


def _title(subject: Subject) -> str:
    """Write who it is, as far as that is known."""
    thread: Any = subject.thread
    if thread.name is None or thread.pid is None or thread.tgid is None:
        return subject.label
    of = "" if thread.pid == thread.tgid else f", thread {thread.pid}"
    parent = "" if thread.ppid is None else f", parent {thread.ppid}"
    return f"{thread.name} (pid {thread.tgid}{of}{parent})"


def _facts(thread: Any, proc: str) -> Iterator[tuple[str, str]]:
    """Yield what is told of a thread beside its sets; an empty text where it is not known."""
    yield "uids", "" if thread.uids is None else f"{_ids(thread.uids)}{_user(thread, proc)}"
    yield "gids", "" if thread.gids is None else _ids(thread.gids)
    yield "groups", "" if thread.groups is None else " ".join(map(str, thread.groups)) or "none"
    nnp = {None: "unknown, the kernel does not say", False: "no", True: "yes, execve(2) gives no new privileges"}
    unsaid = isinstance(thread, live.StatusRows) and thread.no_new_privs is None
    yield "no_new_privs", "" if unsaid else nnp[thread.no_new_privs]
    if thread.seccomp is not None:
        yield "seccomp", str(_SECCOMP.get(thread.seccomp, thread.seccomp))
    if thread.user_ns is not None:
        foreign = "another one than yours: these capabilities count in it and below it only"
        yield "user_ns", f"{thread.user_ns} ({foreign if is_foreign(thread.user_ns) else 'the same as yours'})"
    elif proc == "/proc" and not isinstance(thread, live.StatusRows):
        yield "user_ns", "unknown: you may not trace this process; its capabilities may not count in yours"


def _user(thread: Any, proc: str) -> str:
    """Return the name of a user: the list of users is that of this host, and of this user namespace."""
    foreign = thread.user_ns is not None and is_foreign(thread.user_ns)
    uids = thread.uids
    known = proc == "/proc" and not isinstance(thread, live.StatusRows) and not foreign and len(set(uids)) == 1
    return f" ({printable(user_name(uids.real))})" if known else ""


def sets_of(state: CapState) -> list[CapSet]:
    """Return the five sets."""
    return [getattr(state, name) for name in THREAD_SETS]


def show_sets(sets: CapState | Mapping[str, CapSet]) -> None:
    """Print the five sets as a table, or those that are known; of what is one set, that."""
    known = sets if isinstance(sets, Mapping) else {name: getattr(sets, name) for name in THREAD_SETS}
    rows = [[name, caps.hex(), str(len(caps)), marked(caps)] for name, caps in known.items()]
    rows += [[name, "not known", "", ""] for name in THREAD_SETS if name not in known and "" not in known]
    table([word("set"), word("mask"), number("held"), prose("capabilities")], rows)
    if any(caps.undefined for caps in known.values()):
        say(f"{UNDEFINED}.")


def _ids(ids: Ids) -> str:
    if len(set(ids)) == 1:
        return str(ids.real)
    return ", ".join(f"{name} {value}" for name, value in ids._asdict().items())
