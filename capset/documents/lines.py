"""Lines: where the values of a parsed document stand in its text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from attrs import define

from capset.formats.composing import Origin

__all__ = ["Lines", "LinesOfSeveral", "Place"]

_AT = re.compile(r"\[([0-9]+)\]")
_END = re.compile(r"[.\[]")


@define
class Place:
    """A list or a mapping: the line on which it stands, and the places of what is in it.

    A tree of these needs memory for each value; the full path of each value would need it for its depth too. Of a value
    that has nothing in it, the place is the line alone, which is one number for all that stand on that line.

    Attributes:
        line: The line, counted from 1.
        inner: The values of a mapping, by their keys as problems write them, or those of a list.
    """

    line: int
    inner: dict[str, Place | int] | list[Place | int]


@define
class Lines:
    """The lines of one document.

    Attributes:
        root: The document itself; None where nothing is known.
    """

    root: Place | int | None

    def at(self, place: str) -> int | None:
        """Return the line of a value, such as ``spec.containers[0]``, or of the nearest one around it that is there."""
        if self.root is None:
            return None
        found = self._nearest(self.root, place)
        return found.line if isinstance(found, Place) else found

    def source_at(self, place: str) -> str:  # noqa: ARG002
        """Return the name of the document in which a value stands; empty where there is but one."""
        return ""

    @staticmethod
    def _nearest(root: Place | int, place: str) -> Place | int:
        here, rest = root, place
        while rest and isinstance(here, Place):
            if isinstance(here.inner, list):
                found = _AT.match(rest)
                if found is None or int(found[1]) >= len(here.inner):
                    break
                here, rest = here.inner[int(found[1])], rest[found.end() :].removeprefix(".")
                continue
            # A key may have a dot or a bracket in it: beside "web", "web.api" is the one that is meant.
            keys = here.inner
            ends = [len(rest), *reversed([end.start() for end in _END.finditer(rest)])]
            end = next((end for end in ends if rest[:end] in keys), None)
            if end is None:
                break
            here, rest = keys[rest[:end]], rest[end:].removeprefix(".")
        return here


@define
class LinesOfSeveral(Lines):
    """The lines of what was made of several documents.

    Attributes:
        documents: The lines of each, by its name.
        origins: Where the values come from, by their places. What has none comes from where that does in which it
            stands.
    """

    documents: Mapping[str, Lines]
    origins: Mapping[str, Origin]

    def at(self, place: str) -> int | None:
        """Return the line of a value in its own document."""
        origin, rest = self._origin(place)
        return self.documents[origin.file].at(f"{origin.place}{rest}".removeprefix("."))

    def source_at(self, place: str) -> str:
        """Return the name of the document in which a value stands."""
        return self._origin(place)[0].file

    def _origin(self, place: str) -> tuple[Origin, str]:
        ends = [len(place), *reversed([end.start() for end in _END.finditer(place)]), 0]
        end = next(end for end in ends if place[:end] in self.origins)
        return self.origins[place[:end]], place[end:]
