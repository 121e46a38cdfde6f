"""``capset used``: what a trace shows that was asked for, and the least that would do."""

from __future__ import annotations

import shlex

import click

from capset import observed
from capset.cli.group import json_option
from capset.cli.inputs import read_bytes
from capset.cli.need import ENGINES, engines_option
from capset.cli.operands import engine_named, masks_and_names
from capset.cli.output import Failure, say, say_as_is, say_json
from capset.cli.tables import number, prose, table, word
from capset.engines import Engine
from capset.errors import CapsetError, UnreachableError
from capset.observed import TRACERS, Use
from capset.printable import printable
from capset.sets import CapSet

__all__ = ["used"]

_SOME = 5  # so many lines that were not understood are shown


@click.command()
@click.argument("file")
@click.option(
    "--tracer", type=click.Choice(list(TRACERS)), help="Which tracer has printed it; as it looks, if not given."
)
@click.option("--command", "commands", multiple=True, metavar="NAME", help="Of threads of this name alone.")
@click.option("--held", metavar="CAPS", help="What the program was given, a mask or a list: what was not seen is told.")
@click.option("--off", multiple=True, metavar="RULE", help="Set nothing aside by this rule.")
@engines_option
@click.option("--jsonl", is_flag=True, help="Write the checks as lines of JSON, which are read here too.")
@json_option
def used(
    file: str,
    tracer: str | None,
    commands: tuple[str, ...],
    held: str | None,
    off: tuple[str, ...],
    chosen: tuple[str, ...],
    jsonl: bool,
    as_json: bool,
) -> None:
    """Say which capabilities a trace shows that were asked for, and the least that would do.

    FILE is what tracefs, perf script, capable of bcc or capable.bt of bpftrace have printed, or - for standard input.
    Checks whose answer decides nothing are set aside, each by a rule that is named. What was not seen may be needed
    all the same.
    """
    try:
        use = observed.read(read_bytes(file), tracer=tracer)
    except CapsetError as error:
        raise Failure(f"{file}: {error}") from error
    found = use.of(commands=commands)
    if commands and not found.checks:
        names = sorted({printable(check.command) for check in use.checks})
        raise Failure(
            f"{file}: there is no check of {', '.join(commands)}; there are some of {', '.join(names) or 'nobody'}"
        )
    advice = found.least(held=None if held is None else masks_and_names(held), off=off)
    engines = [engine_named(name) for name in chosen or ENGINES]
    if jsonl:
        say_as_is(found.to_jsonl().rstrip("\n"))
    elif as_json:
        summed = [row._asdict() | {"command": printable(row.command)} for row in found.summed(off=off)]
        unread = [each.as_dict() | {"text": printable(each.text)} for each in found.unread]
        told = {"tracer": found.tracer, "checks": summed, "unread": unread, "lost": found.lost}
        say_json({**told, "advice": advice.as_dict()})
    else:
        _say(file, found, off)
        say()
        for sentence in advice.sentences():
            say(sentence)
        say("What was not seen may be needed all the same.")
        if any(advice.least):
            _say_options(advice.least, engines)


def _say_options(least: tuple[CapSet, ...], engines: list[Engine]) -> None:
    """Print how each engine is asked for each of some sets, and for nothing else."""
    say()
    rows = [[engine.name, ", ".join(caps.names()), _options(engine, caps)] for engine in engines for caps in least]
    table([word("engine"), prose("root with"), prose("and nothing else, asked for by")], rows)


def _options(engine: Engine, caps: CapSet) -> str:
    try:
        return shlex.join(engine.flags(caps)) or "it is given by default"
    except UnreachableError as error:
        return str(error)


def _say(file: str, use: Use, off: tuple[str, ...]) -> None:
    say(f"{file}, read as {use.tracer}: {use}")
    rows = [
        [each.cap, each.verdict, printable(each.command), each.where, str(each.times), each.noise]
        for each in use.summed(off=off)
    ]
    if rows:
        heads = [word("capability"), word("answer"), prose("who"), prose("where"), number("times"), prose("set aside")]
        table(heads, rows)
    for each in use.unread[:_SOME]:
        say(f"line {each.line} was not understood ({each.why}): {printable(each.text)}")
    if len(use.unread) > _SOME:
        say(f"and {len(use.unread) - _SOME} more lines were not understood: --json lists them")
