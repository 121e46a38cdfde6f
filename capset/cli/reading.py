"""Reading the documents that a user names."""

from __future__ import annotations

import sys
from pathlib import Path

from capset import documents
from capset.cli.output import Failure
from capset.documents import Workload
from capset.errors import CapsetError
from capset.printable import printable

__all__ = ["read_bytes", "read_document"]

_LONGEST = 64 * 2**20  # bytes: no document is that long, and /dev/zero has no end


def read_document(path: str, dialect: str | None = None) -> list[Workload]:
    """Read a document, or standard input for ``-``; what cannot be read is a failure, whose cause says why."""
    data = read_bytes(path)
    try:
        return documents.read(data, dialect=dialect, name=path)
    except CapsetError as error:
        raise Failure(str(error) if str(error).startswith(f"{path}:") else f"{path}: {error}") from error


def read_bytes(path: str) -> bytes:
    """Read a file, or standard input for ``-``, of bearable length."""
    if path == "-" and sys.stdin is None:
        raise Failure("there is no standard input to read")
    with sys.stdin.buffer if path == "-" else Path(path).open("rb") as file:
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise Failure(f"{printable(path)}: longer than any document, more than {_LONGEST} bytes")
    return data
