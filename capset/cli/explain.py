"""``capset explain``: what is known about a capability."""

from __future__ import annotations

import click

from capset import engines, info
from capset.capability import Cap
from capset.cli.group import json_option
from capset.cli.output import say, say_json
from capset.display.judging import permitted
from capset.sets import CapSet

__all__ = ["explain"]


@click.command()
@click.argument("caps", nargs=-1, required=True, metavar="CAP...")
@json_option
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
    for line in permitted(cap):
        say(f"  - {line}")
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
        "default_of": [name for name in engines.names() if cap in engines.get(name).default],
        "risks": [
            {"list": risk.risk_list.name, "verdict": risk.verdict, "source": risk.risk_list.source.url}
            for risk in fact.risks
        ],
    }
