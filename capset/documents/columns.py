"""Columns: where in its line a value stands.

Parsers of a dozen dialects know lines. Where in its line a value stands is looked up in the text, which is the same for
all of them, and it is known only where the value stands there just once.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["column", "lines_of"]

_ENDS = re.compile(r"\r\n|\n")
# What some parsers take for the end of a line, and others do not.
_ODD = re.compile("\r(?!\n)|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_LONGEST = 10_000  # characters of a line in which something is looked up, as that is done for each finding
_WORD = re.compile(r"[\w-]+")
_KEY = re.compile(r"([\w-]+)\)?$", re.ASCII)


@lru_cache(maxsize=16)  # of documents that are looked at for each of their findings
def lines_of(text: str) -> tuple[str, ...]:
    """Divide a text into lines, without their ends; none where parsers do not agree what a line is."""
    return () if _ODD.search(text) else tuple(_ENDS.split(text))


def column(lines: tuple[str, ...], line: int, value: str, place: str = "") -> int | None:
    """Return where a value stands in its line, or else the key at the end of its place.

    Args:
        lines: The lines of the document.
        line: Which of them, counted from 1.
        value: The value, as it is written.
        place: Its place, such as ``services.web.user`` or ``line 7 (User)``.

    Returns:
        The column, counted from 1 in characters; None where neither stands there just once by itself.
    """
    if not 0 < line <= len(lines) or len(text := lines[line - 1]) > _LONGEST:
        return None
    key = _KEY.search(place)
    for word in (value, key[1] if key else ""):
        if word and (found := _alone(text, word)) is not None:
            return found + 1
    return None


def _alone(text: str, word: str) -> int | None:
    """Find a word that stands in a line by itself just once; as a part of longer ones it may stand there too."""
    if _WORD.fullmatch(word):
        return _words(text).get(word)
    if text.count(word) != 1:
        return None
    at = text.index(word)
    around = text[at - 1 : at] + word[0], word[-1] + text[at + len(word) : at + len(word) + 1]
    return None if any(len(each) == 2 and _WORD.fullmatch(each) for each in around) else at


@lru_cache(maxsize=16)
def _words(text: str) -> dict[str, int | None]:
    """Say of each word of a line where it stands; None if it stands there more than once."""
    found: dict[str, int | None] = {}
    for word in _WORD.finditer(text):
        found[word[0]] = None if word[0] in found else word.start()
    return found
