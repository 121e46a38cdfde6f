"""A fleet in PySpark: it answers as plain loops do, and as the page on engines says. It needs Java."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from capset import fleet
from capset.errors import ArgumentError
from tests import fleets

pytestmark = pytest.mark.filterwarnings(
    "ignore:PySpark does not yet fully support pandas:FutureWarning",
    "ignore::DeprecationWarning:pyspark",
    "ignore::ResourceWarning",
)
ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs/howto/fleet-engines.md"


@pytest.fixture(scope="module")
def spark():
    """Start a small one, and end it: it may find no Java."""
    if shutil.which("java") is None:
        pytest.skip("needs java (Debian: apt-get install default-jre-headless)")
    sql = pytest.importorskip("pyspark.sql", reason="needs pyspark (pip install 'capset[spark]')")
    os.environ["PYSPARK_PYTHON"] = sys.executable  # else whatever python3 the path has runs what goes through Python
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.driver.host": "127.0.0.1"}
    session = sql.SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write two snapshots, and return where."""
    folder = tmp_path_factory.mktemp("fleet")
    one = fleets.before()
    snapshots = {"before": one, "after": fleets.after(one), "many": fleets.many(), "none": [], "one": one[:1]}
    for name, rows in {**snapshots, "twice": [one[0], *one[:3]]}.items():
        fleet.write(rows, folder / f"{name}.parquet")
    return folder


@pytest.fixture
def opened(spark, folder):
    return lambda name: spark.read.parquet(str(folder / f"{name}.parquet"))


def test_every_question(opened):
    """Masks are decimal numbers there, as it has none without a sign."""
    one = fleets.before()
    expected = fleets.answers(one, fleets.after(one))
    assert dict(opened("before").dtypes)["effective"] == "decimal(20,0)"
    found = fleets.questions(opened("before"), opened("after"))
    for question, answer in expected.items():
        assert found[question] == answer, question


def test_masks_as_signed_numbers(opened):
    """As they have to be where they go to Python by Arrow."""
    one = fleets.before()
    signed = opened("before")
    for name in fleets.SETS:
        low, high = f"{name} - 18446744073709551616", "9223372036854775807"
        signed = signed.selectExpr(
            *(column for column in signed.columns if column != name),
            f"cast(case when {name} > {high} then {low} else {name} end as bigint) as {name}",
        )
    assert dict(signed.dtypes)["effective"] == "bigint"
    assert fleets.prevalence_told(fleet.prevalence(signed)) == fleets.prevalence(one, "effective")
    for asked in fleets.WHO.values():
        assert fleets.rows_told(fleet.who(signed, **asked)) == fleets.rows_told(fleets.who(one, **asked))
    assert fleets.rare_told(fleet.rare(signed)) == fleets.rare(one)
    assert fleets.beyond_told(fleet.beyond(signed)) == fleets.beyond(one, None)
    assert not fleet.drift(signed, signed, by="program").changes


def test_many_that_differ(opened):
    """Ten thousand masks, of which half are chosen."""
    rows = fleets.many()
    assert fleets.rows_told(fleet.who(opened("many"), has=[63])) == fleets.rows_told(fleets.who(rows, has=[63]))
    assert fleets.prevalence_told(fleet.prevalence(opened("many"))) == fleets.prevalence(rows, "effective")


def test_few_rows(opened):
    """None at all, and one."""
    row = fleets.before()[0]
    none, one = opened("none"), opened("one")
    assert fleets.prevalence_told(fleet.prevalence(none)) == fleets.prevalence([], "effective")
    assert fleets.rare_told(fleet.rare(none)) == fleets.rare([])
    assert fleets.beyond_told(fleet.beyond(none)) == fleets.beyond([], None)
    assert fleets.drift_told(fleet.drift(none, none)) == fleets.drift_by_process([], [])
    assert fleets.drift_told(fleet.drift(one, none, by="program")) == fleets.drift_by_program([row], [])
    assert fleets.rare_told(fleet.rare(one, least=1)) == fleets.rare([row], least=1)
    assert fleets.rows_told(fleet.who(none, has=[1])) == []


def test_two_snapshots_of_a_host(opened):
    """It is refused."""
    with pytest.raises(ArgumentError, match=r"after has processes of .* twice, as of two snapshots"):
        fleet.drift(opened("one"), opened("twice"))


def test_what_comes_back(opened):
    """A frame of its own, of which nothing has run yet."""
    given = opened("before")
    found = fleet.who(given, has=[63], user=0)
    assert type(found) is type(given)
    assert found.schema == given.schema


def test_the_page(spark, monkeypatch):
    """Its blocks for Spark run as they stand."""
    text = PAGE.read_text("utf-8")
    [section] = re.findall(r"^## PySpark\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^```text\n(>>> .*?)^```", section, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    monkeypatch.chdir(ROOT)
    test = doctest.DocTestParser().get_doctest("".join(blocks), {}, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    ran = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert not ran.failed, "".join(told)
    assert ran.attempted == len(re.findall(r"^>>>", section, re.MULTILINE))
