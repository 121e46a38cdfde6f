"""Reading the documents that a user names: YAML, JSON, unit files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from capset.cli.output import Failure
from capset.display import printable

__all__ = ["is_unit", "parsed", "places", "read_text"]

_UNITS = {".service": "Service", ".socket": "Socket", ".mount": "Mount", ".swap": "Swap"}


def read_text(path: str) -> str:
    """Read a file, or standard input for ``-``."""
    if path == "-" and sys.stdin is None:
        raise Failure("there is no standard input to read")
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{printable(path)}: no UTF-8 text, at byte {error.start}") from None


def is_unit(path: str, text: str) -> str:
    """Return the section with the capabilities if this is a unit file, and an empty text if not."""
    suffix = Path(path).suffix
    if suffix in _UNITS:
        return _UNITS[suffix]
    lines = [line.strip() for line in text.splitlines()]
    named = [section for section in _UNITS.values() if f"[{section}]" in lines]
    return named[0] if named else ""


def parsed(path: str, text: str) -> list[Any]:
    """Parse YAML, of which JSON is a part; a file may hold several documents."""
    try:
        return [document for document in _yaml().load_all(text) if document is not None]
    except YAMLError as error:
        raise Failure(f"{printable(path)}{_where(error)}: {_what(error)}") from None


def places(text: str) -> list[dict[str, int]]:
    """Return for each document the lines of its values, by their places as problems name them."""
    return [dict(_lines(node, "")) for node in _yaml().compose_all(text) if node is not None]


def _yaml() -> Any:
    return YAML(typ="safe", pure=True)  # YAML 1.2, in which NO and 1:30 are texts


def _lines(node: Any, place: str) -> Iterator[tuple[str, int]]:
    yield place, node.start_mark.line + 1
    if node.id == "mapping":
        for key, value in node.value:
            # The key's line: an empty value has none of its own.
            inner = f"{place}.{key.value}" if place else str(key.value)
            for each, line in _lines(value, inner):
                yield each, key.start_mark.line + 1 if each == inner else line
    elif node.id == "sequence":
        for at, value in enumerate(node.value):
            yield from _lines(value, f"{place}[{at}]")


def _where(error: Any) -> str:
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return "" if mark is None else f":{mark.line + 1}"


def _what(error: Any) -> str:
    problem: Any = getattr(error, "problem", None)
    return printable(str(problem or error).partition("\n")[0])
