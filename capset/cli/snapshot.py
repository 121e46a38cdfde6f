"""``capset snapshot``: the processes of hosts as a table, for a fleet."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

import click

from capset.cli.group import json_option
from capset.cli.moments import moment
from capset.cli.output import Failure, say, say_as_is, say_json, warn
from capset.cli.progress import progress
from capset.cli.sources import Reading, Tally
from capset.errors import shown
from capset.fleet.formats import ENDINGS
from capset.fleet.gathering import HIDDEN
from capset.fleet.lines import end_line, to_line
from capset.printable import message

if TYPE_CHECKING:
    from capset.fleet.formats import File

__all__ = ["snapshot"]


@click.command()
@click.argument("file")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("--host", metavar="NAME", help="The name of the host, where there is one source or none.")
@click.option("--time", "when", metavar="TIME", help="When saved sources were read, such as 2026-11-02T06:00Z.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
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

    A SOURCE is a saved tree of proc, a file that capset ps --json has printed, or another snapshot; - is one of the
    last two on standard input, a snapshot as lines of JSON. The host of a tree is named by sys/kernel/hostname in it,
    else by its folder, and that of a file of ps by its name. FILE ends with .parquet, .arrow or .jsonl, or is - for
    lines of JSON on standard output. It appears when all is written.
    """
    once: dict[str, str] = {}  # each source, also where it is named in two ways
    for each in sources:
        once.setdefault(each if each == "-" else os.path.realpath(each), each)
    time = None if when is None else moment("--time", when)
    _check_sources(len(once), host, time)
    _check_file(file, kind, may_replace=force)
    with progress() as report:
        tally = Tally(report)
        readings = (Reading.of(each, host, time, threads=threads) for each in once.values() or ("/proc",))
        written = None
        if file == "-":
            for reading in readings:
                for row in reading.rows(tally):
                    say_as_is(to_line(row))
            say_as_is(end_line(tally.read))
        else:
            written = _write((piece for reading in readings for piece in reading.batches(tally)), file, kind)
    if as_json and written:
        hidden = {"hidden": sorted(tally.hidden)}
        say_json({**written.as_dict(), "unread": sum(tally.unread.values()), **hidden})
    elif written:
        say(f"{message(file)}: {written.rows} rows, {written.size} bytes, sha256 {written.sha256}")
    _warn(tally)


def _check_sources(count: int, host: str | None, time: datetime | None) -> None:
    if host is not None and not host.strip():
        raise Failure(f"--host: expected the name of a host, got {shown(host)}")
    if host is not None and count > 1:
        raise Failure(f"--host names one host, and there are {count} sources")
    if time is not None and not count:
        raise Failure("--time is of saved sources, and this host is read now")


def _check_file(file: str, kind: str | None, *, may_replace: bool) -> None:
    if file == "-" and kind not in {None, "jsonl"}:
        raise Failure("standard output takes lines of JSON alone: name a file for others")
    if file == "-":
        return
    if kind is None and PurePath(file).suffix.lower() not in ENDINGS:
        raise Failure(f"{file}: expected a name that ends with {', '.join(ENDINGS)}, or --format")
    if os.path.lexists(file) and not may_replace:
        from capset.fleet.files import mode_of

        mode_of(os.path.realpath(file), file)  # what is no file of its own is never replaced
        raise Failure(f"{file}: it is there, and would be replaced: name another one, or give --force")


def _write(pieces: Iterator[Any], file: str, kind: Any) -> File:
    from capset.fleet.files import write  # which needs what lines of JSON do not

    if current_thread() is main_thread():  # and then, as an interrupt does, a request to end leaves no part behind
        for name in ("SIGTERM", "SIGHUP"):  # Windows has but one of them
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as nohup(1) has it
                signal.signal(number, _end)
    return write(pieces, file, format=kind)


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _warn(tally: Tally) -> None:
    """Tell what is in it that a reader of it may not see."""
    for name, count in tally.unread.items():
        warn(f"{name}: {count} could not be read, or not all of it was understood: see the column unread")
    for name in sorted(tally.hidden):
        warn(f"{name}: {HIDDEN}")
    twice = [name for name, where in tally.sources.items() if len(where) > 1]
    if twice:
        more = f" and {len(twice) - 1} more of the hosts" if len(twice) > 1 else ""
        where = " and ".join(tally.sources[twice[0]][:2])
        does = "are each in two sources, such as" if more else "is in two sources,"
        how = "capset drift takes one by --from TIME and --to TIME" if tally.timed else "--time says when each was read"
        warn(f"{twice[0]}{more} {does} {where}: {how}")
