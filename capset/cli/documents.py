"""Reading the documents that a user names: YAML, JSON, unit files."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from capset.cli.output import Failure, warn
from capset.display import printable
from capset.errors import FormatError
from capset.formats import kubernetes
from capset.formats.document import Node
from capset.formats.kubernetes import Pod

__all__ = ["parsed", "pods_of", "read_text", "unit_section"]

_UNITS = {".service": "Service", ".socket": "Socket", ".mount": "Mount", ".swap": "Swap"}
_OTHERS = {".yaml", ".yml", ".json"}
_HEADER = re.compile(r"\[[A-Za-z][A-Za-z-]*\]?")


def read_text(path: str) -> str:
    """Read a file, or standard input for ``-``."""
    if path == "-" and sys.stdin is None:
        raise Failure("there is no standard input to read")
    data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure(f"{printable(path)}: no UTF-8 text, at byte {error.start}") from None


def unit_section(path: str, text: str) -> str:
    """Return the section with the capabilities if this is a unit file, and an empty text if not.

    Raises:
        Failure: It is a file of that kind, and has no section with capabilities.
    """
    suffix = Path(path).suffix
    if suffix in _UNITS:
        return _UNITS[suffix]
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    first = next((line for line in lines if line and line[0] not in "#;"), "")
    if suffix in _OTHERS or not _HEADER.fullmatch(first):
        return ""
    for section in _UNITS.values():
        if any(line.startswith(f"[{section}") for line in lines):
            return section
    raise Failure(f"{printable(path)}: expected a unit with {', '.join(f'[{each}]' for each in _UNITS.values())}")


def parsed(path: str, text: str) -> list[tuple[Any, dict[str, int]]]:
    """Parse YAML, of which JSON is a part; a file may hold several documents.

    Returns:
        Each document that is not empty, with the lines of its values by their places, as problems have them.
    """
    if text.lstrip()[:1] in {"{", "["}:
        with suppress(ValueError, RecursionError):  # it may be YAML in that style
            return [(json.loads(text), {})]
    try:
        documents = list(zip(_yaml().load_all(text), _yaml().compose_all(text), strict=False))
        if any(_is_manifest(document) for document, _ in documents):
            older = list(_yaml((1, 1)).load_all(text))
            documents = [
                (old if _is_manifest(new) else new, node) for (new, node), old in zip(documents, older, strict=True)
            ]
        return [(document, dict(_lines(node, "", set()))) for document, node in documents if document is not None]
    except YAMLError as error:
        raise Failure(f"{printable(path)}{_where(error)}: {_what(error)}") from None
    except (ValueError, RecursionError) as error:  # a number that is too long; lists in lists without end
        raise Failure(f"{printable(path)}: cannot be read: {printable(str(error))}") from None


def _is_manifest(document: object) -> bool:
    """Say whether a document goes to Kubernetes, which takes yes for true and 0755 for octal."""
    return isinstance(document, dict) and ("kind" in document or "apiVersion" in document)


def pods_of(document: Any) -> list[Pod]:
    """Return the pods of a document; none, and a word of it, if it is of a kind that makes no pods."""
    try:
        return list(kubernetes.pods(document))
    except FormatError as error:
        kind = Node(document)["kind"].value
        if kind is None or error.value is not document:
            raise
        warn(f"passed over: a document of kind {printable(str(kind))}, in which there is no pod")
        return []


def _yaml(version: tuple[int, int] | None = None) -> Any:
    yaml = YAML(typ="safe", pure=True)  # YAML 1.2 if no other version is given, in which NO and 1:30 are texts
    yaml.version = version
    yaml.constructor.add_constructor("!override", _plain)  # of Compose, about several files
    return yaml


def _plain(constructor: Any, node: Any) -> Any:
    """Construct a value as if it had no tag."""
    make = {"sequence": constructor.construct_sequence, "mapping": constructor.construct_mapping}
    return make[node.id](node, deep=True) if node.id in make else constructor.construct_scalar(node)


def _lines(node: Any, place: str, seen: set[int]) -> Iterator[tuple[str, int]]:
    if id(node) in seen:  # an alias; its lines are those of what it stands for
        return
    seen.add(id(node))
    yield place, node.start_mark.line + 1
    if node.id == "mapping":
        for key, value in node.value:
            # The key's line: an empty value has none of its own.
            inner = f"{place}.{key.value}" if place else str(key.value)
            yield inner, key.start_mark.line + 1
            yield from ((each, line) for each, line in _lines(value, inner, seen) if each != inner)
    elif node.id == "sequence":
        for at, value in enumerate(node.value):
            yield from _lines(value, f"{place}[{at}]", seen)


def _where(error: Any) -> str:
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return "" if mark is None else f":{mark.line + 1}"


def _what(error: Any) -> str:
    problem: Any = getattr(error, "problem", None)
    return printable(str(problem or error).partition("\n")[0])
