"""A grid: which of some columns has which of some capabilities."""

# As in canvas.py.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from capset.capability import Cap
from capset.display.as_plot.canvas import FILL, ON_FILL, Pen, labelled, points
from capset.sets import CapSet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_grid"]

_WIDEST = 500.0  # points that columns with level heads may take together


def draw_grid(
    title: str,
    heads: Sequence[str],
    columns: Sequence[CapSet],
    rows: Sequence[Cap],
    notes: Sequence[str],
    ax: Axes | None,
) -> Axes:
    """Draw which of the columns has which of the rows."""
    from matplotlib import rcParams
    from matplotlib.patches import Rectangle

    pen = Pen()
    names = pen.names(heads)
    level = max(2.6 * pen.size, max(map(pen.width, names)) + 1.5 * pen.size)
    lines = max(name.count("\n") + 1 for name in names)
    room = _WIDEST if ax is None else points(ax)[0]
    turned = level * len(names) > room
    wide = max(2.2 * pen.size, lines * pen.line + 0.5 * pen.size) if turned else level
    inner = (wide * len(names), 1.6 * pen.size * len(rows))
    ax, pen = labelled(rows, inner, title=title, notes=notes, heads=names, turned=turned, ax=ax)
    ax.set_xlim(-0.5, len(names) - 0.5)
    lines_of: dict[str, Any] = {"color": rcParams["text.color"], "linewidth": 0.5, "alpha": 0.35}
    for row in range(len(rows) + 1):
        ax.axhline(row - 0.5, clip_on=False, **lines_of)
    for column in range(len(names) + 1):
        ax.axvline(column - 0.5, clip_on=False, **lines_of)
    for column, caps in enumerate(columns):
        for row, cap in enumerate(rows):
            if cap in caps:
                ax.add_patch(Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, facecolor=FILL, edgecolor="none"))
                ax.text(column, row, "✓", ha="center", va="center", color=ON_FILL, **pen.style())
    return ax
