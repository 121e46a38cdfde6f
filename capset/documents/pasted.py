"""Pasted: what people copy together with commands, such as prompts, and commands inside of others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from capset.documents.shell import OPERATORS, UnfinishedError, Word, each_command
from capset.formats.commandline import program, starts_container, without_front

__all__ = ["commands_in", "each_pasted", "is_command_line", "pasted"]

# A prompt: of a user and a host, of a folder, or a sign alone; behind it comes a command. # alone begins a comment.
_PROMPT = re.compile(
    r"[ \t]*(?:\([^()\n]{1,40}\)[ \t]*)?"  # such as a virtual environment
    r"(?:\[[^][\n]{1,200}\][ \t]*[$#%]|[\w.-]{1,99}@[\w.-]{1,99}[: ]?[^\s$#%>]{0,200}[ \t]?[$#%>]"
    r"|[~/][^\s$#%>]{0,200}[$#%>]|[$%\u276f\u279c])[ \t]+(?=\S)"
)
_ROOT = re.compile(r"[ \t]*#[ \t]+(?=\S)")
_CONTINUED = re.compile(r"[ \t]*>[ \t]")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)[ \t]*[\w-]*[ \t]*")
_OF_OTHERS = re.compile(r"""---|[{\[]|[ \t]*(?:- +)?["']?[\w./-]+["']?[ \t]*:(?:[ \t]|$)""")

_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "runuser", "sh", "su", "zsh"})  # su has one run what is behind -c
_WITH_COMMAND = re.compile(r"-[A-Za-z]*c[A-Za-z]*")
_DEEPEST = 5  # so many commands may stand in each other
_OUTPUT = re.compile(r"[A-Za-z_]\w*=(?:\$\((?P<output>.*)\)|`(?P<old>.*)`)", re.DOTALL)


def is_command_line(text: str) -> bool:
    """Say whether a text may be commands, by its first line: YAML, JSON and units may have commands in them too."""
    lines = (line for line in text.splitlines() if line.strip() and not _FENCE.fullmatch(line))
    first = next((line for line in lines if not line.lstrip().startswith("#")), "")
    return bool(_PROMPT.match(first)) or not _OF_OTHERS.match(first.lstrip())


def pasted(text: str) -> list[list[Word]]:
    r"""Divide a pasted text into commands, without prompts and the marks of a block of code.

    What a shell is given with ``-c``, what ``eval`` is given, or what a variable is set to the output of, is a command
    too.

    Raises:
        ValueError: No shell takes it.

    Examples:
        >>> from capset.documents.pasted import pasted
        >>> pasted("me@host:~$ docker run \\\n> --privileged web && ls\n")
        [['docker', 'run', '--privileged', 'web'], ['ls']]
    """
    return [*each_pasted(text)]


def each_pasted(text: str) -> Iterator[list[Word]]:
    """Yield what :func:`pasted` returns, one by one, so that none has to be kept.

    Raises:
        ValueError: As of that, when it comes to this place.
    """
    found = False
    for words in _commands(text):
        found = True
        yield words
    if not found:  # # may be the prompt of root; in a text with other lines it begins a comment
        yield from (words for words in _commands(text, as_root=True) if starts_container(words))


def commands_in(words: list[Word], *, deep: int = 0) -> Iterator[list[Word]]:
    """Yield the commands that a command has in it, or else itself.

    Args:
        words: The words of the command.
        deep: In how many others it stands.

    Raises:
        ValueError: No shell takes what is in it, or too many stand in each other.
    """
    rest = without_front(words)
    text, line = "", words[0].line
    if len(words) == 1 and (found := _OUTPUT.fullmatch(words[0])):
        text = found["output"] or found["old"]
    elif rest and rest[0] == "eval":
        text, line = " ".join(rest[1:]), rest[0].line
    elif program(rest) in _SHELLS:
        at = next((at for at, word in enumerate(rest) if _WITH_COMMAND.fullmatch(word)), len(rest))
        text, line = next(((str(word), word.line) for word in rest[at + 1 : at + 2]), ("", line))
    if not text:
        yield words
        return
    if deep == _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} commands stand in each other")
    for inner in _commands(text, deep=deep + 1):
        yield [Word(word, line + word.line - 1) for word in inner]


def _commands(text: str, *, as_root: bool = False, deep: int = 0) -> Iterator[list[Word]]:
    lines: list[str] = []
    continues = False
    for line in text.replace("\r\n", "\n").split("\n"):
        lines.append(_without_prompt(line, continues=continues, as_root=as_root) if line else "")
        continues = line[-1:] == "\\" and lines[-1][-1:] == "\\"
    try:
        for words in each_command("\n".join(lines)):
            if words[0] not in OPERATORS:
                yield from commands_in(words, deep=deep)
    except UnfinishedError as error:
        raise ValueError(str(error)) from None


def _without_prompt(line: str, *, continues: bool, as_root: bool) -> str:
    if continues:
        return _CONTINUED.sub("", line, count=1)
    if _FENCE.fullmatch(line):
        return ""
    found = _PROMPT.match(line) or (_ROOT.match(line) if as_root else None)
    return line[found.end() :] if found else line
