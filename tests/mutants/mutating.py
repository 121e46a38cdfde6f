"""What can be made wrong in a module: each change of one place in its syntax tree is a mutant."""

from __future__ import annotations

import ast
import copy
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent.parent
_PACKAGE = find_spec("capset")  # which is not loaded by this
assert _PACKAGE is not None, "capset is not installed"
assert _PACKAGE.origin is not None
LIBRARY = Path(_PACKAGE.origin).parent.parent  # the tree, or where the library was installed

# What is mutated where nobody says what: a new room of the house is one more line.
SUBJECTS = {
    "values": (
        *("bounds", "capability", "diff", "errors", "facts", "fields", "filecaps", "filename", "forms", "ids", "info"),
        *("lazy", "listed", "named", "plain", "printable", "problem", "records", "securebits", "sets", "shown"),
        *("source", "state", "summary"),
    ),
    "kernel": ("kernel",),
    "engines": ("engines",),
    "formats": ("formats",),
    "documents": ("documents",),
}

_SWAPS: dict[type[ast.AST], type[Any]] = {}
for _one, _other in [
    (ast.Eq, ast.NotEq),
    (ast.Is, ast.IsNot),
    (ast.In, ast.NotIn),
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.Mult, ast.FloorDiv),
    (ast.BitAnd, ast.BitOr),
    (ast.LShift, ast.RShift),
    (ast.Break, ast.Continue),
]:
    _SWAPS |= {_one: _other, _other: _one}
_SWAPS |= {ast.BitXor: ast.BitAnd, ast.Mod: ast.FloorDiv, ast.Div: ast.Mult, ast.Pow: ast.Mult}

_WORDS = {
    word: other
    for pair in (
        "any all",
        "min max",
        "startswith endswith",
        "removeprefix removesuffix",
        "lstrip rstrip",
        "find rfind",
    )
    for word, other in (pair.split(), pair.split()[::-1])
}

_NOTHING = ast.Pass()  # an argument is left out

Place = tuple[ast.AST, str, int | None]  # what a node stands in, the field, and the number in a list


class Mutant(NamedTuple):
    """One wrong place.

    Attributes:
        module: Its name: ``capset.sets``.
        scope: The function and the classes around it: ``CapSet.diff``; empty at the top of a module.
        lines: The lines that the place is on: the first and the last.
        change: What stands there, and what is written instead.
        nth: Which of the same changes in the same scope it is, from 1.
        within: The lines of the function, of the class or of the statement at the top of the module that it is in.
        name: What that is called; empty where it has no name.
        number: The place in the module, in the order of its text, for this version of the text alone.
    """

    module: str
    scope: str
    lines: tuple[int, int]
    change: str
    nth: int
    within: tuple[int, int]
    name: str
    number: int

    def __str__(self) -> str:
        nth = f" #{self.nth}" if self.nth > 1 else ""
        return f"{self.module}:{self.scope}: {self.change}{nth}"

    def drawn_by(self, seed: int) -> bytes:
        """Return what a sample is ordered by: what happens to other code does not change the place in that order."""
        return hashlib.sha256(f"{seed} {self}".encode()).digest()


def path_of(module: str) -> Path:
    """Return the file of a module."""
    path = LIBRARY.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def modules_of(words: Iterable[str]) -> list[str]:
    """List the modules that are meant by the name of a subject, a package or a module, with ``capset.`` or without."""
    found = set()
    for word in words:
        for name in SUBJECTS.get(word, (word.removeprefix("capset."),)):
            path = path_of(f"capset.{name}")
            if not path.exists():
                raise SystemExit(f"there is no module capset.{name}; subjects are {', '.join(SUBJECTS)}")
            paths = path.parent.rglob("*.py") if path.name == "__init__.py" else [path]
            for each in paths:
                parts = each.relative_to(LIBRARY).with_suffix("").parts
                found.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found)


def mutants(module: str, text: str | None = None) -> list[Mutant]:
    """List every mutant of a module, or of a text in its place."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for number, (place, around, new) in enumerate(_changes(ast.parse(_text(module) if text is None else text))):
        old = _at(place)
        scope, (within, name) = around.scope, _named(around.node)
        change = f"{_shown(old)} -> {_shown(new)}"
        seen[scope, change] += 1
        found.append(Mutant(module, scope, _lines(place, old), change, seen[scope, change], within, name, number))
    return found


def compiled(mutant: Mutant) -> CodeType:
    """Compile a module with one place made wrong."""
    tree = ast.parse(_text(mutant.module))
    for number, ((around, field, at), _, new) in enumerate(_changes(tree)):
        if number == mutant.number:
            _set(around, field, at, new)
            break
    return compile(tree, str(path_of(mutant.module)), "exec", dont_inherit=True)


def _text(module: str) -> str:
    return path_of(module).read_text("utf-8")


def _at(place: Place) -> Any:
    around, field, at = place
    value = getattr(around, field)
    return value if at is None else value[at]


def _set(around: ast.AST, field: str, at: int | None, new: ast.AST) -> None:
    if new is _NOTHING:
        del getattr(around, field)[at]
    elif at is None:
        setattr(around, field, new)
    else:
        getattr(around, field)[at] = new


def _lines(place: Place, node: Any) -> tuple[int, int]:
    around, _, _ = place
    if isinstance(node, ast.comprehension):
        return node.target.lineno, node.target.end_lineno or node.target.lineno
    if not hasattr(node, "lineno"):  # an operator
        node = around
    if isinstance(node, ast.stmt) and hasattr(node, "body"):
        return node.lineno, node.body[0].lineno - 1  # the head of a block
    return node.lineno, node.end_lineno


def _shown(node: ast.AST) -> str:
    if node is _NOTHING:
        return "nothing"
    if isinstance(node, ast.cmpop | ast.operator | ast.boolop):
        return type(node).__name__
    if isinstance(node, ast.comprehension):
        return "for" + "".join(f" if {ast.unparse(each)}" for each in node.ifs)
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 72 else f"{text[:48]} … {text[-20:]}"


class Around(NamedTuple):
    """The function or class that a place is in, or the statement at the top of the module, and its full name."""

    node: ast.AST
    scope: str


def _changes(tree: ast.Module) -> Iterator[tuple[Place, Around, Any]]:
    """Go through all that can be changed, in the order of the text: where, in what, and the new node."""
    for place, scope in _places(tree, Around(tree, "")):
        old = _at(place)
        for new in _others(place, old):
            yield place, scope, new if new is _NOTHING else ast.fix_missing_locations(ast.copy_location(new, old))


# What no test can see: annotations, and what is for type checkers alone, as the texts in a Literal are too.
_NOT_RUN = {"annotation", "returns", "type_comment", "type_params"}
_FOR_CHECKERS = {"cast", "TypeVar", "ParamSpec", "NewType"}


def _places(node: ast.AST, scope: Around) -> Iterator[tuple[Place, Around]]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        if any("overload" in ast.unparse(each) for each in node.decorator_list):
            return
        scope = Around(node, f"{scope.scope}.{node.name}".lstrip("."))
    elif isinstance(scope.node, ast.Module) and isinstance(node, ast.stmt):
        scope = Around(node, "")
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        for at, each in enumerate(node.orelse):
            yield (node, "orelse", at), scope
            yield from _places(each, scope)
        return
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Subscript) and _name(node.value) == "Literal":
        return
    usual = _usual_alias(node)
    for field, value in ast.iter_fields(node):
        if field in _NOT_RUN or (isinstance(node, ast.AnnAssign) and node.value is None):
            continue
        for at, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(each, ast.AST) or _is_docstring(node, field, at, each):
                continue
            if field == "args" and at == 0 and isinstance(node, ast.Call) and _name(node.func) in _FOR_CHECKERS:
                continue
            yield (node, field, at), scope
            yield from (inner for inner in _places(each, scope) if usual is None or _at(inner[0]) is not usual)


def _usual_alias(node: ast.AST) -> ast.keyword | None:
    """Return the argument that gives a field of attrs the alias that it has without: x for _x, which checkers want."""
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(keywords=keywords)):
            same = (
                each for each in keywords if each.arg == "alias" and ast.unparse(each.value) == repr(name.lstrip("_"))
            )
            return next(same, None)
    return None


def _named(node: Any) -> tuple[tuple[int, int], str]:
    """Return the lines of a definition or a statement, and the name that it gives to something."""
    lines = (node.lineno, node.end_lineno) if hasattr(node, "lineno") else (1, 1)
    decorators = [each.lineno for each in getattr(node, "decorator_list", ())]
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    name = getattr(node, "name", "") or getattr(targets[0], "id", "")
    return (min([lines[0], *decorators]), lines[1]), name


def _is_docstring(around: ast.AST, field: str, at: int | None, node: ast.AST) -> bool:
    """Say whether a text stands alone: at the front of a block, or behind the name that it describes."""
    return field == "body" and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _others(place: Place, node: Any) -> Iterator[ast.AST]:
    """Make what may stand there instead."""
    around, field, _ = place
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)):
            # Not one that has the old text in it, for that is what many tests look for.
            yield ast.Constant(other if (other := value.swapcase()) != value else f"XX{value}")
        case ast.Constant(value=bytes(value)):
            yield ast.Constant(b"XX" + value)
        case ast.cmpop() | ast.operator() | ast.boolop() | ast.Break() | ast.Continue() if type(node) in _SWAPS:
            yield _SWAPS[type(node)]()
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield copy.deepcopy(operand)
        case ast.Name(id=name) if name in _WORDS and isinstance(around, ast.Call) and field == "func":
            yield ast.Name(_WORDS[name], ast.Load())
        case ast.Attribute(attr=name) if name in _WORDS and isinstance(around, ast.Call) and field == "func":
            yield ast.Attribute(copy.deepcopy(node.value), _WORDS[name], ast.Load())
        case ast.IfExp():
            yield ast.IfExp(copy.deepcopy(node.test), copy.deepcopy(node.orelse), copy.deepcopy(node.body))
        case ast.comprehension(ifs=[_, *_]):
            yield ast.comprehension(copy.deepcopy(node.target), copy.deepcopy(node.iter), [], node.is_async)
        case ast.keyword(arg=str()) if isinstance(around, ast.Call):
            yield _NOTHING
        case ast.Return(value=ast.AST() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.Raise() | ast.Delete():
            yield ast.Pass()
        case ast.AugAssign():
            yield ast.Assign([copy.deepcopy(node.target)], copy.deepcopy(node.value))
    if field == "test" and isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr | ast.Subscript):
        yield ast.UnaryOp(ast.Not(), copy.deepcopy(node))
