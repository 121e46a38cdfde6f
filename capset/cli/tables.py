"""Tables for people: folded to the width of a terminal, or a record a block; in a pipe a row a line."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Literal, NamedTuple

import click

from capset.cli import terminal
from capset.cli.output import say, say_as_is
from capset.cli.terminal import cells, fold
from capset.display.judging import marked_name, warning
from capset.sets import CapSet

__all__ = ["ADDED", "DROPPED", "Cell", "cap_rows", "number", "prose", "say_risks", "table", "word"]


class Coloured(NamedTuple):
    """A text with a colour, where there are colours."""

    text: str
    colour: str


class Column(NamedTuple):
    """A column of a table: what is above it, and what is in it."""

    title: str
    holds: Literal["numbers", "words", "prose"]


Cell = str | Coloured

ADDED = Coloured("+ added", "green")
DROPPED = Coloured("- dropped", "red")

_READABLE = 24  # so wide is a column of long texts, or there are no columns


def number(title: str) -> Column:
    """Make a column of numbers."""
    return Column(title, "numbers")


def word(title: str) -> Column:
    """Make a column of words that are never folded."""
    return Column(title, "words")


def prose(title: str) -> Column:
    """Make a column of long texts, folded to the width of a terminal."""
    return Column(title, "prose")


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table. Nothing is cut off, and no word is broken that a line has room for."""
    rows, room, coloured = list(rows), terminal.width(sys.stdout), terminal.has_colours()
    widths = _widths(columns, rows, room)
    lines = _stacked(columns, rows, room, coloured) if widths is None else _aligned(columns, rows, widths, coloured)
    say_as_is("\n".join(lines))


def _text(cell: Cell) -> str:
    return cell.text if isinstance(cell, Coloured) else cell


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], room: int | None) -> list[int] | None:
    """Find how wide each column is to be; None if they do not fit."""
    texts = [[column.title, *map(_text, held)] for column, *held in zip(columns, *rows, strict=True)]
    full = [max(map(cells, column)) for column in texts]
    gaps = len(columns) - 1
    if room is None or sum(full) + gaps <= room:
        return full
    least = list(full)
    folded = [at for at, column in enumerate(columns) if column.holds == "prose"]
    for at in folded:
        words = [size for text in texts[at] for each in text.split() if (size := cells(each)) <= room]
        least[at] = min(full[at], max(_READABLE, *words))
    left = room - gaps - sum(least)
    if left < 0:
        return None
    for place, at in enumerate(sorted(folded, key=lambda at: full[at] - least[at])):  # what needs little gets all of it
        more = min(full[at] - least[at], left // (len(folded) - place))
        least[at] += more
        left -= more
    return least


def _aligned(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], widths: Sequence[int], coloured: bool
) -> Iterator[str]:
    """Write a line for each row, or several where a cell is folded."""
    plain = [""] * len(columns)
    title = _line(columns, [column.title for column in columns], widths, plain)
    yield click.style(title, bold=True) if coloured else title
    for row in rows:
        folded = [
            list(fold(_text(cell), width, hang=0)) if column.holds == "prose" else [_text(cell)]
            for column, cell, width in zip(columns, row, widths, strict=True)
        ]
        colours = [cell.colour if coloured and isinstance(cell, Coloured) else "" for cell in row]
        for texts in zip_longest(*folded, fillvalue=""):
            yield _line(columns, texts, widths, colours)


def _line(columns: Sequence[Column], texts: Sequence[str], widths: Sequence[int], colours: Sequence[str]) -> str:
    parts: list[str] = []
    for column, text, width, colour in zip(columns, texts, widths, colours, strict=True):
        blank = " " * (width - cells(text))
        shown = click.style(text, fg=colour) if colour and text else text
        parts.append(blank + shown if column.holds == "numbers" else shown + blank)
    return " ".join(parts).rstrip()


def _stacked(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], room: int | None, coloured: bool
) -> Iterator[str]:
    """Write a block for each row, in which each cell stands behind its title."""
    hang = max(cells(column.title) for column in columns) + 1
    for at, row in enumerate(rows):
        if at:
            yield ""
        for column, cell in zip(columns, row, strict=True):
            if text := _text(cell):
                lead = column.title + " " * (hang - cells(column.title))
                first, *others = fold(text, room, hang=hang, lead=lead)
                title = click.style(column.title, bold=True) if coloured else column.title
                yield title + first.removeprefix(column.title)
                yield from others


def cap_rows(caps: CapSet, *first: Cell) -> list[list[Cell]]:
    """List the members of a set as rows: number, name and what it is for."""
    from capset.summary import UNDEFINED

    strange = caps.undefined
    rows: list[list[Cell]] = [[*first, str(int(cap)), marked_name(cap), cap.info.summary] for cap in caps - strange]
    return [*rows, [*first, f"{int(min(strange))}-63", "?", f"{UNDEFINED}."]] if strange else rows


def say_risks(*sets: CapSet) -> None:
    """Say what the ! behind a name means, where there is one in these sets."""
    if told := warning(*sets):
        say(told)
