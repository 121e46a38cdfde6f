"""An iterator that keeps what it gave, so that looking at it in a notebook does not use it up."""

from __future__ import annotations

from collections.abc import Iterator
from threading import RLock
from typing import Generic, TypeVar

from capset.errors import StoppedError

__all__ = ["Kept"]

T = TypeVar("T")


class Kept(Iterator[T], Generic[T]):
    """An iterator over what another one gives, which keeps all of it; threads may share it.

    What stopped it on the way, such as an interrupt, stops it for good: what was read until then is not all there
    is, and must not look as if it were.
    """

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._kept: list[T] = []
        self._given = 0
        self._stopped: BaseException | None = None
        self._reading = False
        self._lock = RLock()

    def __next__(self) -> T:
        with self._lock:
            if self._given == len(self._kept):
                self._kept.append(self._further())
            self._given += 1
            return self._kept[self._given - 1]

    def _further(self) -> T:
        if self._stopped is not None:
            raise StoppedError(repr(self._stopped), len(self._kept)) from self._stopped
        if self._reading:
            raise ValueError("this scan is being read right now, by what calls the one who looks at it")
        self._reading = True
        try:
            return next(self._source)
        except StopIteration:
            raise
        except BaseException as error:
            self._stopped = error
            raise
        finally:
            self._reading = False

    def _all(self) -> list[T]:
        """Read on to the end, and return everything from the beginning; what was not iterated over still is."""
        with self._lock:
            while True:
                try:
                    self._kept.append(self._further())
                except StopIteration:
                    return self._kept

    @property
    def _ended(self) -> str:
        """What to add to a description of it, if it was stopped."""
        return f"; stopped by {self._stopped!r}" if self._stopped is not None else ""
