"""Silencing: comments that say of a finding that it is known, and why it is left as it is.

``# capset: ignore[needs-root] the program has file capabilities`` silences what that rule finds on its own line or,
where nothing else stands on that line, on the next one. What looks like a comment and is read as something else, such
as a part of a text or of a value, silences nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count

from attrs import evolve, frozen

from capset.documents.columns import lines_of
from capset.documents.dialect import Dialect
from capset.documents.finding import Finding, Silence
from capset.documents.rules import RULES
from capset.errors import CapsetError, clipped, shown
from capset.formats.document import look_alike

__all__ = ["Comment", "Entry", "Silences", "comments"]

_MOST_HINTS = 20  # in one document, as looking for what is meant takes long
_LIKE_ONE = re.compile(r"(?:^|(?<=[ \t]))(?:[#;]|//|/\*)[ \t]*(?P<us>capset):[ \t]*ignore\b", re.ASCII)
_CONTENT = re.compile(r"(?:\[([^\]\n]{0,1000})\])?(.*)")
# Stands in the place of our name where a parser is to say what becomes of it.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile(_MARK.format("([0-9]+)"))


@frozen(kw_only=True)
class Comment:
    """A comment that is to silence findings.

    Attributes:
        line: Where it stands, counted from 1.
        column: Where it begins in that line, counted from 1.
        about: The line of which it is said.
        rules: The rules whose findings are to be silenced, as they are written.
        reason: Why; empty where nobody says.
        read: Whether it is no comment where it stands, but a part of what is read.
    """

    line: int
    column: int
    about: int
    rules: tuple[str, ...]
    reason: str
    read: bool = False


@frozen(kw_only=True)
class Entry:
    """What a configuration silences in one document.

    Attributes:
        rules: The rules whose findings are silenced.
        silence: Why, and where that is written.
    """

    rules: tuple[str, ...]
    silence: Silence


def comments(text: str, dialect: Dialect) -> Iterator[Comment]:
    """Go through the comments of a document that are to silence something.

    Where a comment is a line of its own, those are told too that stand behind something, and so are none. Where parsers
    do not agree on what a line is, there are none at all.
    """
    if "capset:" not in text:
        return
    lines = lines_of(text)
    like = [(at, found) for at, line in enumerate(lines, 1) if "capset:" in line for found in _LIKE_ONE.finditer(line)]
    read = _read(lines, like, dialect)
    of_lines: dict[int, tuple[Comment, bool]] = {}
    for number, (at, found) in enumerate(like):
        if at not in of_lines and (number not in read or dialect._content is None):
            of_lines[at] = _comment(lines[at - 1], at, found, read=number in read)
    waiting: list[Comment] = []  # which are about the next line that is no such comment
    for at in range(1, len(lines) + 1):
        comment, alone = of_lines.get(at, (None, False))
        if comment is not None and alone:
            waiting.append(comment)
            continue
        yield from (evolve(each, about=at) for each in waiting)
        waiting = []
        if comment is not None:
            yield comment
    yield from waiting


def _comment(line: str, at: int, found: re.Match[str], *, read: bool) -> tuple[Comment, bool]:
    """Return a comment, and whether nothing else stands on its line."""
    end = line.find("*/", found.end()) if found[0].startswith("/*") else -1
    end = len(line) if end < 0 else end
    content = _CONTENT.match(line, found.end(), end)
    assert content is not None  # it matches nothing too
    comment = Comment(
        line=at,
        column=found.start() + 1,
        about=at,
        rules=tuple(rule for each in (content[1] or "").split(",") if (rule := each.strip())),
        reason=content[2].strip(" \t:-"),
        read=read,
    )
    return comment, not read and not line[: found.start()].strip() and not line[end + 2 :].strip()


def _read(lines: Sequence[str], like: Sequence[tuple[int, re.Match[str]]], dialect: Dialect) -> set[int]:
    """Return which of what looks like comments is read: the parser of the dialect says what it keeps."""
    if not like:
        return set()
    if dialect._content is None:
        own = {at for at, line in enumerate(lines, 1) if line.lstrip().startswith(dialect._comments)}
        return {number for number, (at, _) in enumerate(like) if at not in own}
    numbers = count()

    def marked(found: re.Match[str]) -> str:
        return found[0].replace(found["us"], _MARK.format(next(numbers)))

    try:
        read = dialect._content("\n".join(_LIKE_ONE.sub(marked, line) for line in lines))
        return {int(number) for part in read for number in _MARKED.findall(part)}
    except CapsetError:  # it was read before: then nobody knows
        return {*range(len(like))}


class Silences:
    """What silences findings in one document: its comments, and what a configuration says of it.

    Args:
        file: The name of the document.
        text: The document.
        dialect: The dialect in which it is written; None where it could not be read, which nothing silences.
        entries: What a configuration silences in it.
    """

    def __init__(self, file: str, text: str, dialect: Dialect | None, entries: Iterable[Entry] = ()) -> None:
        self.text = text
        self._file = file
        self._comments = [] if dialect is None else [*comments(text, dialect)]
        self._by_line: dict[tuple[int, str], Comment] = {}
        for comment in self._comments:
            if comment.reason and not comment.read:
                for rule in comment.rules:
                    self._by_line.setdefault((comment.about, rule), comment)
        entries = () if dialect is None else entries
        self._entries = {rule: entry.silence for entry in entries for rule in entry.rules}
        self._used: set[tuple[int, str]] = set()  # the lines of comments, and rules in them

    def of(self, finding: Finding) -> Finding:
        """Return a finding with what silences it, if anything does."""
        if (comment := self._by_line.get((finding.line, finding.rule))) is not None:
            self._used.add((comment.line, finding.rule))
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
            if comment.read:
                told = "it silences nothing, as it is read as a part of its line: put it on a line of its own, above"
                yield _of(comment, "unused-ignore", file, told)
                continue
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
                elif (comment.line, rule) not in self._used and asked(rule):
                    message = f"it silences nothing: there is no finding of {rule} on line {comment.about}"
                    yield _of(comment, "unused-ignore", file, message, rule)


def _unknown(rule: str, hints: int) -> str:
    close = look_alike(rule, RULES) if hints > 0 else ()
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
