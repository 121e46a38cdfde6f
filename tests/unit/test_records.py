"""Rows for data frames."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys

import pytest
from hypothesis import given

from capset import (
    DOCKER_DEFAULT,
    Cap,
    CapDiff,
    CapSet,
    CapState,
    FileCaps,
    compare,
    engines,
    kernel,
    live,
    policy,
)
from capset.display.as_records.live import file_records, status_records
from capset.errors import ArgumentError
from capset.live import CapFile
from capset.records import Records
from tests.strategies import capsets

TOP = 2**64 - 1


def needs(name):
    """Import a library that people have rows for, or skip the test."""
    return pytest.importorskip(name, reason=f"needs {name} (pip install 'capset[frames]')")


COLUMNS = {"name": "text", "pid": "number", "on": "flag", "mask": "mask"}


@pytest.fixture
def without(monkeypatch):
    """Hide a module, as if it were not installed."""

    def hide(*names):
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return hide


def test_rows():
    """Dicts with the same keys, by index, slice and iteration; all of it is plain Python."""
    made = Records(COLUMNS, [("a", 1, True, TOP), (None, None, None, None)])

    assert made.columns == ("name", "pid", "on", "mask")
    assert len(made) == 2
    assert made[0] == {"name": "a", "pid": 1, "on": True, "mask": TOP}
    assert made[-1] == dict.fromkeys(COLUMNS)
    assert list(made[:1]) == [made[0]]
    assert made == [made[0], made[1]] == list(made)
    assert made == made[:]
    assert made != made[:1]
    assert (made == 5) is False
    assert json.loads(json.dumps(list(made)))[0]["mask"] == TOP
    assert eval(repr(made)) == made
    with pytest.raises(IndexError):
        made[2]
    with pytest.raises(TypeError, match="unhashable"):
        hash(made)


@pytest.mark.parametrize(
    ("columns", "rows", "error", "message"),
    [
        ({"a": "int"}, [(1,)], ArgumentError, "column 'a' is of a kind of text, number, flag, mask, got 'int'"),
        ({"a": ["text"]}, [], ArgumentError, "column 'a' is of a kind of text, number, flag, mask, got ['text']"),
        (["a"], [], TypeError, """expected the columns as a dict, such as {"name": "text"}, got ['a']"""),
        ({1: "text"}, [], TypeError, "expected the name of a column as str, got 1"),
        (
            {"a": "text", "b": "text"},
            [("x", "y"), ("x",)],
            ArgumentError,
            "a row has as many values as there are columns (a, b), got ('x',)",
        ),
        *(
            (
                {"a": "text"},
                [row],
                TypeError,
                f"a row is a list or a tuple of values, in the order of the columns, got {row!r}",
            )
            for row in ({"a": "x"}, "x", b"x", {"x"}, 5)
        ),
        ({"a": "text"}, 5, TypeError, "expected the rows as a list of tuples, got 5"),
    ],
)
def test_what_makes_no_rows(columns, rows, error, message):
    """It is told when the rows are made, not when a data frame is."""
    with pytest.raises(error) as caught:
        Records(columns, rows)
    assert str(caught.value) == message


ROWS = [("a", 1, True, 5), *[("b", None, None, 0)] * 150, ("c", 2**40, False, TOP)]


def test_pandas():
    """A mask is uint64 whatever its value, and with the others of a concatenation stays it."""
    pandas = needs("pandas")
    frame = pandas.DataFrame(Records(COLUMNS, ROWS))
    small = pandas.DataFrame(Records(COLUMNS, ROWS[:1]))

    assert frame["mask"].dtype == small["mask"].dtype == "uint64"
    assert frame["mask"].iloc[-1] == TOP
    assert pandas.concat([small, frame])["mask"].dtype == "uint64"
    assert list(frame.columns) == list(COLUMNS)
    assert (small["mask"] & Cap.CHOWN.mask).tolist() == [1]
    assert list(pandas.DataFrame(Records(COLUMNS, ROWS), columns=["mask", "pid"]).columns) == ["mask", "pid"]
    assert len(pandas.DataFrame(Records(COLUMNS, []))) == 0


def test_pandas_and_no_mask():
    """What is not there must not make floats of the others, which have 53 bits."""
    pandas = needs("pandas")
    masks = pandas.DataFrame(Records({"mask": "mask"}, [(None,), (2**60 + 1,)]))["mask"]

    assert masks.iloc[1] == 2**60 + 1
    assert masks.isna().tolist() == [True, False]
    assert masks.astype("UInt64").iloc[1] == 2**60 + 1


def test_pandas_by_way_of_arrow():
    """Every column has its type, of no rows and beside None too, where pandas by itself can only guess."""
    pandas, pyarrow = needs("pandas"), needs("pyarrow")
    for rows in ([], [(None, None, None, None), ("a", 1, True, TOP)]):
        made = Records(COLUMNS, rows)
        frame = pyarrow.table(made).to_pandas(types_mapper=pandas.ArrowDtype)

        assert list(frame.columns) == list(pandas.DataFrame(made, columns=made.columns).columns) == list(COLUMNS)
        assert [column.pyarrow_dtype for column in frame.dtypes] == list(pyarrow.table(made).schema.types)
        assert frame["mask"].dropna().tolist() == [TOP] * bool(rows)


def test_names_that_are_no_words(without):
    """A column may be called as people like; an array needs no pandas."""
    numpy = needs("numpy")
    without("pandas")
    [row] = numpy.asarray(Records({"docker 20.10": "mask", "class": "mask"}, [(1, None)]))

    assert dataclasses.asdict(row) == {"docker 20.10": 1, "class": None}
    assert type(getattr(row, "docker 20.10")) is numpy.uint64
    assert row == row
    assert "'docker 20.10': " in repr(row)
    assert "'class': None" in repr(numpy.array(Records({"class": "mask"}, [(None,)])))


def test_polars():
    """The type comes from the schema, not from the first hundred rows."""
    polars = needs("polars")
    frame = polars.DataFrame(Records(COLUMNS, ROWS))

    assert frame.schema == {
        "name": polars.String,
        "pid": polars.Int64,
        "on": polars.Boolean,
        "mask": polars.UInt64,
    }
    assert frame["mask"][-1] == TOP
    assert frame["pid"].to_list() == [row[1] for row in ROWS]
    assert polars.DataFrame(Records(COLUMNS, [])).schema == frame.schema


def test_names_of_columns():
    """They are the caller's, and only what no data frame takes is escaped."""
    assert compare(**{"a\\b": {"kill"}, "c\udcff": {"kill"}}).to_records().columns[3:] == ("a\\b", "c\\xff")


def test_no_column_is_lost():
    """Two names that are written alike get names of their own."""
    sets = {"a\x1b": {"kill"}, "a\\x1b": {"chown"}, "a\x1b\x1b": set()}
    made = compare(**sets).to_records()
    assert made.columns[3:] == ("a\\x1b_", "a\\x1b", "a\\x1b\\x1b")
    assert [tuple(row.values())[3:] for row in made] == [(False, True, False), (True, False, False)]


def test_polars_alone(without):
    """Where there is no pyarrow, polars hands itself the rows."""
    polars = needs("polars")
    without("pyarrow")
    frame = polars.DataFrame(Records(COLUMNS, ROWS))

    assert frame.schema["mask"] == polars.UInt64
    assert frame["mask"][-1] == TOP
    assert frame["name"].to_list() == [row[0] for row in ROWS]


def test_pyarrow():
    """By its protocol."""
    pyarrow = needs("pyarrow")
    made = Records(COLUMNS, ROWS)
    table = pyarrow.table(made)
    assert table.schema.field("mask").type == pyarrow.uint64()
    assert table["mask"][-1].as_py() == TOP
    assert table["name"].to_pylist() == [row[0] for row in ROWS]
    assert pyarrow.table(Records(COLUMNS, [(None, None, None, None)]))["mask"].to_pylist() == [None]
    assert pyarrow.table(Records(COLUMNS, [])).schema == pyarrow.table(made).schema


USER = kernel.Credentials(uids=5, gids=5, caps=CapState(bounding=["kill"]))
POD = {"spec": {"containers": [{"name": "web", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}}


def every(host):
    """Return the rows of each collection."""
    docker = engines.get("docker")
    cred = docker.credentials(uid=1000)
    return {
        "CapSet": CapSet.from_mask(TOP).to_records(),
        "CapDiff": CapDiff.parse("+63 -kill").to_records(),
        "CapState": CapState(bounding=CapSet.from_mask(TOP)).to_records(),
        "StateDiff": CapState().diff(docker.container()).to_records(),
        "Scan": live.scan(proc=host).to_records(),
        "Snapshot": live.scan(proc=host).snapshot().to_records(),
        **({"FileScan": live.scan_files(host).to_records()} if sys.platform == "linux" else {}),
        "files": file_records([CapFile("/a\udcff", FileCaps(permitted=CapSet.from_mask(TOP)))]),
        "Versions": engines.versions("docker").to_records(),
        "Matches": engines.recognise(docker.container()).to_records(),
        "Explanation": kernel.explain_execve(cred, kernel.Executable()).to_records(),
        "Histories": kernel.histories(
            kernel.Credentials(uids=5, gids=5, caps=CapState(bounding=["kill"]))
        ).to_records(),
        "Findings": policy.pod_security(POD).to_records(),
        "Comparison": compare(a=CapSet.from_mask(TOP), b=docker).to_records(),
    }


def test_every_collection_goes_into_every_frame(host):
    """With no more than the name of the frame; masks, wherever there are any, are unsigned."""
    pandas, polars, pyarrow = needs("pandas"), needs("polars"), needs("pyarrow")
    for name, made in every(host).items():
        frames = pandas.DataFrame(made), polars.DataFrame(made), pyarrow.table(made)
        masks = [column for column, kind in made._columns.items() if kind == "mask"]

        assert masks or name in {"Matches", "Findings"}
        assert len(made) or name == "FileScan"
        for frame in frames:
            assert len(frame) == len(made)
        rows = list(made)
        assert json.loads(json.dumps(rows)) == rows
        assert {type(value) for row in rows for value in row.values()} <= {int, str, bool, type(None)}
        for column in masks:
            assert frames[1].schema[column] == polars.UInt64
            assert frames[1][column].to_list() == [row[column] for row in made]
            assert not len(made) or frames[0][column].dtype == "uint64"


def test_set():
    """What is known of each member."""
    [row] = CapSet(["syslog"]).to_records()

    assert row == {
        "number": 34,
        "name": "CAP_SYSLOG",
        "mask": 1 << 34,
        "docker": False,
        "since_linux": "2.6.37",
        "summary": Cap.SYSLOG.info.summary,
        "risks": "grsecurity 2011: no way to root known",
    }
    assert CapSet([41]).to_records()[0]["since_linux"] is None


@given(capsets)
def test_masks_of_the_rows_make_the_set(caps):
    """Together they are what it was."""
    assert sum(row["mask"] for row in caps.to_records()) == caps.mask


def test_differences():
    """The sign in words, and the set."""
    change = CapDiff.parse("+kill -chown")
    state = CapState(permitted=["chown"]).diff(CapState(permitted=["kill"]))

    assert [(row["change"], row["name"]) for row in change.to_records()] == [
        ("added", "CAP_KILL"),
        ("dropped", "CAP_CHOWN"),
    ]
    assert [(row["set"], row["change"]) for row in state.to_records()] == [
        ("permitted", "added"),
        ("permitted", "dropped"),
    ]


def test_state():
    """A row for each set."""
    assert CapState(bounding=["kill", 63]).to_records()[3] == {
        "set": "bounding",
        "held": 2,
        "mask": 1 << 63 | 32,
        "names": "CAP_KILL,63",
    }


def test_processes():
    """Everything of a status file, its name so that any data frame takes it."""
    status = live.parse_status(
        b"Name:\ta\xff\x1b\nTgid:\t7\nPid:\t8\nPPid:\t1\nUid:\t0\t1\t2\t3\nGid:\t4\t5\t6\t7\nGroups:\t8 9\n"
        b"CapInh:\t0000000000000001\nCapPrm:\t0000000000000003\nCapEff:\t0000000000000002\nCapBnd:\tffffffffffffffff\n"
    )

    assert status_records([status])[0] == {
        "pid": 8,
        "tgid": 7,
        "ppid": 1,
        "name": "a\\xff\\x1b",
        "uid_real": 0,
        "uid_effective": 1,
        "uid_saved": 2,
        "uid_fs": 3,
        "gid_real": 4,
        "gid_effective": 5,
        "gid_saved": 6,
        "gid_fs": 7,
        "groups": "8 9",
        "effective": 2,
        "permitted": 3,
        "inheritable": 1,
        "bounding": TOP,
        "ambient": 0,
        "no_new_privs": None,
        "seccomp": None,
        "user_ns": None,
    }


def test_files():
    """Each mask is where it belongs."""
    caps = FileCaps(permitted=["kill"], inheritable=["chown"], rootid=9)
    assert file_records([CapFile("/a", caps)]) == [
        {"path": "/a", "permitted": 32, "inheritable": 1, "effective": False, "rootid": 9, "revision": 3}
    ]


def test_engines():
    """A row a stretch of releases, a row a match."""
    first = engines.versions("cri-o").to_records()[0]
    assert first["releases"] == "1.0.0 to 1.9.11, 1.10.0"
    assert (first["held"], first["default"]) == (14, DOCKER_DEFAULT.mask)
    match = engines.recognise(engines.get("docker").container(add=["SYS_ADMIN"])).to_records()[0]
    assert match["flags"] == "linuxParameters.capabilities.add=SYS_ADMIN"
    assert (match["size"], match["root"], match["also_privileged"]) == (1, True, False)


def test_explanation():
    """A row for each reason."""
    cred = engines.get("docker").credentials(uid=1000)
    explanation = kernel.explain_execve(cred, kernel.Executable())
    made = explanation.to_records()

    assert len(made) == len(explanation.reasons) == 42
    assert made[0]["why"] == explanation.why("chown").why
    assert (made[0]["set"], made[0]["change"], made[0]["rule"]) == ("effective", "lost", "effective")


def test_histories_and_findings():
    """A row for each step, with the sets after it; a row for each finding."""
    found = kernel.histories(USER)
    made = found.to_records()

    assert [(row["title"], row["step"]) for row in made] == [
        (history.title, number) for history in found for number in range(1, len(history.steps) + 1)
    ]
    assert {row["bounding"] for row in made} == {32}
    assert made[-1]["effective"] == 0
    [row] = policy.pod_security(POD).to_records()
    assert (row["container"], row["value"]) == ("web", "SYS_ADMIN")


def test_nothing_is_loaded_before_it_is_needed():
    """Neither a data frame nor NumPy, nor what makes dataclasses."""
    assert importlib.util.find_spec("capset.records")
    run = (
        "import sys; from capset.records import Records; list(Records({'a': 'mask'}, [(1,)]));"
        "print({'numpy', 'pandas', 'polars', 'pyarrow', 'matplotlib', 'dataclasses', 'inspect'}"
        " & {name for name, module in sys.modules.items() if module is not None})"
    )
    import subprocess

    assert subprocess.run([sys.executable, "-c", run], check=True, capture_output=True, text=True).stdout == "set()\n"
