"""Which tests reach a line, of a run whose coverage was kept for each test: ``pytest --cov --cov-context=test``."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from coverage import CoverageData

from tests.mutants.mutating import ROOT, Mutant, path_of

RECORD = ROOT / ".mutants" / "reach"
# What counts the work of large inputs, or has mutants of its own, would take long and notice little else.
ASKED = "not scaling and not mutation"
# Look at each module as a whole, and reach none of its lines.
OF_A_MODULE = ("tests/unit/test_package.py::test_all_names_exist[{}]", "tests/unit/test_public.py")
PROFILE = "ci-glance"  # few draws, and the same ones each time


def record(files: Sequence[str], path: Path) -> None:
    """Run tests, and write down which of them reaches what.

    Args:
        files: Files of tests, which are added to what was recorded; all unit and property tests if there are none.
        path: The record.
    """
    path.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-m", ASKED, "-p", "no:cacheprovider", "--cov=capset"]
    command += ["--cov-context=test", "--cov-report=", "--cov-fail-under=0", *(["--cov-append"] if files else [])]
    environment = os.environ | {"CAPSET_PROFILE": PROFILE, "COVERAGE_FILE": str(path), "PYTHONPATH": str(ROOT)}
    wanted = files or ["tests/unit", "tests/property"]
    subprocess.run([*command, *wanted], cwd=ROOT, env=environment, check=True)


class Reach:
    """What each test reaches.

    Args:
        path: A file of coverage, by test. The library may have been installed elsewhere then.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise SystemExit(f"nothing is recorded in {path}: python -m tests.mutants --record")
        self._data = CoverageData(str(path))
        self._data.read()
        self._written = path.stat().st_mtime
        self._measured: dict[str, str] = {}
        for file in self._data.measured_files():
            inside = file.replace(os.sep, "/").rpartition("/capset/")[2].removesuffix(".py").removesuffix("/__init__")
            self._measured["capset" if inside == "__init__" else "capset." + inside.replace("/", ".")] = file

    def tests(self, mutant: Mutant) -> list[str]:
        """List the tests that may notice a mutant, those first that reach the least of its module, and files of tests.

        Of those that were changed since the record it is every test.
        They reach its lines. What runs as the module is imported, such as a default, is reached by those of its
        function or class, and else by those of the lines in the library that name it, as is what is kept in a cache,
        which the first test alone reaches. Where there are none, or the module was changed since, and its lines may be
        others now, it is all that reach anything in the module, or in one of its package.
        """
        module = mutant.module
        found: set[str] = set()
        if path_of(module).stat().st_mtime < self._written:
            found = self._reaching(module, *mutant.lines) or self._reaching(module, *mutant.within)
            if mutant.name and (not found or "cache" in self._text(module, mutant.within[0])):
                found = found | self._naming(mutant.name)
        found = found or self._reaching(module, 1, 10**6)
        if not found:
            package = module.rpartition(".")[0]
            found = {
                test for each in self._measured if each.startswith(package) for test in self._reaching(each, 1, 10**6)
            }
        widths = self._widths_of(module)
        ordered = sorted(found, key=lambda test: (not test.startswith("tests/unit"), widths[test], test))
        # What a file of tests makes before its tests run is reached by none of them: errors, for one, stand in tables.
        made = made_of("\n".join(self._lines(module)), mutant.name)
        named = {each for each in [*mutant.scope.split("."), *made] if any(map(str.isupper, each))}
        ordered += [each.format(module) for each in OF_A_MODULE]
        ordered += [file for name in sorted(named) for file in _files_with(name)]
        return ordered + [str(each.relative_to(ROOT)) for each in _files() if each.stat().st_mtime > self._written]

    def _reaching(self, module: str, first: int, last: int) -> set[str]:
        return {test for line, tests in self._tests_of(module).items() if first <= line <= last for test in tests}

    @cache  # noqa: B019 - there is one
    def _naming(self, name: str) -> set[str]:
        """List the tests that reach a line of the library in which a name stands."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        return {
            test
            for module in self._measured
            for at, line in enumerate(self._lines(module), 1)
            if word.search(line)
            for test in self._reaching(module, at, at)
        }

    def _text(self, module: str, line: int) -> str:
        return self._lines(module)[line - 1]

    @cache  # noqa: B019 - there is one
    def _lines(self, module: str) -> list[str]:
        path = path_of(module)
        return path.read_text("utf-8").splitlines() if path.exists() else []

    @cache  # noqa: B019 - there is one
    def _widths_of(self, module: str) -> Counter[str]:
        """Count the lines of a module that each test reaches: one that reaches few is quick, and is about them."""
        return Counter(test for tests in self._tests_of(module).values() for test in tests)

    @cache  # noqa: B019 - there is one
    def _tests_of(self, module: str) -> dict[int, frozenset[str]]:
        """Return the tests by the lines of a module that they reach; not those lines that were reached in no test."""
        if module not in self._measured:
            return {}
        found = self._data.contexts_by_lineno(self._measured[module])
        return {line: frozenset(_test(each) for each in contexts if "::" in each) for line, contexts in found.items()}


@cache
def made_of(text: str, name: str) -> set[str]:
    """Return a name and those that get what is made of it at the top of a module, such as of a table another one."""
    found = {name}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            names = [each for each in ast.walk(statement) if isinstance(each, ast.Name)]
            if not found.isdisjoint(each.id for each in names):
                found |= {each.id for each in names if isinstance(each.ctx, ast.Store)}
    return found


@cache
def _files_with(name: str) -> list[str]:
    """List the files of tests in which a name stands."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return [str(path.relative_to(ROOT)) for path in _files() if word.search(path.read_text("utf-8"))]


def _files() -> list[Path]:
    return [path for folder in ("unit", "property") for path in sorted((ROOT / "tests" / folder).glob("test_*.py"))]


def _test(context: str) -> str:
    return context.rpartition("|")[0] or context
