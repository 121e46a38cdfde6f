"""What importing costs, against importing attrs, each in a fresh interpreter with its bytecode at hand."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ENV = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
ENV["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))


def seconds(code):
    """Time an import inside the interpreter, past its start."""
    script = f"import time; start = time.perf_counter(); {code}; print(time.perf_counter() - start)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=ENV)
    return float(run.stdout)


@pytest.mark.parametrize(
    ("code", "limit"), [("import capset; capset.CapSet", 0.5), ("from capset import live", 1.3)], ids=str
)
def test_import(benchmark, code, limit):
    """40 interpreters of each, in turn."""
    import statistics

    from tests.benchmarks.conftest import RATIOS

    seconds(code)  # writes the bytecode
    pairs = [(seconds(code), seconds("import attrs")) for _ in range(40)]
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    RATIOS.append((code, statistics.median(mine for mine, _ in pairs) * 1e6, "import attrs", ratio, limit))
    benchmark.extra_info["ratio"] = ratio
    benchmark.pedantic(seconds, args=(code,), rounds=1)
