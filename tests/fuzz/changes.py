"""Changes of documents and of texts, as strategies of Hypothesis."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]

VARIABLES = ["${X}", "$X", "{{ x }}", "{{ .Values.x }}", "`x`", "<%= x %>"]
OTHERS = [5, -1, 1.5, "x", "", "yes", [], [5], [[]], {}, {"x": 5}, {"x": "y"}, True]
NOTHING = object()  # what stands where something was left out

STRANGE = [
    *("—", "‑", "“", "’", "\u00a0", "\u200b", "\u2028", "ſ", "ｓ", "\ud800", "\ufeff", "\0", "\x1b", "\r", "\t", "\n"),
    *("'", '"', "\\", "`", "$", "${X}", "{{ x }}", "%i", "=", "|", ";", ",", ":", "#", "-", "--", "[", "]", "{", "}"),
    *("0", "-1", "63", "64", "4294967295", "18446744073709551616", "1e400", "0x", "null", "~", "&a ", "*a", "!x", "<<"),
    *(
        "ALL",
        "all",
        "CAP_",
        "cap_kill",
        "NET_ADMIN",
        "KILL",
        "+",
        "^",
        "privileged",
        "root",
        " ",
        "  ",
        "\n\n",
        "---\n",
    ),
]

_PIECES = re.compile(r"\w+|\s+|[^\w\s]")


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    """List the places of all values in a document."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*at, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, (*at, number))


def parent_of(document: Any, path: Path) -> Any:
    """Return what a value stands in."""
    for step in path[:-1]:
        document = document[step]
    return document


def _always(path: Path, old: object, new: object) -> bool:
    return True


@st.composite
def changed(draw, document, may: Callable[[Path, Any, Any], bool] = _always):
    """Change a document in one place.

    Args:
        draw: As Hypothesis gives it.
        document: The document, which stays as it is.
        may: Says whether what stands at a path may be replaced by something else, or by NOTHING.

    Returns:
        The other document; None where the change that was drawn is none, or may not be.
    """
    document = copy.deepcopy(document)
    if not (there := list(paths(document))):
        return None
    path = draw(st.sampled_from(there))
    around, last = parent_of(document, path), path[-1]
    old = around[last]
    kind = draw(st.sampled_from(["leave out", "misspell", "variable", "variable in it", "wrap", "another type"]))
    if kind == "misspell":
        if not isinstance(last, str) or len(last) < 3:
            return None
        at = draw(st.integers(1, len(last) - 1))
        others = [last[:at] + last[at + 1 :], last[:at] + last[at] * 2 + last[at + 1 :], last.upper(), last + "s"]
        wrong = draw(st.sampled_from(others))
        if wrong in around:
            return None
        around[wrong] = around.pop(last)
        return document
    if kind == "variable in it" and not isinstance(old, str):
        return None
    new = {
        "leave out": lambda: NOTHING,
        "variable": lambda: draw(st.sampled_from(VARIABLES)),
        "variable in it": lambda: old + draw(st.sampled_from(VARIABLES)),
        "wrap": lambda: draw(st.sampled_from([[old], {"x": old}, {last: old}])),
        "another type": lambda: draw(st.sampled_from(OTHERS)),
    }[kind]()
    if not may(path, old, new):
        return None
    if new is NOTHING:
        del around[last]
    else:
        around[last] = new
    return document


@st.composite
def changed_text(draw, texts: Sequence[str]) -> str:
    """Take one of some texts and change it in a few places: letters, pieces of lines, or lines, also of another."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        unit = draw(st.sampled_from(["letters", "pieces", "lines"]))
        parts = _divided(text, unit)
        start = draw(st.integers(0, len(parts)))
        end = min(len(parts), start + draw(st.integers(0, 3)))
        taken = parts[start:end]
        kind = draw(st.sampled_from(["leave out", "twice", "strange", "move", "case", "cut", "of another"]))
        if kind == "twice":
            taken = taken * draw(st.sampled_from([2, 3, 20]))
        elif kind == "strange":
            taken = [draw(st.sampled_from(STRANGE))]
        elif kind == "case":
            taken = [each.swapcase() for each in taken]
        elif kind == "of another":
            others = _divided(draw(st.sampled_from(texts)), unit)
            at = draw(st.integers(0, len(others)))
            taken = others[at : at + draw(st.integers(1, 8))]
        elif kind != "move":
            taken = []
        rest = [*parts[:start], *([] if kind == "cut" else parts[end:])]
        if kind == "move":
            start = draw(st.integers(0, len(rest)))
        text = "".join([*rest[:start], *taken, *rest[start:]])
    return text


def grown(text: str, unit: str, at: int, times: int) -> str:
    """Make a text longer: what stands at one place of it stands there many times."""
    parts = _divided(text, unit)
    at %= max(1, len(parts))
    return "".join([*parts[:at], *(parts[at : at + 1] * times), *parts[at + 1 :]])


def _divided(text: str, unit: str) -> list[str]:
    if unit == "letters":
        return list(text)
    return _PIECES.findall(text) if unit == "pieces" else text.splitlines(keepends=True)
