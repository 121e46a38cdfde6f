"""The package as a whole: what it exports, what importing it costs, and which way imports go."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import capset

ROOT = Path(capset.__file__).parent

# The house of docs/explanation/architecture.md, from the foundation up. A module may import what
# stands before it.
LAYERS = [
    "printable",
    "records",
    "shown",
    "errors",
    "capability",
    "sets",
    "summary",
    "securebits",
    "ids",
    "state",
    "filecaps",
    "diff",
    "problem",
    "listed",
    "facts",
    "info",
    "kernel",
    "engines",
    "formats",
    "policy",
    "live",
    "comparison",
    "documents",
    "display",
    "__init__",
    "cli",
    "__main__",
]

# Doors: an import inside a function that goes up, because a value answers a question whose answer
# costs more to load than the value itself.
DOORS = {("capability", "info"), ("sets", "diff"), ("state", "diff")}


def layer(module: str) -> str:
    """Return the layer of ``capset.live.status`` and the like."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def modules() -> dict[str, ast.Module]:
    """Parse every module of the package."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imports(tree: ast.AST) -> list[tuple[str, str]]:
    """List the modules of ours that are imported, each with the function in which that happens."""
    found = []

    def visit(node: ast.AST, function: str) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name for name in submodules if name in MODULES] or [node.module or ""]
        else:
            inside = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
            for child in ast.iter_child_nodes(node):
                visit(child, inside)
            return
        found.extend((name, function) for name in names if name.split(".")[0] == "capset")

    visit(tree, "")
    return found


MODULES = modules()


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name):
    """A module imports only what stands below it; what goes up is a door, and is known."""
    own = layer(name)
    for imported, function in imports(MODULES[name]):
        other = layer(imported)
        if other == own or LAYERS.index(other) < LAYERS.index(own):
            continue
        assert function, f"{name} imports {imported}"
        assert (own, other) in DOORS, f"{name} imports {imported} in {function}()"


@pytest.mark.parametrize("name", [name for name in MODULES if layer(name) not in {"cli", "__main__"}])
def test_only_the_command_line_prints(name):
    """Neither print() nor sys.stdout elsewhere."""
    used = {node.id for node in ast.walk(MODULES[name]) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(MODULES[name]) if isinstance(node, ast.Attribute)}

    assert not {"print", "input"} & used
    assert not {"stdout", "stderr", "stdin"} & attributes


@pytest.mark.parametrize("name", [name for name in MODULES if layer(name) not in {"live", "facts", "cli"}])
def test_only_live_and_facts_open_files(name):
    """The rest computes."""
    used = {node.id for node in ast.walk(MODULES[name]) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(MODULES[name]) if isinstance(node, ast.Attribute)}

    assert "open" not in used | attributes
    assert not {"os", "pathlib", "subprocess", "ctypes"} & used
    assert not {"read_text", "read_bytes", "listdir", "getxattr"} & attributes


@pytest.mark.parametrize("name", MODULES)
def test_all_names_exist(name):
    """__all__ names what is there."""
    module = __import__(name, fromlist=["x"])

    assert all(hasattr(module, public) for public in getattr(module, "__all__", []))


def loaded(code: str) -> set[str]:
    """Return the modules that *code* loads in an interpreter of its own, beyond a bare start."""
    script = (
        f"import sys; before = set(sys.modules); {code}; after = set(sys.modules); "
        "import json; print(json.dumps(sorted(after - before)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT.parent, check=True, capture_output=True, text=True, encoding="utf-8"
    )
    return set(json.loads(run.stdout))


def test_importing_capset_loads_little():
    """The values load nothing but enum and what it needs: no attrs, no typing, no difflib, no data."""
    modules = loaded("import capset; capset.CapSet.parse('kill') | {1}; capset.Cap(41)")
    ours = {name for name in modules if name.startswith("capset")}

    assert ours == {"capset", "capset.capability", "capset.errors", "capset.sets", "capset.shown"}
    assert not {"attr", "attrs", "typing", "difflib", "tomllib", "inspect", "re"} & modules
    assert len(modules) < 25


def test_importing_live_loads_attrs_and_little_else():
    """Reading /proc needs the records; it needs neither the facts nor the command line."""
    modules = loaded("from capset import live")
    with_attrs = loaded("import attrs")
    ours = {name for name in modules if name.startswith("capset")}

    assert not {name for name in ours if layer(name) in {"info", "facts", "engines", "display", "cli"}}
    assert not {"tomllib", "difflib", "click", "rich", "numpy"} & modules
    assert len(modules - with_attrs - ours) <= 12


def test_names_load_when_first_used():
    """Every public name is there, is listed, and is found faster the second time."""
    for name in capset.__all__:
        assert getattr(capset, name) is getattr(capset, name)
    assert set(capset.__all__) <= set(dir(capset))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = capset.nonsense
