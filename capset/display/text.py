"""One-line texts for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.engines import Release

__all__ = ["printable", "releases_text", "summary"]

_FEW = 5  # so many names are shown as an exception before all the others are listed instead


def printable(text: str) -> str:
    r"""Make a text from a process or a file safe to show: nothing in it can act on a terminal.

    Every character that is not printable becomes an escape of Python's, and so does a backslash, so that
    the result is unambiguous: ``\\x80`` is a byte that was no UTF-8, ``\\u0080`` the character.

    Args:
        text: Any text; lone surrogates stand for bytes, as ``os.fsdecode`` makes them.

    Examples:
        >>> print(printable("ssh\x1b[2J"))
        ssh\x1b[2J
    """
    return "".join(char if char.isprintable() and char != "\\" else _escape(char) for char in text)


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    if "\x80" <= char <= "\xff":  # \x80 is a byte that was no text
        return f"\\u{ord(char):04x}"
    return char.encode("unicode_escape").decode("ascii")


def summary(caps: CapSet) -> str:
    """Describe a set in a line: by its names, or, where that is shorter, by what it lacks.

    *All known* means those that this version of capset knows.

    Examples:
        >>> summary(CapSet.parse("kill,chown"))
        'CAP_CHOWN, CAP_KILL'
        >>> summary(CapSet.all() - {"sys_resource"})
        'all known but CAP_SYS_RESOURCE'
        >>> summary(CapSet())
        'none'
    """
    if not caps:
        return "none"
    known = CapSet.all()
    missing = known - caps
    if len(missing) > _FEW:
        return ", ".join(caps.names())
    text = "all known"
    if missing:
        text += f" but {', '.join(missing.names())}"
    if caps.unknown:
        text += f" and no. {', '.join(caps.unknown.names())}"
    return text


def releases_text(releases: Iterable[Release]) -> str:
    """Name stretches of releases; what was read at one commit only has none."""
    return ", ".join(map(str, releases)) or "as read"
