"""How long each engine takes to answer what is asked of a large fleet, and how much memory; run by hand.

    python -m tests.benchmarks.fleet_engines --rows 5000000 --runs 3

It makes two snapshots in a temporary folder and asks every engine that is installed every question, each time in a
process of its own, in turn, and after one of an empty snapshot. It holds that the answers agree, and prints the table
of docs/howto/fleet-engines.md: medians, from the opening of the file to the answer, beside the least that could be
done, which is to read one column of masks with Arrow.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from capset import CapSet, engines, fleet
from tests import fleets

A_HOST = 500  # processes
DISTINCT = 300  # ways of holding sets


# The fleet


def ways() -> list[dict[str, Any]]:
    """Make what processes hold, and what else goes with it: the first are the most frequent."""
    random = Random(1)
    docker = engines.get("docker")
    names = sorted(cap.name for cap in CapSet.all())
    made = []
    for at in range(DISTINCT):
        if at % 3 == 0:  # of the host
            some = CapSet() if at == 0 else CapSet.all() if at == 3 else CapSet.parse(",".join(random.sample(names, 3)))
            state = {"effective": some, "permitted": some, "inheritable": CapSet(), "bounding": CapSet.all()}
            sets = {**state, "ambient": CapSet()}
        else:
            held = docker.container(add=random.sample(names, at % 5), uid=0 if at % 2 else 1000)
            sets = {name: getattr(held, name) for name in fleets.SETS}
        made.append({**sets, "inside": at % 3 != 0, "uid": 0 if at % 2 else 1000, "name": f"program{at % 60}"})
    return made


def snapshots(rows: int, folder: Path) -> None:
    """Write two snapshots: of a thousand processes one has changed, and one of fifty was started again."""
    import numpy as np
    import pyarrow as pa

    fleet.write([], folder / "none.parquet")
    random = np.random.default_rng(1)
    held = ways()
    chances = 1 / np.arange(1, DISTINCT + 1)
    kind = random.choice(DISTINCT, rows, p=chances / chances.sum())
    host, within = np.divmod(np.arange(rows), A_HOST)
    pid = within * 3 + 1
    for day in ("before", "after"):
        pick = pa.array(kind)
        columns = {name: [each[name].mask for each in held] for name in fleets.SETS}
        masks = {name: pa.array(each, pa.uint64()).take(pick) for name, each in columns.items()}
        inside = pa.array([each["inside"] for each in held]).take(pick)
        container = texts(pa, host * 100 + within // 5, "c{:012x}", 100 * (rows // A_HOST + 1), inside)
        table = pa.table(
            {
                "host": texts(pa, host, "host{:05}", rows // A_HOST + 1),
                "boot": texts(pa, host, "boot{:05}", rows // A_HOST + 1),
                "last_cap": pa.array(np.full(rows, 40)),
                "pid": pa.array(pid),
                "start": pa.array(pid * 7),
                "name": pa.array([each["name"] for each in held]).take(pick),
                "container": container,
                "engine": texts(pa, np.zeros(rows, int), "docker", 1, inside),
                "contained": inside,
                **dict.fromkeys(fleets.UIDS, pa.array([each["uid"] for each in held], pa.uint32()).take(pick)),
                **masks,
                "no_new_privs": pa.array(np.zeros(rows, bool)),
                "seccomp": pa.array(np.where(inside, 2, 0)),
                "user_ns": pa.array(np.full(rows, fleets.INITIAL)),
            }
        )
        print(f"made {fleet.write(table, folder / f'{day}.parquet')}", file=sys.stderr)
        kind = np.where(random.random(rows) < 0.001, random.integers(0, DISTINCT, rows), kind)
        pid = np.where(random.random(rows) < 0.02, pid + 2000, pid)


def texts(pa: Any, at: Any, form: str, count: int, where: Any = None) -> Any:
    """Return texts by their number, null where it is not so."""
    made = pa.array([form.format(number) for number in range(count)])
    found = made.take(pa.array(at))
    return found if where is None else pa.compute.if_else(where, found, None)


# The engines, each with the columns that a question needs, as whoever reads a file into memory would


def arrow(path: str, columns: list[str]) -> Any:
    return fleet.read(path, columns=columns)


def polars(path: str, columns: list[str]) -> Any:
    import polars as pl

    pl.Config.set_engine_affinity("streaming")
    return pl.scan_parquet(path)


def pandas(path: str, columns: list[str]) -> Any:
    import pandas as pd

    return pd.read_parquet(path, columns=columns, dtype_backend="pyarrow")


def duckdb(path: str, columns: list[str]) -> Any:
    import duckdb as db

    return db.read_parquet(path)


def spark(path: str, columns: list[str]) -> Any:
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate().read.parquet(path)


def start_spark() -> None:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "4g")
    builder = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "4")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.range(10).selectExpr("sum(id)").collect()


ENGINES = {"pyarrow": arrow, "duckdb": duckdb, "polars": polars, "pandas": pandas, "pyspark": spark}


# The questions


def counted(table: Any) -> int:
    """Count the rows that an engine would give."""
    import narwhals as nw

    rows = nw.from_native(table).lazy().select(nw.len().alias("rows")).collect(backend="pyarrow").to_native()
    return int(rows["rows"][0].as_py())


STANDING = [*fleets.SETS, *fleets.UIDS, "no_new_privs", "seccomp", "user_ns", "kernel_thread", "contained", "unread"]
QUESTIONS: dict[str, tuple[list[str], Any]] = {
    "prevalence": (["effective", "unread"], lambda one, _: fleets.prevalence_told(fleet.prevalence(one))),
    "who": (
        ["effective", "uid_effective", "unread"],
        lambda one, _: counted(fleet.who(one, has=["sys_admin"], lacks=["net_raw"], user=0)),
    ),
    "rare": (["host", "pid", "name", "effective", "unread"], lambda one, _: fleets.rare_told(fleet.rare(one))),
    "drift, by process": (
        ["host", "boot", "pid", "start", "name", *STANDING],
        lambda one, other: fleets.drift_told(fleet.drift(one, other)),
    ),
    "drift, by program": (
        ["host", "pid", "name", *STANDING],
        lambda one, other: fleets.drift_told(fleet.drift(one, other, by="program")),
    ),
    "beyond": (
        [
            "host",
            "name",
            "container",
            "contained",
            "engine",
            "last_cap",
            "uid_effective",
            "user_ns",
            "unread",
            *fleets.SETS,
        ],
        lambda one, _: fleets.beyond_told(fleet.beyond(one)),
    ),
}


def child(engine: str, question: str, folder: Path) -> None:
    """Ask one engine one question, and print how long it took, how much memory, and a sum of the answer."""
    paths = [str(folder / f"{day}.parquet") for day in ("before", "after")]
    answer = b""
    if engine == "floor":
        from pyarrow import parquet

        parquet.read_table(folder / "none.parquet", columns=["effective"])
        start = perf_counter()
        parquet.read_table(paths[0], columns=["effective"])
        seconds = perf_counter() - start
    else:
        importlib.import_module(engine)
        if engine == "pyspark":
            start_spark()
        columns, ask = QUESTIONS[question]
        none = ENGINES[engine](str(folder / "none.parquet"), columns)
        ask(none, none)  # what loads at the first question
        start = perf_counter()
        one = ENGINES[engine](paths[0], columns)
        other = ENGINES[engine](paths[1], columns) if question.startswith("drift") else None
        told = ask(one, other)
        seconds = perf_counter() - start
        answer = repr(told).encode()
    print(json.dumps({"seconds": seconds, "peak": peak(), "answer": sha256(answer).hexdigest()}))


def peak() -> float:
    """Return the most that this process and its children, such as Java, have held, in MiB."""
    held = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except OSError:
            continue
        if os.getpid() in {int(lines["Pid"]), int(lines["PPid"])}:
            held += int(lines.get("VmHWM", "0").split()[0])
    return held / 1024


def measure(engine: str, question: str, folder: Path) -> dict[str, Any]:
    asked = [sys.executable, "-m", __spec__.name, "--child", engine, question, "--folder", str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{engine}, {question}: {done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--questions", nargs="*", choices=QUESTIONS, default=list(QUESTIONS))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--child", nargs=2)
    asked = parser.parse_args()
    if asked.child:
        child(*asked.child, asked.folder)
        return
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        if not (folder / "after.parquet").exists():
            snapshots(asked.rows, folder)
        table(asked, folder)


def table(asked: argparse.Namespace, folder: Path) -> None:
    """Measure all in turn, and print what the page has."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    floors: list[float] = []
    for run in range(asked.runs):
        for question in asked.questions:
            floors.append(measure("floor", "", folder)["seconds"])
            for engine in asked.engines:
                told = measure(engine, question, folder)
                found.setdefault((engine, question), []).append(told)
                print(f"{run} {engine} {question}: {told['seconds']:.3f} s, {told['peak']:.0f} MiB", file=sys.stderr)
            answers = {told["answer"] for engine in asked.engines for told in found[engine, question]}
            assert len(answers) == 1, f"the engines disagree: {question}"
    floor = statistics.median(floors)
    versions = {name: importlib.metadata.version(name) for name in ("narwhals", *asked.engines)}
    size = (folder / "before.parquet").stat().st_size
    print(f"\n{platform.platform()}, {os.cpu_count()} cores, CPython {platform.python_version()}, {versions}")
    print(
        f"{asked.rows} rows, {size / 1e6:.0f} MB; "
        f"floor {floor * 1000:.0f} ms ({span(floors, 1000)}), {asked.runs} runs\n"
    )
    print("| question |", " | ".join(asked.engines), "|\n| --- |", " --- |" * len(asked.engines))
    for question in asked.questions:
        cells = []
        for engine in asked.engines:
            seconds = [told["seconds"] for told in found[engine, question]]
            held = statistics.median(told["peak"] for told in found[engine, question])
            median = statistics.median(seconds)
            cells.append(f"{median / floor:.0f} ({median:.2f} s, {span(seconds)}; {held / 1024:.1f} GiB)")
        print(f"| {question} |", " | ".join(cells), "|")


def span(seconds: list[float], times: int = 1) -> str:
    least, most = min(seconds) * times, max(seconds) * times
    return f"{least:.0f} to {most:.0f}" if times > 1 else f"{least:.2f} to {most:.2f}"


if __name__ == "__main__":
    main()
