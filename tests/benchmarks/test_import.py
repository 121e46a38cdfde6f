"""What a start costs: imports against importing attrs, commands against importing click, with the bytecode at hand."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

import pytest

from tests.benchmarks.conftest import RATIOS

ENV = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
ENV["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
DOCKER = "00000000a80425fb"


def seconds(code):
    """Time an import inside the interpreter, past its start."""
    script = f"import time; start = time.perf_counter(); {code}; print(time.perf_counter() - start)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=ENV)
    return float(run.stdout)


def whole(code):
    """Time a whole process, its start and its end included."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV, check=False
    )
    return time.perf_counter() - start


def in_turn(benchmark, clock, mine, floor, *, name, limit):
    """25 interpreters of each, in turn."""
    clock(mine)  # writes the bytecode
    pairs = [(clock(mine), clock(floor)) for _ in range(25)]
    ratio = statistics.median(one / other for one, other in pairs)
    RATIOS.append((name, statistics.median(one for one, _ in pairs) * 1e6, floor, ratio, limit))
    benchmark.extra_info["ratio"] = ratio
    benchmark.pedantic(clock, args=(mine,), rounds=1)


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        ("import capset; capset.CapSet", 0.25),
        ("import capset; capset.DOCKER_DEFAULT", 1.2),
        ("from capset import live; live.scan", 1.3),
        ("from capset.formats import libcap", 1.5),
        ("from capset import engines", 1.9),
        ("from capset import engines as e; e.get('docker')", 1.9),
        ("import capset; capset.compare", None),
    ],
    ids=str,
)
def test_import(benchmark, code, limit):
    """What a library user waits for."""
    in_turn(benchmark, seconds, code, "import attrs", name=code.removeprefix("import capset; "), limit=limit)


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("--help", 1.6),
        (f"decode --json {DOCKER}", 2.2),
        (f"decode {DOCKER}", 3.0),
        ("ps", 3.6),
        ("show", 3.6),
        ("diff docker pid:self", 3.6),
        ("run docker", 4.2),
        ("can docker mount", 4.2),
    ],
    ids=str,
)
def test_command(benchmark, line, limit):
    """What somebody at a terminal waits for."""
    code = f"import sys; from capset.cli import main; sys.argv = ['capset', *{line.split()!r}]; main()"
    in_turn(benchmark, whole, code, "import click", name=f"capset {line}", limit=limit)
