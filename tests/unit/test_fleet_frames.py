"""A fleet in every engine that runs in this process: each answers as plain loops do. tests/live has PySpark."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from capset import CapSet, fleet
from capset.errors import ArgumentError, FormatError
from capset.fleet.row import Row
from tests import fleets

pa = pytest.importorskip("pyarrow", reason="needs pyarrow (pip install 'capset[fleet]')")
parquet = pytest.importorskip("pyarrow.parquet")
nw = pytest.importorskip("narwhals", reason="needs narwhals (pip install 'capset[fleet]')")


def needs(name):
    return pytest.importorskip(name, reason=f"needs {name} (pip install 'capset[engines]')")


def pandas_of(backend):
    return lambda path: needs("pandas").read_parquet(path, dtype_backend=backend)


@cache
def connection():
    """Connect to duckdb, once: it joins what is of one connection alone."""
    return needs("duckdb").connect()


def duckdb_of(path):
    return connection().read_parquet(str(path))


ENGINES = {
    "processes": lambda path: list(fleet.rows(fleet.read(path))),
    "Arrow": parquet.read_table,
    "polars": lambda path: needs("polars").read_parquet(path),
    "polars, lazy": lambda path: needs("polars").scan_parquet(path),
    "pandas of Arrow": pandas_of("pyarrow"),
    "pandas, nullable": pandas_of("numpy_nullable"),
    "duckdb": duckdb_of,
}
every_engine = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write two snapshots and what is odd about one, each once, and return where."""
    folder = tmp_path_factory.mktemp("fleet")
    one = fleets.before()
    fleet.write(one, folder / "before.parquet")
    fleet.write(fleets.after(one), folder / "after.parquet")
    fleet.write(fleets.many(), folder / "many.parquet")
    fleet.write([], folder / "none.parquet")
    fleet.write(one[:1], folder / "one.parquet")
    fleet.write([one[0], *one[:3]], folder / "twice.parquet")
    for kind, name in ((pa.int64(), "signed"), (pa.decimal128(20, 0), "decimal")):
        for which, given in (("", "before"), (" after", "after")):
            table = other_masks(fleet.read(folder / f"{given}.parquet"), kind)
            parquet.write_table(table, folder / f"{name}{which}.parquet")
    return folder


@pytest.fixture(scope="module")
def expected():
    """What loops say."""
    one = fleets.before()
    return fleets.answers(one, fleets.after(one))


def other_masks(table, kind):
    """Return a table whose masks have another type, as engines have it that have no unsigned numbers."""
    for name in fleets.SETS:
        at = table.column_names.index(name)
        values = table[name].to_pylist()
        if kind == pa.int64():
            values = [value if value is None or value < 2**63 else value - 2**64 for value in values]
        elif kind != pa.uint64():
            values = [None if value is None else Decimal(value) for value in values]
        table = table.set_column(at, name, pa.array(values, kind))
    return table


def test_what_is_asked_is_not_trivial(expected):
    """Every question has an answer of some length, and all of what is odd is in it."""
    rows = fleets.before()
    assert {row.effective for row in rows} >= {None, *map(CapSet.from_mask, fleets.MASKS)}
    assert {row.name for row in rows} >= {None, "", "it's", '"x"\\'}
    for odd in ("start", "no_new_privs", "uid_effective", "container", "contained", "engine", "user_ns", "boot", "pid"):
        assert any(getattr(row, odd) is None for row in rows), odd
    assert {question: len(answer[0]) for question, answer in expected.items() if len(answer[0]) < 10} == {}


@every_engine
def test_every_question(engine, folder, expected):
    """Each engine says what loops say."""
    opened = ENGINES[engine]
    found = fleets.questions(opened(folder / "before.parquet"), opened(folder / "after.parquet"))
    for question, answer in expected.items():
        assert found[question] == answer, question


OTHERS = [(kind, engine) for kind in ("signed", "decimal") for engine in ENGINES if engine != "processes"]


@pytest.mark.parametrize(("kind", "engine"), OTHERS)
def test_masks_of_other_types(engine, kind, folder, expected):
    """Signed numbers of 64 bits, in which the last bit is the sign; and decimal ones, as Spark has them."""
    opened, later = (ENGINES[engine](folder / f"{kind}{which}.parquet") for which in ("", " after"))
    if (kind, engine) == ("decimal", "pandas, nullable"):  # which has none, but objects of Python
        with pytest.raises(FormatError, match=r"masks as whole numbers .* dtype_backend='pyarrow'"):
            fleet.prevalence(opened)
        return
    found = fleets.questions(opened, later)
    for question, answer in expected.items():
        assert found[question] == answer, question


@every_engine
def test_many_that_differ(engine, folder):
    """Ten thousand masks, of which half are chosen."""
    rows = fleets.many()
    opened = ENGINES[engine](folder / "many.parquet")
    assert fleets.rows_told(fleet.who(opened, has=[63])) == fleets.rows_told(fleets.who(rows, has=[63]))
    assert fleets.prevalence_told(fleet.prevalence(opened)) == fleets.prevalence(rows, "effective")
    assert fleets.rare_told(fleet.rare(opened, by=None, least=9)) == fleets.rare(rows, None, least=9)


@every_engine
def test_few_rows(engine, folder):
    """None at all, and one."""
    none, one = (ENGINES[engine](folder / f"{name}.parquet") for name in ("none", "one"))
    [row] = fleets.before()[:1]
    assert fleets.questions(none, none) == fleets.answers([], [])
    assert fleets.questions(one, one) == fleets.answers([row], [row])
    assert fleets.questions(one, none) == fleets.answers([row], [])


@every_engine
def test_two_snapshots_of_a_host(engine, folder):
    """It is refused, whoever joins."""
    once, twice = (ENGINES[engine](folder / f"{name}.parquet") for name in ("one", "twice"))
    for by in ("process", "program"):
        with pytest.raises(ArgumentError, match=r"after has processes of .* twice, as of two snapshots"):
            fleet.drift(once, twice, by=by)
        with pytest.raises(ArgumentError, match="before has processes"):
            fleet.drift(twice, once, by=by)


@every_engine
def test_what_comes_back(engine, folder):
    """A table of the kind that was given, lazy where that was; of processes one of Arrow."""
    given = ENGINES[engine](folder / "before.parquet")
    for asked in fleets.WHO.values():
        found = fleet.who(given, **asked)
        assert type(found) is (pa.Table if engine == "processes" else type(given))
    if engine.startswith("pandas"):
        assert list(found.dtypes) == list(given.dtypes)
    schema = nw.from_native(fleet.table([]) if engine == "processes" else given).collect_schema()
    assert nw.from_native(found).collect_schema() == schema
    # A list of processes is read back from any that Arrow can read.
    if hasattr(found, "__arrow_c_stream__"):
        assert {row.uid_effective for row in fleet.rows(found)} == {2**32 - 2, None}


def test_polars_reads_piece_by_piece(folder, expected):
    """Whatever engine of its own polars is told to take."""
    polars = needs("polars")
    with polars.Config(engine_affinity="streaming"):
        found = fleets.questions(*(polars.scan_parquet(folder / f"{name}.parquet") for name in ("before", "after")))
    assert found == expected


def test_a_query_of_duckdb(folder, expected):
    """A relation is any query, and numbers of 128 bits are masks too."""
    duckdb = needs("duckdb")
    con = duckdb.connect()
    wide = ", ".join(f"{name}::HUGEINT as {name}" for name in fleets.SETS)
    found = con.sql(f"select * replace ({wide}) from '{folder / 'before.parquet'}' where host = 'it''s'")
    assert found.select("effective").types == ["HUGEINT"]
    rows = [row for row in fleets.before() if row.host == "it's"]
    assert fleets.prevalence_told(fleet.prevalence(found)) == fleets.prevalence(rows, "effective")
    assert fleets.rows_told(fleet.who(found, has=[63])) == fleets.rows_told(fleets.who(rows, has=[63]))
    assert fleets.rare_told(fleet.rare(found)) == fleets.rare(rows)


def by_process(table):
    return fleet.drift(table, table)


def by_program(table):
    return fleet.drift(table, table, by="program")


def users(row):
    return {getattr(row, name) for name in fleets.UIDS}


class TestPandasAsItIs:
    """Without dtype_backend= a number that may be null becomes one with a point."""

    def test_masks(self, folder):
        """They have lost bits, so they are refused, and the remedy is named."""
        read = needs("pandas").read_parquet(folder / "before.parquet")
        assert read["effective"].dtype.kind == "f"
        read = read.fillna({"pid": 0, "start": 0}).astype({"pid": "int64", "start": "int64"})
        for asked in (fleet.prevalence, fleet.who, fleet.rare, fleet.beyond, by_process, by_program):
            with pytest.raises(FormatError, match=r"masks as whole .* dtype_backend='pyarrow'.* which lose bits"):
                asked(read)

    def test_other_numbers(self, folder):
        """What is not known would be unequal to itself in them, or a namespace of its own."""
        read = needs("pandas").read_parquet(folder / "before.parquet").dropna(subset=list(fleets.SETS))
        read = read.astype(dict.fromkeys(fleets.SETS, "uint64"))
        assert fleet.prevalence(read).missing == 0
        with pytest.raises(FormatError, match=r"uid_effective: expected whole numbers; .* dtype_backend='pyarrow'"):
            fleet.who(read, user=0)
        for column in ("user_ns", "last_cap"):
            whole = {"uid_effective": 0} if column == "user_ns" else {"uid_effective": 0, "user_ns": 5}
            others = read.fillna(whole).astype(dict.fromkeys(whole, "int64"))
            with pytest.raises(FormatError, match=f"{column}: expected whole numbers"):
                fleet.beyond(others)

    def test_where_all_is_known(self, folder):
        """Then numbers are whole, and flags that are not known are no numbers."""
        pandas = needs("pandas")
        rows = [
            row
            for row in fleets.before()
            if row.caps and None not in {row.start, row.seccomp, row.user_ns, row.last_cap, *users(row)}
        ]
        later = fleets.after(rows)
        later = [row for row in later if row.caps and None not in {row.start, row.seccomp, *users(row)}]
        later = [row for row in later if row.name != "new" and row.host != "now"]
        for name, some in (("known", rows), ("known later", later)):
            fleet.write(some, folder / f"{name}.parquet")
        one, other = (pandas.read_parquet(folder / f"{name}.parquet") for name in ("known", "known later"))
        assert str(one["effective"].dtype) == "uint64"
        assert str(one["no_new_privs"].dtype) == "object"
        assert fleets.questions(one, other) == fleets.answers(rows, later)


def test_the_columns_of_a_user():
    """What else a table has is passed over, whatever it is called."""
    rows = [Row(host="h", pid=1, name="a", effective=CapSet([1]))]
    table = fleet.table(rows)
    for name in ("count", "hosts", "example", "first", "elsewhere", "named", "pids"):
        table = table.append_column(name, pa.array(["x"]))
    assert fleet.prevalence(table).total == 1
    assert fleet.who(table, has=[1]).column_names == table.column_names
    assert fleet.rare(table, least=1).total == 1
    assert fleet.drift(table, table).unsure == 2
    assert fleet.beyond(table).total == 1
