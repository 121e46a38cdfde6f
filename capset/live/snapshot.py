"""Snapshot: what a host's threads had when they were read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, overload

from attrs import evolve, field, frozen

from capset.errors import AccessDeniedError, ProcessGoneError, StatusError, shown
from capset.live.status import ProcStatus
from capset.plain import Plain
from capset.shown import PlottedBySet

__all__ = ["Snapshot"]


def _statuses(statuses: Iterable[ProcStatus]) -> tuple[ProcStatus, ...]:
    found = tuple(statuses)
    for status in found:
        if not isinstance(status, ProcStatus):
            raise TypeError(f"a snapshot is made of ProcStatus, got {shown(status)} among them")
    return found


@frozen
class Snapshot(Plain, PlottedBySet, Sequence[ProcStatus]):
    """The processes or threads of a host, as they were when they were read.

    Made by :meth:`Scan.snapshot`, or of any of them: ``Snapshot(status for status in scan if …)``. It is an
    immutable sequence, and a table in a notebook. Two are equal if they have the same threads in the same order.

    Each thread is a row of :meth:`to_records`, with what its status file says; the five sets are masks, unsigned
    numbers of 64 bits. A name is written as :func:`capset.printable.printable` does it, as it may hold what no data
    frame takes.

    Attributes:
        statuses: The threads, in the order in which they were read.
        proc: Where the proc file system was; empty where that is not known.
        gone: One error for each process or thread that ended before it was read.
        denied: One error for each that could not be read for lack of permission.
        malformed: One error for each whose status file was not what a kernel writes.
        failed: Any other error of a single file.
        hidden: Whether the proc hid the processes that one may not trace.

    Raises:
        TypeError: One of *statuses* is no ProcStatus.

    Examples:
        >>> from capset import live
        >>> host = live.scan(proc="examples/host").snapshot()
        >>> len(host), host[0].name
        (2, 'sh')
        >>> live.Snapshot(status for status in host if status.name == "cat").to_records()[0]["pid"]
        7
    """

    statuses: tuple[ProcStatus, ...] = field(converter=_statuses)
    proc: str = field(default="", kw_only=True, eq=False)
    gone: Sequence[ProcessGoneError] = field(default=(), kw_only=True, eq=False)
    denied: Sequence[AccessDeniedError] = field(default=(), kw_only=True, eq=False)
    malformed: Sequence[StatusError] = field(default=(), kw_only=True, eq=False)
    failed: Sequence[OSError] = field(default=(), kw_only=True, eq=False)
    hidden: bool = field(default=False, kw_only=True, eq=False)

    def __len__(self) -> int:
        return len(self.statuses)

    @overload
    def __getitem__(self, at: int) -> ProcStatus: ...
    @overload
    def __getitem__(self, at: slice) -> Snapshot: ...
    def __getitem__(self, at: int | slice) -> ProcStatus | Snapshot:
        return evolve(self, statuses=self.statuses[at]) if isinstance(at, slice) else self.statuses[at]

    def __str__(self) -> str:
        return f"<Snapshot of {self.proc or 'some threads'}: {len(self)} in it>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Write what a notebook keeps beside the table; the whole of a host may be megabytes."""
        printer.text(str(self))
