"""Which way the imports of a package go, and whether they go in circles."""

from __future__ import annotations

import ast
from collections.abc import Container, Mapping
from pathlib import Path

# The house of docs/explanation/architecture.md, from the ground up. A module may import what stands before it, and what
# stands in its own room; where in it the import stands, in a function or for a type checker, does not matter.
LAYERS = [
    "lazy",
    "printable",
    "filename",
    "errors",
    "bounds",
    "records",
    "shown",
    "fields",
    "forms",
    "plain",
    "listed",
    "named",
    "ids",
    "securebits",
    "problem",
    "source",
    "facts",
    "capability",
    "info",
    "sets",
    "summary",
    "state",
    "diff",
    "filecaps",
    "kernel",
    "engines",
    "operations",
    "formats",
    "confinement",
    "least",
    "observed",
    "policy",
    "live",
    "comparison",
    "documents",
    "arrays",
    "fleet",
    "display",
    "__init__",
    "testing",
    "cli",
    "__main__",
    "__pyinstaller",
]

# Twins, each of which answers a question with the other. These alone may import each other, and no circle is larger.
TWINS = {
    frozenset({"capset.capability", "capset.info"}),
    frozenset({"capset.sets", "capset.state", "capset.diff"}),
    frozenset({"capset.engines.engine", "capset.engines.catalogue"}),
}

DOOR = ("capset.shown", "capset.display")  # a value asks for display when it is shown

COMPUTED = "a name that is computed"
# Those that find modules by a computed name, which nothing below sees. What lazy packages may find stands in each as
# text, and in a block for type checkers; the command line, the dialects and what registers strategies have a list;
# display finds its own rooms by the name of a value's.
FINDERS = {
    "capset.cli.group",
    "capset.display.bytype",
    "capset.documents.dialects",
    "capset.lazy",
    "capset.testing.registration",
}
FINDING = {"import_module", "__import__", "resolve_name", "exec", "eval", "__builtins__"}
FINDING_MODULES = ("builtins", "pkgutil", "runpy", "imp", "zipimport")

# What modules may import, beside capset, that open no file and print nothing; ruamel.yaml and hcl2 are given texts.
PURE = {
    *(
        "__future__",
        "abc",
        "attrs",
        "binascii",
        "collections",
        "contextlib",
        "dataclasses",
        "datetime",
        "decimal",
        "difflib",
        "enum",
        "errno",
    ),
    *(
        "functools",
        "hashlib",
        "fnmatch",
        "hcl2",
        "html",
        "hypothesis",
        "importlib.abc",
        "importlib.import_module",
        "importlib.machinery",
        "importlib.util.find_spec",
        "inspect",
        "io.StringIO",
        "itertools",
    ),
    *(
        "json",
        "lark",
        "math",
        "matplotlib",
        "narwhals",
        "numpy",
        "operator",
        "os.PathLike",
        "os.fspath",
        "pathlib.PurePath",
        "pyarrow",
        "re",
        "ruamel",
        "shlex",
        "struct",
        "textwrap",
        "threading",
        "types",
        "typing",
    ),
    *("posixpath.dirname", "posixpath.join", "posixpath.normpath"),
    *("tomllib.loads", "unicodedata", "urllib.parse", "warnings"),
}
SYS = {"sys", "sys.modules"}


def layer(module: str) -> str:
    """Return the layer of ``capset.live.status`` and the like."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def sources(package: Path) -> dict[str, str]:
    """Read every module of a package."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text("utf-8")
    return found


def imports(tree: ast.AST, known: Container[str]) -> set[str]:
    """List the modules of ours that are imported anywhere in *tree*, by a statement or by their name as a text.

    What is reached as an attribute of the package is imported too. A function that finds modules is COMPUTED wherever
    it is not called with a text, under whatever name, and so is code in a text.
    """
    found = set()
    finding, ours = set(FINDING), set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                ours |= {alias.asname or "capset" for alias in node.names if alias.name.split(".")[0] == "capset"}
            case ast.ImportFrom():
                finding |= {alias.asname or alias.name for alias in node.names if alias.name in FINDING}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    if any(name.split(".")[0] in FINDING_MODULES for name in foreign(tree)):
        found.add(COMPUTED)
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                found |= {alias.name for alias in node.names}
            case ast.ImportFrom():
                assert node.level == 0, "imports are absolute"
                inside = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
                found |= {full if full in known else str(node.module) for full in inside.values()}
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args) if name in finding:
                text = args[0] if args and name not in {"exec", "eval"} else None
                found.add(str(text.value) if isinstance(text, ast.Constant) else COMPUTED)
            case ast.Name(id=name) if name in finding and id(node) not in called:
                found.add(COMPUTED)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in ours:
                found |= {full for full in [f"capset.{attribute}"] if full in known}
            case ast.Constant(value=str(text)) if "." in text and text in known:  # as in the tables of lazy packages
                found.add(text)
    return {name for name in found if name == COMPUTED or name.split(".")[0] == "capset"}


def foreign(tree: ast.AST) -> set[str]:
    """List what is imported from elsewhere anywhere in *tree*, in full: ``os``, ``sys.stdout``."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                found |= {alias.name for alias in node.names}
            case ast.ImportFrom():
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] != "capset"}


def impure(tree: ast.AST) -> set[str]:
    """List what is imported or named in *tree* that may open files or print."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    parts = {name: name.split(".") for name in foreign(tree) - SYS - {"importlib"}}
    imported = {
        name for name, of in parts.items() if not any(".".join(of[:end]) in PURE for end in range(1, len(of) + 1))
    }
    return imported | names & {"open", "print", "input", "breakpoint"}


def graph(package: Path) -> dict[str, set[str]]:
    """List for each module of a package what it imports."""
    texts = sources(package)
    return {name: imports(ast.parse(text), texts) - {name} for name, text in texts.items()}


def upward(imported: Mapping[str, set[str]]) -> list[str]:
    """Tell which imports go up the house."""
    return [
        f"{name} imports {other}"
        for name, others in imported.items()
        for other in sorted(others - {COMPUTED})
        if LAYERS.index(layer(other)) > LAYERS.index(layer(name))
        if (name, other) != DOOR and not any({name, other} <= twins for twins in TWINS)
    ]


def circles(imported: Mapping[str, set[str]]) -> set[frozenset[str]]:
    """Find the modules that import each other, if by way of others."""

    def beyond(name: str) -> set[str]:
        found: set[str] = set()
        new = {name}
        while new := set().union(*(imported.get(each, ()) for each in new)) - found:
            found |= new
        return found

    reached = {name: beyond(name) for name in imported}
    found = (frozenset(other for other in reached[name] if name in reached.get(other, ())) for name in imported)
    return {circle for circle in found if circle}


def naming_display(texts: Mapping[str, str]) -> set[str]:
    """Find the modules in which display is named, in a comment or a text too."""
    return {name for name, text in texts.items() if "capset.display" in text or "from capset import display" in text}
