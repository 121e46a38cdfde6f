"""``capset snapshot``: the processes of hosts as a table, for a fleet."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from signal import SIGTERM, signal
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

import click

from capset import live
from capset.cli.group import json_option
from capset.cli.inputs import read_bytes
from capset.cli.output import Failure, say, say_as_is, say_json, warn
from capset.cli.progress import progress
from capset.errors import ArgumentError, CapsetError, FormatError
from capset.fleet.formats import ENDINGS
from capset.fleet.gathering import processes
from capset.fleet.lines import to_line
from capset.fleet.row import Row
from capset.live.origin import host_name
from capset.printable import message

if TYPE_CHECKING:
    from capset.fleet.formats import File

__all__ = ["snapshot"]


@click.command()
@click.argument("file")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--host", metavar="NAME", help="The name of the host, where there is one source or none.")
@click.option("--time", "when", metavar="TIME", help="When saved sources were read, such as 2026-11-02T06:00Z.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there and there are sources.")
@click.option("--threads", is_flag=True, help="Every thread, not just the main one of each process.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["parquet", "arrow", "jsonl"]),
    help="How to write it; as FILE ends, if not given.",
)
@json_option
def snapshot(
    file: str,
    sources: tuple[str, ...],
    host: str | None,
    when: str | None,
    force: bool,
    threads: bool,
    kind: Any,
    as_json: bool,
) -> None:
    """Write the processes of this host, or of others, to FILE: a table with a row for each.

    A SOURCE is a saved tree of proc, a file that capset ps --json has printed, or another snapshot. The host of a
    tree is named by sys/kernel/hostname in it, else by its folder, and that of a file of ps by its name. FILE ends
    with .parquet, .arrow or .jsonl, or is - for lines of JSON on standard output. It appears when all is written.
    """
    if host is not None and len(sources) > 1:
        raise Failure(f"--host names one host, and there are {len(sources)} sources")
    time = None if when is None else _time(when)
    if time is not None and not sources:
        raise Failure("--time is of saved sources, and this host is read now")
    unread: Counter[str] = Counter()
    if sources and os.path.lexists(file) and not force:
        raise Failure(f"{file}: it is there, and would be replaced by the sources: name another one, or give --force")
    if file == "-" and kind not in {None, "jsonl"}:
        raise Failure("standard output takes lines of JSON alone: name a file for others")
    with progress() as report:
        rows = _rows(sources, host, time, threads=threads, unread=unread, report=report)
        written = None
        if file == "-":
            _say_lines(rows)
        else:
            written = _write(rows, file, kind)
    if as_json and written:
        say_json({**written.as_dict(), "unread": sum(unread.values())})
    elif written:
        say(f"{message(file)}: {written.rows} rows, {written.size} bytes, sha256 {written.sha256}")
    for name, count in unread.items():
        warn(f"{name}: {count} could not be read: see the column unread")


def _say_lines(rows: Iterator[Row]) -> None:
    for row in rows:
        say_as_is(to_line(row))


def _write(rows: Iterator[Row], file: str, kind: Any) -> File:
    from capset.fleet.files import write  # which needs what lines of JSON do not

    if current_thread() is main_thread():  # and then, as an interrupt does, a request to end leaves no part behind
        signal(SIGTERM, _end)
    try:
        return write(rows, file, format=kind)
    except (ArgumentError, FormatError) as error:
        raise Failure(str(error)) from error


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"--time: expected a time such as 2026-11-02T06:00Z, got {text!r}") from None
    if time.tzinfo is None:
        raise Failure(f"--time: {text!r} has no zone: write {text}Z if it is in UTC")
    return time


def _rows(
    sources: tuple[str, ...],
    host: str | None,
    time: datetime | None,
    *,
    threads: bool,
    unread: Counter[str],
    report: Callable[[str], None],
) -> Iterator[Row]:
    """Read all sources, one after the other, and count what could not be read of each host."""
    read = 0
    for source in sources or ("/proc",):
        for row in _of_source(source, host, time, threads=threads):
            read += 1
            if row.unread is not None:
                unread[row.host] += 1
            report(f"{read} read, of {row.host}")
            yield row


def _of_source(source: str, host: str | None, time: datetime | None, *, threads: bool) -> Iterator[Row]:
    path = Path(source)
    try:
        if path.is_dir():
            scan = live.scan(threads=threads, proc=source, user_ns=True)
            return processes(scan, host=host or host_name(proc=source) or _folder(path), time=time)
        if threads:
            raise Failure(f"{source}: --threads is of scans, and this is no folder")
        if path.suffix.lower() in ENDINGS:
            if host is not None or time is not None:
                raise Failure(f"{source}: a snapshot says itself of which hosts it is, and when")
            return _of_snapshot(source)
        return processes(read_bytes(source), host=host or path.stem, time=time)
    except CapsetError as error:
        raise Failure(f"{source}: {error}") from error


def _of_snapshot(source: str) -> Iterator[Row]:
    from capset.fleet.arrow import rows
    from capset.fleet.files import stream

    for piece in stream(source):
        yield from rows(piece)


def _folder(path: Path) -> str:
    """Return the name of the folder in which a tree of proc was saved."""
    parts = Path(os.path.abspath(path)).parts
    named = [part for part in parts if part not in {"proc", os.sep}]
    return named[-1] if named else "localhost"
