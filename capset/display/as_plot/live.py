"""What the threads of a host hold, as bars and as a tree."""

# As in canvas.py.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from capset.capability import Cap
from capset.display import plot
from capset.display.as_plot.canvas import FILL, Pen, labelled, message, needs_matplotlib, points
from capset.display.as_plot.processtree import Line, process_tree
from capset.display.as_plot.treeplot import draw_tree
from capset.errors import shown
from capset.live.scanning import Scan
from capset.live.snapshot import Snapshot
from capset.live.status import ProcStatus
from capset.live.user_ns import INITIAL_USER_NS
from capset.sets import CapSet
from capset.state import check_set
from capset.summary import summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_holders", "plot_tree"]

_MOST = 80  # lines of a tree


@plot.register(Scan)
def _scan(
    scan: Scan, set: str = "effective", *, kind: Literal["holders", "tree"] = "holders", ax: Axes | None = None
) -> Axes:
    return _snapshot(scan.snapshot(), set, kind=kind, ax=ax)


@plot.register(Snapshot)
def _snapshot(
    snapshot: Snapshot, set: str = "effective", *, kind: Literal["holders", "tree"] = "holders", ax: Axes | None = None
) -> Axes:
    """Draw how many threads hold each capability, or the tree of processes."""
    if kind not in _KINDS:
        raise ValueError(f"expected the kind {' or '.join(map(repr, _KINDS))}, got {shown(kind)}")
    return _KINDS[kind](snapshot, set, ax)


def plot_holders(statuses: Sequence[ProcStatus], set: str = "effective", ax: Axes | None = None) -> Axes:
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
        ArgumentError: There is no such set.
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
        ArgumentError: There is no such set.
    """
    needs_matplotlib()
    check_set(set)
    title = f"{_titled(statuses, set)}, each beside its parent's"
    if not statuses:
        return message(title, "nothing to show", ax)
    lines, left_out = process_tree(statuses, set, _MOST)
    return draw_tree(title, lines, _left_out(left_out), ax)


_KINDS = {"holders": plot_holders, "tree": plot_tree}


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
