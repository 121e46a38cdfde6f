"""An iterator that keeps what it gave, so that looking at it in a notebook does not use it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from capset.errors import StoppedError

__all__ = ["Kept"]

T = TypeVar("T")


class Kept(Iterator[T], Generic[T]):
    """An iterator over what another one gives, which keeps all of it.

    What stopped it on the way, such as an interrupt, stops it for good: what was read until then is not all there
    is, and must not look as if it were.
    """

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._kept: list[T] = []
        self._given = 0
        self._stopped: BaseException | None = None

    def __next__(self) -> T:
        if self._given == len(self._kept):
            self._kept.append(self._further())
        self._given += 1
        return self._kept[self._given - 1]

    def _further(self) -> T:
        if self._stopped is not None:
            raise StoppedError(repr(self._stopped), len(self._kept)) from self._stopped
        try:
            return next(self._source)
        except StopIteration:
            raise
        except BaseException as error:
            self._stopped = error
            raise

    def _all(self) -> list[T]:
        """Read on to the end, and return everything from the beginning; what was not iterated over still is."""
        while True:
            try:
                self._kept.append(self._further())
            except StopIteration:
                return self._kept
