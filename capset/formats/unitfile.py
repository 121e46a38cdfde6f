"""The syntax of systemd's unit files: sections, assignments, and the words of a value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from capset.errors import shown
from capset.formats.document import Node, depends, has_placeholder, ignored, refused
from capset.problem import Problem

__all__ = [
    "SECTIONS",
    "Assignment",
    "assignments",
    "begins_again",
    "command_words",
    "open_quote",
    "physical_lines",
    "sections",
    "words",
]

SECTIONS = {".service": "Service", ".socket": "Socket", ".mount": "Mount", ".swap": "Swap"}
"""The sections in which settings about capabilities stand, by the end of the unit's name."""

# systemd's idea of white space, which ends words and is stripped from lines.
_SPACE = " \t\n\r"
_UNSAFE = re.compile(r"[\0-\x1f\x7f\"'\\]")
# Each of the three may be part of one end of a line, a NUL last.
_LINE_END = re.compile(r"(?:\r\n?|\n\r?)\0?|\0")


@frozen
class Assignment:
    """One assignment of a unit file.

    Attributes:
        section: The section that it stands in.
        key: What is assigned to.
        value: What is assigned, without the white space around it.
        place: Where it begins, such as ``line 3``.
    """

    section: str
    key: str
    value: str
    place: str

    @property
    def node(self) -> Node:
        """The value and its place, for problems."""
        return Node(self.value, f"{self.place} ({self.key})")


def assignments(text: str, problems: list[Problem], *, drop_in: int = 0, joint: str = " ") -> Iterator[Assignment]:
    """Go through the assignments of a unit file, and add what systemd passes over or refuses to *problems*.

    Behind a broken section header systemd reads no further: a unit is not loaded then, a drop-in counts as
    far as it was read. In a template, something else may put a header or a key there, and a line may decide about
    others.

    Args:
        text: The file.
        problems: The list that is added to.
        drop_in: Which drop-in it is, counted from 1; 0 for the unit itself.
        joint: What stands between the parts of a continued line; for Quadlet nothing does, not even white space.

    Source:
        systemd ``src/shared/conf-parser.c``, ``config_parse()``; systemd.syntax(7).
    """
    section = ""
    for number, line in _logical_lines(text, joint):
        place = Node(line, f"drop-in {drop_in}, line {number}" if drop_in else f"line {number}")
        key, sign, value = line.partition("=")
        if is_template := has_placeholder(line if line.startswith("[") else key):
            told = "something else is to stand here, or decides what does: it is a template"
            problems.append(depends(place, "variable", told))
        if line.startswith("["):
            if not line.endswith("]") or _UNSAFE.search(line):
                if is_template:
                    return
                rule = "a section header ends with ] and has no quotes or backslashes"
                if drop_in:
                    problems.append(ignored(place, "section-header", f"{rule}; the drop-in is read no further"))
                else:
                    problems.append(refused(place, "section-header", f"{rule}; the unit is not loaded"))
                return
            section = line[1:-1]
        elif is_template:
            continue
        elif not section:
            problems.append(ignored(place, "no-section", "it stands before the first section"))
        elif not sign or not key.strip(_SPACE):
            problems.append(ignored(place, "no-assignment", "it is no assignment, KEY=VALUE"))
        else:
            yield Assignment(section, key.strip(_SPACE), value.strip(_SPACE), place.place)


def sections(text: str) -> dict[str, int]:
    """Return the sections of a unit file, as far as systemd reads it, and the line on which each begins first."""
    found: dict[str, int] = {}
    for name, number in _headers(text):
        found.setdefault(name, number)
    return found


def begins_again(text: str) -> tuple[str, int] | None:
    """Return the first section that stands in a unit file twice, and the second line on which it begins."""
    found = set[str]()
    for name, number in _headers(text):
        if name in found:
            return name, number
        found.add(name)
    return None


def _headers(text: str) -> Iterator[tuple[str, int]]:
    for number, line in _logical_lines(text):
        if line.startswith("["):
            if not line.endswith("]") or _UNSAFE.search(line):
                return
            yield line[1:-1], number


def physical_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Go through the lines of a text as systemd ends them: where each begins, where the next one does, and itself."""
    begin = 0
    for end in _LINE_END.finditer(text):
        yield begin, end.end(), text[begin : end.start()]
        begin = end.end()
    yield begin, len(text), text[begin:]


def _logical_lines(text: str, joint: str = " ") -> Iterator[tuple[int, str]]:
    """Join continued lines, leave out comments and blank lines, and strip the rest."""
    start, parts = 0, list[str]()
    marked = False
    for number, (_, _, physical) in enumerate(physical_lines(text), 1):
        line = physical if joint else physical.strip(_SPACE)
        if line.strip(_SPACE)[:1] in {"#", ";"}:
            continue
        if not marked and line.startswith("\ufeff"):
            line, marked = line[1:], True
        start = start if parts else number
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            parts += [line[:-1], joint]
            continue
        line, parts = "".join([*parts, line]).strip(_SPACE), []
        if line:
            yield start, line
    if rest := "".join(parts).strip(_SPACE):
        yield start, rest


def open_quote(line: Assignment, rest: str) -> Problem:
    """Tell where systemd stops reading a value."""
    told = f"systemd stops reading at {shown(rest)}: a quote or backslash ends nowhere"
    return ignored(line.node, "open-quote", told)


def words(value: str, *, relaxed: bool) -> tuple[list[str], str]:
    """Divide a value into words, as systemd's ``extract_first_word()`` does.

    Args:
        value: The value. Quotes are removed, wherever they stand in a word, and a backslash stands for
            the letter behind it.
        relaxed: Whether a quote may be left open, as since systemd 254.

    Returns:
        The words, and what is left where systemd stops reading: an open quote, or a backslash with
        nothing behind it.
    """
    found: list[str] = []
    at = 0
    while True:
        while at < len(value) and value[at] in _SPACE:
            at += 1
        if at == len(value):
            return found, ""
        start, word, quote = at, "", ""
        while at < len(value) and (quote or value[at] not in _SPACE):
            letter = value[at]
            at += 1
            if letter == "\\":
                if at == len(value):
                    quote = quote or letter
                    break
                word += value[at]
                at += 1
            elif letter == quote:
                quote = ""
            elif not quote and letter in "'\"":
                quote = letter
            else:
                word += letter
        if quote and not relaxed:
            return found, value[start:]
        found.append(word)


_ESCAPES = {**dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True)), "s": " ", **dict(zip("\\\"'", "\\\"'", strict=True))}
_CODED = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")


def command_words(value: str, *, relaxed: bool = False, escapes: bool = True, empty: bool = True) -> list[str] | None:
    r"""Divide a command into words, with the escapes of C in them.

    Args:
        value: The command.
        relaxed: Whether a quote or a backslash may end nowhere, as for Quadlet.
        escapes: Whether a backslash begins such an escape; else it is a character like any other.
        empty: Whether a word may be empty; for Quadlet the value ends there.

    Returns:
        The words; None where systemd passes over the whole line.

    Source:
        systemd ``src/basic/extract-word.c`` with EXTRACT_UNQUOTE and EXTRACT_CUNESCAPE, and ``cunescape_one()``;
        containers/podman ``pkg/systemd/parser/split.go``, which was made of it.

    Examples:
        >>> from capset.formats.unitfile import command_words
        >>> command_words(r"docker run -e 'A=b c' \x41")
        ['docker', 'run', '-e', 'A=b c', 'A']
    """
    found: list[str] = []
    word: list[str] | None = None
    quote = ""
    at = 0
    while at < len(value):
        letter = value[at]
        at += 1
        if escapes and letter == "\\":
            if at == len(value):
                quote = quote or letter
                break
            coded = _CODED.match(value, at)
            meant = _character(coded) if coded else _ESCAPES.get(value[at])
            if meant is None:
                return None
            at = coded.end() if coded else at + 1
            word = [] if word is None else word
            word.append(meant)
        elif letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote, word = letter, [] if word is None else word
        elif not quote and letter in _SPACE:
            if not (word or empty or word is None):
                return found
            found += [] if word is None else ["".join(word)]
            word = None
        else:
            word = [] if word is None else word
            word.append(letter)
    if quote and not relaxed:
        return None
    return [*found, "".join(word)] if word or (word is not None and empty) else found


def _character(coded: re.Match[str]) -> str | None:
    """Return the character that has a number; None where there is none, and for that of zero, which ends texts."""
    number = int(coded[4], 8) if coded[4] else int(coded[1] or coded[2] or coded[3], 16)
    return chr(number) if 0 < number <= (0xFF if coded[4] else 0x10FFFF) else None
