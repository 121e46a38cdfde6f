"""Sets beside each other, as a plot."""

# As in canvas.py.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from capset.capability import Cap
from capset.comparison import Comparison
from capset.display import plot
from capset.display.as_plot.canvas import Pen, message, needs_matplotlib
from capset.display.as_plot.grid import draw_grid
from capset.sets import CapSet
from capset.summary import summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_comparison"]


@plot.register(Comparison)
def _comparison(comparison: Comparison, *, ax: Axes | None = None) -> Axes:
    title = f"Which {comparison.kind} has which capability"
    return plot_comparison(comparison.sets, comparison.rows, ax, title=title)


def plot_comparison(
    sets: Mapping[str, CapSet],
    rows: Sequence[Cap],
    ax: Axes | None = None,
    *,
    title: str = "Which set has which capability",
) -> Axes:
    """Draw a grid: a row for each capability, a column for each set, a check in a filled cell for what is held.

    Args:
        sets: The sets, by the names that stand over the columns.
        rows: The capabilities, from above.
        ax: Where to draw; a new figure, as large as it needs to be, if None.
        title: What stands over it.

    Returns:
        The axes with the plot.

    Raises:
        ModuleNotFoundError: Matplotlib is not installed.
    """
    needs_matplotlib()
    if not sets:
        return message(title, "nothing to compare", ax)
    if not rows:
        names = " and ".join(Pen().names(sets)).replace("\n", " ")
        [first, *others] = sets.values()
        alike = all(caps == first for caps in others)
        text = (
            f"{'no difference; each has' if others else 'it has'} {summary(first)}"
            if alike
            else "there is no row to show"
        )
        return message(title, f"{names}: {text}", ax)
    return draw_grid(
        title, list(sets), list(sets.values()), rows, ("✓ it has the capability; an empty cell: it has not",), ax
    )
