"""The package as a whole: what it exports, and which way imports go. What loads when is in test_loading."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping
from pathlib import Path

import pytest

import capset
from tests.extras import needed_by
from tests.house import (
    COMPUTED,
    FINDERS,
    LAYERS,
    SYS,
    TWINS,
    circles,
    foreign,
    graph,
    imports,
    impure,
    layer,
    naming_display,
    sources,
    upward,
)

ROOT = Path(capset.__file__).parent

SOURCES = sources(ROOT)
MODULES = {name: ast.parse(text) for name, text in SOURCES.items()}
GRAPH = graph(ROOT)


def test_every_module_has_its_place():
    """A new one is put into LAYERS, and into the table of the page about the architecture, at its place."""
    assert {layer(name) for name in MODULES} <= set(LAYERS)


def test_imports_go_one_way():
    """A module imports only what stands below it, inside functions and for type checkers too."""
    assert upward(GRAPH) == []


def test_only_twins_import_each_other():
    """There is no other circle, of whatever length."""
    assert circles(GRAPH) == TWINS


def test_modules_are_found_by_computed_names_in_few_places():
    """Elsewhere the tests above would not see what is imported."""
    assert {name for name, imported in GRAPH.items() if COMPUTED in imported} == FINDERS


def test_no_value_names_display():
    """Values only say that they can be shown, and shown.py alone knows who does it; the package lists its name."""
    naming = {name for name in naming_display(SOURCES) if layer(name) not in {"display", "__init__", "cli"}}

    assert naming == {"capset.shown"}


def house(folder: Path, modules: Mapping[str, str]) -> Path:
    """Write a small package, of texts by their names."""
    for name, text in modules.items():
        path = folder / "capset" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / "capset"


@pytest.mark.parametrize(
    "text",
    [
        "from capset.live import status",
        "from capset.live.status import ProcStatus",
        "import capset.live.status",
        "def read():\n    from capset.live.status import ProcStatus",
        "class A:\n    async def read(self):\n        import capset.live.status as status",
        "if TYPE_CHECKING:\n    from capset.live.status import ProcStatus",
        "if typing.TYPE_CHECKING:\n    from capset.live import status",
        "def read():\n    return import_module('capset.live.status')",
        "def read():\n    return importlib.import_module('capset.live.status')",
        "HOMES = {'capset.live.status': ('ProcStatus',)}",
        "from importlib import import_module as load\nload('capset.live.status')",
    ],
)
def test_an_import_that_goes_up_is_found(tmp_path, text):
    """Wherever it stands, and however it is written; the same import downwards is none."""
    beside = {"live/status": "", "live/__init__": ""}
    up = graph(house(tmp_path / "up", {"kernel/rules": text, **beside}))
    down = graph(house(tmp_path / "down", {"comparison": text, **beside}))

    assert upward(up) == ["capset.kernel.rules imports capset.live.status"]
    assert upward(down) == []


def test_an_import_of_the_package_goes_up(tmp_path):
    """Its names are made of all values; a module of it that is imported from it is not the package."""
    modules = {"__init__": "", "sets": "from capset import Cap", "state": "from capset import sets"}

    assert upward(graph(house(tmp_path, modules))) == ["capset.sets imports capset"]


def test_twins_may_import_each_other_and_nobody_else(tmp_path):
    """Neither a twin of others, nor another module of the twin's room."""
    modules = {"capability": "from capset.info import get", "info": "", "sets": "from capset.diff import CapDiff"}
    modules |= {"diff": "", "errors": "from capset.info import get", "records": "from capset.display import html"}
    modules |= {"shown": "import capset.display", "display/__init__": ""}

    assert upward(graph(house(tmp_path, modules))) == [
        "capset.errors imports capset.info",
        "capset.records imports capset.display",
    ]


def test_a_new_circle_is_found(tmp_path):
    """Of two and of three modules, by imports in functions, for type checkers, and by name; a way back is none."""
    modules = {
        "kernel/a": "def f():\n    from capset.kernel import b",
        "kernel/b": "if TYPE_CHECKING:\n    from capset.kernel.a import A",
        "engines/x": "import capset.engines.y",
        "engines/y": "HOMES = {'capset.engines.z': ()}",
        "engines/z": "import_module('capset.engines.x'); import capset.engines.z, capset.kernel.a",
    }

    assert circles(graph(house(tmp_path, modules))) == {
        frozenset({"capset.kernel.a", "capset.kernel.b"}),
        frozenset({"capset.engines.x", "capset.engines.y", "capset.engines.z"}),
    }


def test_a_computed_name_is_found(tmp_path):
    """It is not read as no import."""
    imported = graph(house(tmp_path, {"sets": "import_module(f'capset.{name}')", "state": "__import__(name)"}))

    assert imported == {"capset.sets": {COMPUTED}, "capset.state": {COMPUTED}}


@pytest.mark.parametrize(
    "text",
    [
        "from importlib import import_module as load\nload(f'capset.{name}')",
        "load = import_module",
        "import builtins",
        "import pkgutil as tools",
        "from pkgutil import resolve_name as find",
        "importlib.__import__(name)",
        "exec('import capset.live')",
        "run = eval",
        "__builtins__['__import__']('capset.live')",
    ],
)
def test_another_way_to_compute_a_name_is_found(text):
    """By another name, in another module, and as code in a text."""
    assert COMPUTED in imports(ast.parse(text), ())


@pytest.mark.parametrize("text", ["import capset.sets; capset.live.read()", "import capset as c; c.live.read()"])
def test_an_attribute_of_the_package_is_an_import(text):
    """A module that something else has loaded is found there too."""
    assert "capset.live" in imports(ast.parse(text), {"capset.live"})


@pytest.mark.parametrize("text", ["x = f'capset.display.{way}'", "from capset import display", "# capset.display"])
def test_a_name_of_display_is_found(text):
    """In a text or a comment as well."""
    assert naming_display({"capset.sets": text, "capset.state": "display"}) == {"capset.sets"}


@pytest.mark.parametrize("name", [name for name in MODULES if layer(name) not in {"cli", "__main__"}])
def test_only_the_command_line_prints(name):
    """Neither print() nor sys.stdout elsewhere."""
    used = {node.id for node in ast.walk(MODULES[name]) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(MODULES[name]) if isinstance(node, ast.Attribute)}

    assert not {"print", "input"} & used
    assert not {"stdout", "stderr", "stdin"} & attributes
    assert {found for found in foreign(MODULES[name]) if found.startswith("sys")} <= SYS


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in MODULES
        if layer(name) not in {"live", "facts", "cli", "__pyinstaller"} and name != "capset.fleet.files"
    ],
)
def test_only_live_and_facts_open_files(name):
    """And snapshots of a fleet. The rest computes; hooks are run by PyInstaller alone, and list what is installed."""
    attributes = {node.attr for node in ast.walk(MODULES[name]) if isinstance(node, ast.Attribute)}

    assert impure(MODULES[name]) == set()
    assert not {"open", "read_text", "read_bytes", "listdir", "getxattr"} & attributes


@pytest.mark.parametrize(
    "text",
    [
        "from os import scandir",
        "from glob import glob",
        "from io import FileIO",
        "import io as text",
        "from pathlib import Path",
        "from sys import stdout",
        "import subprocess",
        "def f():\n    import socket",
        "from importlib import resources",
        "opened = open",
    ],
)
def test_what_opens_files_is_found(text):
    """By what is imported, so that no other name for it helps; what computes may be used."""
    assert impure(ast.parse(text))
    assert not impure(
        ast.parse("import sys, json, importlib\nfrom io import StringIO\nfrom collections.abc import Set")
    )


@pytest.mark.parametrize("name", MODULES)
def test_all_names_exist(name):
    """__all__ names what is there."""
    if name in {"capset.documents.hcltext", "capset.__pyinstaller.hook-hcl2"}:  # loaded where the package is, alone
        pytest.importorskip("hcl2", reason="needs python-hcl2 (pip install 'capset[hcl]')")
    needed_by(name)
    module = __import__(name, fromlist=["x"])

    assert all(hasattr(module, public) for public in getattr(module, "__all__", []))


PUBLIC = ["", ".display", ".documents", ".engines", ".errors", ".formats", ".kernel", ".live", ".policy", ".testing"]
PUBLIC += [f".formats.{name}" for name in ("compose", "docker", "kubernetes", "libcap", "oci", "systemd")]


@pytest.mark.parametrize("name", PUBLIC)
def test_dir_lists_public_names_alone(name):
    """Not what a module is made of, whatever was loaded before; all that is listed is there."""
    module = importlib.import_module(f"capset{name}")

    assert dir(module) == sorted(module.__all__)
    assert all(hasattr(module, public) for public in dir(module))


def test_no_conflict_was_left():
    """Of a merge; in no text of the repository."""
    top = Path(__file__).parent.parent.parent  # without the library, where that is installed
    kept = [top / name for name in ("capset", "docs", "examples", "tests", ".ci")]
    texts = [*top.glob("*.md"), *top.glob(".*.yaml"), top / "pyproject.toml"]
    texts += [path for folder in kept for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    marks = (b"<" * 7 + b" ", b">" * 7 + b" ", b"|" * 7 + b" ")
    left = [str(path) for path in texts if any(line.startswith(marks) for line in path.read_bytes().splitlines())]
    assert left == []
    assert len(texts) > 200  # fewer, and they were not found
