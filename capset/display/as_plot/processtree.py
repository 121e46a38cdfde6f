"""The lines of a process tree: who stands under whom, and what each has over its parent. Nothing is drawn here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from capset.diff import CapDiff
from capset.display.judging import risky
from capset.display.parents import parents
from capset.printable import printable
from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.live import ProcStatus

__all__ = ["Line", "process_tree"]


@frozen(kw_only=True)
class Line:
    """One line of the tree: a thread, or several of the same kind without children.

    Attributes:
        depth: How many stand over it.
        parent: The place of its parent's line; None where there is none.
        label: The process id and the name, or how many of what name.
        count: How many threads it stands for.
        held: The set of each.
        change: What that is over the parent's set; None where the parent is not among the threads.
        note: What else there is to say, such as why there is no parent; empty where there is nothing.
    """

    depth: int
    parent: int | None
    label: str
    count: int
    held: CapSet
    change: CapDiff | None
    note: str


def process_tree(statuses: Sequence[ProcStatus], set: str, limit: int) -> tuple[list[Line], list[Line]]:
    """Put threads under their parents, in the order of their ids.

    Each thread appears once, whatever the ids say: where they lead round in a circle, it is cut open. Threads
    without children that have the same parent, name, set and user namespace share a line.

    Args:
        statuses: The threads.
        set: Which of the five sets is compared.
        limit: At most so many lines are chosen; what has gained something comes first, then what has no
            parent here, then what has lost something, each with those over it, and last what is as its parent is.

    Returns:
        The lines that are chosen, and those that are left out.
    """
    order = sorted(range(len(statuses)), key=lambda place: (statuses[place].pid, place))
    above, notes = parents(statuses)
    below: defaultdict[int | None, list[int]] = defaultdict(list)
    for place in order:
        below[above[place]].append(place)
    lines: list[Line] = []
    waiting: list[tuple[list[int], int, int | None]] = [
        (group, 0, None) for group in reversed(_groups(statuses, below, None, set))
    ]
    while waiting:  # a stack of our own: a chain of processes may be longer than Python's
        group, depth, parent = waiting.pop()
        lines.append(_line(statuses, group, above[group[0]], set, depth, parent, notes))
        here = len(lines) - 1
        if len(group) == 1:
            waiting += [(each, depth + 1, here) for each in reversed(_groups(statuses, below, group[0], set))]
    return _choose(lines, limit)


def _groups(
    statuses: Sequence[ProcStatus], below: dict[int | None, list[int]], parent: int | None, set: str
) -> list[list[int]]:
    """Put together the children that are alike and have no children themselves."""
    groups: dict[object, list[int]] = {}
    for place in below.get(parent, ()):
        status = statuses[place]
        alone = place if place in below else None
        key = (alone, _stem(status.name), status.pid == status.tgid, getattr(status.caps, set), status.user_ns)
        groups.setdefault(key, []).append(place)
    return list(groups.values())


def _stem(name: str) -> str:
    """Return what the names of the kernel's workers have in common: ``kworker/…`` of ``kworker/0:1``."""
    stem, slash, _ = name.partition("/")
    return f"{stem}{slash}…" if slash else name


def _line(
    statuses: Sequence[ProcStatus],
    group: Sequence[int],
    above: int | None,
    set: str,
    depth: int,
    parent: int | None,
    notes: dict[int, str],
) -> Line:
    first, last = statuses[group[0]], statuses[group[-1]]
    held: CapSet = getattr(first.caps, set)
    thread = "" if first.pid == first.tgid else " (thread)" if len(group) == 1 else " (threads)"
    if len(group) == 1:
        label = f"{first.pid} {printable(first.name)}{thread}"
    else:
        name = first.name if all(statuses[place].name == first.name for place in group) else _stem(first.name)
        label = f"{len(group)} × {printable(name)}{thread}, {first.pid} to {last.pid}"  # noqa: RUF001, the sign is meant
    if above is None:
        told = list(dict.fromkeys(notes[place] for place in group))
        note = told[0] if len(told) == 1 else "their parents are not here"
        return Line(depth=depth, parent=parent, label=label, count=len(group), held=held, change=None, note=note)
    over = statuses[above]
    change = getattr(over.caps, set).diff(held)
    elsewhere = first.user_ns is not None and over.user_ns is not None and first.user_ns != over.user_ns
    note = "in another user namespace" if elsewhere else ""
    return Line(depth=depth, parent=parent, label=label, count=len(group), held=held, change=change, note=note)


def _choose(lines: Sequence[Line], limit: int) -> tuple[list[Line], list[Line]]:
    """Choose the lines that tell most, each with those over it, and keep their order."""
    chosen: set[int] = set()
    for place in sorted(range(len(lines)), key=lambda place: (_weight(lines[place]), place)):
        path: list[int] = []
        at: int | None = place
        while at is not None and at not in chosen and len(path) <= limit:
            path.append(at)
            at = lines[at].parent
        if len(chosen) + len(path) <= limit:
            chosen.update(path)
    kept = sorted(chosen)
    now = {place: number for number, place in enumerate(kept)}
    return (
        [
            evolve(line, parent=None if line.parent is None else now[line.parent])
            for line in map(lines.__getitem__, kept)
        ],
        [line for place, line in enumerate(lines) if place not in chosen],
    )


def _weight(line: Line) -> int:
    """Return how late a line is chosen: first what gains something that lists warn of, or that has no name."""
    if line.change is None:
        return 2
    if line.change.added:
        return 0 if risky(line.change.added) or line.change.added.unknown else 1
    return 3 if line.change.dropped else 4
