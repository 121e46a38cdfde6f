"""``capset lint --fix``: the difference first, and then files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress

import click

from capset import documents
from capset.cli.inputs import read_bytes
from capset.cli.output import Failure
from capset.documents import Workload
from capset.printable import message, printable

__all__ = ["fix_all"]


def fix_all(workloads: Iterable[Workload], *, write: bool, dialect: str | None = None) -> bool:
    """Show what would change in documents, and change it if it is to be written.

    Args:
        workloads: What was read of them.
        write: Whether it is to be written.
        dialect: The dialect in which they are all; each says it by itself if not given.

    Returns:
        Whether there was anything to change.

    Raises:
        Failure: Standard input is to be written, or a file has changed meanwhile.
    """
    changed = False
    texts = {name: text for each in workloads if each.dialect for name, text in each._texts.items()}
    if write and "-" in texts:
        raise Failure("-: standard input cannot be written: --diff shows what would change")
    for source, text in texts.items():
        data = text.encode("utf-8") if source == "-" else read_bytes(source)  # with what stands before the text
        fixed = documents.fix(data, source, dialect=dialect)
        if fixed.edits:
            changed = True
            for line in fixed.diff().splitlines():  # on standard error where findings follow
                click.echo("\t".join(map(message, line.split("\t"))), err=write)
            if write:
                _replace(os.path.realpath(source), data, fixed.text.encode("utf-8"))
    return changed


def _replace(path: str, before: bytes, after: bytes) -> None:
    """Put a file in the place of another, of which nobody ever sees a part."""
    about = os.stat(path)
    handle, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".capset-")
    try:
        with open(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(handle)
        with suppress(AttributeError, OSError):  # Windows has no owner; another's file that may be written becomes ours
            os.chown(beside, about.st_uid, about.st_gid)
        os.chmod(beside, about.st_mode & 0o7777)
        if read_bytes(path) != before:
            raise Failure(f"{printable(path)}: it has changed meanwhile, and was left as it is")
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
