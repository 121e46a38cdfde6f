"""Fixing: names of capabilities as every target takes them, in a document that stays as it is otherwise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from attrs import evolve, frozen

from capset.documents.columns import column, lines_of
from capset.documents.reading import read
from capset.documents.spelling import spelled
from capset.documents.structured import Document, documents
from capset.documents.workload import Workload
from capset.engines import Request
from capset.errors import require
from capset.formats.composing import Tagged

__all__ = ["Edit", "Fix", "fix"]

_FIXED = frozenset({"compose", "kubernetes"})  # dialects in which people write names that several engines read
# Where names of capabilities stand in a parsed document.
_NAMES = re.compile(
    r"/services/[^/]*/cap_(?:add|drop)/[0-9]+|/(?:.*/)?securityContext/capabilities/(?:add|drop)/[0-9]+"
)


@frozen(kw_only=True)
class Edit:
    """One place in a text, and what is to stand there.

    Attributes:
        line: The line, counted from 1.
        column: The column in that line, counted from 1.
        before: What stands there.
        after: What is to stand there.
    """

    line: int
    column: int
    before: str
    after: str


@frozen(kw_only=True)
class Fix:
    """A document with its names in the spelling that every target takes.

    Attributes:
        name: The name of the document.
        before: The text as it was.
        text: The text as it is to be: apart from the edits the same, character for character.
        edits: What is changed, from top to bottom; empty where nothing is, or where nothing is sure.
    """

    name: str
    before: str
    text: str
    edits: tuple[Edit, ...]

    def diff(self) -> str:
        r"""Return the difference as ``diff -u`` writes it; empty where there is none.

        Examples:
            >>> from capset import documents
            >>> text = "services:\n  web:\n    cap_drop: [all] # of them\n"
            >>> print(documents.fix(text, "compose.yaml").diff(), end="")
            --- compose.yaml
            +++ compose.yaml
            @@ -1,3 +1,3 @@
             services:
               web:
            -    cap_drop: [all] # of them
            +    cap_drop: [ALL] # of them
        """
        from difflib import unified_diff

        before, after = (text.splitlines(keepends=True) for text in (self.before, self.text))
        lines = unified_diff(before, after, self.name or "-", self.name or "-")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def fix(text: str | bytes, name: str = "", *, dialect: str | None = None) -> Fix:
    r"""Write the names of capabilities in a document in the spelling that every target takes: ``NET_ADMIN``, ``ALL``.

    That is done in compose files and in pods, for names whose meaning is sure, and only where the place of a name is
    known exactly. Nothing else is touched, be it a comment, an anchor, a quote or the end of a line. What comes of it
    is read again: where anything but the spelling of these names would differ in it, such as the arguments of a command
    that are an alias of them, nothing is changed.

    Args:
        text: As of :func:`~capset.documents.read`.
        name: Likewise.
        dialect: Likewise.

    Raises:
        CapsetError: The document cannot be read: see :func:`~capset.documents.read`.

    Examples:
        >>> from capset import documents
        >>> fixed = documents.fix("spec: {containers: [{name: a, securityContext: {capabilities: {drop: [all]}}}]}")
        >>> fixed.edits
        (Edit(line=1, column=71, before='all', after='ALL'),)
        >>> fixed.text.endswith("{drop: [ALL]}}}]}")
        True
    """
    workloads = read(text, name, dialect=dialect)
    require(text, str | bytes, "a document as str or bytes")
    before = text if isinstance(text, str) else text.decode("utf-8")
    mark = before[: before.startswith("\ufeff")]
    found = [*_edits(workloads, lines_of(before[len(mark) :]))]
    edits = sorted({edit for _, edit in found}, key=lambda each: (each.line, each.column))
    after = mark + _edited(before[len(mark) :], edits)
    if edits and not (
        _asks_as_meant(workloads, read(after, name, dialect=workloads[0].dialect), found)
        and _differ_in_names_alone(documents(before[len(mark) :], name), documents(after[len(mark) :], name))
    ):
        return Fix(name=name, before=before, text=before, edits=())
    return Fix(name=name, before=before, text=after, edits=tuple(edits))


Name = tuple[int, str, int]  # which workload, "add" or "drop", and which name there


def _edits(workloads: Sequence[Workload], lines: tuple[str, ...]) -> Iterator[tuple[Name, Edit]]:
    for number, workload in enumerate(workloads):
        if workload.request is None or workload.dialect not in _FIXED:
            continue
        for field in ("add", "drop"):
            names: tuple[str, ...] = getattr(workload.request, field)
            for at, (before, after) in enumerate(zip(names, _respelled(names), strict=True)):
                line = workload._lines.get(f"{field}[{at}]", 0)
                found = None if before == after else column(lines, line, before)
                if found is not None:
                    yield (number, field, at), Edit(line=line, column=found, before=before, after=after)


def _respelled(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names as they are to be, but for those that would stand there twice then, which Compose refuses."""
    meant = [spelled(name) for name in names]
    times = Counter(meant)
    return tuple(name if times[after] > 1 else after for name, after in zip(names, meant, strict=True))


def _edited(text: str, edits: Sequence[Edit]) -> str:
    lines = text.split("\n")
    for edit in reversed(edits):
        line, at = lines[edit.line - 1], edit.column - 1
        lines[edit.line - 1] = line[:at] + edit.after + line[at + len(edit.before) :]
    return "\n".join(lines)


def _asks_as_meant(before: Sequence[Workload], after: Sequence[Workload], edits: Sequence[tuple[Name, Edit]]) -> bool:
    """Say whether two readings differ only in names that were to be spelled anew, and each is as it was to be."""
    meant = {name: edit.after for name, edit in edits}
    return [_asked(number, each, meant) for number, each in enumerate(before)] == [
        _asked(number, each, {}) for number, each in enumerate(after)
    ]


def _asked(number: int, workload: Workload, meant: Mapping[Name, str]) -> tuple[object, ...]:
    asks = workload.asks
    if isinstance(asks, Request):
        add, drop = (
            tuple(meant.get((number, field, at), name) for at, name in enumerate(getattr(asks, field)))
            for field in ("add", "drop")
        )
        asks = evolve(asks, add=add, drop=drop, problems=())
    return workload.label, workload.line, asks


def _differ_in_names_alone(before: Sequence[Document], after: Sequence[Document]) -> bool:
    """Say whether two parsed texts are the same but for names of capabilities where a request has them."""
    pairs = zip(before, after, strict=False)
    return len(before) == len(after) and all(
        _NAMES.fullmatch(place) for one, other in pairs for place in _differing(one.value, other.value, "", frozenset())
    )


def _differing(before: Any, after: Any, place: str, around: frozenset[int]) -> Iterator[str]:
    """Yield the places of what is not the same, also of each alias, which may stand for what it stands in."""
    if isinstance(before, Tagged) and isinstance(after, Tagged) and before.tag == after.tag:
        yield from _differing(before.value, after.value, place, around)
        return
    one, other = _inner(before), _inner(after)
    if type(before) is not type(after) or one is None or other is None:
        if repr(before) != repr(after):  # as .nan is not equal to itself
            yield place
    elif id(before) not in around:
        around |= {id(before)}
        if [*one] != [*other]:
            yield place
        for key in one.keys() & other.keys():
            yield from _differing(one[key], other[key], f"{place}/{str(key).replace('/', '')}", around)


def _inner(value: object) -> dict[object, object] | None:
    """Return what is in a mapping or a list, by its keys; None of what has nothing in it."""
    if isinstance(value, list):
        return dict(enumerate(cast("list[object]", value)))
    return cast("dict[object, object]", value) if isinstance(value, dict) else None
