"""Reading the documents that a user names."""

from __future__ import annotations

import sys
from pathlib import Path

from capset import documents
from capset.cli.operands import whole
from capset.cli.output import Failure
from capset.documents import Workload
from capset.errors import CapsetError

__all__ = ["read_bytes", "read_document"]


def read_document(path: str, dialect: str | None = None) -> list[Workload]:
    """Read a document, or standard input for ``-``; what cannot be read is a failure, whose cause says why."""
    try:
        return documents.read(read_bytes(path), dialect=dialect, name=path)
    except CapsetError as error:
        raise Failure(str(error) if str(error).startswith(f"{path}:") else f"{path}: {error}") from error


def read_bytes(path: str) -> bytes:
    """Read a file, or standard input for ``-``, of bearable length."""
    if path == "-" and sys.stdin is None:
        raise Failure("there is no standard input to read")
    with sys.stdin.buffer if path == "-" else Path(path).open("rb") as file:
        return whole(file, path)
