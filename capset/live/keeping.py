"""An iterator that keeps what it gave, so that looking at it in a notebook does not use it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["Kept"]

T = TypeVar("T")


class Kept(Iterator[T], Generic[T]):
    """An iterator over what another one gives, which keeps all of it."""

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._kept: list[T] = []
        self._given = 0

    def __next__(self) -> T:
        if self._given == len(self._kept):
            self._kept.append(next(self._source))
        self._given += 1
        return self._kept[self._given - 1]

    def _all(self) -> list[T]:
        """Read on to the end, and return everything from the beginning; what was not iterated over still is."""
        self._kept.extend(self._source)
        return self._kept
