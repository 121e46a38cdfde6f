"""Silencing: comments that say of a finding that it is known, and why it is left as it is.

``# capset: ignore[needs-root] the program has file capabilities`` silences what that rule finds on its own line or,
where nothing else stands on that line, on the next one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from attrs import evolve, frozen

from capset.documents.columns import lines_of
from capset.documents.finding import Finding, Silence
from capset.documents.rules import RULES
from capset.errors import clipped, shown
from capset.formats.document import look_alike

__all__ = ["Comment", "Entry", "Silences", "comments"]

_MOST_HINTS = 20  # in one document, as looking for what is meant takes long
_COMMENT = re.compile(
    r"(?:^|(?<=[ \t]))(?:[#;]|//|/\*)[ \t]*capset:[ \t]*ignore\b(?:\[([^\]\n]{0,1000})\])?(.*)", re.ASCII
)


@frozen(kw_only=True)
class Comment:
    """A comment that is to silence findings.

    Attributes:
        line: Where it stands, counted from 1.
        column: Where it begins in that line, counted from 1.
        about: The line of which it is said.
        rules: The rules whose findings are to be silenced, as they are written.
        reason: Why; empty where nobody says.
    """

    line: int
    column: int
    about: int
    rules: tuple[str, ...]
    reason: str


@frozen(kw_only=True)
class Entry:
    """What a configuration silences in one document.

    Attributes:
        rules: The rules whose findings are silenced.
        silence: Why, and where that is written.
    """

    rules: tuple[str, ...]
    silence: Silence


def comments(text: str) -> Iterator[Comment]:
    """Go through the comments of a document that are to silence something.

    Where parsers do not agree on what a line is, there are none.
    """
    if "capset:" not in text:
        return
    waiting: list[Comment] = []  # which are about the next line that is no such comment
    for at, line in enumerate(lines_of(text), 1):
        found = _COMMENT.search(line) if "capset:" in line else None
        if found is None:
            yield from (evolve(each, about=at) for each in waiting)
            waiting = []
            continue
        comment = Comment(
            line=at,
            column=found.start() + 1,
            about=at,
            rules=tuple(rule for each in (found[1] or "").split(",") if (rule := each.strip())),
            reason=found[2].strip(" \t:-*/"),
        )
        if line[: found.start()].strip():
            yield comment
        else:
            waiting.append(comment)
    yield from waiting


class Silences:
    """What silences findings in one document: its comments, and what a configuration says of it.

    Args:
        file: The name of the document.
        text: The document.
        entries: What a configuration silences in it.
    """

    def __init__(self, file: str, text: str, entries: Iterable[Entry] = ()) -> None:
        self.text = text
        self._file = file
        self._comments = [*comments(text)]
        self._by_line: dict[int, list[Comment]] = {}
        for comment in self._comments:
            if comment.reason:
                self._by_line.setdefault(comment.about, []).append(comment)
        self._entries = {rule: entry.silence for entry in entries for rule in entry.rules}
        self._used: dict[Comment, set[str]] = {}

    def of(self, finding: Finding) -> Finding:
        """Return a finding with what silences it, if anything does."""
        for comment in self._by_line.get(finding.line, ()):
            if finding.rule in comment.rules:
                self._used.setdefault(comment, set()).add(finding.rule)
                return evolve(finding, silence=Silence(reason=comment.reason, where=f"line {comment.line}"))
        return evolve(finding, silence=self._entries.get(finding.rule))

    def judged(self, asked: Callable[[str], bool]) -> Iterator[Finding]:
        """Tell of comments that have silenced nothing, and of those without a reason.

        Args:
            asked: Says of a rule whether anybody has looked for it.
        """
        for told in self._judged(asked):
            if asked(told.rule):
                yield evolve(told, silence=self._entries.get(told.rule))

    def _judged(self, asked: Callable[[str], bool]) -> Iterator[Finding]:
        file, hints = self._file, _MOST_HINTS
        for comment in self._comments:
            if not comment.rules:
                yield _of(
                    comment, "unused-ignore", file, "it names no rule, and silences nothing: write ignore[RULE] REASON"
                )
                continue
            if not comment.reason:
                yield _of(
                    comment, "unexplained-ignore", file, "it gives no reason, and silences nothing: write one behind it"
                )
                continue
            for rule in comment.rules:
                if rule not in RULES:
                    yield _of(comment, "unused-ignore", file, f"it silences nothing: {_unknown(rule, hints)}", rule)
                    hints -= 1
                elif rule not in self._used.get(comment, ()) and asked(rule):
                    message = f"it silences nothing: there is no finding of {rule} on line {comment.about}"
                    yield _of(comment, "unused-ignore", file, message, rule)


def _unknown(rule: str, hints: int) -> str:
    close = look_alike(rule, tuple(RULES)) if hints > 0 else ()
    return f"there is no rule {shown(rule)}{f': did you mean {close[0]}?' if close else ''}"


def _of(comment: Comment, rule: str, file: str, message: str, value: str = "") -> Finding:
    return Finding(
        file=file,
        line=comment.line,
        column=comment.column,
        rule=rule,
        verdict="ignored",
        message=f"the comment: {message}",
        value=clipped(value),
    )
