"""Benchmarks: each subject against a floor of the same run, and a table of the ratios at the end."""

from __future__ import annotations

import statistics
import time

import pytest

RATIOS: list[tuple[str, float, str, float, float | None]] = []


@pytest.fixture
def against(benchmark):
    """Time a subject and its floor in turn; the ratio is the median of the pairs.

    Both are given as callables that do the work some times over, so that the clock's own time does
    not count. The floor runs in the setup of every round: what slows the machine down slows both.
    """

    def compare(subject, floor, *, name, floor_name, limit=None, rounds=60, times=1):
        floors = []

        def run_floor():
            start = time.perf_counter()
            floor()
            floors.append(time.perf_counter() - start)

        floor()
        benchmark.pedantic(subject, setup=run_floor, rounds=rounds, warmup_rounds=2)
        pairs = zip(benchmark.stats.stats.data, floors[-rounds:], strict=True)
        ratio = statistics.median(mine / other for mine, other in pairs)
        micros = statistics.median(benchmark.stats.stats.data) / times * 1e6
        benchmark.extra_info.update(ratio=ratio, floor=floor_name, limit=limit)
        RATIOS.append((name, micros, floor_name, ratio, limit))
        return ratio

    return compare


def pytest_terminal_summary(terminalreporter):
    """Print the table."""
    if not RATIOS:
        return
    terminalreporter.section("ratios (median of alternating pairs)")
    for name, micros, floor, ratio, limit in RATIOS:
        aim = "" if limit is None else f"aim <= {limit}" + ("" if ratio <= limit else "  MISSED")
        terminalreporter.write_line(f"{name:38} {micros:12.2f} us  {ratio:6.2f} x {floor:42} {aim}")
