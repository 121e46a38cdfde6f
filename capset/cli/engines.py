"""``capset engines``: what is known about container engines, and where it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from attrs import asdict

from capset import engines as known
from capset.cli.group import json_option
from capset.cli.operands import engine_named
from capset.cli.output import releases_json, say, say_json
from capset.cli.tables import number, prose, table, word
from capset.engines.releases import releases_text
from capset.summary import summary

if TYPE_CHECKING:
    from capset.engines import Engine

__all__ = ["engines"]

_ABOUT = {"default": "its default", "sets": "the sets that it fills", "rules": "its rules of add and drop"}


@click.command()
@click.argument("engine", required=False, metavar="[ENGINE[@VERSION][:FILE]]")
@json_option
def engines(engine: str | None, as_json: bool) -> None:
    """List the container engines, with their releases, defaults and sources.

    With the name of one, tell all that is known about it.
    """
    if engine is None:
        chosen = [era for name in known.names() for era in known.versions(name)]
        say_json([_engine_json(era) for era in chosen]) if as_json else _table(chosen)
        return
    chosen = [engine_named(engine)] if {"@", ":"} & set(engine) else known.versions(known.get(engine).name)
    if as_json:
        say_json([_engine_json(era) for era in chosen])
        return
    say(chosen[-1].about)
    if read_to := chosen[-1].read_to:
        say(f"Its releases were read up to {read_to}.")
    if aliases := chosen[-1].aliases:
        say(f"It is also meant by {', '.join(aliases)}.")
    for era in reversed(chosen):
        say()
        _show(era)


def _engine_json(engine: Engine) -> dict[str, object]:
    """Return an engine as JSON has it."""
    return {
        "name": engine.name,
        "title": engine.title,
        "about": engine.about,
        "releases": releases_json(engine.releases),
        "read_to": engine.read_to,
        "aliases": list(engine.aliases),
        "assumed": list(engine.assumed),
        "default": engine.default.as_dict(),
        "facts": [
            {
                "about": fact.about,
                "confidence": fact.confidence,
                "note": fact.note,
                "sources": [{**asdict(source), "date": str(source.date)} for source in fact.sources],
            }
            for fact in engine.facts
        ],
    }


def _table(chosen: list[Engine]) -> None:
    rows = [
        [each.name, releases_text(each.releases), str(len(each.default)), each.default.hex(), each.facts[0].confidence]
        for each in chosen
    ]
    table([word("engine"), prose("releases"), number("held"), word("default"), word("how known")], rows)
    others: dict[str, list[str]] = {}
    for alias in known.aliases():
        others.setdefault(" or ".join(alias.engines), []).append(alias.name)
    say()
    meant = [[name, ", ".join(names)] for name, names in others.items()]
    table([prose("engine"), prose("what else people type for it")], meant)
    say()
    say("capset engines ENGINE tells where its releases were read.")


def _show(engine: Engine) -> None:
    say(f"{engine} ({engine.name}): {releases_text(engine.releases)}")
    say(f"default {engine.default.hex()}: {summary(engine.default)}")
    rows = [
        [user, *(getattr(placement, name) for name in ("bounding", "permitted", "effective", "inheritable", "ambient"))]
        for user, placement in engine.placements.items()
    ]
    columns = ("configured for", "bounding", "permitted", "effective", "inheritable", "ambient")
    table([word(title) for title in columns], rows)
    for fact in engine.facts:
        say(f"{_ABOUT[fact.about]}: {fact.confidence}{'. ' + fact.note if fact.note else ''}")
        for source in fact.sources:
            say(f"  {source.url}")
