"""Reading the documents that a user names."""

from __future__ import annotations

from collections.abc import Mapping

from capset import documents
from capset.cli.inputs import read_bytes
from capset.cli.output import Failure
from capset.documents import Workload
from capset.errors import CapsetError

__all__ = ["read_document"]


def read_document(
    path: str, dialect: str | None = None, *, beside: Mapping[str, bytes] | None = None
) -> list[Workload]:
    """Read a document, or standard input for ``-``; what cannot be read is a failure, whose cause says why.

    It may name others, which are *beside* it.
    """
    try:
        return documents.read(read_bytes(path), dialect=dialect, name=path, beside=beside)
    except CapsetError as error:
        raise Failure(str(error) if str(error).startswith(f"{path}:") else f"{path}: {error}") from error
