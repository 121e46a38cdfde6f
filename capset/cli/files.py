"""``capset files``: the files of a tree that have capabilities."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from capset import live
from capset.cli.group import json_option
from capset.cli.output import number, prose, say, say_json, table, warn, word
from capset.errors import FileCapsError
from capset.formats import libcap
from capset.printable import printable

if TYPE_CHECKING:
    from capset.live import CapFile, FileScan

__all__ = ["files"]


@click.command()
@click.argument("path")
@json_option
def files(path: str, as_json: bool) -> None:
    """List the files with capabilities under PATH, a folder or a file.

    Like getcap -r: mounts inside are entered, symbolic links are not followed. The capabilities are
    written as setcap takes them. What could not be read is told on standard error.
    """
    with _progress() if _is_watched() else nullcontext() as report:
        scan = live.scan_files(path, progress=report)
        found = list(scan)
    if as_json:
        _say_json(scan, found)
    elif found:
        rows = [
            [
                libcap.to_text(file.caps.state),
                "yes" * file.caps.effective,
                str(file.caps.rootid or ""),
                printable(file.path),
            ]
            for file in found
        ]
        table([word("capabilities"), word("effective"), number("rootid"), prose("file")], rows)
    elif os.path.islink(path):
        say(f"{printable(path)} is a symbolic link, and links are not followed: give what it leads to")
    else:
        say(f"none of {scan.seen} files has capabilities")
    for what, errors in (("vanished meanwhile", scan.gone), ("may not be read", scan.denied)):
        if errors:
            warn(f"{len(errors)} {what}, the first of them {printable(str(errors[0].filename))}")
    for error in (*scan.malformed, *scan.failed):
        warn(printable(str(error)))


def _is_watched() -> bool:
    """Say whether somebody looks at standard error."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def _progress() -> Generator[Callable[[int, str], None] | None]:
    """Show on standard error how far a scan is; it is gone when the scan ends."""
    try:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    except ModuleNotFoundError:  # --json does without
        yield None
        return
    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda seen, folder: bar.update(task, description=f"{seen} files, now in {printable(folder)}")


def _without_path(error: FileCapsError) -> str:
    return str(FileCapsError(error.value, error.expected))


def _say_json(scan: FileScan, found: list[CapFile]) -> None:
    say_json(
        {
            "files": [
                {
                    "path": file.path,  # JSON has escapes of its own, and a program opens what stands here
                    "text": libcap.to_text(file.caps.state),
                    "permitted": file.caps.permitted.as_dict(),
                    "inheritable": file.caps.inheritable.as_dict(),
                    "effective": file.caps.effective,
                    "rootid": file.caps.rootid,
                    "revision": file.caps.revision,
                }
                for file in found
            ],
            "seen": scan.seen,
            "gone": [error.filename for error in scan.gone],
            "denied": [error.filename for error in scan.denied],
            "malformed": [{"path": error.source, "message": _without_path(error)} for error in scan.malformed],
            "failed": [{"path": error.filename, "message": error.strerror} for error in scan.failed],
        }
    )
