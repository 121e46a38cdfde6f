"""Snapshots in files: Parquet, Arrow and lines of JSON. Nothing else of a fleet opens one."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from itertools import chain, islice
from secrets import token_hex
from typing import TYPE_CHECKING, Any, BinaryIO

from capset.errors import ArgumentError, FormatError, shown
from capset.fleet.arrow import BATCH, arrow_schema, batch, batches, conformed, names_of, pa, rows
from capset.fleet.formats import File, Format, Path_, format_of
from capset.fleet.lines import from_lines, lines_of, to_line
from capset.fleet.row import Row
from capset.printable import message
from capset.sets import THREAD_SETS

if TYPE_CHECKING:
    from pyarrow import parquet

__all__ = ["mode_of", "read", "stream", "write"]


def write(
    processes: Iterable[Row] | Any,
    path: Path_,
    *,
    format: Format | None = None,
) -> File:
    """Write a snapshot.

    Some 32,000 processes are held at once. The file is there when all are in it, and never
    in part: until then it has another name in the same folder, which ends with ``.part``, and what stood there before
    stays. An exception takes it away again. A process that is killed, or that a signal ends without one, leaves it
    there; it is of no use then, and the next one has another name.

    Args:
        processes: Any number of :class:`~capset.fleet.Row`, as they come; or a table of Arrow, polars, pandas or
            duckdb; or any number of such tables, as :func:`~capset.fleet.stream` gives them, also of *path* itself.
        path: Where to.
        format: ``"parquet"``, ``"arrow"`` (which pandas calls feather) or ``"jsonl"``; as *path* ends, if not given.

    Returns:
        What was written, with its checksum.

    Raises:
        ArgumentError: A format is unknown, or a value cannot stand in its column.
        FormatError: A table is no snapshot of a fleet.
        OSError: It cannot be written; or *path* is no file of its own, such as a pipe, a device or ``/dev/stdout``.
        TypeError: *processes* are none.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from capset import fleet, live
        >>> with TemporaryDirectory() as folder:
        ...     rows = fleet.processes(live.scan(proc="examples/host"), host="web1")
        ...     written = fleet.write(rows, f"{folder}/web1.parquet")
        ...     written.rows, fleet.read(written.path).num_rows
        (2, 2)
    """
    kind = format_of(path, format)
    with _replacing(path) as file:
        summed = _Summing(file)
        count = _WRITERS[kind](summed, processes)
    return File(path=os.fspath(path), rows=count, size=summed.size, sha256=summed.sum.hexdigest())


class _Summing:
    """A file to write to that keeps a checksum of all of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sum = sha256()
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Write on."""
        self.sum.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Do nothing, as it is flushed at the end."""

    def close(self) -> None:
        """Do nothing, as it is closed by whoever opened it."""


@contextmanager
def _replacing(path: Path_) -> Generator[BinaryIO]:
    """Open a file that takes the place of another when all is written."""
    target = os.path.realpath(path)  # where a link leads: the link stays
    mode = mode_of(target, os.fspath(path))
    folder, name = os.path.split(target)
    part = os.path.join(folder, f".{name[:100]}.{token_hex(4)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        # As any new file, it may be read by whom the umask says.
        with open(os.open(part, flags, 0o666), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(part, mode)
        os.replace(part, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(part)
        if isinstance(error, OSError) and error.filename in {None, part}:
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None
        raise


def mode_of(target: str, path: str) -> int | None:
    """Return the permissions of the file that is replaced; None where there is none.

    Raises:
        OSError: Something is there that is no regular file, such as a device, which would be gone; or what is there
            is what a process has open, which would go on being written to, and have no name any more.
    """
    if _is_open_elsewhere(path):
        told = "expected a file to write to, and it is what a process has open: name the file itself"
        raise OSError(errno.EINVAL, f"{told}, or in capset snapshot - for standard output", path)
    try:
        mode = os.stat(target).st_mode
    except OSError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "expected a file to write to, and it is a folder", path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "expected a file to write to, and it is a device, a pipe or the like", path)
    return stat.S_IMODE(mode)


_DESCRIPTORS = re.compile(r"/proc/(?:[0-9]+/task/)?[0-9]+/fd")


def _is_open_elsewhere(path: str) -> bool:
    """Say whether a path is, or leads to, one of the names that Linux gives to what is open, such as /dev/stdout.

    Raises:
        OSError: It is a link that leads to itself.
    """
    at = path
    for _ in range(_MOST_LINKS):
        folder, name = os.path.split(at)
        folder = os.path.realpath(folder)
        if _DESCRIPTORS.fullmatch(folder):
            return True
        at = os.path.join(folder, name)
        if not os.path.islink(at):
            return False
        at = os.path.join(folder, os.readlink(at))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


_MOST_LINKS = 40  # as many as Linux follows


def _write_parquet(file: _Summing, processes: Any) -> int:
    parquet = _parquet()
    count = 0
    with parquet.ParquetWriter(file, arrow_schema(), compression="zstd", write_page_checksum=True) as writer:
        for each in batches(processes):
            writer.write_batch(each)
            count += each.num_rows
    return count


def _write_arrow(file: _Summing, processes: Any) -> int:
    count = 0
    with pa.ipc.new_file(file, arrow_schema()) as writer:
        for each in batches(processes):
            writer.write_batch(each)
            count += each.num_rows
    return count


def _write_lines(file: _Summing, processes: Any) -> int:
    count = 0
    for each in batches(processes):
        found = rows(each)
        file.write("".join(f"{to_line(process)}\n" for process in found).encode())
        count += each.num_rows
    if not count:
        file.write(b"\n")  # a file with nothing in it is what a command leaves that failed
    return count


_WRITERS: dict[Format, Callable[[_Summing, Any], int]] = {
    "parquet": _write_parquet,
    "arrow": _write_arrow,
    "jsonl": _write_lines,
}


def _parquet() -> Any:
    from pyarrow import parquet

    return parquet


def read(*paths: Path_, format: Format | None = None, columns: Iterable[str] | None = None) -> Any:
    """Read snapshots as one table.

    It is held in memory, about 200 bytes a process with all columns. What is larger, an engine reads from the same
    files: ``polars.scan_parquet``, ``duckdb.read_parquet``; and :func:`~capset.fleet.stream` gives it piece by piece.

    What is damaged is an error where it can be seen: in Parquet that capset writes each page has a checksum. Arrow
    and lines have none of their own: compare the checksum of the file there, which :func:`write` has given.

    Args:
        paths: The files, at least one.
        format: As for :func:`write`.
        columns: Which are read; all, if not given.

    Returns:
        A ``pyarrow.Table``.

    Raises:
        ArgumentError: There is no path, no such column, or a format is unknown.
        FormatError: A file is no snapshot of a fleet, or is damaged.
        OSError: It cannot be read.

    Examples:
        >>> from capset import fleet
        >>> fleet.read("examples/fleet/monday.parquet", columns=["host", "effective"]).column_names
        ['host', 'effective']
    """
    if not paths:
        raise ArgumentError("expected the path of a snapshot, got none", ())
    wanted = None if columns is None else list(columns)
    return pa.concat_tables(
        [pa.Table.from_batches(stream(path, format=format, columns=wanted), _selected(wanted)) for path in paths]
    )


def _selected(columns: list[str] | None) -> Any:
    schema = arrow_schema()
    if columns is None:
        return schema
    strange = next((name for name in columns if name not in schema.names), None)
    if strange is not None:
        raise ArgumentError(f"expected columns of {', '.join(schema.names)}, got {shown(strange)}", strange)
    return pa.schema([schema.field(name) for name in columns], schema.metadata)


class _Stream(Iterator[Any]):
    """A snapshot, read piece by piece; made by :func:`~capset.fleet.stream`.

    Attributes:
        path: Where it is.
        file: What was read, with its checksum: a :class:`~capset.fleet.File` when the end was reached, None before.
    """

    def __init__(self, path: Path_, format: Format, columns: list[str] | None) -> None:
        self.path = os.fspath(path)
        self.file: File | None = None
        self._schema = _selected(columns)
        self._pieces = self._read(format)

    def __iter__(self) -> Iterator[Any]:
        if self.file is not None:  # else it would look like a snapshot of nobody
            raise ArgumentError(f"{self.path} has been read to its end: stream it anew", self.path)
        return self

    def __next__(self) -> Any:
        return next(self._pieces)

    def _read(self, format: Format) -> Iterator[Any]:
        count = 0
        with open(self.path, "rb") as file:
            if not file.seekable():
                raise OSError(errno.ESPIPE, "expected a file, which is read twice, and it is a pipe", self.path)
            found = file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            for each in _READERS[format](file, self.path, self._schema.names):
                for part in conformed(each, self.path).select(self._schema.names).to_batches(max_chunksize=BATCH):
                    yield part
                    count += part.num_rows
        self.file = File(path=self.path, rows=count, size=size, sha256=found)


def stream(path: Path_, *, format: Format | None = None, columns: Iterable[str] | None = None) -> Any:
    """Read a snapshot piece by piece, in bounded memory.

    Args:
        path: The file.
        format: As for :func:`write`.
        columns: Which are read; all, if not given.

    Returns:
        An iterator over ``pyarrow.RecordBatch`` of up to 32,768 rows. At its end its
        ``file`` has the checksum of what was read.

    Raises:
        ArgumentError: There is no such column, or a format is unknown.
        FormatError: The file is no snapshot of a fleet, or is damaged.
        OSError: It cannot be read.

    Examples:
        >>> from capset import fleet
        >>> pieces = fleet.stream("examples/fleet/monday.parquet")
        >>> sum(piece.num_rows for piece in pieces) == pieces.file.rows
        True
    """
    return _Stream(path, format_of(path, format), None if columns is None else list(columns))


def _read_parquet(file: BinaryIO, source: str, columns: list[str]) -> Iterator[Any]:
    try:
        found: parquet.ParquetFile = _parquet().ParquetFile(file, page_checksum_verification=True)
        names = names_of(found.schema_arrow, source)
        needed = {"host", *[name for name in names if name in THREAD_SETS][:1]}  # by which a snapshot is known
        wanted = [name for name in names if name in needed.union(columns)]
        count = 0
        for each in found.iter_batches(BATCH, columns=wanted):
            count += each.num_rows
            yield each
        said = found.metadata.num_rows
        if count != said:  # where a page is damaged, Arrow may take it for the last one, or for none
            raise FormatError("file", count, f"the {said} rows that it says it has", source)
    except _ARROWS as error:
        raise _of_arrow(error, "Parquet", source) from None


def _read_arrow(file: BinaryIO, source: str, _columns: list[str]) -> Iterator[Any]:
    try:
        start = file.read(6)
        file.seek(0)
        if start == b"ARROW1":
            found = pa.ipc.open_file(file)
            names_of(found.schema, source)
            yield from map(found.get_batch, range(found.num_record_batches))
        else:
            found = pa.ipc.open_stream(file)
            names_of(found.schema, source)
            yield from found
            file.seek(-len(_END), os.SEEK_CUR)
            if file.read(len(_END) + 1) != _END:  # cut off between two batches, or another stream stands behind it
                raise FormatError("file", source, "one stream of Arrow, with the mark of its end at its end", source)
    except _ARROWS as error:
        raise _of_arrow(error, "a file or a stream of Arrow", source) from None


_END = b"\xff\xff\xff\xff\0\0\0\0"
_ARROWS = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError)


def _of_arrow(error: Exception, expected: str, source: str) -> Exception:
    """Return what is raised where Arrow fails: what the system says stays, and all else is of what is in the file."""
    if isinstance(error, FormatError) or (isinstance(error, OSError) and error.errno is not None):
        return error
    why = message(str(error)) or "it asks for more memory than there is"
    return FormatError("file", source, f"{expected} that is whole and not damaged ({why})", source)


def _read_lines(file: BinaryIO, source: str, _columns: list[str]) -> Iterator[Any]:
    lines = lines_of(file)
    first = next(lines, None)
    if first is None:
        raise FormatError("file", source, "lines of JSON, and of no process an empty line; this has no byte", source)
    found = from_lines(chain([first], lines), source)
    yield batch(list(islice(found, BATCH)))
    while some := list(islice(found, BATCH)):
        yield batch(some)


_READERS: dict[Format, Callable[[BinaryIO, str, list[str]], Iterator[Any]]] = {
    "parquet": _read_parquet,
    "arrow": _read_arrow,
    "jsonl": _read_lines,
}
