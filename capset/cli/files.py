"""``capset files``: the files of a tree that have capabilities."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from capset import live
from capset.cli.group import exit_code_option, json_option
from capset.cli.output import Failure, say, say_json, warn
from capset.cli.progress import progress
from capset.cli.tables import number, prose, say_risks, table, word
from capset.errors import FileCapsError
from capset.formats import libcap
from capset.printable import printable

if TYPE_CHECKING:
    from capset.live import CapFile, FileScan

__all__ = ["files"]


@click.command()
@click.argument("path")
@exit_code_option("a file has capabilities")
@json_option
def files(path: str, exit_code: bool, as_json: bool) -> None:
    """List the files with capabilities under PATH, a folder or a file.

    Like getcap -r: mounts inside are entered, symbolic links are not followed. The capabilities are
    written as setcap takes them. What could not be read is told on standard error.
    """
    with progress() as report:
        scan = live.scan_files(path, progress=lambda seen, folder: report(f"{seen} files, now in {printable(folder)}"))
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
        table([prose("capabilities"), word("effective"), number("rootid"), prose("file")], rows)
        say_risks(*(file.caps.permitted | file.caps.inheritable for file in found))
    elif os.path.islink(path):
        say(f"{printable(path)} is a symbolic link, and links are not followed: give what it leads to")
    else:
        say(f"none of {scan.seen} files has capabilities")
    for what, errors in (("vanished meanwhile", scan.gone), ("may not be read", scan.denied)):
        if errors:
            warn(f"{len(errors)} {what}, the first of them {printable(str(errors[0].filename))}")
    for error in (*scan.malformed, *scan.failed):
        warn(printable(str(error)))
    if exit_code:
        if not found and (scan.denied or scan.malformed or scan.failed):
            raise Failure("none is found, and what could not be read may have capabilities")
        click.get_current_context().exit(int(bool(found)))


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
