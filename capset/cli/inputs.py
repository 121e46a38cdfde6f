"""Reading files and standard input, as far as there is a bound for: some, such as /dev/zero, have no end."""

from __future__ import annotations

import os
import re
import stat
import sys
from errno import ENAMETOOLONG, ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from capset.bounds import LONGEST_TEXT, bounded
from capset.cli.output import Failure
from capset.errors import CapsetError, shown

if TYPE_CHECKING:
    from capset.observed import Use

__all__ = ["is_fed", "read_bytes", "read_trace", "slashed", "standard_input", "whole"]


def is_fed() -> bool:
    """Say whether somebody has given standard input: a pipe, or a file with something in it."""
    try:
        about = os.fstat(sys.stdin.fileno())
    except (AttributeError, OSError, ValueError):  # there is none, or it is closed or no file
        return False
    return stat.S_ISFIFO(about.st_mode) or (stat.S_ISREG(about.st_mode) and about.st_size > 0)


def read_bytes(path: str) -> bytes:
    """Read a file, or standard input for ``-``."""
    try:
        with standard_input() if path == "-" else Path(path).open("rb") as file:
            return whole(file, path)
    except OSError as error:
        if error.errno in {ENOENT, ENAMETOOLONG} and re.search(r"\s", path.strip()):  # a text, and no name
            raise Failure(
                f"there is no file {shown(path)}; to have a text itself read, pipe it in and give -"
            ) from None
        raise


def read_trace(path: str, tracer: str | None = None) -> Use:
    """Read what a tracer has printed, from a file or from standard input for ``-``.

    Raises:
        Failure: It is what none of the known tracers prints.
    """
    from capset import observed  # which most commands do without

    try:
        return observed.read(read_bytes(path), tracer=tracer)
    except CapsetError as error:
        raise Failure(f"{path}: {error}") from error


def standard_input() -> BinaryIO:
    """Return standard input, to be read as bytes.

    Raises:
        Failure: There is none, or it was read already.
    """
    if sys.stdin is None:
        raise Failure("there is no standard input to read")
    if sys.stdin.buffer.closed:
        raise Failure("standard input was read already: - stands for one operand")
    return sys.stdin.buffer


def slashed(path: str) -> str:
    """Write a path with slashes, where Windows has backslashes too: as documents, patterns and code hosts know it."""
    return path.replace(os.sep, "/")


def whole(file: BinaryIO, name: str) -> bytes:
    """Read a file to its end.

    Raises:
        TooLargeError: There is more than is read of any text.
    """
    data = file.read(LONGEST_TEXT + 1)
    bounded(data, name)
    return data
