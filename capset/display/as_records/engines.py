"""Engines over time, and what they explain, as rows."""

from __future__ import annotations

from collections.abc import Iterable

from capset.display import records
from capset.engines.catalogue import Versions
from capset.engines.engine import Engine
from capset.engines.recognition import Match, Matches
from capset.engines.releases import releases_text
from capset.records import Kind, Records


@records.register(Versions)
def _engines(engines: Iterable[Engine]) -> Records:
    """Make a row of each engine, or of each stretch of releases of one."""
    columns: dict[str, Kind] = {
        "engine": "text",
        "title": "text",
        "releases": "text",
        "held": "number",
        "default": "mask",
        "names": "text",
        "source": "text",
    }
    rows = (
        (
            engine.name,
            engine.title,
            releases_text(engine.releases),
            len(engine.default),
            engine.default.mask,
            str(engine.default),
            str(engine.source),
        )
        for engine in engines
    )
    return Records(columns, rows)


@records.register(Matches)
def _matches(matches: Iterable[Match]) -> Records:
    """Make a row of each match."""
    columns: dict[str, Kind] = {
        "engine": "text",
        "title": "text",
        "releases": "text",
        "flags": "text",
        "size": "number",
        "root": "flag",
        "also_privileged": "flag",
    }
    rows = (
        (
            match.engine.name,
            match.engine.title,
            releases_text(match.releases),
            " ".join(match.flags),
            match.request.size,
            match.root,
            match.also_privileged,
        )
        for match in matches
    )
    return Records(columns, rows)
