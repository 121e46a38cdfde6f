"""What capset itself writes of processes as JSON, read back as rows of status files. No file is opened here."""

# What is read may be anything.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from capset.errors import FormatError, StatusError
from capset.live.rows import StatusRows
from capset.sets import THREAD_SETS

__all__ = ["from_json"]


def from_json(text: str, source: str, parse: Callable[..., list[StatusRows]]) -> list[StatusRows]:
    """Read what ``show``, ``ps`` and ``decode`` write with ``--json``.

    Args:
        text: The JSON.
        source: What error messages call it.
        parse: Reads the rows that ``decode`` writes with their labels, as :func:`~capset.live.parse_rows` does.

    Raises:
        StatusError: It is no JSON, or there is no process in it.
        FormatError: Something in it is not what capset writes.
    """
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        what = getattr(error, "msg", "it is too deep, or has a number that is too long")
        raise StatusError(source, "JSON", f"JSON of capset, and it cannot be read ({what})", line, "") from None
    items: list[Any] = data if isinstance(data, list) else [data]
    found = [*_labelled(items, source, parse), *(each for item in items for each in _processes(item, source))]
    if not found:
        raise StatusError(source, "CapEff", "the JSON of capset show, ps or decode, with a process in it")
    return found


def _labelled(items: list[Any], source: str, parse: Callable[..., list[StatusRows]]) -> list[StatusRows]:
    """Read the rows that ``capset decode`` read: a list of labels and masks."""
    rows = [f"{item['label']}:\t{item['mask']}" for item in items if isinstance(item, dict) and "label" in item]
    for row in rows:
        parse(row, source=source)  # what is no row would be passed over among others
    return parse("\n".join(rows), source=source) if rows else []


def _processes(item: Any, source: str) -> Iterator[StatusRows]:
    if not isinstance(item, dict):
        return
    entry: dict[Any, Any] = item
    if "hidden" in entry:  # a whole host
        for each in _objects(entry.get("processes", [])):
            yield from _processes(each, source)
        for group in _objects(entry.get("groups", [])):
            for member in _objects(group.get("members")):
                yield from _processes({**member, "caps": group.get("caps")}, source)
        return
    caps = entry.get("caps", entry)
    sets = {name: caps[name] for name in THREAD_SETS if name in caps} if isinstance(caps, dict) else {}
    if any(each is not None for each in sets.values()):
        known = {key: entry[key] for key in _blank() if key in entry and key != "line"}
        yield StatusRows.from_dict({**_blank(), **known, **sets, "source": source})


@cache
def _blank() -> dict[str, Any]:
    return StatusRows().as_dict()


def _objects(items: object) -> Iterable[dict[Any, Any]]:
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise FormatError("the processes", items, "a list of objects, as capset ps --json writes it")
    return items
