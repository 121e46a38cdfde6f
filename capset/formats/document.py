"""Node: a value in a parsed document, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import cast

from attrs import frozen

from capset.errors import FormatError, clipped, shown
from capset.problem import Problem

__all__ = ["Node", "depends", "has_placeholder", "ignored", "look_alike", "note", "place_of", "refused"]

# Of shells and Compose; of Helm, Jinja and Ansible; of ERB; of Ruby; of autoconf, CMake and Meson; and marks that
# people replace by hand or with sed.
_PLACEHOLDER = re.compile(
    r"[$`]|\{[{%]|<%|#\{|@[A-Za-z_]\w*@|%%[A-Za-z]\w*%%|<[A-Za-z][^<>]*>|__[A-Za-z]\w*?__", re.ASCII
)


@frozen
class Node:
    """A value in a parsed document, and where it stands.

    Its methods take the value as one type, and say with its place what it is instead.

    Attributes:
        value: The value; None where the document has none.
        place: Where it stands, such as ``spec.containers[0]``; empty for the whole document.
    """

    value: object
    place: str = ""

    def __getitem__(self, key: str) -> Node:
        return Node(self.mapping().get(key), place_of(self.place, key))

    def at(self, *keys: str) -> Node:
        """Go down some keys."""
        node = self
        for key in keys:
            node = node[key]
        return node

    def __contains__(self, key: str) -> bool:
        return self.mapping().get(key) is not None

    def __iter__(self) -> Iterator[Node]:
        """Go through a list; none is an empty one."""
        if self.value is not None and not isinstance(self.value, list | tuple):
            raise self.error("a list")
        items = cast("Sequence[object]", self.value or ())
        return (Node(item, f"{self.place}[{at}]") for at, item in enumerate(items))

    def error(self, expected: str) -> FormatError:
        """Return the error that something else was expected here."""
        if not self.place and isinstance(self.value, str) and (advice := _how_to_read(self.value)):
            expected = f"{expected} ({advice})"
        return FormatError(self.place or "the document", self.value, expected)

    def mapping(self) -> Mapping[str, object]:
        """Take it as a mapping; none is an empty one."""
        if self.value is None:
            return {}
        if not isinstance(self.value, Mapping):
            raise self.error("a mapping")
        return cast("Mapping[str, object]", self.value)

    def names(self, what: str = "a name") -> list[Node]:
        """Take it as a list of texts, each of which is *what*; none is an empty one."""
        if isinstance(self.value, str):
            raise self.error(f"a list of names, as [{self.value}] is")
        nodes = list(self)
        for node in nodes:
            if not isinstance(node.value, str):
                raise node.error(f"{what} in quotes" if isinstance(node.value, bool | int | float) else what)
        return nodes

    def truth(self) -> bool:
        """Take it as true or false; none is false."""
        if self.value is not None and not isinstance(self.value, bool):
            raise self.error("true or false")
        return bool(self.value)

    def number(self) -> int | None:
        """Take it as a number, if there is one."""
        if self.value is not None and type(self.value) is not int:
            raise self.error("a number")
        return self.value

    def text(self) -> str:
        """Take it as a text; none is an empty one."""
        if self.value is not None and not isinstance(self.value, str):
            raise self.error("a text")
        return self.value or ""

    def strange_keys(self, known: Iterable[str], *, close_only: bool = False) -> Iterator[tuple[Node, str]]:
        """List what stands under a key that is none of *known*, with what may be meant.

        With *close_only*, only those that look like one of them: the others mean something else.
        """
        for key in self.mapping():
            if key not in known:
                text = key if isinstance(key, str) else ""
                by_case = [name for name in known if name.lower() == text.lower()]
                close = by_case or look_alike(text, known, cutoff=0.75)
                if close or not close_only:
                    yield self[key], f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"

    def misplaced(self, known: Iterable[str]) -> Iterator[Node]:
        """List what stands a level too deep: a value under another key in which one of *known* stands.

        Such a key may be an extension, ``x-`` and more, which nobody reads.
        """
        for key, value in self.mapping().items():
            extends = isinstance(key, str) and key.startswith("x-")
            if key not in known and not extends and isinstance(value, Mapping) and any(name in value for name in known):
                yield self[key]


def _how_to_read(text: str) -> str:
    from capset.filename import how_to_read

    return how_to_read(text, "documents.read", "name")


def place_of(around: str, key: object) -> str:
    """Return where the value of a key stands.

    As many values may have their places below a long key, or deep inside, neither is told in full: the places would
    take the square of the room of the document.
    """
    if len(around) > _LONGEST_PLACE:
        return around if around.endswith("...") else f"{around}..."
    name = clipped(key) if isinstance(key, str) else shown(key)  # YAML has keys of any type
    return f"{around}.{name}" if around else name


_LONGEST_PLACE = 400


def look_alike(text: str, known: Iterable[str], *, cutoff: float = 0.6) -> tuple[str, ...]:
    """Return the one of *known* that a text looks like, if there is one."""
    return _looked_up(text, _kept(tuple(known)), cutoff) if len(text) < _LONGEST_NAME else ()


@lru_cache(maxsize=64)
def _kept(known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first of those that are equal: it stays with each text that was looked up in it."""
    return known


@lru_cache(maxsize=4096)  # the keys of one document are those of many of its parts
def _looked_up(text: str, known: tuple[str, ...], cutoff: float) -> tuple[str, ...]:
    from difflib import get_close_matches

    return tuple(get_close_matches(text, known, n=1, cutoff=cutoff))


_LONGEST_NAME = 100  # nobody means a name by a text that is longer, and comparing takes its square


def has_placeholder(value: object) -> bool:
    """Say whether something else is to replace a text or a part of it: a shell, Compose, a template."""
    return isinstance(value, str) and _PLACEHOLDER.search(value) is not None


def ignored(node: Node, rule: str, message: str) -> Problem:
    """Make a problem of a value that has no effect."""
    return Problem(rule=rule, place=node.place, value=_text(node), verdict="ignored", message=message)


def refused(node: Node, rule: str, message: str) -> Problem:
    """Make a problem of a value that the target refuses."""
    return Problem(rule=rule, place=node.place, value=_text(node), verdict="refused", message=message)


def depends(node: Node, rule: str, message: str) -> Problem:
    """Make a problem of a value that one target takes and another does not."""
    return Problem(rule=rule, place=node.place, value=_text(node), verdict="depends", message=message)


def note(node: Node, rule: str, message: str) -> Problem:
    """Make a problem of a value of which only something is to be told."""
    return Problem(rule=rule, place=node.place, value=_text(node), verdict="note", message=message)


def _text(node: Node) -> str:
    return node.value if isinstance(node.value, str) else shown(node.value)
