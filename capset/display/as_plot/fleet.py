"""The rare sets of a fleet, as bars."""

# As in canvas.py.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

from capset.arrays.worded import percent
from capset.display import plot
from capset.display.as_plot.canvas import FILL, WARNED, Pen, message, needs_matplotlib, points, rowed
from capset.display.judging import risky
from capset.fleet.outliers import Outlier, Rare

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MANY = 40  # rows; nobody reads more bars


@plot.register(Rare)
def _rare(rare: Rare, *, ax: Axes | None = None) -> Axes:
    """Draw a bar for each rare set, as long as the part of its peers that holds it; the axis ends at the limit."""
    needs_matplotlib()
    title = f"Rare {rare.set} sets, and which part of their peers holds each"
    if not rare:
        return message(title, "; ".join(["no set is rare", *rare.facts()]), ax)
    shown = rare.outliers[:_MANY]
    marked = [row for row, each in enumerate(shown) if risky(each.diff.added)]
    more = [f"and {len(rare) - _MANY} more"] if len(rare) > _MANY else []
    pen = Pen()
    names = pen.names(map(_name, shown))
    high = sum(0.4 * pen.size + pen.line * (name.count("\n") + 1) for name in names)
    notes = [*more, *rare.facts(), *[WARNED] * bool(marked)]
    heads = ["0%", f"{100 * rare.share:.3g}% of peers"]
    ax, pen = rowed(names, (320, high), title=title, notes=notes, marked=marked, heads=heads, ax=ax)
    texts = [f"{percent(each.count, each.of)}, {each.count} of {each.of}" for each in shown]
    room = points(ax)[0]
    beside = min(max(map(pen.width, texts)) + 2 * pen.size, room / 2)
    ax.set_xlim(0, max(rare.share, *(each.share for each in shown)) * room / (room - beside))
    ax.set_xticks([0, rare.share], heads)
    ax.barh(range(len(shown)), [each.share for each in shown], height=0.6, color=FILL, edgecolor="none")
    for place, each in enumerate(shown):
        ax.annotate(
            texts[place],
            (each.share, place),
            (0.6 * pen.size, 0),
            textcoords="offset points",
            va="center_baseline",
            **pen.style(),
        )
    return ax


def _name(outlier: Outlier) -> str:
    peers = ", ".join(map(str, outlier.peers.values())) or "all"
    return f"{peers} {outlier.diff}"
