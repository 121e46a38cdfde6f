"""Writing to the terminal: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from capset.errors import MissingExtraError
from capset.printable import message
from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.engines import Release

__all__ = [
    "ADDED",
    "DROPPED",
    "Cell",
    "Failure",
    "cap_rows",
    "diff_json",
    "number",
    "prose",
    "releases_json",
    "say",
    "say_json",
    "table",
    "warn",
    "word",
]


class Coloured(NamedTuple):
    """A text with a colour, where there are colours."""

    text: str
    colour: str


class Column(NamedTuple):
    """A column of a table: what is above it, and what is in it."""

    title: str
    holds: Literal["numbers", "words", "prose"]


Cell = str | Coloured

ADDED = (Coloured("+", "green"), Coloured("added", "green"))
DROPPED = (Coloured("-", "red"), Coloured("dropped", "red"))


class Failure(click.ClickException):
    """What went wrong, in one line; exit status 2 as for a wrong usage, because 1 means that two sets differ."""

    exit_code = 2

    def show(self, file: Any = None) -> None:  # noqa: ARG002, as click calls it
        """Print it as every message of this command."""
        with suppress(OSError):  # where not even that can be written, the exit status says it
            warn(self.message)


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
    """Print a table. On a terminal that is too narrow its lines run over the edge; nothing is cut off."""
    try:
        from rich.cells import cell_len
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ModuleNotFoundError:
        raise MissingExtraError("rich", "cli", "a table") from None

    console, rows = Console(highlight=False, markup=False, emoji=False), list(rows)
    if not console.is_terminal:
        say(_unfolded(columns, rows, cell_len))
        return
    grid = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=True)
    cells = [[Text(*cell) if isinstance(cell, Coloured) else Text(cell) for cell in row] for row in rows]
    fixed = len(columns)
    for at, column in enumerate(columns):
        width = 20 if column.holds == "prose" else max([len(column.title), *(row[at].cell_len for row in cells)])
        fixed += width
        if column.holds == "prose":
            grid.add_column(column.title, overflow="fold", ratio=1)
        else:
            side: Literal["left", "right"] = "right" if column.holds == "numbers" else "left"
            grid.add_column(column.title, justify=side, no_wrap=True, min_width=width)
    for row in cells:
        grid.add_row(*row)
    console.width = max(console.width, fixed)
    with console.capture() as capture:
        console.print(grid)
    say("\n".join(line.rstrip() for line in capture.get().split("\n")).strip("\n"))


def _unfolded(columns: Sequence[Column], rows: list[Sequence[Cell]], width: Callable[[str], int]) -> str:
    """Write a table where nobody looks at columns: nothing is folded, and many rows do not take long, as in Rich."""
    written: list[list[str]] = []
    for column, *cells in zip(columns, *rows, strict=True):
        texts = [column.title, *(cell.text if isinstance(cell, Coloured) else cell for cell in cells)]
        full = max(map(width, texts))
        blank = [" " * (full - width(text)) for text in texts]
        front, back = (blank, texts) if column.holds == "numbers" else (texts, blank)
        written.append([before + after for before, after in zip(front, back, strict=True)])
    return "\n".join(" ".join(line).rstrip() for line in zip(*written, strict=True))


def cap_rows(caps: CapSet, *first: Cell) -> list[list[Cell]]:
    """List the members of a set as rows: number, name and what it is for."""
    from capset.summary import UNDEFINED

    strange = caps.undefined
    rows: list[list[Cell]] = [[*first, str(int(cap)), str(cap), cap.info.summary] for cap in caps - strange]
    return [*rows, [*first, f"{int(min(strange))}-63", "?", f"{UNDEFINED}."]] if strange else rows


def say(text: str = "") -> None:
    """Print a line."""
    click.echo(text)


def warn(text: str) -> None:
    """Print a line where errors go."""
    click.echo(f"capset: {message(text)}", err=True)


def say_json(value: object) -> None:
    """Print a value as JSON."""
    import json

    say(json.dumps(value, indent=2))


def diff_json(before: CapSet, after: CapSet) -> dict[str, object]:
    """Return a difference as JSON has it."""
    changes = before.diff(after)
    return {
        "before": before.hex(),
        "after": after.hex(),
        "added": changes.added.names(),
        "dropped": changes.dropped.names(),
        "kept": (before & after).names(),
    }


def releases_json(releases: Iterable[Release]) -> list[dict[str, str | None]]:
    """Return stretches of releases as JSON has them."""
    return [{"since": release.since, "until": release.until or None} for release in releases]
