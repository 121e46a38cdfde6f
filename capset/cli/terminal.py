"""What stands at the other end: whether somebody looks, how wide it is, and lines that fit it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

__all__ = ["cells", "encodes", "fold", "has_colours", "is_animated", "is_watched", "width"]

_DUMB = {"dumb", "unknown"}  # what TERM says of one that takes text alone
_USUAL = 80  # where a terminal does not say how wide it is


def is_watched(stream: Any) -> bool:
    """Say whether a stream is a terminal, at which somebody looks."""
    return stream is not None and bool(stream.isatty())


def width(stream: Any) -> int | None:
    """Return how many cells a line of a terminal has; None for a file or a pipe, where nothing is folded."""
    if not is_watched(stream):
        return None
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except OSError:  # it has no number, or has been closed
        return _USUAL


def is_animated(stream: Any) -> bool:
    """Say whether a stream is a terminal on which a line can be wiped out again."""
    return is_watched(stream) and os.environ.get("TERM") not in _DUMB


def has_colours() -> bool:
    """Say whether what is printed may be coloured: https://no-color.org, https://force-color.org, and TERM."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_animated(sys.stdout)


def encodes(text: str) -> bool:
    """Say whether standard output can show a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def cells(text: str) -> int:
    """Return how many cells a text takes; a Chinese character takes two."""
    if not text.isascii():
        try:
            from rich.cells import cell_len
        except ModuleNotFoundError:  # columns are not straight then
            return len(text)
        return cell_len(text)
    return len(text)


def fold(text: str, room: int | None, *, hang: int = 2, lead: str = "") -> Iterator[str]:
    """Fold a line at words, and inside a word only where that alone is wider than the terminal.

    Args:
        text: The line.
        room: How wide the terminal is; None folds nothing.
        hang: By how much the second line, and all after it, stand further in than the first.
        lead: What stands in front of the text, on a line of its own if there is no room beside the text.
    """
    if room is None or cells(lead + text) <= room:
        yield lead + text
        return
    try:
        from rich.console import Console
        from rich.text import Text
    except ModuleNotFoundError:  # the words are more than how they stand
        yield lead + text
        return
    body = text.lstrip(" ")
    first = " " * (len(text) - len(body))
    hang += len(first)
    hang = min(hang, room // 2)
    longest = max((size for size in map(cells, body.split()) if size <= room), default=0)  # others are broken anyhow
    hang = min(hang, room - longest)
    if not lead:
        first = first[:hang]
    elif (taken := cells(lead := lead.rstrip())) < hang:
        first = lead + " " * (hang - taken)
    else:
        yield lead
        first = " " * hang
    lines = Text(body).wrap(Console(width=room), room - hang, overflow="fold")
    for front, line in zip(chain([first], repeat(" " * hang)), lines, strict=False):
        yield (front + line.plain).rstrip()
