"""``capset can``: whether a process or a container can do something, as far as capabilities decide."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Set
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from capset import engines, live, operations
from capset.cli.deeds import deeds, named_values
from capset.cli.group import exit_code_option, json_option, kernel_option, proc_option
from capset.cli.operands import OPERANDS, operand
from capset.cli.output import Failure, say, say_json, warn
from capset.cli.subject import Subject, assumed, tell
from capset.cli.tables import Cell, Coloured, number, prose, table, word
from capset.cli.users import user_in_container
from capset.errors import AccessDeniedError, ProcUnavailableError
from capset.operations import INITIAL, Answer, Operation, Operations, Scope
from capset.operations.condition import is_number
from capset.printable import printable
from capset.state import CapState

if TYPE_CHECKING:
    from capset.engines import Engine
    from capset.operations.answering import Values

__all__ = ["can"]

_YES, _NO, _UNKNOWN = Coloured("yes", "green"), Coloured("no", "red"), Coloured("not known", "yellow")
_VERDICTS = {"yes": _YES, "no": _NO, "not known": _UNKNOWN}
_TAKEN = "it is not known in which user namespace that is, and taken to be the initial one; --scope says another"
_ANOTHER = 1  # as in containers.py: any user but root


class Who(NamedTuple):
    """Who is asked of, where, and what is known there."""

    label: str
    state: CapState
    scope: Scope
    sysctls: Values
    rlimits: Values
    user: Values
    release: str | None
    assumed: tuple[str, ...]


@click.command(epilog=OPERANDS)
@click.argument("who")
@click.argument("words", nargs=-1, metavar="[OPERATION]...")
@click.option("--cap-add", "add", multiple=True, metavar="NAME", help="Of an engine: a name to add.")
@click.option("--cap-drop", "drop", multiple=True, metavar="NAME", help="Of an engine: a name to drop.")
@click.option("--privileged", is_flag=True, help="Of an engine: a privileged container.")
@click.option(
    "--user",
    default="0",
    metavar="USER[:GROUP]",
    callback=user_in_container,
    help="Of an engine: the container's user; 0 if not given.",
)
@click.option(
    "--scope",
    "scope_name",
    metavar="NAME",
    help="In which user namespace: initial, rootless, userns-remap, 'hostUsers: false', 'lxc unprivileged' or "
    "'unshare -Ur'; of a process, the one that it is in.",
)
@click.option("--sysctl", "sysctls", multiple=True, metavar="NAME=VALUE", help="A setting that decides.")
@click.option("--value", "wanted", multiple=True, metavar="NAME=VALUE", help="What is asked for, such as port=80.")
@click.option("--area", metavar="AREA", help="All operations of an area; those without OPERATION are listed.")
@kernel_option
@exit_code_option("one of them cannot be done, or is not known")
@proc_option
@json_option
@click.pass_context
def can(
    ctx: click.Context,
    who: str,
    words: tuple[str, ...],
    add: tuple[str, ...],
    drop: tuple[str, ...],
    privileged: bool,
    user: str,
    scope_name: str | None,
    sysctls: tuple[str, ...],
    wanted: tuple[str, ...],
    area: str | None,
    release: str | None,
    exit_code: bool,
    proc: str,
    as_json: bool,
) -> None:
    """Say whether a process, or a container of an engine, can do something.

    WHO is an operand; of an engine it is the container's first process. OPERATION is the id of an operation, or words
    that find some. Only what capabilities decide is answered; what else decides is named.
    """
    request = engines.Request(add, drop, privileged=privileged, user=user)
    given = bool(add or drop or privileged or user != "0")
    subject = operand(who, proc)
    where = None if scope_name is None else operations.scope(scope_name)
    asked = _who(subject, request, proc, where, given=given)
    told, known = named_values(sysctls, "--sysctl"), named_values(wanted, "--value")
    asked = asked._replace(sysctls={**asked.sysctls, **told}, release=release or asked.release)
    chosen = _chosen(words, area)
    names = {name for each in chosen for condition in each.conditions for name in condition.names}
    if subject.engine is not None:
        asked = asked._replace(assumed=(*asked.assumed, *_set_by(subject.engine, names - told.keys())))
    texts = " ".join(str(condition) for each in chosen for condition in each.conditions)
    strange = {name for name in {**told, **known} if name not in names and name not in texts}
    unread = [name for name, value in {**told, **known}.items() if name in names and not is_number(value)]
    said = (*_unheard(strange, names), *(f"{name} is no number: what it decides is not known" for name in unread))
    asked = asked._replace(assumed=(*asked.assumed, *said))
    answers = [_answer(asked, each, {**asked.user, **known}) for each in chosen]
    if as_json:
        front = {"who": printable(asked.label), "scope": asked.scope.as_dict(), "kernel": asked.release}
        say_json({**front, "assumed": list(asked.assumed), "answers": [_json(each) for each in answers]})
    else:
        for sentence in asked.assumed:
            warn(sentence)
        say(f"{printable(asked.label)}, {asked.scope.title}{_on(release)}")
        _say(answers) if words or area else _say_areas(answers)
    ctx.exit(int(exit_code and any(each.verdict != "yes" for each in answers)))


def _chosen(words: tuple[str, ...], area: str | None) -> Operations:
    """Return the operations that are asked for; all that need a capability, where none is named."""
    if words:
        found = [each for text in words for each in deeds(text)]
        return Operations(dict.fromkeys(found))
    every = operations.table(area)
    return every if area else Operations(each for each in every if each.caps)


def _who(subject: Subject, request: engines.Request, proc: str, where: Scope | None, *, given: bool) -> Who:
    """Find out whose sets they are, where they are held, if that is not said, and which settings decide there."""
    tell([subject])
    if subject.engine is not None:
        return _in_container(subject, request, where or INITIAL)
    if given:
        raise Failure("--cap-add, --cap-drop, --privileged and --user are for an engine, such as docker")
    if subject.caps is not None:
        state = CapState(effective=subject.caps, permitted=subject.caps)
    else:
        state = subject.five("can")
    found, release = live.Settings({}, {}), None
    if subject.pid is not None:
        found = live.settings(subject.pid, proc=proc)
        with suppress(ProcUnavailableError):  # a saved tree need not tell
            release = live.kernel_release(proc=proc)
        if where is None:
            with suppress(AccessDeniedError, ProcUnavailableError):
                where = live.scope(subject.pid, proc=proc)
    assumed = () if where else (_TAKEN,)
    user = {"user": subject.uid} if subject.uid is not None and where is INITIAL else {}
    return Who(subject.label, state, where or INITIAL, found.sysctls, found.rlimits, user, release, assumed)


def _in_container(subject: Subject, request: engines.Request, where: Scope) -> Who:
    engine = subject.engine
    assert engine is not None
    uid = _ANOTHER if request.uid is None else request.uid
    sets = {each.name: each.value for each in engines.sysctls(engine)}
    asked = shlex.join(engine.write(request)) or "nothing asked for"
    label = f"{engine}, {asked}, user {request.user}"
    user = {"user": request.uid} if request.uid is not None and where is INITIAL else {}
    return Who(label, engine.container(request, uid=uid), where, sets, {}, user, None, tuple(assumed(engine)))


def _set_by(engine: Engine, named: Set[str]) -> list[str]:
    """Say which of the settings that decide an engine sets itself, and when it does not."""
    return [
        f"{each.name} is {each.value}, as {engine.title} sets it, unless {each.unless}"
        for each in engines.sysctls(engine)
        if each.name in named
    ]


def _unheard(given: Set[str], named: Set[str]) -> list[str]:
    """Say which settings were given that decide of nothing that is asked; one that is misspelt would not be missed."""
    known = f", but {', '.join(sorted(named))}" if named else ""
    return [f"{printable(name)} decides of none of these operations{known}" for name in sorted(given)]


def _answer(who: Who, operation: Operation, values: Values) -> Answer:
    return operations.can(
        who.state,
        operation,
        user_ns=who.scope,
        sysctls=who.sysctls,
        rlimits=who.rlimits,
        values=values,
        release=who.release,
    )


def _on(release: str | None) -> str:
    return "" if release is None else f", on Linux {release}"


def _say(answers: list[Answer]) -> None:
    rows: list[list[Cell]] = [[_VERDICTS[each.verdict], each.operation.id, _because(each)] for each in answers]
    table([word("can"), prose("operation"), prose("because")], rows)
    gates = dict.fromkeys(gate for each in answers for gate in each.gates)
    say(f"Not asked, and may forbid it: {'; '.join(gates)}.")


def _because(answer: Answer) -> str:
    return "; ".join([answer.reason, *(f"provided that {told}" for told in answer.provided)])


def _say_areas(answers: list[Answer]) -> None:
    """Print how many can be done in each area."""
    areas: dict[str, list[Answer]] = {}
    for each in answers:
        areas.setdefault(each.operation.area, []).append(each)
    rows = [[area, *map(str, _counts(found))] for area, found in areas.items()]
    table(
        [word("area"), number("yes"), number("no"), number("not known")], [*rows, ["all", *map(str, _counts(answers))]]
    )
    say("These are operations that a capability is asked for. --area lists those of one; words find some.")


def _counts(answers: Iterable[Answer]) -> list[int]:
    found = [each.verdict for each in answers]
    return [found.count("yes"), found.count("no"), found.count("not known")]


def _json(answer: Answer) -> dict[str, Any]:
    told = {"operation": answer.operation.id, "verdict": answer.verdict, "reason": answer.reason}
    missing = [caps.as_dict() for caps in answer.missing]
    return {**told, "missing": missing, "provided": list(answer.provided), "gates": list(answer.gates)}
