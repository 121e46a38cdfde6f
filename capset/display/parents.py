"""Who stands under whom, for pictures and for texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capset.live import ProcStatus

__all__ = ["branches", "parents"]


def parents(statuses: Sequence[ProcStatus]) -> tuple[dict[int, int | None], dict[int, str]]:
    """Find the place of each one's parent among them, and say why where there is none.

    Whatever the ids say, nobody stands under itself: where they lead round in a circle, it is cut open.
    """
    order = sorted(range(len(statuses)), key=lambda place: (statuses[place].pid, place))
    places: dict[int, int] = {}
    for place in order:
        places.setdefault(statuses[place].pid, place)
    above: dict[int, int | None] = {}
    notes: dict[int, str] = {}
    for place in order:
        status = statuses[place]
        found = places.get(status.ppid)
        if status.pid != status.tgid:  # a thread stands under its process, if that is here
            found = places.get(status.tgid, found)
        above[place] = found
        if found is None:
            notes[place] = f"its parent {status.ppid} is not here" if status.ppid else "no parent to be seen"
    settled: set[int] = set()
    for place in order:
        path: dict[int, None] = {}
        at: int | None = place
        while at is not None and at not in settled:
            if at in path:  # it leads round in a circle, which opens at the first that is met
                above[at] = None
                notes[at] = "its parents go round in a circle" if statuses[at].pid else "no parent to be seen"
                break
            path[at] = None
            at = above[at]
        settled.update(path)
    return above, notes


def branches(statuses: Sequence[ProcStatus], *, ascii: bool = False) -> Iterator[tuple[str, ProcStatus]]:
    """Go through threads as a tree, each after its parent, with the lines that stand in front of it.

    Those under the same parent keep the order in which they were given. Who has no parent among them stands at the
    edge.

    Args:
        statuses: The threads.
        ascii: Whether the lines are made of ASCII characters.

    Examples:
        >>> from capset import live
        >>> for lines, status in branches(live.scan(proc="examples/host").snapshot(), ascii=True):
        ...     print(f"{lines}{status.name}")
        sh
        `-cat
    """
    fork, last, beside = ("|-", "`-", "| ") if ascii else ("├ ", "└ ", "│ ")
    above, _ = parents(statuses)
    below: defaultdict[int | None, list[int]] = defaultdict(list)
    for place in range(len(statuses)):
        below[above[place]].append(place)
    waiting = [("", "", place) for place in reversed(below[None])]
    while waiting:  # a stack of our own: a chain of processes may be longer than Python's
        front, further, place = waiting.pop()
        yield front, statuses[place]
        children = below[place]
        for child in reversed(children):
            own, beyond = (last, "  ") if child == children[-1] else (fork, beside)
            waiting.append((further + own, further + beyond, child))
