"""What the hooks tell PyInstaller. That it helps: tests/packaging/test_frozen.py, on demand."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import capset
from capset.__pyinstaller import hook_dirs
from tests.house import sources

TOP = Path(capset.__file__).parent
[HOOKS] = map(Path, hook_dirs())


def test_there_is_a_hook_for_each_package_that_needs_one():
    """In the folder that the entry point tells."""
    assert sorted(path.name for path in HOOKS.glob("hook-*.py")) == ["hook-capset.py", "hook-hcl2.py"]


def test_all_facts_and_modules_are_taken_along():
    """Those that are found by names which are put together are seen by nobody who reads imports."""
    told = vars(import_module("capset.__pyinstaller.hook-capset"))
    [(folder, target)] = told["datas"]

    assert Path(folder) == TOP / "data"
    assert Path(target) == Path("capset/data")
    packages = {".".join(path.parent.relative_to(TOP.parent).parts) for path in TOP.rglob("__init__.py")}
    modules = {name for name in sources(TOP) if not name.startswith("capset.__pyinstaller")} - packages
    assert set(told["hiddenimports"]) == modules
    assert {"capset.documents.dialects.compose", "capset.cli.ps", "capset.display.as_html.live"} <= modules


def test_the_grammars_of_hcl_are_taken_along():
    """All there are."""
    pytest.importorskip("hcl2", reason="needs the extra hcl")
    told = vars(import_module("capset.__pyinstaller.hook-hcl2"))["datas"]
    assert told
    assert all(Path(source).is_file() and target == "hcl2" for source, target in told)
