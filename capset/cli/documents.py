"""Reading the documents that a user names: YAML, JSON, unit files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capset.cli.loading import UnreadableError, documents
from capset.cli.output import Failure, warn
from capset.errors import FormatError
from capset.formats import kubernetes
from capset.formats.kubernetes import Pod
from capset.printable import printable

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
    try:
        return documents(text)
    except UnreadableError as error:
        where = f":{error.line}" if error.line else ""
        raise Failure(f"{printable(path)}{where}: {printable(str(error))}") from None


def pods_of(document: Any) -> Iterator[Pod | FormatError]:
    """Go through the pods of a document, with an error in the place of one that is broken.

    Where there is none, in a document that says of which kind it is or in an item of a list, a word is said.

    Raises:
        FormatError: It is no document for Kubernetes.
    """
    for node in kubernetes.items(document):
        try:
            pod = kubernetes.pod_of(node)
        except FormatError as error:
            if error.value is document:
                raise
            yield error
            continue
        if pod is not None:
            yield pod
            continue
        kind = node["kind"].text()
        if not kind and not node.place:
            raise node.error("a pod or what makes one")
        what = f"{node.place or 'a document'}{f' of kind {kind}' if kind else ''}"
        warn(printable(f"passed over: {what}, in which there is no pod"))
