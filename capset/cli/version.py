"""``capset --version``: the version on the first line, for scripts, and below it which facts there are and how old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

from capset import LAST_CAP, __version__
from capset.facts import load, stems

__all__ = ["lines"]


def lines() -> Iterator[str]:
    """Tell of each kind of facts up to which release it was read; every number is the data's own."""
    engines, formats, policies = (
        {name: load(f"{folder}/{name}") for name in stems(folder)} for folder in ("engines", "formats", "policies")
    )
    kernel, units = load("kernel"), formats["systemd-settings"]
    read = [f"{name} {known['read_to']}" for name, known in engines.items() if "read_to" in known]
    without = [name for name, known in engines.items() if "read_to" not in known]
    newest = max(_dates([load("capabilities"), kernel, *engines.values(), *formats.values(), *policies.values()]))
    yield f"capset {__version__}"
    yield f"capabilities: {LAST_CAP + 1}, up to {LAST_CAP}"
    yield f"rules of the kernel: Linux {kernel['oldest']} to {kernel['read_to']}"
    yield f"settings of units: systemd {units['oldest']} to {units['read_to']}"
    yield f"engines: {len(engines)}, read up to {', '.join(read)}"
    yield f"engines of which no release is known: {', '.join(without)}"
    yield f"newest source of a fact: {newest}"


def _dates(value: object) -> Iterator[date]:
    if isinstance(value, date):
        yield value
    elif isinstance(value, dict):
        yield from _dates([*cast("dict[str, object]", value).values()])
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _dates(inner)
