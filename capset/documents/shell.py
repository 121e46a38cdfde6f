"""A command line, divided into words as a POSIX shell does it; nothing is expanded but braces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from capset.documents.braces import MOST, TooManyError, expanded
from capset.errors import shown

__all__ = ["OPERATORS", "UnfinishedError", "Word", "commands", "each_command"]

OPERATORS = frozenset(";&|()")
"""What separates commands."""


class UnfinishedError(Exception):
    """A text that no shell takes for whole, or as it is meant. A reader of command lines makes its own error of it."""


class Word(str):
    """A word of a command.

    Attributes:
        line: The line on which it begins, counted from 1.
    """

    __slots__ = ("line",)

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
    # Only comments are in it, so it prints nothing; between backquotes they end with it, and else with their line.
    r"|(?P<silent>`(?:[ \t\n]|#(?:\\[^\n]|[^\\\n`])*(?=[\n`]))*`|\$\((?:[ \t\n]|#[^\n]*\n)*\))"
    # What a command prints is put here; whatever stands inside, it is a part of the word.
    r"|(?P<output>\$\([^()]*\)|`(?:\\.|[^\\`])*`)"
    # What people are to replace, such as <name> and <port>:80; of redirections, a blank or a number stands before >.
    r"|(?P<mark>[0-9]*<(?![-<>&( \t])[^<>;&'\"`\\\n]+(?<![ \t])(?<![ \t][0-9])>(?!>|&[-0-9]))"
    r"|(?P<blank>[ \t]+)|(?P<redirect>&>>?|(?P<number>[0-9]*)(?:<<[<-]?|<[>&]?|>[>&|]?))"
    r"|(?P<operator>[\n;&|()])|(?P<plain>\$|[^\\'\"`\n;&|<>() \t$]+)",
    re.DOTALL,
)
_IN_DOUBLE = re.compile(r"\\([\"\\$`\n])")
_BETWEEN = frozenset({"blank", "redirect", "operator"})


def commands(text: str) -> list[list[Word]]:
    r"""Divide a text into commands, and each into its words.

    Variables and the output of commands stay as they stand; a comment between backquotes is no word. What separates
    commands, such as ``;``, is a command by itself; the end of a line is left out, and so is what redirects a command,
    such as ``2> out``. A mark such as ``<name>`` is a part of its word: people replace it, and what stands behind it is
    no file. A word with braces is replaced as :func:`~capset.documents.braces.expanded` says.

    Raises:
        UnfinishedError: A quote ends nowhere, a backslash is the last character, what a command is redirected to
            looks like an option, or braces stand for too many words.

    Source:
        POSIX.1-2017, Shell Command Language, 2.2 *Quoting*, 2.3 *Token Recognition*, 2.6.3 *Command
        Substitution* and 2.7 *Redirection*.

    Examples:
        >>> from capset.documents.shell import commands
        >>> commands("docker run -e 'A=b c' x#y \\\n img # comment\n")
        [['docker', 'run', '-e', 'A=b c', 'x#y', 'img']]
        >>> commands("ls 2> out -l; id")
        [['ls', '-l'], [';'], ['id']]
    """
    return [*each_command(text)]


def each_command(text: str) -> Iterator[list[Word]]:
    """Yield what :func:`commands` returns, one by one, so that none has to be kept.

    Raises:
        UnfinishedError: As of that, when it comes to this place.
    """
    command: list[Word] = []
    word: list[str | None] = []  # in pieces; what prints nothing is None, as an empty text makes a word in quotes alone
    bare: list[str] = []  # the same, without what was in quotes
    begins = 1
    redirected = False  # the next word is where to
    at, line, end = 0, 1, len(text)
    while at < end:
        if text[at] == "#" and not word:  # a comment
            at = max(text.find("\n", at), 0) or end
            continue
        piece = _PIECE.match(text, at)
        if piece is None:
            raise UnfinishedError("a backslash ends it" if text[at] == "\\" else "a quote ends nowhere")
        at = piece.end()
        kind = str(piece.lastgroup)
        if kind == "nothing":
            line += 1
            continue
        if kind not in _BETWEEN:
            begins = begins if word else line
            word.append(meant := _meant(piece, kind))
            bare.append(piece[0] if kind == "plain" else "\0" * len(meant or ""))
            line += piece[0].count("\n")
            continue
        if word:
            word.append(piece["number"] or None)
            bare.append(piece["number"] or "")
            command += _found(word, bare, begins, redirected=redirected)
            word, bare, redirected = [], [], False
        redirected = kind == "redirect" or (redirected and kind == "blank")
        if operator := piece["operator"]:
            yield from [command] * bool(command)
            command = []
            yield from [[Word(operator, line)]] * (operator != "\n")
            line += operator == "\n"
    command += _found(word, bare, begins, redirected=redirected)
    if command:
        yield command


def _found(pieces: list[str | None], bare: list[str], line: int, *, redirected: bool) -> list[Word]:
    """Return the words that some pieces make; none where no piece prints anything, or where it is redirected to."""
    found = [piece for piece in pieces if piece is not None]
    text = "".join(found)
    if redirected and text.startswith("-") and text != "-":
        raise UnfinishedError(f"{shown(text)} on line {line} looks like an option, and a redirection stands before it")
    if redirected or not found:
        return []
    try:
        return [Word(each, line) for each in expanded(text, "".join(bare))]
    except TooManyError:
        raise UnfinishedError(f"braces on line {line} stand for more than {MOST} words") from None


def _meant(piece: re.Match[str], kind: str) -> str | None:
    """Return what a piece of a word stands for; None where that is nothing."""
    if kind == "silent":
        return None
    return _IN_DOUBLE.sub(lambda escape: escape[1].strip("\n"), piece[kind]) if kind == "double" else piece[kind]
