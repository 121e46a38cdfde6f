"""Snapshots in files: Parquet, Arrow and lines of JSON. Nothing else of a fleet opens one."""

# Tables have no types that a checker knows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from secrets import token_hex
from typing import TYPE_CHECKING, Any, BinaryIO

from capset.errors import ArgumentError, FormatError, shown
from capset.fleet.arrow import BATCH, arrow_schema, batch, batches, conformed, pa, rows
from capset.fleet.formats import File, Format, Path_, format_of
from capset.fleet.lines import from_line, to_line
from capset.fleet.row import Row
from capset.sets import THREAD_SETS

if TYPE_CHECKING:
    from pyarrow import parquet

__all__ = ["read", "stream", "write"]

_LONGEST_LINE = 2**20


def write(
    processes: Iterable[Row] | Any,
    path: Path_,
    *,
    format: Format | None = None,
) -> File:
    """Write a snapshot.

    Some 32,000 processes are held at once. The file is there when all are in it, and never
    in part: until then it has another name in the same folder, and what stood there before stays.

    Args:
        processes: Any number of :class:`~capset.fleet.Row`, as they come; or a table of Arrow, polars, pandas or
            duckdb.
        path: Where to.
        format: ``"parquet"``, ``"arrow"`` (which pandas calls feather) or ``"jsonl"``; as *path* ends, if not given.

    Returns:
        What was written, with its checksum.

    Raises:
        ArgumentError: A format is unknown, or a value cannot stand in its column.
        FormatError: A table is no snapshot of a fleet.
        OSError: It cannot be written.
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
    mode = _mode(target, os.fspath(path))
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


def _mode(target: str, path: str) -> int | None:
    """Return the permissions of the file that is replaced; None where there is none.

    Raises:
        OSError: Something is there that is no regular file, such as a device, which would be gone.
    """
    try:
        mode = os.stat(target).st_mode
    except OSError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "expected a file to write to, and it is a folder", path)
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "expected a file to write to, and it is a device, a pipe or the like", path)
    return stat.S_IMODE(mode)


def _write_parquet(file: _Summing, processes: Any) -> int:
    parquet = _parquet()
    count = 0
    with parquet.ParquetWriter(file, arrow_schema(), compression="zstd") as writer:
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

    Args:
        paths: The files, at least one.
        format: As for :func:`write`.
        columns: Which are read; all, if not given.

    Returns:
        A ``pyarrow.Table``.

    Raises:
        ArgumentError: There is no path, no such column, or a format is unknown.
        FormatError: A file is no snapshot of a fleet.
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
    if strange := next((name for name in columns if name not in schema.names), None):
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

    def __next__(self) -> Any:
        return next(self._pieces)

    def _read(self, format: Format) -> Iterator[Any]:
        count = 0
        with open(self.path, "rb") as file:
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
        FormatError: The file is no snapshot of a fleet.
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
        found: parquet.ParquetFile = _parquet().ParquetFile(file)
        names = found.schema_arrow.names
        needed = {"host", *[name for name in names if name in THREAD_SETS][:1]}  # by which a snapshot is known
        wanted = [name for name in names if name in needed.union(columns)]
        yield from found.iter_batches(BATCH, columns=wanted)
    except pa.ArrowException as error:
        raise FormatError("file", source, f"Parquet ({error})", source) from None


def _read_arrow(file: BinaryIO, source: str, _columns: list[str]) -> Iterator[Any]:
    try:
        start = file.read(6)
        file.seek(0)
        if start == b"ARROW1":
            found = pa.ipc.open_file(file)
            yield from map(found.get_batch, range(found.num_record_batches))
        else:
            yield from pa.ipc.open_stream(file)
    except pa.ArrowException as error:
        raise FormatError("file", source, f"a file or a stream of Arrow ({error})", source) from None


def _read_lines(file: BinaryIO, source: str, _columns: list[str]) -> Iterator[Any]:
    some: list[Row] = []
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise FormatError("line", line[:40], f"lines shorter than {_LONGEST_LINE} bytes", source, number)
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            raise FormatError("line", line[:40], "text in UTF-8", source, number) from None
        if text:
            some.append(from_line(text, source, number))
        if len(some) == BATCH:
            yield batch(some)
            some = []
    yield batch(some)


_READERS: dict[Format, Callable[[BinaryIO, str, list[str]], Iterator[Any]]] = {
    "parquet": _read_parquet,
    "arrow": _read_arrow,
    "jsonl": _read_lines,
}
