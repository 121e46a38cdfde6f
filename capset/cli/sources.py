"""What snapshots are made of: trees of proc, what ps printed, other snapshots, and any of the last two piped in."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false, reportMissingTypeStubs=false

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

from attrs import frozen

from capset import live
from capset.cli.inputs import read_bytes, standard_input, whole
from capset.cli.output import Failure, warn
from capset.errors import CapsetError, FormatError
from capset.fleet.formats import ENDINGS
from capset.fleet.gathering import HIDDEN, processes
from capset.fleet.lines import LONGEST_LINE, from_lines, lines_of
from capset.fleet.row import Row
from capset.live.origin import host_name
from capset.printable import message

__all__ = ["FED", "Reading", "Tally", "fed_rows", "folder", "opened_snapshot"]

FED = "standard input"


class Tally:
    """What there is to say of all rows that went by.

    Attributes:
        read: How many it were.
        unread: How many of each host could not be read.
        hidden: The hosts whose proc hides the processes of others.
        timed: Whether of any it is known when it was read.
        sources: Where each host stood.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self.read = 0
        self.unread: Counter[str] = Counter()
        self.hidden: set[str] = set()
        self.timed = False
        self.sources: defaultdict[str, list[str]] = defaultdict(list)
        self._report = report

    def rows(self, source: str, found: Iterable[Row]) -> Iterator[Row]:
        """Let rows go by."""
        for row in found:
            if row.unread == HIDDEN:
                self.hidden.add(row.host)
            elif row.unread is not None:
                self.unread[row.host] += 1
            self.timed = self.timed or row.time is not None
            self._count(source, [row.host], 1)
            yield row

    def pieces(self, source: str, found: Iterable[Any]) -> Iterator[Any]:
        """Let batches of Arrow go by, of which no row is made."""
        import pyarrow.compute as pc

        for piece in found:
            if piece.num_rows:
                hosts, unread = piece["host"], piece["unread"]
                if unread.null_count < len(unread):
                    hidden = pc.fill_null(pc.equal(unread, HIDDEN), False)
                    self.hidden.update(hosts.filter(hidden).to_pylist())
                    counts = pc.value_counts(hosts.filter(pc.and_not(pc.is_valid(unread), hidden)))
                    self.unread.update({each["values"]: each["counts"] for each in counts.to_pylist()})
                self.timed = self.timed or piece["time"].null_count < piece.num_rows
                self._count(source, pc.unique(hosts).to_pylist(), piece.num_rows)
            yield piece

    def _count(self, source: str, hosts: list[str], count: int) -> None:
        for host in hosts:
            where = self.sources[host]
            if not where or where[-1] != source:
                where.append(source)
        self.read += count
        self._report(f"{self.read} read, of {message(hosts[-1])}")


@frozen
class Reading:
    """A source that has been opened: some rows, or some batches.

    Attributes:
        source: What it is called.
        processes: The rows; None where there are batches.
        pieces: The batches; None where there are rows.
    """

    source: str
    processes: Iterator[Row] | None
    pieces: Iterator[Any] | None = None

    @classmethod
    def of(cls, source: str, host: str | None, time: datetime | None, *, threads: bool) -> Reading:
        """Open a source.

        Args:
            source: Its path; ``-`` is standard input.
            host: The name of the host, as somebody gave it.
            time: When it was read, likewise.
            threads: Whether each thread is wanted.

        Raises:
            Failure: It is none, or has its host and its time itself.
        """
        path = Path(source)
        if source != "-" and path.is_dir():
            return cls(source, _of_tree(source, host, time, threads=threads))
        name = FED if source == "-" else source
        if threads:
            raise Failure(f"{name}: --threads is of scans, and this is no folder")
        if source == "-":
            return cls(name, _of_fed(host, time))
        if path.suffix.lower() in ENDINGS:
            _says_itself(name, host, time)
            return cls(name, None, opened_snapshot(source))
        return cls(name, _of_ps(name, read_bytes(source), host or path.stem, time))

    def rows(self, tally: Tally) -> Iterator[Row]:
        """Read on as rows."""
        if self.processes is not None:
            return tally.rows(self.source, self.processes)
        from capset.fleet.arrow import rows

        return (row for piece in tally.pieces(self.source, self.pieces or ()) for row in rows(piece))

    def batches(self, tally: Tally) -> Iterator[Any]:
        """Read on as batches of Arrow."""
        if self.processes is None:
            return tally.pieces(self.source, self.pieces or ())
        from capset.fleet.arrow import batches

        return batches(tally.rows(self.source, self.processes))


def _of_tree(source: str, host: str | None, time: datetime | None, *, threads: bool) -> Iterator[Row]:
    with _named(source):
        scan = live.scan(threads=threads, proc=source, user_ns=True)
        return processes(scan, host=host or host_name(proc=source) or folder(Path(source)), time=time)


def _of_ps(name: str, data: bytes, host: str, time: datetime | None) -> Iterator[Row]:
    with _named(name, lambda: _first_keys(data)):
        return processes(data, host=host, time=time)


def opened_snapshot(source: str) -> Iterator[Any]:
    """Read the file of a snapshot as batches of Arrow.

    Raises:
        Failure: It is none.
    """
    from capset.fleet.files import stream

    with _named("", lambda: _keys_in_file(source)):  # errors name it themselves
        yield from stream(source)


def _of_fed(host: str | None, time: datetime | None) -> Iterator[Row]:
    first, file = _begun()
    if _is_ps(first):
        if host is None:
            raise Failure(f"{FED}: what capset ps prints does not say the name of its host: give --host")
        return _of_ps(FED, first + whole(file, FED), host, time)
    _says_itself(FED, host, time)
    return _lines(first, file)


def fed_rows(cut_off: Callable[[], None]) -> Iterator[Row]:
    """Read a snapshot as lines of JSON on standard input.

    Args:
        cut_off: Called where some of it may be missing, beside what is told.

    Raises:
        Failure: There is nothing on it, or something else.
    """
    first, file = _begun()
    if _is_ps(first):
        raise Failure(
            f"{FED}: expected a snapshot as lines of JSON, got JSON of another shape: capset snapshot - - --host NAME "
            "makes one of what capset ps --json prints"
        )
    return _lines(first, file, cut_off)


def _begun() -> tuple[bytes, BinaryIO]:
    """Return what stands first on standard input, and where the rest is read."""
    file = standard_input()
    first = next(lines_of(file), None)
    if first is None:
        raise Failure(f"{FED} is empty")
    return first, file


def _is_ps(first: bytes) -> bool:
    """Say of a first line whether ``ps --json`` has begun with it, which prints one object; a snapshot has many."""
    return first.strip() in {b"{", b"["} or len(first) == LONGEST_LINE or "processes" in _first_keys(first)


def _lines(first: bytes, file: BinaryIO, cut_off: Callable[[], None] = lambda: None) -> Iterator[Row]:
    def unended() -> None:
        warn(f"{FED}: no last line says how many rows there were, as capset snapshot - writes it: some may be missing")
        cut_off()

    with _named("", lambda: _first_keys(first)):  # errors name it themselves
        yield from from_lines(chain([first], lines_of(file)), FED, unended=unended)


def _says_itself(name: str, host: str | None, time: datetime | None) -> None:
    if host is not None or time is not None:
        raise Failure(f"{name}: a snapshot says itself of which hosts it is, and when")


def folder(path: Path) -> str:
    """Return the name of the folder in which a tree of proc was saved."""
    parts = Path(os.path.abspath(path)).parts
    named = [part for part in parts if part not in {"proc", os.sep}]
    return named[-1] if named else "localhost"


@contextmanager
def _named(source: str, keys: Callable[[], set[str]] = set) -> Generator[None]:
    """Name the source in an error, and what reads it where it is an event of another tool, as its keys tell."""
    try:
        yield
    except OSError:  # which says of what it is
        raise
    except CapsetError as error:
        columns: list[object] = error.value if isinstance(error, FormatError) and isinstance(error.value, list) else []
        raise Failure(f"{source}{': ' * bool(source)}{error}{_bridge(keys() | {*map(str, columns)})}") from error


_EVENTS: tuple[tuple[str, str, Callable[[set[str]], bool]], ...] = (
    ("Falco", "from_falco", lambda keys: "output_fields" in keys),
    ("Tetragon", "from_tetragon", lambda keys: any(key.startswith("process_") for key in keys)),
    ("osquery", "from_osquery_log", lambda keys: not keys.isdisjoint({"snapshot", "diffResults"})),
    ("osquery", "from_osquery", lambda keys: "hostIdentifier" in keys or keys >= {"pid", "parent"}),
    (
        "Elastic",
        "from_ecs",
        lambda keys: (
            not keys.isdisjoint({"@timestamp", "_source", "ecs", "process"})
            or any(key.startswith(("process.", "host.", "ecs.")) for key in keys)
        ),
    ),
)


def _bridge(keys: set[str]) -> str:
    """Tell what reads events with such keys; nothing where no tool has such."""
    for tool, function, fits in _EVENTS:
        if fits(keys):
            return f"; it looks like an event of {tool}: in Python, fleet.{function}() reads it (formats/fleet-events)"
    return ""


def _first_keys(data: bytes) -> set[str]:
    """Return the keys of an object of JSON, of the first of a list, or of that in the first line; or none."""
    for text in (data, data.lstrip().split(b"\n", 1)[0]):
        try:
            found: Any = json.loads(text)
        except (RecursionError, ValueError):
            continue
        if isinstance(found, list):
            found = next(iter(cast("list[object]", found)), None)
        return set(cast("dict[str, object]", found)) if isinstance(found, dict) else set()
    return set()


def _keys_in_file(path: str) -> set[str]:
    """Return the columns of Parquet, of which not all are read, or the keys in the first line of JSON; else none."""
    kind = ENDINGS[Path(path).suffix.lower()]
    if kind == "jsonl":
        with open(path, "rb") as file:
            return _first_keys(file.readline(LONGEST_LINE))
    from pyarrow import ArrowException, parquet

    with suppress(ArrowException):
        return set(parquet.read_schema(path).names) if kind == "parquet" else set()
    return set()
