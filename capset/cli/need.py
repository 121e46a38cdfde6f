"""``capset need``: which capability an operation asks for, and which option of an engine gives it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from capset import operations
from capset.cli.deeds import deeds
from capset.cli.group import json_option
from capset.cli.operands import engine_named
from capset.cli.output import say, say_json
from capset.cli.subject import assumed
from capset.cli.tables import prose, table, word
from capset.display.as_text.operations import facts_of
from capset.operations import in_words

if TYPE_CHECKING:
    from capset.engines import Engine
    from capset.operations import Grant, Operation

__all__ = ["ENGINES", "engines_option", "need", "say_operation"]

ENGINES = ("docker", "podman", "cri-o")


def engines_option(command: Any) -> Any:
    """Add ``--engine``, for those whose options are told."""
    return click.option(
        "--engine",
        "chosen",
        multiple=True,
        metavar="ENGINE[@VERSION][:FILE]",
        help=f"Whose options to tell; {', '.join(ENGINES)} if not given.",
    )(command)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="OPERATION")
@engines_option
@click.option("--all", "every", is_flag=True, help="All operations with these words, though one has them as its id.")
@json_option
def need(words: tuple[str, ...], chosen: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Say which capability OPERATION needs, what else would do, and which option gives it.

    OPERATION is the id of one, such as "setsockopt SO_MARK", or words that find some, such as ping. What is said was
    asked of kernels, by trying it with ever fewer capabilities.
    """
    text = " ".join(words)
    found = deeds(text, every=every)
    asked = [engine_named(name) for name in chosen or ENGINES]
    if as_json:
        say_json([_json(each, asked) for each in found])
    elif len(found) == 1:
        say_operation(found[0], asked)
        others = len(deeds(text, every=True)) - 1
        if others and " " not in text:  # who writes a whole id has found it
            say()
            say(f"{others} other operations have that word: capset need --all {shlex.quote(text)}")
    else:
        table([prose("operation"), prose("needs"), word("counts in"), prose("without")], map(_line, found))
        say(f"{len(found)} operations. For all that is known of one: capset need {shlex.quote(found[0].id)}")


def _line(operation: Operation) -> list[str]:
    counts = operation.namespace if operation.caps else "-"
    return [operation.id, in_words(operation.needs), counts, operation.refusal or "never refused"]


def say_operation(operation: Operation, asked: Iterable[Engine] = ()) -> None:
    """Print all that is known of one operation, and how engines give what it needs."""
    for name, told in facts_of(operation):
        say(f"{name:<11} {told}" if name else told, hang=12)
    found = [grant for engine in asked for grant in operations.grants(operation, engine)]
    if found:
        say()
        columns = [word("engine"), prose("capabilities"), prose("ask for"), word("root"), word("others")]
        table(columns, map(_row, found))
    for told in dict.fromkeys(f"{grant.engine.name}: {grant.why_not}" for grant in found if grant.why_not):
        say(told, hang=2)


def _row(grant: Grant) -> list[str]:
    options = shlex.join(grant.flags) or ("it is given by default" if grant.by_default else "it cannot be given")
    holds = ("holds it" if grant.root else "no", "hold it" if grant.others else "no")
    return [grant.engine.name, " and ".join(map(str, grant.caps)), options, *holds]


def _json(operation: Operation, asked: list[Engine]) -> dict[str, Any]:
    given = [grant for engine in asked for grant in operations.grants(operation, engine)]
    return {**operation.as_dict(), "grants": [_grant_json(grant) for grant in given], "assumed": assumed(*asked)}


def _grant_json(grant: Grant) -> dict[str, Any]:
    told = {"engine": grant.engine.name, "caps": grant.caps.as_dict(), "by_default": grant.by_default}
    holds = {"root": grant.root, "others": grant.others}
    return {**told, "flags": grant.flags, **holds, "why_not": grant.why_not or None}
