"""What the dialects of tools have in common: lines that are recognised one by one, and workloads of what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from capset.documents.dialect import Dialect, Text
from capset.documents.workload import Workload
from capset.formats.printed import Printed

__all__ = ["by_lines", "tool", "workload_of"]


def tool(
    name: str,
    about: str,
    *,
    signs: str,
    reader: Callable[[Text], list[Workload]],
    is_line: Callable[[str], object],
    belongs: Callable[[str], object] | None = None,
    never: str = "",
    partial_sets: bool = True,
    again: Callable[[Workload, int | str | None], Workload] | None = None,
) -> Dialect:
    """Make a dialect of what a tool prints.

    A text is in it if among its first lines one is the tool's own, and at least half belong to what it prints.

    Args:
        name: As of a Dialect.
        about: As of a Dialect.
        signs: What stands in texts that come near, as a regular expression.
        reader: Reads the text; :func:`by_lines` makes one of what reads lines.
        is_line: Says whether a line can be of this tool alone.
        belongs: Says whether a line may stand in what it prints; by default only those of its own.
        never: What no line of it begins with, and lines of what looks alike do.
        partial_sets: Whether it may show some sets of a thread and not others.
        again: Reads a unit again, for a release of systemd.
    """
    return Dialect(
        name=name,
        about=about,
        partial=partial_sets,
        signs=re.compile(signs),
        refuses=partial(_refuses, about, is_line, belongs or is_line, never),
        reader=reader,
        again=again,
    )


def _refuses(
    about: str, is_line: Callable[[str], object], belongs: Callable[[str], object], never: str, text: Text
) -> str:
    lines = [line.text for line in text.first_lines]
    if never and any(line.startswith(never) for line in lines):
        return f"a line begins with {never}, and none of {about} does"
    if not any(map(is_line, lines)):
        return f"no line is one of {about}"
    others = sum(not (is_line(line) or belongs(line)) for line in lines)
    return f"most lines are none of {about}" if 2 * others > len(lines) else ""


def by_lines(name: str, read: Callable[[str], list[Printed]]) -> Callable[[Text], list[Workload]]:
    """Make a reader of texts, for the dialect of a name, of one that gives what the lines of a text say."""
    return partial(_read, name, read)


def _read(name: str, read: Callable[[str], list[Printed]], text: Text) -> list[Workload]:
    return [workload_of(name, text, each) for each in read(text.text)]


def workload_of(dialect: str, text: Text, printed: Printed) -> Workload:
    """Return what a tool has printed of one file or thread as a workload."""
    return Workload(
        name=printed.name,
        dialect=dialect,
        source=text.source,
        line=printed.line,
        file_caps=printed.file_caps,
        state=printed.state,
        says=printed.says,
        not_known=printed.not_known,
        problems=printed.problems,
        who=printed.who,
    )
