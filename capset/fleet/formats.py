"""Formats of files in which a snapshot can be: by their endings."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import PurePath
from typing import Literal

from attrs import frozen

from capset.errors import ArgumentError, shown
from capset.plain import Plain

__all__ = ["ENDINGS", "File", "Format", "Path_", "format_of"]

Format = Literal["parquet", "arrow", "jsonl"]
Path_ = str | PathLike[str]

ENDINGS: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


@frozen(kw_only=True)
class File(Plain):
    """A file of a snapshot that was written or read.

    Attributes:
        path: Where it is.
        rows: How many processes it has.
        size: How many bytes it has.
        sha256: The checksum of all its bytes, in hexadecimal digits, as ``sha256sum`` prints it.
    """

    path: str
    rows: int
    size: int
    sha256: str


def format_of(path: Path_, format: Format | None = None) -> Format:
    """Return the format of a file, by its ending where none is given.

    Raises:
        ArgumentError: There is no such format, or no format has such an ending.
    """
    known = tuple(dict.fromkeys(ENDINGS.values()))
    if format is not None:
        if format not in known:
            raise ArgumentError(f"expected a format of {', '.join(known)}, got {shown(format)}", format)
        return format
    ending = PurePath(path).suffix.lower()
    if ending not in ENDINGS:
        expected = f"a path that ends with {', '.join(ENDINGS)}, or format="
        raise ArgumentError(f"expected {expected}, got {shown(fspath(path))}", fspath(path))
    return ENDINGS[ending]
