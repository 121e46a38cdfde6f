"""tests.mutants: that it makes wrong what can be wrong, and tells what no test notices."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="mutants run in children with limits of their own")

from tests.mutants.__main__ import survivors
from tests.mutants.mutating import SUBJECTS, compiled, modules_of, mutants, path_of
from tests.mutants.reaching import made_of

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("x = a == b", ["Eq -> NotEq"]),
        ("x = a <= b", ["LtE -> Lt"]),
        ("x = a is not None", ["IsNot -> Is"]),
        ("x = a not in b", ["NotIn -> In"]),
        ("x = a and b or c", ["Or -> And", "And -> Or"]),
        ("x = not a", ["not a -> a"]),
        ("x = -a", ["-a -> a"]),
        ("x = ~a & b", ["~a -> a", "BitAnd -> BitOr"]),
        ("x = a + 1", ["Add -> Sub", "1 -> 2"]),
        ("x += a", ["x += a -> x = a", "Add -> Sub"]),
        ("x = True", ["True -> False"]),
        ("x = 'a'", ["'a' -> 'A'"]),
        ("x = ', '", ["', ' -> 'XX, '"]),
        ("x = b'a'", ["b'a' -> b'XXa'"]),
        ("x = f'{a} b'", ["' b' -> ' B'"]),
        ("x = b if a else c", ["b if a else c -> c if a else b", "a -> not a"]),
        ("x = [a for a in b if a == c]", ["for if a == c -> for", "Eq -> NotEq"]),
        ("x = f(a, b=c)", ["b=c -> nothing"]),
        ("x = any(a.startswith(b))", ["any -> all", "a.startswith -> a.endswith"]),
        ("while a:\n    break", ["a -> not a", "break -> continue"]),
        ("if f(a):\n    del x", ["f(a) -> not f(a)", "del x -> pass"]),
        ("def f():\n    return a", ["return a -> return None"]),
        ("def f():\n    return None\n    raise a", ["raise a -> pass"]),
        ("f(a)", ["f(a) -> pass"]),
        ("def f(x: int = 0) -> str: ...", ["0 -> 1"]),
        ("match x:\n    case 'a':\n        pass", ["'a' -> 'A'"]),
    ],
)
def test_what_is_made_wrong(text, changes):
    assert [mutant.change for mutant in mutants("capset.x", text)] == changes


@pytest.mark.parametrize(
    "text",
    [
        "'a docstring'",
        "x: 'int | None'\n'''What it is.'''",
        "TYPE_CHECKING = False",
        "if TYPE_CHECKING:\n    x = 1",
        "@overload\ndef f(x: int) -> str:\n    return 1",
        "x = None",
        "x = cast('int', y)",
        "def f():\n    return None",
        "Side = Literal['add', 'drop']",
        "def f(x: Literal['add']) -> Literal['drop']: ...",
    ],
)
def test_what_no_test_can_see(text):
    assert not mutants("capset.x", text)


def test_an_alias_that_a_field_has_anyway():
    """attrs takes the underscore away by itself; another alias is another name."""
    usual = mutants("capset.x", "class A:\n    _x: int = field(alias='x', eq=y)")
    other = mutants("capset.x", "class A:\n    _x: int = field(alias='y')")
    assert [mutant.change for mutant in usual] == ["'x' -> 'X'", "eq=y -> nothing"]
    assert [mutant.change for mutant in other] == ["alias='y' -> nothing", "'y' -> 'Y'"]


def test_what_is_made_of_a_table():
    """Tests name what people see, and not always the table of which it is made as its module is imported."""
    text = "_A = {1: 2}\n_B: int = f(_A)\nC = [_B]\nD = 5\ndef e():\n    return _A\n"
    assert made_of(text, "_A") == {"_A", "_B", "C"}
    assert made_of(text, "D") == {"D"}


def test_where_a_mutant_is():
    """The place has its lines and those around it, and of the same changes each its number."""
    lines = [
        "A = 1",
        "",
        "",
        "class B:",
        "    c = 1",
        "",
        "    @d",
        "    def d(self):",
        "        f(",
        "1, ",
        "1, ",
        "    )",
    ]
    text = "\n".join(lines)
    found = [(str(each), each.lines, each.within, each.name) for each in mutants("capset.x", text)]
    assert [each for each in found if each[0].endswith(("1 -> 2", "#2"))] == [
        ("capset.x:: 1 -> 2", (1, 1), (1, 1), "A"),
        ("capset.x:B: 1 -> 2", (5, 5), (4, 12), "B"),
        ("capset.x:B.d: 1 -> 2", (10, 10), (7, 12), "d"),
        ("capset.x:B.d: 1 -> 2 #2", (11, 11), (7, 12), "d"),
    ]


def test_a_mutant_is_wrong_in_one_place():
    """Each compiles to something else, and has a name of its own."""
    found = mutants("capset.listed")
    right = compile(ast.parse(path_of("capset.listed").read_text("utf-8")), str(path_of("capset.listed")), "exec")
    assert all(compiled(mutant) != right for mutant in found)
    assert len({str(mutant) for mutant in found}) == len(found) > 3


def test_modules():
    assert modules_of(["capset.sets", "values"]) == modules_of(SUBJECTS["values"])
    assert {"capset.kernel", "capset.kernel.rules"} <= set(modules_of(["kernel"]))
    with pytest.raises(SystemExit, match=r"there is no module capset\.x; subjects are values"):
        modules_of(["x"])


def test_each_survivor_is_there_and_has_a_reason():
    """One that a change of the code has taken away is to be taken off the list."""
    kept = survivors()
    there = {str(mutant) for module in {name.partition(":")[0] for name in kept} for mutant in mutants(module)}
    assert set(kept) <= there
    assert all(len(reason) > 10 for reason in kept.values())


@pytest.mark.mutation
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked for each mutant")
def test_the_command(tmp_path):
    """What a test notices is killed by it; what none notices is told, and the exit status with it."""

    def run(*words, status):
        command = [
            sys.executable,
            "-m",
            "tests.mutants",
            "--reach",
            tmp_path / "reach",
            "--results",
            tmp_path / "results",
        ]
        found = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert found.returncode == status, found.stderr
        return found.stdout

    securebits = ("capset.securebits", "--only", "lock", "--jobs", "1", "--sample", "2")
    assert "19 passed" in run("--record", "tests/unit/test_securebits.py", status=0)
    assert "2 of 2 mutants: 2 killed; 100.0 % noticed, 0 survivors" in run(*securebits, status=0)
    assert "test_securebits.py::" in (tmp_path / "results").read_text("utf-8")
    survived = run("capset.named", "--sample", "1", status=1)
    assert "capset/named.py" in survived
    assert "1 survived; 0.0 % noticed, 1 survivors without a reason" in survived
