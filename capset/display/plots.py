"""Plots of sets, hosts, process trees and engines, drawn by Matplotlib: the extra ``plot``.

Each takes the colours of its texts from the style that is in use, light or dark, and says nothing by colour alone.
"""

# As in canvas.py.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from capset.capability import Cap
from capset.display.canvas import (
    FILL,
    ON_FILL,
    Pen,
    labelled,
    message,
    needs_matplotlib,
    points,
)
from capset.display.processtree import Line, process_tree
from capset.display.text import summary
from capset.display.treeplot import draw_tree
from capset.engines.releases import join
from capset.live.status import INITIAL_USER_NS
from capset.sets import CapSet
from capset.state import check_set

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from capset.engines import Engine
    from capset.live import ProcStatus

__all__ = ["plot_comparison", "plot_host", "plot_tree", "plot_versions"]

_WIDEST = 500.0  # points that columns with level heads may take together
_MOST = 80  # lines of a tree


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
    return _grid(
        title, list(sets), list(sets.values()), rows, ("✓ it has the capability; an empty cell: it has not",), ax
    )


def plot_versions(engines: Sequence[Engine], ax: Axes | None = None) -> Axes:
    """Draw how an engine's default changed: a column for each stretch of releases with the same one.

    The rows are the capabilities in which they differ; those that all of them have are told in a line.

    Args:
        engines: The engine as it was over time, such as ``engines.versions("docker")``.
        ax: As of :func:`plot_comparison`.

    Returns:
        The axes with the plot.

    Raises:
        ModuleNotFoundError: Matplotlib is not installed.
    """
    needs_matplotlib()
    title = f"The default of {' and '.join(dict.fromkeys(engine.title for engine in engines))}"
    if not engines:
        return message("The default of an engine", "nothing to show", ax)
    every = [release for engine in engines for release in engine.releases]
    heads: list[str] = []
    columns: list[CapSet] = []
    for (_, caps), run in groupby(engines, key=lambda engine: (engine.name, engine.default)):
        stretches = join(every, {release for engine in run for release in engine.releases})
        heads.append(", ".join(map(str, stretches)) or "no release named")
        columns.append(caps)
    common = columns[0].intersection(*columns)
    rows = list(columns[0].union(*columns) - common)
    if not rows:
        told = "" if len(engines) == 1 else "; it did not change"
        return message(title, f"{', '.join(dict.fromkeys(heads))}: {summary(common)}{told}", ax)
    notes = (f"All have {', '.join(common.names())}", "✓ it has the capability; an empty cell: it has not")
    return _grid(title, heads, columns, rows, notes[not common :], ax)


def _grid(
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


def plot_host(statuses: Sequence[ProcStatus], set: str = "effective", ax: Axes | None = None) -> Axes:
    """Draw which capability is held by how many processes, as bars.

    The part of a bar that stands for processes in another user namespace is hatched: another than the initial one, or
    than most where none is in that. Capabilities that none of them holds are named in a line.

    Args:
        statuses: The processes, or threads.
        set: Which of their five sets counts.
        ax: As of :func:`plot_comparison`.

    Returns:
        The axes with the plot.

    Raises:
        ModuleNotFoundError: Matplotlib is not installed.
        ValueError: There is no such set.
    """
    needs_matplotlib()
    check_set(set)
    title = f"{_titled(statuses, set)}: how many have each capability"
    if not statuses:
        return message(title, "nothing to show", ax)
    spaces = Counter(status.user_ns for status in statuses if status.user_ns is not None)
    usual = INITIAL_USER_NS if INITIAL_USER_NS in spaces else spaces.most_common(1)[0][0] if spaces else None
    every: Counter[Cap] = Counter()
    elsewhere: Counter[Cap] = Counter()
    for status in statuses:
        held: CapSet = getattr(status.caps, set)
        every.update(held)
        if status.user_ns not in {None, usual}:
            elsewhere.update(held)
    if not every:
        return message(title, "none holds any", ax)
    caps = sorted(every, key=lambda cap: (-every[cap], cap))
    notes: list[str] = []
    if elsewhere:
        which = "the initial one" if usual == INITIAL_USER_NS else "most"
        notes.append(
            f"hatched: in another user namespace than {which}; capabilities count in their own and those below"
        )
    if spaces and spaces.total() < len(statuses):
        unknown = len(statuses) - spaces.total()
        notes.append(f"{unknown} whose user namespace is not known are drawn as if in the same as those not hatched")
    if nobody := CapSet.all() - CapSet(caps):
        notes.append(f"held by none: {summary(nobody)}")
    return _bars(title, caps, every, elsewhere, notes, ax)


def _bars(
    title: str,
    caps: Sequence[Cap],
    every: Counter[Cap],
    elsewhere: Counter[Cap],
    notes: Sequence[str],
    ax: Axes | None,
) -> Axes:
    from matplotlib import rcParams

    pen = Pen()
    ax, pen = labelled(caps, (320, 1.6 * pen.size * len(caps)), title=title, notes=notes, ax=ax)
    texts = [f"{every[cap]}, {elsewhere[cap]} hatched" if elsewhere[cap] else str(every[cap]) for cap in caps]
    room = points(ax)[0]
    beside = min(max(map(pen.width, texts)) + 2 * pen.size, room / 2)
    ax.set_xlim(0, every[caps[0]] * room / (room - beside))
    places = range(len(caps))
    here = [every[cap] - elsewhere[cap] for cap in caps]
    there = [elsewhere[cap] for cap in caps]
    ax.barh(places, here, height=0.72, color=FILL, edgecolor="none")
    if any(there):
        ax.barh(
            places,
            there,
            left=here,
            height=0.72,
            facecolor="none",
            edgecolor=rcParams["text.color"],
            hatch="////",
            linewidth=0.5,
        )
    for place, cap in enumerate(caps):
        ax.annotate(
            texts[place],
            (every[cap], place),
            (0.6 * pen.size, 0),
            textcoords="offset points",
            va="center_baseline",
            **pen.style(),
        )
    return ax


def plot_tree(statuses: Sequence[ProcStatus], set: str = "effective", ax: Axes | None = None) -> Axes:
    """Draw the process tree, and beside each process what it has over its parent.

    Threads without children that are alike share a line. Of very many, those are drawn that have something else
    than their parents, with those over them, and the last line tells how many are left out.

    Args:
        statuses: The processes, or threads.
        set: Which of their five sets is compared.
        ax: As of :func:`plot_comparison`.

    Returns:
        The axes with the plot.

    Raises:
        ModuleNotFoundError: Matplotlib is not installed.
        ValueError: There is no such set.
    """
    needs_matplotlib()
    check_set(set)
    title = f"{_titled(statuses, set)}, each beside its parent's"
    if not statuses:
        return message(title, "nothing to show", ax)
    lines, left_out = process_tree(statuses, set, _MOST)
    return draw_tree(title, lines, _left_out(left_out), ax)


def _left_out(lines: Sequence[Line]) -> str:
    """Say how many are not drawn, and what is known of them."""
    if not lines:
        return ""
    count = sum(line.count for line in lines)
    differ = sum(line.count for line in lines if line.change is None or line.change)
    told = (
        f"{differ} of them with another set or without a parent here"
        if differ
        else "all with the same set as their parent"
    )
    return f"{count} more are left out, {told}"


def _titled(statuses: Sequence[ProcStatus], set: str) -> str:
    what = "thread" if any(status.pid != status.tgid for status in statuses) else "process"
    if len(statuses) == 1:
        return f"The {set} set of 1 {what}"
    return f"The {set} sets of {len(statuses)} {what}{'s' if what == 'thread' else 'es'}"
