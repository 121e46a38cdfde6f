"""A command line, divided into words as a POSIX shell does it; nothing is expanded."""

from __future__ import annotations

import re

__all__ = ["OPERATORS", "UnfinishedError", "Word", "commands"]

OPERATORS = frozenset(";&|()")
"""What separates commands."""


class UnfinishedError(Exception):
    """A text that no shell takes for whole. A reader of command lines makes an error of its own of it."""


class Word(str):
    """A word of a command.

    Attributes:
        line: The line on which it begins, counted from 1.
    """

    line: int

    def __new__(cls, text: str, line: int) -> Word:
        """Make a word."""
        word = super().__new__(cls, text)
        word.line = line
        return word

    def __reduce__(self) -> tuple[type[Word], tuple[str, int]]:
        """Return what it is made of, for pickle."""
        return Word, (str(self), self.line)


_PIECE = re.compile(
    r"(?P<nothing>\\\n)|\\(?P<escaped>.)|'(?P<single>[^']*)'|\"(?P<double>(?:\\.|[^\"\\])*)\""
    # What a command prints is put here; whatever stands inside, it is a part of the word.
    r"|(?P<output>\$\([^()]*\)|`[^`]*`)"
    r"|(?P<blank>[ \t]+)|(?P<redirect>&>>?|(?P<number>[0-9]*)(?:<<[<-]?|<[>&]?|>[>&|]?))"
    r"|(?P<operator>[\n;&|()])|(?P<plain>\$|[^\\'\"`\n;&|<>() \t$]+)",
    re.DOTALL,
)
_IN_DOUBLE = re.compile(r"\\([\"\\$`\n])")
_COMMENT = re.compile(r"#[^\n]*")


def commands(text: str) -> list[list[Word]]:
    r"""Divide a text into commands, and each into its words.

    Variables and the output of commands stay as they stand. What separates commands, such as ``;``, is a command by
    itself; the end of a line is left out, and so is what redirects a command, such as ``2> out``.

    Raises:
        UnfinishedError: A quote ends nowhere, or a backslash is the last character.

    Source:
        POSIX.1-2017, Shell Command Language, 2.2 *Quoting*, 2.3 *Token Recognition* and 2.7 *Redirection*.

    Examples:
        >>> from capset.documents.shell import commands
        >>> commands("docker run -e 'A=b c' x#y \\\n img # comment\n")
        [['docker', 'run', '-e', 'A=b c', 'x#y', 'img']]
        >>> commands("ls 2> out -l; id")
        [['ls', '-l'], [';'], ['id']]
    """
    found: list[list[Word]] = [[]]
    word: list[str] = []  # in pieces
    begins = 1
    redirected = False  # the next word is where to
    at, line = 0, 1
    while at < len(text):
        if not word and (comment := _COMMENT.match(text, at)):
            at = comment.end()
            continue
        piece = _PIECE.match(text, at)
        if piece is None:
            raise UnfinishedError("a backslash ends it" if text[at] == "\\" else "a quote ends nowhere")
        at = piece.end()
        if piece["nothing"]:
            line += 1
            continue
        if piece["blank"] is None and piece["operator"] is None and piece["redirect"] is None:
            begins = begins if word else line
            word.append(_meant(piece))
            line += piece[0].count("\n")
            continue
        if word:
            word.append(piece["number"] or "")
            if not redirected:
                found[-1].append(Word("".join(word), begins))
            word, redirected = [], False
        redirected = piece["redirect"] is not None or (redirected and piece["operator"] is None)
        if operator := piece["operator"]:
            found += [[]] if operator == "\n" else [[Word(operator, line)], []]
            line += operator == "\n"
    if word and not redirected:
        found[-1].append(Word("".join(word), begins))
    return [command for command in found if command]


def _meant(piece: re.Match[str]) -> str:
    """Return what a piece of a word stands for."""
    if piece["double"] is not None:
        return _IN_DOUBLE.sub(lambda escape: escape[1].strip("\n"), piece["double"])
    kinds = (piece["escaped"], piece["single"], piece["output"], piece["plain"])
    return next(text for text in kinds if text is not None)
