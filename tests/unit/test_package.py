"""The package as a whole: what it exports, and which way imports go. What loads when is in test_loading."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import capset

ROOT = Path(capset.__file__).parent

# The house of docs/explanation/architecture.md, from the foundation up. A module may import what
# stands before it.
LAYERS = [
    "lazy",
    "printable",
    "records",
    "shown",
    "errors",
    "fields",
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
    "source",
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
