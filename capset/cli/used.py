"""``capset used``: what a trace shows that was asked for, and the least that would do."""

from __future__ import annotations

from typing import Any

import click

from capset.cli.group import json_option
from capset.cli.inputs import read_trace
from capset.cli.need import ENGINES, engines_option
from capset.cli.operands import engine_named, masks_and_names
from capset.cli.output import Failure, say, say_as_is, say_json, warn
from capset.cli.tables import number, prose, table, word
from capset.cli.users import uid_of
from capset.confinement import confinements
from capset.engines import Engine
from capset.observed import TRACERS, Advice, Use
from capset.observed.advice import counted
from capset.printable import printable
from capset.sets import CapSet
from capset.summary import summary

__all__ = ["used"]

_SOME = 5  # so many lines that were not understood are shown


@click.command()
@click.argument("file")
@click.option(
    "--tracer",
    type=click.Choice(list(TRACERS)),
    metavar="TRACER",
    help=f"Which tracer has printed it: {', '.join(TRACERS)}; as it looks, if not given.",
)
@click.option("--command", "commands", multiple=True, metavar="NAME", help="Of threads of this name alone.")
@click.option("--container", "containers", multiple=True, metavar="NAME", help="Of this container alone.")
@click.option("--held", metavar="CAPS", help="What the program was given, a mask or a list: what was not seen is told.")
@click.option("--user", default="0", metavar="UID", help="As whom it is to run, a number; 0 if not given.")
@click.option("--off", multiple=True, metavar="RULE", help="Set nothing aside by this rule.")
@engines_option
@click.option("--noise", is_flag=True, help="Show the checks that are set aside too.")
@click.option("--jsonl", is_flag=True, help="Write the checks as lines of JSON, which are read here too.")
@json_option
def used(
    file: str,
    tracer: str | None,
    commands: tuple[str, ...],
    containers: tuple[str, ...],
    held: str | None,
    user: str,
    off: tuple[str, ...],
    chosen: tuple[str, ...],
    noise: bool,
    jsonl: bool,
    as_json: bool,
) -> None:
    """Say which capabilities a trace shows that were asked for, and the least that would do.

    FILE is what tracefs, perf script, bpftrace, capable of bcc, cap-audit, Inspektor Gadget, Tetragon, strace or the
    audit log have, or - for standard input. Checks whose answer decides nothing are set aside, each by a rule that is
    named. What was not seen may be needed all the same.
    """
    use = read_trace(file, tracer)
    found = use.of(commands=commands, containers=containers)
    for asked, field, what in ((commands, "command", "of"), (containers, "container", "in")):
        if asked and not found.checks + found.calls:
            names = sorted({printable(getattr(each, field)) for each in use.checks + use.calls} - {""})
            there = ", ".join(names) or "what has no name"
            raise Failure(f"{file}: nothing is {what} {', '.join(asked)}; there is something {what} {there}")
        strange = [name for name in asked if name not in {getattr(each, field) for each in use.checks + use.calls}]
        if strange:
            warn(f"{file}: nothing is {what} {', '.join(strange)}")
    if containers and (unknown := sum(not each.container for each in use.checks)):
        warn(f"{file}: of no container that is told, and left out: {counted(unknown, 'check')}")
    advice = found.least(held=None if held is None else masks_and_names(held), off=off)
    engines = [engine_named(name) for name in chosen or ENGINES]
    uid = 0 if user == "root" else uid_of(user, here=False)
    if jsonl:
        say_as_is(found.to_jsonl().rstrip("\n"))
    elif as_json:
        say_json(_json(found, advice, off, engines, uid))
    else:
        _say(file, found, off, everything=noise)
        say()
        for sentence in advice.sentences():
            say(sentence)
        say("What was not seen may be needed all the same.")
        if advice.least:
            if uid:
                say("Of another user than the one that was traced more may be asked, as of files that are not theirs.")
            say_confinements(advice.least, engines, uid)


def _json(use: Use, advice: Advice, off: tuple[str, ...], engines: list[Engine], uid: int) -> dict[str, Any]:
    summed = [row._asdict() | {"command": printable(row.command)} for row in use.summed(off=off)]
    calls = [call.as_dict() | {"command": printable(call.command)} for call in use.calls]
    unread = [each.as_dict() | {"text": printable(each.text)} for each in use.unread]
    told = {"tracer": use.tracer, "checks": summed, "calls": calls, "unread": unread, "lost": use.lost}
    given = confinements(advice.least, user=uid, engines=engines) if advice.least else []
    return {**told, "advice": advice.as_dict(), "given": [one.as_dict() for one in given]}


def say_confinements(caps: CapSet, engines: list[Engine], uid: int) -> None:
    """Print how a process is given a set and nothing else."""
    who = f"user {uid}" if uid else "root"
    say()
    say(f"For {who} with {summary(caps)} and nothing else:")
    ways = confinements(caps, user=uid, engines=engines)
    rows = [
        [one.to if at == 0 else "", line or "it is given by default"]
        for one in ways
        for at, line in enumerate((one.problem or one.text).split("\n"))
    ]
    table([word("by"), prose("write")], rows)
    also: dict[str, list[str]] = {}
    for one in ways:
        for each in one.also:
            also.setdefault(each, []).append(one.to)
    for each, names in also.items():
        say(f"{', '.join(names)}: {each}")


def _say(file: str, use: Use, off: tuple[str, ...], *, everything: bool) -> None:
    say(f"{file}, read as {use.tracer}: {use}")
    rows = [
        [each.cap, each.verdict, printable(each.command), each.where, str(each.times)] + [each.noise] * everything
        for each in use.summed(off=off)
        if everything or not each.noise
    ]
    if rows:
        heads = [word("capability"), word("answer"), prose("who"), prose("where"), number("times")]
        table([*heads, *[prose("set aside")] * everything], rows)
    for each in use.unread[:_SOME]:
        say(f"line {each.line} was not understood ({each.why}): {printable(each.text)}")
    if len(use.unread) > _SOME:
        say(f"and {len(use.unread) - _SOME} more lines were not understood: --json lists them")
