"""Which extras of capset a test needs: where one is missing, the test is skipped and says what brings it."""

from __future__ import annotations

import re

import pytest

_NEEDED = {
    "engines": (re.compile(r"import duckdb\b"), ("duckdb", "pandas", "polars")),
    "arrays": (re.compile(r"\barrays\b|capset\.display\.counted"), ("numpy",)),
    "fleet": (
        re.compile(
            r"\bcapset drift\b|capset snapshot \S+\.parquet|from capset import .*\bfleet\b|capset\.fleet\b|\.fleet$"
        ),
        ("numpy", "narwhals", "pyarrow"),
    ),
}


def needs(extra: str) -> None:
    """Skip where an extra is not installed."""
    for name in _NEEDED[extra][1]:
        pytest.importorskip(name, reason=f"needs {name} (pip install 'capset[{extra}]')")


def needed_by(text: str) -> None:
    """Skip where an extra is not installed that a module, by its name, or the text of a page asks for."""
    for extra, (asked, _) in _NEEDED.items():
        if asked.search(text):
            needs(extra)
