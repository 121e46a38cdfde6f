"""Lines: where the values of a parsed document stand in its text."""

from __future__ import annotations

import re

from attrs import define, field

__all__ = ["Lines", "Place"]

_AT = re.compile(r"\[([0-9]+)\]")
_END = re.compile(r"[.\[]")


@define(eq=False)
class Place:
    """A value: the line on which it stands, and the places of what is in it.

    A tree of these needs memory for each value; the full path of each value would need it for its depth too.

    Attributes:
        line: The line, counted from 1.
        keys: The values of a mapping, by their keys as problems write them.
        items: The values of a list.
    """

    line: int
    keys: dict[str, Place] = field(factory=dict)
    items: list[Place] = field(factory=list)


@define(eq=False)
class Lines:
    """The lines of one document.

    Attributes:
        root: The document itself; None where nothing is known.
    """

    root: Place | None

    def at(self, place: str) -> int | None:
        """Return the line of a value, such as ``spec.containers[0]``, or of the nearest one around it that is there."""
        return None if self.root is None else self._nearest(self.root, place).line

    @staticmethod
    def _nearest(root: Place, place: str) -> Place:
        here, rest = root, place
        while rest:
            if found := _AT.match(rest):
                at = int(found[1])
                if at >= len(here.items):
                    break
                here, rest = here.items[at], rest[found.end() :].removeprefix(".")
                continue
            # A key may have a dot or a bracket in it: beside "web", "web.api" is the one that is meant.
            ends = [len(rest), *reversed([end.start() for end in _END.finditer(rest)])]
            end = next((end for end in ends if rest[:end] in here.keys), None)
            if end is None:
                break
            here, rest = here.keys[rest[:end]], rest[end:].removeprefix(".")
        return here
