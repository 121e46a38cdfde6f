"""Snapshots of a fleet in files: what is written is read, all of it, or there is nothing."""

from __future__ import annotations

import errno
import hashlib
import importlib
import io
import json
import os
import re
import runpy
import stat
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from attrs import evolve, fields

from capset import CapSet, fleet
from capset.errors import ArgumentError, FormatError, MissingExtraError
from capset.fleet import row
from capset.fleet.row import COLUMNS, Row

pa = pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
parquet = pytest.importorskip("pyarrow.parquet")

from capset.fleet import files  # noqa: E402 -- it needs what is asked for above

FORMATS = ("parquet", "arrow", "jsonl")
FULL = CapSet.from_mask(2**64 - 1)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EAST = timezone(timedelta(hours=5))
TIME = datetime(2026, 11, 2, 6, 0, 0, 123456, tzinfo=UTC)
WHOLE = Row(
    host="web1",
    time=TIME,
    boot="b-1",
    kernel="6.12.48",
    last_cap=63,
    pid=2**31,
    tgid=7,
    ppid=0,
    start=2**62,
    name=r"a\x1b 'b' \"c\"",
    cgroup="/x",
    container="c",
    engine="docker",
    **{f"{kind}_{which}": 2**32 - 1 for kind in ("uid", "gid") for which in ("real", "effective", "saved", "fs")},
    groups=(0, 2**32 - 1),
    effective=FULL,
    permitted=CapSet([63]),
    inheritable=CapSet(),
    bounding=CapSet([0]),
    ambient=CapSet([41]),
    no_new_privs=True,
    seccomp=2,
    user_ns=4026531837,
    unread=None,
)
UNREAD = Row(host="web1", pid=9, unread="it may not be read")
ROWS = [
    WHOLE,
    UNREAD,
    evolve(WHOLE, no_new_privs=False, groups=(), name="", last_cap=0),
    Row(host="é", time=FIRST),
    Row(host="é", time=LAST, pid=-1, seccomp=-1),
]


def path_of(folder, kind):
    """Return a path that ends as a format does."""
    return folder / f"snapshot.{kind}"


def write_as(kind, table, path):
    """Write any table as other programs do."""
    if kind == "parquet":
        parquet.write_table(table, path)
        return
    with (pa.ipc.new_stream if kind == "stream" else pa.ipc.new_file)(str(path), table.schema) as writer:
        writer.write_table(table)


def test_a_column_for_each_attribute():
    """The class is the schema."""
    assert [field.name for field in fields(Row)] == list(COLUMNS)
    assert [name for name in COLUMNS if not re.search(rf"^\s+{name}: ", row.Row.__doc__, re.MULTILINE)] == []
    assert fleet.arrow_schema().names == list(COLUMNS)
    assert [field.name for field in fleet.arrow_schema() if not field.nullable] == ["host"]


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_written_is_read(tmp_path, kind):
    """All 64 bits, all that is not known, and any text."""
    path = path_of(tmp_path, kind)
    written = fleet.write(iter(ROWS), path)
    assert [*fleet.rows(fleet.read(path))] == ROWS
    assert written.rows == 5
    assert written.size == path.stat().st_size
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert os.listdir(tmp_path) == [path.name]
    assert fleet.File.from_dict(written.as_dict()) == written


@pytest.mark.parametrize("kind", FORMATS)
def test_a_snapshot_of_nothing(tmp_path, kind):
    """It has all columns, and no row."""
    path = path_of(tmp_path, kind)
    assert fleet.write([], path).rows == 0
    assert fleet.read(path).schema.equals(fleet.arrow_schema())
    assert [*fleet.stream(path)] == [] or sum(piece.num_rows for piece in fleet.stream(path)) == 0
    assert fleet.table(fleet.table([])).num_rows == 0


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream"])
def test_a_file_of_something_else_has_no_row_either(tmp_path, kind):
    """That nobody was read is said by a snapshot alone."""
    path, table = path_of(tmp_path, kind), pa.table({"host": pa.array([], "string"), "x": pa.array([], "int64")})
    write_as(kind, table, path)
    for read in (
        lambda: fleet.read(path, format="parquet" if kind == "parquet" else "arrow"),
        lambda: fleet.table(table),
        lambda: [*fleet.rows(table)],
    ):
        with pytest.raises(FormatError, match="columns: expected a snapshot of a fleet, with the columns host and "):
            read()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_with_nothing_in_it(tmp_path, kind):
    """It is what a command leaves behind that failed, and no snapshot of nobody."""
    path = path_of(tmp_path, kind)
    path.touch()
    with pytest.raises(FormatError, match=rf"snapshot\.{kind}: file: expected "):
        fleet.read(path)


@pytest.mark.parametrize("kind", FORMATS)
def test_read_piece_by_piece(tmp_path, kind, monkeypatch):
    """In batches of a bounded size, with the checksum at the end."""
    for module in ("arrow", "files"):
        monkeypatch.setattr(f"capset.fleet.{module}.BATCH", 3)
    path = path_of(tmp_path, kind)
    many = [evolve(WHOLE, pid=number) for number in range(10)]
    written = fleet.write(many, path)
    pieces = fleet.stream(path, columns=["pid", "effective"])
    first = next(pieces)
    assert pieces.file is None
    rest = [*pieces]
    assert pieces.file == written
    assert max(piece.num_rows for piece in (first, *rest)) <= 3
    assert [row["pid"] for piece in (first, *rest) for row in piece.to_pylist()] == [*range(10)]
    assert first.schema.names == ["pid", "effective"]


def test_several_files_are_one_table(tmp_path):
    """In whatever formats."""
    paths = [path_of(tmp_path, kind) for kind in FORMATS]
    for number, path in enumerate(paths):
        fleet.write([evolve(WHOLE, host=f"web{number}")], path)
    assert fleet.read(*paths, columns=["host"])["host"].to_pylist() == ["web0", "web1", "web2"]


@pytest.mark.parametrize("ending", ["pq", "feather", "ndjson", "PARQUET"])
def test_endings_that_people_write(tmp_path, ending):
    """Each stands for a format."""
    path = tmp_path / f"a.{ending}"
    fleet.write(ROWS, path)
    assert [*fleet.rows(fleet.read(str(path)))] == ROWS


def test_a_format_beside_another_ending(tmp_path):
    """What is said counts."""
    path = tmp_path / "snapshot"
    fleet.write(ROWS, path, format="jsonl")
    assert len(path.read_text().splitlines()) == 5
    assert fleet.read(path, format="jsonl").num_rows == 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda path: fleet.write(ROWS, path / "a.csv"),
            r"expected a path that ends with .parquet, .*, or format=, got ",
        ),
        (
            lambda path: fleet.write(ROWS, path / "a", format="csv"),
            "expected a format of parquet, arrow, jsonl, got 'csv'",
        ),
        (lambda _path: fleet.read(), "expected the path of a snapshot, got none"),
        (lambda path: fleet.read(path / "a.parquet", columns=["caps"]), "expected columns of host, .*, got 'caps'"),
        (
            lambda path: fleet.write([Row(host="x", name="\ud800")], path / "a.parquet"),
            "not every name is a text without lone surrogates",
        ),
        (
            lambda path: fleet.write([Row(host="x", uid_real=2**32)], path / "a.parquet"),
            r"not every uid_real is a number from 0 to 2\*\*32 - 1",
        ),
        (lambda path: fleet.write([Row(host=None)], path / "a.parquet"), "not every host is a text"),
        (
            lambda path: fleet.write([Row(host="x", effective=5)], path / "a.parquet"),
            "not every effective is a CapSet",
        ),
        (
            lambda path: fleet.write([Row(host="x", last_cap=64)], path / "a.jsonl"),
            "not every last_cap is the number of a capability, from 0 to 63: one is 64",
        ),
        (
            lambda path: fleet.write([Row(host="x", time=datetime(2026, 11, 2))], path / "a.arrow"),
            "not every time is a time with its zone, of the years 1 to 9999: one has none",
        ),
        (
            lambda path: fleet.write([Row(host="x", time=FIRST.replace(tzinfo=EAST))], path / "a.arrow"),
            "not every time is a time .*: one is -62135614800000000 microseconds from 1970 on",
        ),
    ],
)
def test_what_cannot_be(tmp_path, call, message):
    """It is an error with the value and the remedy, and leaves no file."""
    with pytest.raises(ArgumentError, match=message):
        call(tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("what", [5, "text", [5], [WHOLE, "x"]])
def test_what_is_no_process(tmp_path, what):
    """A type error, and no file."""
    with pytest.raises((TypeError, FormatError)):
        fleet.write(what, tmp_path / "a.parquet")
    assert os.listdir(tmp_path) == []


def test_what_stops_on_the_way_leaves_what_was_there(tmp_path):
    """The old file stays as long as the new one is not whole."""
    path = tmp_path / "a.jsonl"
    fleet.write(ROWS, path)
    before = path.read_bytes()

    def some():
        yield WHOLE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fleet.write(some(), path)
    assert (os.listdir(tmp_path), path.read_bytes()) == (["a.jsonl"], before)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions and links")
def test_the_file_that_is_replaced_keeps_its_place_and_mode(tmp_path):
    """A link goes on leading where it led; a new file has the permissions of any other."""
    path, link = tmp_path / "a.jsonl", tmp_path / "link.jsonl"
    path.touch(mode=0o640)
    path.chmod(0o640)
    link.symlink_to(path.name)
    fleet.write(ROWS, link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    other = tmp_path / "other"
    other.touch()
    fleet.write(ROWS, tmp_path / "new.jsonl")
    assert (tmp_path / "new.jsonl").stat().st_mode == other.stat().st_mode


def test_a_folder_is_no_file(tmp_path):
    """Nor one that is not there."""
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(OSError, match="expected a file to write to"):
        fleet.write(ROWS, tmp_path / "a.jsonl")
    with pytest.raises(FileNotFoundError):
        fleet.write(ROWS, tmp_path / "nowhere/b.jsonl")
    with pytest.raises(FileNotFoundError):
        fleet.read(tmp_path / "c.jsonl")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with a name")
def test_what_is_no_regular_file_is_not_replaced(tmp_path):
    """A pipe or a device would be gone."""
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(OSError, match="it is a device, a pipe or the like"):
        fleet.write(ROWS, tmp_path / "pipe.jsonl")
    assert stat.S_ISFIFO((tmp_path / "pipe.jsonl").stat().st_mode)


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs the names that Linux gives to what is open")
def test_what_a_process_has_open_is_not_replaced(tmp_path):
    """A file to which output goes would lose its name, and go on being written to."""
    path = tmp_path / "a.jsonl"
    (tmp_path / "link.jsonl").symlink_to("other.jsonl")
    reading, writing = os.pipe()
    with path.open("wb") as file:
        number = file.fileno()
        (tmp_path / "other.jsonl").symlink_to(f"/proc/self/fd/{number}")
        for target in (
            *(f"/proc/{whose}/fd/{number}" for whose in ("self", "thread-self", os.getpid())),
            f"/proc/self/fd/{writing}",
            f"/proc/self/fd/{max(number, reading, writing) + 1}",  # of which there is none
            tmp_path / "link.jsonl",
        ):
            with pytest.raises(OSError, match="it is what a process has open: name the file itself, or") as caught:
                fleet.write(ROWS, target, format="jsonl")
            assert caught.value.filename == os.fspath(target)
    folder = os.open(tmp_path, os.O_RDONLY)
    fleet.write(ROWS, f"/proc/self/fd/{folder}/in-a-folder.jsonl")
    for each in (reading, writing, folder):
        os.close(each)
    assert path.read_bytes() == b""
    assert sorted(os.listdir(tmp_path)) == ["a.jsonl", "in-a-folder.jsonl", "link.jsonl", "other.jsonl"]


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_link_to_itself(tmp_path):
    """It leads to no file."""
    path = tmp_path / "a.jsonl"
    path.symlink_to(path.name)
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)) as caught:
        fleet.write(ROWS, path)
    assert caught.value.filename == str(path)
    assert path.is_symlink()


@pytest.mark.linux
def test_a_pipe_is_not_read():
    """A file is read twice, for its checksum."""
    reading, writing = os.pipe()
    os.close(writing)
    path = f"/proc/self/fd/{reading}"
    with pytest.raises(OSError, match="expected a file, which is read twice, and it is a pipe") as caught:
        fleet.read(path, format="jsonl")
    os.close(reading)
    assert (caught.value.errno, caught.value.filename) == (errno.ESPIPE, path)


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    """And not the one that has another name until it is whole."""
    with pytest.raises(FileNotFoundError) as caught:
        fleet.write(ROWS, tmp_path / "nowhere/b.jsonl")
    assert caught.value.filename == str(tmp_path / "nowhere/b.jsonl")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"ARROW1\0\0", b"\0" * 100, b"{}\n"])
def test_a_file_that_is_none(tmp_path, kind, content):
    """It says which file, and what was expected."""
    path = path_of(tmp_path, kind)
    path.write_bytes(content)
    with pytest.raises(FormatError, match=rf"snapshot\.{kind}: file: expected "):
        fleet.read(path)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream"])
def test_a_file_that_is_cut_off(tmp_path, kind):
    """Half of it is no snapshot of half the fleet."""
    path = path_of(tmp_path, "parquet" if kind == "parquet" else "arrow")
    write_as(kind, fleet.table(ROWS), path)
    whole = path.read_bytes()
    for length in (*range(0, len(whole), 89), *range(len(whole) - 10, len(whole))):
        path.write_bytes(whole[:length])
        with pytest.raises(
            FormatError, match=rf"^{re.escape(str(path))}: file: expected (.* not damaged \(|one stream )"
        ):
            fleet.read(path)


def test_streams_one_behind_the_other(tmp_path):
    """Of which the first alone would be read."""
    path = tmp_path / "a.arrow"
    write_as("stream", fleet.table(ROWS), path)
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(FormatError, match="one stream of Arrow, with the mark of its end at its end"):
        fleet.read(path)


def test_rows_that_are_not_there(tmp_path):
    """A file of Parquet says how many it has, and what one column lacks is taken from all without a word."""
    path = tmp_path / "a.parquet"
    fleet.write(ROWS, path)
    whole = path.read_bytes()
    at = parquet.read_metadata(path).row_group(0).column(0).dictionary_page_offset
    assert whole[at : at + 2] == b"\x15\x04"  # of the type of a dictionary
    path.write_bytes(whole[: at + 1] + b"\x06" + whole[at + 2 :])
    with pytest.raises(FormatError, match=r"a\.parquet: file: expected the 5 rows that it says it has, got 0"):
        fleet.read(path)


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream"])
def test_a_file_of_which_a_byte_is_otherwise(tmp_path, kind):
    """It is read, or an error names it, and nothing else comes of it."""
    path = path_of(tmp_path, "parquet" if kind == "parquet" else "arrow")
    write_as(kind, fleet.table(ROWS), path)
    whole = path.read_bytes()
    read = 0
    for at in range(0, len(whole), 37):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        try:
            read += len([*fleet.rows(fleet.read(path))])
        except FormatError as error:
            assert str(error).startswith(f"{path}: ")
    assert read


def test_a_page_of_parquet_that_is_otherwise(tmp_path):
    """Its checksum tells of every page, and not just where what is packed cannot be unpacked."""
    path = tmp_path / "a.parquet"
    fleet.write(ROWS, path)
    whole = path.read_bytes()
    group = parquet.read_metadata(path).row_group(0)
    chunks = [group.column(number) for number in range(group.num_columns)]
    ends = [(each.dictionary_page_offset or each.data_page_offset) + each.total_compressed_size for each in chunks]
    for end in ends:
        path.write_bytes(whole[: end - 1] + bytes([whole[end - 1] ^ 1]) + whole[end:])
        with pytest.raises(FormatError, match="could not verify page integrity, CRC checksum verification failed"):
            fleet.read(path)


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_what_the_system_says_stays(kind):
    """It is no word on what is in a file, so that it may be tried again."""

    class Failing(io.BytesIO):
        def read(self, size=-1):
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error") as caught:
        [*files._READERS[kind](Failing(b"PAR1" * 100), "a", ["host"])]
    assert caught.value.errno == errno.EIO


def test_a_stream_of_arrow(tmp_path):
    """As other programs pipe it."""
    path = tmp_path / "a.arrow"
    table = fleet.table(ROWS)
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table)
    assert [*fleet.rows(fleet.read(path))] == ROWS


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"nonsense", "line: expected a process as an object of JSON"),
        (b'{"host":' + b"[" * 100_000, "line: expected a process as an object of JSON"),
        (b"[1]", "line: expected a process as an object of JSON, got"),
        (b'{"host": "x"', "line: expected a process as an object of JSON"),
        (b'{"host": "x", "effective": 1, "effective": 0}', r"line: expected a process .*'effective' stands twice"),
        (b'{"pid": 1}', "host: expected the name of the host, got None"),
        (b'{"host": "x", "caps": 1}', "caps: expected a column of a snapshot: host, "),
        (b'{"host": "x", "": 1}', ": expected a column of a snapshot: host, .* got 1"),
        (b'{"host": "x", "\\u001b[2J": 1}', r"\\x1b\[2J: expected a column of a snapshot"),
        (
            b'{"host": "x", "%b": 1, "%b": 1}' % (2 * (b"a" * 10_000,)),
            r"line: .*'aa+\.\.\. \(10002 characters\) stands twi",
        ),
        (b'{"host": 1}', "host: expected a text, got 1"),
        (b'{"host": "\\ud800"}', "host: expected a text, got "),
        (b'{"host": "x", "effective": "a80425fb"}', "effective: expected a mask of 16 hexadecimal digits"),
        (b'{"host": "x", "effective": "0000000g00000000"}', "effective: expected a mask"),
        (b'{"host": "x", "effective": -1}', "effective: expected a mask"),
        (b'{"host": "x", "effective": 18446744073709551616}', "effective: expected a mask"),
        (b'{"host": "x", "effective": 1.0}', "effective: expected a mask"),
        (b'{"host": "x", "effective": true}', "effective: expected a mask"),
        (b'{"host": "x", "pid": 9223372036854775808}', "pid: expected a whole number of 64 bits"),
        (b'{"host": "x", "last_cap": 64}', "last_cap: expected the number of a capability, from 0 to 63, got 64"),
        (b'{"host": "x", "last_cap": -1}', "last_cap: expected the number of a capability"),
        (b'{"host": "x", "last_cap": true}', "last_cap: expected the number of a capability"),
        (b'{"host": "x", "uid_fs": -1}', "uid_fs: expected a number from 0"),
        (b'{"host": "x", "groups": 1}', "groups: expected a list of numbers"),
        (b'{"host": "x", "groups": [4294967296]}', "groups: expected a list of numbers"),
        (b'{"host": "x", "no_new_privs": 1}', "no_new_privs: expected true or false"),
        (b'{"host": "x", "time": "2026-11-02T06:00"}', "time: expected a time with its zone"),
        (b'{"host": "x", "time": "0001-01-01T00:00:00+23:00"}', "time: expected a time with its zone"),
        (b'{"host": "x", "time": 1}', "time: expected a time with its zone"),
        (b'{"host": "\xff"}', "line: expected text in UTF-8"),
        (b'{"host": "' + b"x" * 2**20, "line: expected lines shorter than"),
    ],
)
def test_a_line_that_is_none(tmp_path, line, message):
    """It says in which line of which file, and no line is passed over."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"host": "x"}\n\n' + line + b"\n")
    with pytest.raises(FormatError, match=rf"a\.jsonl:3: {message}"):
        fleet.read(path)


def test_what_lines_of_json_have(tmp_path):
    """What is not known is left out; a mask may be a number too, and a time in another zone."""
    assert json.loads(fleet.to_line(UNREAD)) == {"host": "web1", "pid": 9, "unread": "it may not be read"}
    assert json.loads(fleet.to_line(WHOLE))["effective"] == "f" * 16
    found = fleet.from_line('{"host": "x", "effective": 18446744073709551615, "time": "2026-11-02T07:00:00.5+01:00"}')
    assert (found.effective, found.time) == (FULL, datetime(2026, 11, 2, 6, 0, 0, 500000, tzinfo=UTC))
    elsewhere = evolve(WHOLE, time=TIME.astimezone(timezone(timedelta(hours=5))))
    assert fleet.to_line(elsewhere) == fleet.to_line(WHOLE)
    path = tmp_path / "a.jsonl"
    path.write_text('\n{"host": "x", "pid": null}')  # no line break at the end
    assert [*fleet.rows(fleet.read(path))] == [Row(host="x")]


def other(**columns):
    """Make a table of one row with the columns of a snapshot, some of which are otherwise."""
    made = {name: pa.array(values, kind) for name, (values, kind) in columns.items()}
    return pa.table({"host": pa.array(["x"]), **made} if "host" not in made else made)


@pytest.mark.parametrize(
    ("values", "kind", "mask"),
    [
        ([5], pa.uint64(), 5),
        ([-1], pa.int64(), 2**64 - 1),
        ([-(2**63)], pa.int64(), 2**63),
        ([2**63 - 1], pa.int64(), 2**63 - 1),
        ([5], pa.int32(), 5),
        ([2**32 - 1], pa.uint32(), 2**32 - 1),
        ([2**64 - 1], pa.decimal128(20, 0), 2**64 - 1),
        (["ffffffffffffffff"], pa.string(), 2**64 - 1),
        (["00000000a80425fb"], pa.large_string(), 0xA80425FB),
        ([None], pa.uint64(), None),
        ([None], pa.int64(), None),
        ([None], pa.string(), None),
        ([None], pa.null(), None),
    ],
)
def test_masks_as_engines_write_them(values, kind, mask):
    """Some have no unsigned numbers, and some no whole ones of 64 bits; all bits count in each."""
    for table in (other(effective=(values, kind)), other(effective=(values, kind)).to_batches()[0]):
        [row] = fleet.rows(table)
        assert row.effective == (None if mask is None else CapSet.from_mask(mask))


@pytest.mark.parametrize(
    ("name", "values", "kind", "expected"),
    [
        ("effective", [5.0], pa.float64(), "where it has a point"),
        ("effective", [-1], pa.int32(), "a CapSet, or in a table a column of unsigned numbers"),
        ("effective", [-1], pa.decimal128(20, 0), "unsigned numbers"),
        ("effective", [2**64], pa.decimal128(21, 0), "unsigned numbers"),
        ("effective", ["a80425fb"], pa.string(), "16 hexadecimal digits"),
        ("effective", ["x" * 16], pa.string(), "unsigned numbers"),
        ("effective", [True], pa.bool_(), "unsigned numbers"),
        ("effective", [[1]], pa.list_(pa.int64()), "unsigned numbers"),
        ("pid", [1.5], pa.float64(), "a whole number"),
        ("pid", ["1"], pa.string(), "a whole number"),
        ("uid_real", [2**32], pa.int64(), "a number from 0"),
        ("name", [5], pa.int64(), "a text"),
        ("time", ["2026-11-02"], pa.string(), "a time with its zone"),
        ("time", [2**62], pa.timestamp("us", "UTC"), "of the years 1 to 9999, got '4611686018427387904 microsec"),
        ("time", [-(2**62)], pa.timestamp("us", "UTC"), "of the years 1 to 9999, got '-4611686018427387904 microsec"),
        ("time", [2**62], pa.timestamp("s", "UTC"), "of the years 1 to 9999 .* out of bounds timestamp"),
        ("time", [2**62], pa.timestamp("ms", "Nowhere/There"), "of the years 1 to 9999 .* out of bounds timestamp"),
        ("time", [2**62], pa.timestamp("us"), "which has no zone.*, got None"),
        ("last_cap", [64], pa.int64(), "the number of a capability, from 0 to 63, got 64"),
        ("time", [1], pa.timestamp("us", b"\xff"), "a time with its zone"),
        ("last_cap", [-1], pa.int32(), "the number of a capability, from 0 to 63, got -1"),
        ("no_new_privs", ["yes"], pa.string(), "true or false"),
        ("no_new_privs", [1], pa.int64(), "true or false"),
        ("groups", [1], pa.int64(), "a list"),
        ("host", [None], pa.string(), "the name of a host in every row"),
    ],
)
def test_columns_that_are_otherwise(name, values, kind, expected):
    """What would lose something, or guess, is refused with its type."""
    columns = {name: (values, kind)}
    if name != "effective":
        columns["effective"] = ([1], pa.uint64())
    with pytest.raises(FormatError, match=rf"{name}: expected .*{expected}"):
        [*fleet.rows(other(**columns))]


@pytest.mark.parametrize(
    ("values", "kind", "time"),
    [
        ([1_762_063_200], pa.timestamp("s", "UTC"), datetime(2025, 11, 2, 6, tzinfo=UTC)),
        ([1_762_063_200_123_456_789], pa.timestamp("ns", "UTC"), datetime(2025, 11, 2, 6, 0, 0, 123456, tzinfo=UTC)),
        ([1_762_063_200_000], pa.timestamp("ms", "Asia/Tokyo"), datetime(2025, 11, 2, 6, tzinfo=UTC)),
        ([-62_135_596_800], pa.timestamp("s", "UTC"), FIRST),
        ([None], pa.timestamp("s", "UTC"), None),
    ],
)
def test_times_as_engines_write_them(values, kind, time):
    """In any unit and zone; what is less than a microsecond is cut off."""
    [row] = fleet.rows(other(time=(values, kind), effective=([1], pa.uint64())))
    assert row.time == time


def texts(data, *ends):
    """Return a column of texts as its parts say, right or wrong."""
    offsets = pa.py_buffer(b"".join(end.to_bytes(4, sys.byteorder) for end in (0, *ends)))
    return pa.Array.from_buffers(pa.string(), len(ends), [None, offsets, pa.py_buffer(data)])


@pytest.mark.parametrize("kind", ["parquet", "arrow", "stream"])
@pytest.mark.parametrize("name", ["host", "name", "effective"])
@pytest.mark.parametrize("as_other", [lambda column: column, lambda column: column.dictionary_encode()])
def test_a_text_that_is_no_utf_8(tmp_path, kind, name, as_other):
    """It says in which column of which file; a table may have it too."""
    columns = {"host": pa.array(["x"]), "effective": pa.array([1]), name: as_other(texts(b"\xff\xfe", 2))}
    path, table = path_of(tmp_path, "parquet" if kind == "parquet" else "arrow"), pa.table(columns)
    write_as(kind, table, path)
    expected = rf"{name}: expected a column that is not damaged, .*Invalid UTF8 sequence"
    for read in (
        lambda: fleet.read(path),
        lambda: [*fleet.stream(path)],
        lambda: fleet.read(path, columns=[name]),
    ):
        with pytest.raises(FormatError, match=rf"^{re.escape(str(path))}: {expected}"):
            read()
    for read in (
        lambda: [*fleet.rows(table)],
        lambda: fleet.table(table),
        lambda: [*fleet.rows(table.to_batches()[0])],
    ):
        with pytest.raises(FormatError, match=f"^{expected}"):
            read()


def test_names_that_are_no_utf_8(tmp_path):
    """Those of columns, also of others; and those in types, which are shown as far as they go."""
    path = tmp_path / "a.arrow"
    inner = pa.struct([("inner", pa.int64())])
    table = pa.table({"host": ["x"], "effective": [1], "pid": pa.array([{"inner": 1}], inner), "another": [1]})
    write_as("arrow", table, path)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"another", b"an\xffther"))
    with pytest.raises(FormatError, match=r"a\.arrow: columns: expected names in UTF-8, got b'an\\xffther'"):
        fleet.read(path)
    path.write_bytes(whole.replace(b"inner", b"inn\xffr"))
    with pytest.raises(
        FormatError, match=r"a\.arrow: pid: expected a whole number of 64 bits \(in a column of struct<inn"
    ):
        fleet.read(path)


def test_what_arrow_believes_is_looked_at():
    """Places beyond what there is would end the program, or tell what else is in its memory."""
    keys = pa.DictionaryArray.from_arrays(pa.array([0, 7]), pa.array(["x"]), safe=False)
    for column in (texts(b"x", 2**30, 1), keys):
        with pytest.raises(FormatError, match=r"name: expected a column that is not damaged, .* out of bounds"):
            [*fleet.rows(pa.table({"host": ["x", "y"], "effective": [1, 2], "name": column}))]


def test_a_table_of_something_else():
    """It needs a host, and one of the five sets."""
    for columns in ({"effective": [1]}, {"host": ["x"]}, {"a": [1]}):
        with pytest.raises(FormatError, match="expected a snapshot of a fleet, with the columns host and effective"):
            [*fleet.rows(pa.table(columns))]
    with pytest.raises(FormatError, match="each column once"):
        [*fleet.rows(pa.table([["x"], [1], [1]], names=["host", "effective", "effective"]))]
    for value in (5, "x", None, [WHOLE]):
        with pytest.raises(TypeError, match="expected a table of Arrow, polars, pandas or duckdb"):
            [*fleet.rows(value)]


def test_a_table_with_columns_of_its_own(tmp_path):
    """Others are passed over, and those that are not there are not known."""
    table = pa.table({"site": ["a"], "host": pa.array(["x"]).dictionary_encode(), "permitted": [1]})
    assert [*fleet.rows(table)] == [Row(host="x", permitted=CapSet([0]))]
    assert fleet.table(table).schema.names == list(COLUMNS)
    fleet.write(table, tmp_path / "a.parquet")
    assert [*fleet.rows(fleet.read(tmp_path / "a.parquet"))] == [Row(host="x", permitted=CapSet([0]))]


def test_readers_and_batches(tmp_path):
    """Whatever has batches of Arrow is taken as it is."""
    table = fleet.table(ROWS)
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
    fleet.write(reader, tmp_path / "a.parquet")
    assert fleet.read(tmp_path / "a.parquet").equals(table)
    assert fleet.table(table.to_batches()[0]).equals(table)
    assert fleet.table(table).equals(table)
    polars = pytest.importorskip("polars")
    assert [*fleet.rows(polars.from_arrow(table))] == ROWS


@pytest.mark.parametrize("kind", FORMATS)
def test_a_stream_is_written(tmp_path, kind, monkeypatch):
    """To another file, and to the one that it is read from, of which nothing is lost."""
    for module in ("arrow", "files"):
        monkeypatch.setattr(f"capset.fleet.{module}.BATCH", 3)
    many = [evolve(WHOLE, pid=number) for number in range(10)]
    path, copy = path_of(tmp_path, kind), tmp_path / "copy.arrow"
    fleet.write(many, path)
    assert fleet.write(fleet.stream(path), copy).rows == 10
    assert fleet.write(fleet.stream(path), path).rows == 10
    for each in (copy, path):
        assert [*fleet.rows(fleet.read(each))] == [*fleet.rows(fleet.stream(each))] == many
    assert fleet.table(fleet.stream(path)).equals(fleet.read(path))
    assert sorted(os.listdir(tmp_path)) == ["copy.arrow", path.name]


def test_tables_one_after_the_other():
    """Any number of them, and of their batches, but no processes among them."""
    table = fleet.table(ROWS)
    assert fleet.table([table, *table.to_batches()]).num_rows == 2 * len(ROWS)
    assert [*fleet.rows(iter([table, table]))] == ROWS * 2
    with pytest.raises(TypeError, match="expected tables alone, as the first is one, got Row"):
        fleet.table([table, WHOLE])
    with pytest.raises(TypeError, match=r"expected a fleet.Row, or tables alone, got "):
        fleet.table([WHOLE, table])


@pytest.mark.parametrize(("module", "needed"), [("arrow", "pyarrow"), ("frames", "narwhals")])
def test_without_the_extra(monkeypatch, module, needed):
    """It says what to install."""
    monkeypatch.delitem(sys.modules, f"capset.fleet.{module}", raising=False)
    monkeypatch.setitem(sys.modules, needed, None)
    with pytest.raises(MissingExtraError, match=rf"needs {needed}: pip install 'capset\[fleet\]'"):
        importlib.import_module(f"capset.fleet.{module}")


def test_the_example_is_what_its_script_makes(tmp_path):
    """So that both can be changed together, and nothing in it is real."""
    root = Path(__file__).parent.parent.parent
    made = runpy.run_path(str(root / "examples/make_fleet.py"))
    made["main"](str(tmp_path))
    for day in ("monday", "tuesday"):
        assert fleet.read(tmp_path / f"{day}.parquet").equals(fleet.read(root / f"examples/fleet/{day}.parquet")), day


def test_small_pieces_become_large_ones(tmp_path):
    """Each would be a group of rows of its own in a file of Parquet."""
    from pyarrow import parquet

    from capset.fleet.arrow import BATCH

    small = fleet.table([Row(host="web1", effective=CapSet())]).to_batches()[0]
    sizes = (
        [small] * 5,
        [fleet.table([Row(host="web1", effective=CapSet())] * (BATCH - 1)).to_batches()[0], small, small],
    )
    for pieces, groups in zip(sizes, ([5], [BATCH, 1]), strict=True):
        written = fleet.write(iter(pieces), tmp_path / "a.parquet")
        found = parquet.ParquetFile(written.path)
        assert [found.metadata.row_group(at).num_rows for at in range(found.num_row_groups)] == groups


def test_a_snapshot_of_another_version(tmp_path):
    """What is not known of it is no reason to read the rest."""
    from pyarrow import parquet

    table = fleet.table([Row(host="web1", effective=CapSet())])
    damaged = table.rename_columns([{"unread": "unseen"}.get(each, each) for each in table.column_names])
    for changed, version, message in (
        (table, b"2", "version: expected a snapshot of version 1"),
        (damaged, b"1", "unseen"),
    ):
        parquet.write_table(changed.replace_schema_metadata({b"capset.fleet": version}), tmp_path / "a.parquet")
        with pytest.raises(FormatError, match=message):
            fleet.read(tmp_path / "a.parquet")
    assert fleet.table(table.append_column("mine", [[1]])).num_rows == 1


def test_pieces_without_a_row():
    """They make none."""
    empty = fleet.table([]).to_batches() or [fleet.table([Row(host="x")]).to_batches()[0].slice(0, 0)]
    assert fleet.table(iter(empty)).num_rows == 0


def test_a_stream_that_was_read(tmp_path):
    """Once more it would be a snapshot of nobody."""
    written = fleet.write([Row(host="web1", effective=CapSet())], tmp_path / "a.parquet")
    pieces = fleet.stream(written.path)
    assert sum(piece.num_rows for piece in pieces) == 1
    with pytest.raises(ArgumentError, match="has been read to its end: stream it anew"):
        fleet.write(pieces, tmp_path / "b.parquet")
