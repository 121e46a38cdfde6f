"""Snapshots of a fleet in files: what is written is read, all of it, or there is nothing."""

from __future__ import annotations

import hashlib
import importlib
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

FORMATS = ("parquet", "arrow", "jsonl")
FULL = CapSet.from_mask(2**64 - 1)
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
ROWS = [WHOLE, UNREAD, evolve(WHOLE, no_new_privs=False, groups=(), name=""), Row(host="é")]


def path_of(folder, kind):
    """Return a path that ends as a format does."""
    return folder / f"snapshot.{kind}"


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
    assert written.rows == 4
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
    assert len(path.read_text().splitlines()) == 4
    assert fleet.read(path, format="jsonl").num_rows == 4


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


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_file_that_is_cut_off(tmp_path, kind):
    """Half of it is no snapshot of half the fleet."""
    path = path_of(tmp_path, kind)
    fleet.write(ROWS, path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FormatError):
        fleet.read(path)


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
        (b'{"host": 1}', "host: expected a text, got 1"),
        (b'{"host": "\\ud800"}', "host: expected a text, got "),
        (b'{"host": "x", "effective": "a80425fb"}', "effective: expected a mask of 16 hexadecimal digits"),
        (b'{"host": "x", "effective": "0000000g00000000"}', "effective: expected a mask"),
        (b'{"host": "x", "effective": -1}', "effective: expected a mask"),
        (b'{"host": "x", "effective": 18446744073709551616}', "effective: expected a mask"),
        (b'{"host": "x", "effective": 1.0}', "effective: expected a mask"),
        (b'{"host": "x", "effective": true}', "effective: expected a mask"),
        (b'{"host": "x", "pid": 9223372036854775808}', "pid: expected a whole number of 64 bits"),
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
