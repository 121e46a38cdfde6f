"""By name: a mapping that says what looks like a name that it does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Never, TypeVar

from capset.errors import UnknownEntryError

__all__ = ["by_name"]

T = TypeVar("T")


def by_name(entries: Iterable[tuple[str, T]], error: type[UnknownEntryError]) -> Mapping[str, T]:
    """Return a mapping that nobody can change.

    Args:
        entries: Its names and values.
        error: What is raised for a name that it does not have; ``in`` and ``get()`` do as ever.
    """
    return MappingProxyType(_Entries(entries, error))


class _Entries(dict[str, T]):
    def __init__(self, entries: Iterable[tuple[str, T]], error: type[UnknownEntryError]) -> None:
        super().__init__(entries)
        self._error = error

    def __missing__(self, name: str) -> Never:
        close: list[str] = []
        if isinstance(name, str):
            spelled = {each.lower(): each for each in self}
            close = [spelled[each] for each in get_close_matches(name.lower(), spelled, n=3)]
        raise self._error(name, tuple(self), tuple(close))
