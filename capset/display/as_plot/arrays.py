"""How many of many masks hold each capability, as bars."""

# As in canvas.py.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

from capset.arrays.prevalent import Prevalence
from capset.arrays.worded import percent, plural
from capset.display import plot
from capset.display.as_plot.canvas import FILL, Pen, labelled, message, needs_matplotlib, points
from capset.display.counted import by_count, not_known
from capset.sets import CapSet
from capset.summary import summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@plot.register(Prevalence)
def _prevalence(found: Prevalence, *, ax: Axes | None = None) -> Axes:
    """Draw a bar for each capability that any holds; all masks would be one as wide as the place."""
    needs_matplotlib()
    title = f"How many of {plural(found.total, found.what)} hold each capability"
    rest = not_known(found)
    if not found:
        return message(title, "; ".join(["nothing is held", *rest]), ax)
    caps = [cap for cap, _ in by_count(found)]
    nobody = CapSet.all() - CapSet(caps)
    notes = [*rest, *[f"held by none: {summary(nobody)}"] * bool(nobody)]
    pen = Pen()
    ax, pen = labelled(caps, (320, 1.6 * pen.size * len(caps)), title=title, notes=notes, ax=ax)
    texts = [f"{percent(found[cap], found.total)}, {found[cap]}" for cap in caps]
    room = points(ax)[0]
    beside = min(max(map(pen.width, texts)) + 2 * pen.size, room / 2)
    ax.set_xlim(0, room / (room - beside))
    ax.barh(range(len(caps)), [found.share(cap) for cap in caps], height=0.72, color=FILL, edgecolor="none")
    for place, cap in enumerate(caps):
        ax.annotate(
            texts[place],
            (found.share(cap), place),
            (0.6 * pen.size, 0),
            textcoords="offset points",
            va="center_baseline",
            **pen.style(),
        )
    return ax
