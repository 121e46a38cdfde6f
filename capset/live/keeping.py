"""An iterator that keeps what it gave, so that looking at it in a notebook does not use it up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from threading import RLock, get_ident
from typing import Generic, TypeVar

from capset.errors import StoppedError

__all__ = ["Kept"]

T = TypeVar("T")


class Kept(Iterator[T], Generic[T]):
    """An iterator over what another one gives, which keeps all of it; threads may share it.

    What stopped it on the way, such as an interrupt, stops it for good: what was read until then is not all there
    is, and must not look as if it were. So does a fork(2) while another thread reads, in the process that it makes:
    there nobody reads on.
    """

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._kept: list[T] = []
        self._given = 0
        self._stopped: BaseException | None = None
        self._reader: int | None = None  # the thread that is reading
        self._process = os.getpid()
        self._lock = RLock()

    def __next__(self) -> T:
        with self._own_lock():
            if self._given == len(self._kept):
                self._kept.append(self._further())
            self._given += 1
            return self._kept[self._given - 1]

    def _own_lock(self) -> RLock:
        """Return the lock, or in a process that was forked another one: who held it need not be here."""
        if self._process != os.getpid():
            self._process, self._lock = os.getpid(), RLock()
            if self._reader not in {None, get_ident()}:
                self._reader, self._stopped = None, RuntimeError("a fork(2) while another thread was reading")
        return self._lock

    def _further(self) -> T:
        if self._stopped is not None:
            raise StoppedError(repr(self._stopped), len(self._kept)) from self._stopped
        if self._reader is not None:
            raise ValueError("this scan is being read right now, by what calls the one who looks at it")
        self._reader = get_ident()
        try:
            return next(self._source)
        except StopIteration:
            raise
        except BaseException as error:
            self._stopped = error
            raise
        finally:
            self._reader = None

    def _all(self) -> list[T]:
        """Read on to the end, and return everything from the beginning; what was not iterated over still is."""
        with self._own_lock():
            while True:
                try:
                    self._kept.append(self._further())
                except StopIteration:
                    return self._kept

    @property
    def _ended(self) -> str:
        """What to add to a description of it, if it was stopped."""
        return f"; stopped by {self._stopped!r}" if self._stopped is not None else ""
