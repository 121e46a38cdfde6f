"""HTML for notebooks: tables that read well in any theme, of texts that are escaped unless they say otherwise.

Colours, fonts and lines are those of the page: nothing here sets them. Notebooks align the cells of a table
to the right, so each cell says how it wants to be aligned. There is no script and nothing to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from capset.printable import printable
from capset.sets import CapSet

__all__ = [
    "Html",
    "block",
    "details",
    "foreign",
    "lines",
    "listed",
    "markup",
    "mono",
    "paragraph",
    "signed",
    "strong",
    "table",
    "unbroken",
]

Cell = str | int


class Html(str):
    """A text that is HTML already. Every other text is escaped when it is put into HTML."""

    __slots__ = ()


def markup(text: Cell) -> str:
    """Return HTML as it is, and any other text escaped, with what is not printable shown as an escape."""
    return text if isinstance(text, Html) else escape(printable(str(text)))


def foreign(text: str) -> Html:
    """Make a text that somebody else wrote, such as a process: its direction and its spaces are its own."""
    return Html(f'<bdi style="white-space:pre-wrap">{markup(text)}</bdi>')


def block(*parts: Html) -> str:
    """Put together all that is shown of one value.

    Two classes keep a $ in a name from being read as the beginning of a formula, which notebooks do in all HTML.
    """
    return f'<div class="capset tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'


def paragraph(text: Cell) -> Html:
    """Make a paragraph."""
    return Html(f"<p>{markup(text)}</p>")


def strong(text: Cell) -> Html:
    """Make a text that stands out."""
    return Html(f"<b>{markup(text)}</b>")


def mono(text: Cell) -> Html:
    """Make a text of a fixed width, such as a mask."""
    return Html(f"<code>{markup(text)}</code>")


def signed(sign: str, words: str) -> Html:
    """Make a sign and what it stands for."""
    return Html(f"<b>{markup(sign)}</b>&nbsp;{markup(words)}")


def unbroken(texts: Iterable[Cell]) -> Html:
    """Make texts of a fixed width that are broken between each other and not inside, such as options."""
    return Html(" ".join(f'<code style="white-space:nowrap">{markup(text)}</code>' for text in texts))


def lines(parts: Iterable[Cell]) -> Html:
    """Put each part on a line of its own."""
    return Html("<br>".join(map(markup, parts)))


def listed(caps: CapSet, marked: CapSet = CapSet()) -> Html:  # noqa: B008, it is immutable
    """List capabilities, those that are *marked* with a ! in front; or say that there are none."""
    return Html(", ".join(f"<b>!</b>&nbsp;{cap}" if cap in marked else str(cap) for cap in caps) or "none")


def details(title: str, content: Html) -> Html:
    """Fold away what is long; it opens without a script."""
    return Html(f"<details><summary>{markup(title)}</summary><div>{content}</div></details>")


def table(
    caption: Cell, head: Sequence[Cell], rows: Iterable[Sequence[Cell]], *, header: int = 0, foot: int = 0
) -> Html:
    """Make a table.

    Args:
        caption: What it shows.
        head: The titles of the columns; none for a table whose rows speak for themselves.
        rows: The cells, row by row. Numbers stand to the right.
        header: The column that names its row.
        foot: How many rows at the end sum up the others.
    """
    body = [_row(row, header) for row in rows]
    parts = [f'<caption style="text-align:left"><b>{markup(caption)}</b></caption>']
    if head:
        titles = "".join(f'<th scope="col" style="{_style(title)}">{markup(title)}</th>' for title in head)
        parts.append(f"<thead><tr>{titles}</tr></thead>")
    end = len(body) - foot
    parts.append(f"<tbody>{''.join(body[:end])}</tbody>")
    if foot:
        parts.append(f"<tfoot>{''.join(body[end:])}</tfoot>")
    return Html(f"<table>{''.join(parts)}</table>")


def _row(cells: Sequence[Cell], header: int) -> str:
    row = (
        f'<th scope="row" style="{_style(cell)}">{markup(cell)}</th>'
        if at == header
        else f'<td style="{_style(cell)}">{markup(cell)}</td>'
        for at, cell in enumerate(cells)
    )
    return f"<tr>{''.join(row)}</tr>"


def _style(cell: Cell) -> str:
    return f"text-align:{'right' if isinstance(cell, int) else 'left'};vertical-align:top"
