"""Printable: a text from outside, made safe to show."""

from __future__ import annotations

__all__ = ["encoded", "message", "printable"]


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


def message(text: str) -> str:
    r"""Make a message safe to show that quotes what others wrote: as :func:`printable`, but a backslash stays one.

    Examples:
        >>> print(message("expected a name, got 'a\\x1b', in \x1b"))
        expected a name, got 'a\x1b', in \x1b
    """
    return text if text.isprintable() else "\\".join(map(printable, text.split("\\")))


def encoded(text: str) -> bytes:
    r"""Return the bytes of a text: those that lone surrogates stand for, and of any text some.

    A surrogate that stands for no byte, as JSON may have it, is written as UTF-8 would have it if it were a character.

    Examples:
        >>> encoded("é\udcff"), encoded("\ud800")
        (b'\xc3\xa9\xff', b'\xed\xa0\x80')
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    if "\x80" <= char <= "\xff":  # \x80 is a byte that was no text
        return f"\\u{ord(char):04x}"
    return char.encode("unicode_escape").decode("ascii")
