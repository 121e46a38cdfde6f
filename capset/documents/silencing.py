"""Silencing: comments that say of a finding that it is known, and why it is left as it is.

``# capset: ignore[needs-root] the program has file capabilities`` silences what that rule finds on its own line or,
where nothing else stands on that line, on the next one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import evolve, frozen

from capset.documents.columns import lines_of
from capset.documents.finding import Finding, Silence
from capset.documents.rules import RULES
from capset.errors import clipped, shown
from capset.formats.document import look_alike

__all__ = ["Comment", "Entry", "comments", "judged", "silenced"]

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


def silenced(
    findings: Iterable[Finding], said: Iterable[Comment], entries: Iterable[Entry]
) -> Iterator[tuple[Finding, Comment | None]]:
    """Go through findings with the reason of each that is silenced, and with the comment that did it."""
    by_line: dict[int, list[Comment]] = {}
    for comment in said:
        if comment.reason:
            by_line.setdefault(comment.about, []).append(comment)
    given = {rule: entry.silence for entry in entries for rule in entry.rules}
    for finding in findings:
        by = next((each for each in by_line.get(finding.line, ()) if finding.rule in each.rules), None)
        if by is not None:
            yield evolve(finding, silence=Silence(reason=by.reason, where=f"line {by.line}")), by
        else:
            yield evolve(finding, silence=given.get(finding.rule)), None


def judged(
    file: str, said: Iterable[Comment], used: Mapping[Comment, set[str]], asked: Callable[[str], bool]
) -> Iterator[Finding]:
    """Tell of comments that silence nothing, and of those without a reason.

    Args:
        file: The name of the document.
        said: The comments.
        used: What each has silenced.
        asked: Says of a rule whether anybody has looked for it.
    """
    hints = _MOST_HINTS
    for comment in said:
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
            elif rule not in used.get(comment, ()) and asked(rule):
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
