"""Braces: the words that Bash and others put in place of one, as ``ab`` and ``ac`` for ``a{b,c}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["MOST", "TooManyError", "expanded"]

MOST = 64
"""For so many words one may stand: more than there are capabilities."""

# One that has no other in it. Behind a dollar it is a variable, and behind another brace a mark of a template.
_GROUP = re.compile(r"(?<![${])\{([^{}]*)\}")


class TooManyError(Exception):
    """A word stands for more than :data:`MOST` others."""


def expanded(text: str, bare: str) -> list[str]:
    """Return the words for which a word stands, which may be itself.

    Of braces in braces, some words come several times. What counts from one number to another is left as it is.

    Args:
        text: The word, without its quotes.
        bare: The same, with something else in place of each character that was in quotes or behind a backslash.

    Raises:
        TooManyError: It stands for too many.

    Source:
        Bash's manual, 3.5.1 *Brace Expansion*; a POSIX shell without it leaves the word as it is.

    Examples:
        >>> from capset.documents.braces import expanded
        >>> expanded("--cap-add={KILL,CHOWN}", "--cap-add={KILL,CHOWN}")
        ['--cap-add=KILL', '--cap-add=CHOWN']
        >>> expanded("a{b,c}", "a{bxc}")
        ['a{b,c}']
    """
    found: list[str] = []
    words = [(text, bare)]
    while words:
        word, bare = words.pop()
        group = next((each for each in _GROUP.finditer(bare) if "," in each[1]), None)
        if group is None:
            found.append(word)
            continue
        if len(found) + len(words) + group[1].count(",") >= MOST:
            raise TooManyError
        words += reversed([*_each(word, bare, group)])
    return found


def _each(word: str, bare: str, group: re.Match[str]) -> Iterator[tuple[str, str]]:
    """Yield a word, and what is bare in it, with each of what stands in braces in place of these."""
    begin, end = group.span()
    at = group.start(1)
    for part in group[1].split(","):
        behind = at + len(part)
        yield word[:begin] + word[at:behind] + word[end:], bare[:begin] + part + bare[end:]
        at = behind + 1
