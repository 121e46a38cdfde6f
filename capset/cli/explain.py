"""``capset explain``: what is known about a capability."""

from __future__ import annotations

import shlex

import click

from capset import engines, info, operations
from capset.capability import Cap
from capset.cli.group import json_option
from capset.cli.need import say_operation
from capset.cli.output import Failure, say, say_json
from capset.display.judging import permitted
from capset.errors import UnknownCapabilityError
from capset.operations import Operation
from capset.sets import CapSet

__all__ = ["explain"]


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="CAP|OPERATION...")
@json_option
def explain(names: tuple[str, ...], as_json: bool) -> None:
    """Say what a capability permits, since when, and what others say of its risk; or what an operation needs.

    OPERATION is the id of one, such as mount: see capset need, which finds them by words.
    """
    chosen = [_named(name) for name in names]
    if as_json:
        say_json([_info_json(each) if isinstance(each, Cap) else each.as_dict() for each in chosen])
        return
    for at, each in enumerate(chosen):
        say() if at else None
        _explain(each) if isinstance(each, Cap) else say_operation(each)


def _named(name: str) -> Cap | Operation:
    """Return the capability, or else the operation, of that name."""
    try:
        return Cap.parse(name)
    except UnknownCapabilityError as error:
        if name in operations.names():
            return operations.get(name)
        if not operations.search(name):
            raise
        raise Failure(f"{error}; to find an operation: capset need {shlex.quote(name)}") from None


def _explain(cap: Cap) -> None:
    fact = cap.info
    if fact.since_linux is None:
        say(f"{cap}\n  {fact.summary}")
        return
    say(f"{cap} ({int(cap)}), since Linux {fact.since_linux}")
    say(f"  {fact.summary}")
    say("What it permits")
    for line in permitted(cap):
        say(f"  - {line}")
    if asking := operations.by_cap(cap):
        say(f"For how many of the {len(asking)} operations that ask for it, it counts in a user namespace of one's own")
        for told, names in _counting(cap).items():
            say(f"  - {', '.join(names)}: {told}")
    if fact.split_from:
        implied = ", which still implies it" if fact.implied_by is fact.split_from else ""
        say(f"Carved out of {fact.split_from}{implied}.")
    if parts := CapSet(part for part in Cap if part.info.implied_by is cap):
        say(f"Implies {', '.join(parts.names())}.")
    giving = [name for name in engines.names() if cap in engines.get(name).default]
    say(f"Given by default by {', '.join(giving) or 'no engine'}.")
    say("What others say of its risk")
    verdicts = {risk.risk_list: risk.verdict for risk in fact.risks}
    for risks in info.risk_lists():
        unsaid = "not listed" if cap <= risks.last_cap else f"newer than the list, which ends with {risks.last_cap}"
        sign = "! " * (risks.of_containers and risks in verdicts)
        say(f"  {sign}{risks.name}: {verdicts.get(risks, unsaid)}")
        say(f"    {risks.about}")
        say(f"    {risks.source.url}")


def _counting(cap: Cap) -> dict[str, list[str]]:
    """Say for how many operations a capability counts in each scope but the initial one; those alike together."""
    found: dict[str, list[str]] = {}
    for scope in operations.scopes():
        if not scope.initial:
            count = len(operations.by_cap(cap, user_ns=scope))
            found.setdefault(str(count) if count else "none", []).append(scope.name)
    return found


def _info_json(cap: Cap) -> dict[str, object]:
    fact = cap.info
    return {
        "number": int(cap),
        "name": str(cap),
        "since_linux": fact.since_linux,
        "split_from": str(fact.split_from) if fact.split_from else None,
        "implied_by": str(fact.implied_by) if fact.implied_by else None,
        "summary": fact.summary,
        "permits": [permit.as_dict() for permit in fact.permits],
        "operations": {
            scope.name: [each.id for each in operations.by_cap(cap, user_ns=scope)] for scope in operations.scopes()
        },
        "default_of": [name for name in engines.names() if cap in engines.get(name).default],
        "risks": [
            {"list": risk.risk_list.name, "verdict": risk.verdict, "source": risk.risk_list.source.url}
            for risk in fact.risks
        ],
    }
