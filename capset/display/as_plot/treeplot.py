"""Drawing the lines of a process tree: the tree, what each holds, and what it has over its parent."""

# As in canvas.py.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from capset.capability import Cap
from capset.display.as_plot.canvas import GAIN, LOSS, ON_SIGN, Pen, new_axes, points, shorten
from capset.display.as_plot.processtree import Line
from capset.display.judging import in_short, risky
from capset.sets import CapSet
from capset.summary import summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_tree"]

_NAMES = 372.0  # points that the names of what is gained and lost may take
_MINUS = "−"  # noqa: RUF001, the sign is meant


def draw_tree(title: str, lines: Sequence[Line], last: str, ax: Axes | None) -> Axes:
    """Draw the lines of a tree in four columns; the units of the axes are points."""
    pen = Pen()
    high = 1.6 * pen.size
    step = min(1.8 * pen.size, 200 / max(1, *(line.depth for line in lines)))
    labels = [shorten(label, 48) for label in pen.drawable(line.label for line in lines)]
    starts = [line.depth * step for line in lines]
    signs = [_signed(line) for line in lines]
    words = [_words(pen, line) for line in lines]
    ends = [start + pen.width(label) for start, label in zip(starts, labels, strict=True)]
    second = max(pen.width("process"), *ends) + 3 * pen.size + pen.width("has")  # where the numbers end
    third = second + 2 * pen.size
    box = max(map(pen.width, signs)) + pen.size
    fourth = third + box + pen.size
    width = max(third + pen.width("over its parent"), fourth + max(map(pen.width, words)), pen.width(last), 340)
    height = (len(lines) + 1 + bool(last)) * high
    if ax is None:
        title = pen.wrap(title, width, 1.2)
        ax = new_axes((width, height), 8, 8, 8 + pen.size + 1.2 * pen.line * (title.count("\n") + 1), 8)
    else:
        room = points(ax)
        scale = min(1.0, room[0] / width, room[1] / height)
        title = pen.wrap(title, room[0] / scale, 1.2)
        width, height, pen = room[0] / scale, room[1] / scale, Pen(max(1.0, pen.size * scale))
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_title(title, loc="left", pad=pen.size, **pen.style(1.2))

    def write(x: float, row: float, text: str, **how: Any) -> None:
        ax.text(x, (row + 0.5) * high, text, va="center_baseline", **pen.style(), **how)

    for x, head, side in ((0, "process", "left"), (second, "has", "right"), (third, "over its parent", "left")):
        write(x, 0, head, ha=side, fontweight="bold")
    _branches(ax, lines, starts, step, high)
    for row, line in enumerate(lines, 1):
        write(starts[row - 1], row, labels[row - 1])
        write(second, row, str(len(line.held)), ha="right")
        write(fourth if signs[row - 1] else third, row, words[row - 1])
        if signs[row - 1]:
            style = _box(ax, line, (third, row * high), (box, high))
            write(third + box / 2, row, signs[row - 1], ha="center", **style)
    if last:
        write(0, len(lines) + 1, last, fontstyle="italic")
    return ax


def _branches(ax: Axes, lines: Sequence[Line], starts: Sequence[float], step: float, high: float) -> None:
    """Draw what joins each line with its parent's."""
    from matplotlib import rcParams
    from matplotlib.collections import LineCollection

    paths = [
        [
            (starts[line.parent] + step / 3, (line.parent + 2) * high),
            (starts[line.parent] + step / 3, (row + 0.5) * high),
            (starts[row - 1] - step / 6, (row + 0.5) * high),
        ]
        for row, line in enumerate(lines, 1)
        if line.parent is not None
    ]
    ax.add_collection(LineCollection(paths, colors=rcParams["text.color"], linewidths=0.7, alpha=0.6), autolim=False)


def _box(ax: Axes, line: Line, corner: tuple[float, float], size: tuple[float, float]) -> dict[str, Any]:
    """Draw a box behind a sign, if there is a change, and return how the sign is set on it."""
    from matplotlib import rcParams
    from matplotlib.patches import Rectangle

    if not line.change:
        return {}
    color = GAIN if line.change.added else LOSS
    place = (corner[0], corner[1] + 0.08 * size[1])
    ax.add_patch(
        Rectangle(place, size[0], 0.84 * size[1], facecolor=color, edgecolor=rcParams["text.color"], linewidth=0.6)
    )
    return {"color": ON_SIGN}


def _signed(line: Line) -> str:
    """Write how many are gained and lost; the same is =, and without a parent there is nothing to say."""
    if line.change is None:
        return ""
    counts = (("+", len(line.change.added)), (_MINUS, len(line.change.dropped)))
    return " ".join(f"{sign}{count}" for sign, count in counts if count) or "="


def _words(pen: Pen, line: Line) -> str:
    """Name what is gained and lost, as far as it fits; of what has lost much, rather what is left."""
    if not line.change:
        return line.note
    head = [f"{line.note}:"] if line.note else []
    if not line.change.added:
        left = " ".join([*head, f"keeps {in_short(line.held)}"])
        if pen.width(left) <= _NAMES:
            return left
    names = [f"+{cap}" for cap in _warned_first(line.change.added)] + [f"{_MINUS}{cap}" for cap in line.change.dropped]
    if CapSet.all() <= line.change.added:
        return " ".join([*head, f"+ {summary(line.change.added)}"])
    text = ""
    for count in range(1, len(names) + 1):
        more = len(names) - count
        longer = " ".join(head + names[:count] + [f"and {more} more"] * bool(more))
        if text and pen.width(longer) > _NAMES:
            break
        text = longer
    return text


def _warned_first(caps: CapSet) -> list[Cap]:
    warned = risky(caps)
    return [*warned, *caps - warned]
