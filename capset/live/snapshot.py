"""Snapshot: what a host's threads had when they were read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

from attrs import evolve, field, frozen

from capset.errors import AccessDeniedError, ProcessGoneError, StatusError, shown
from capset.live.status import ProcStatus

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from capset.records import Records

__all__ = ["Snapshot"]


def _statuses(statuses: Iterable[ProcStatus]) -> tuple[ProcStatus, ...]:
    found = tuple(statuses)
    for status in found:
        if not isinstance(status, ProcStatus):
            raise TypeError(f"a snapshot is made of ProcStatus, got {shown(status)} among them")
    return found


@frozen
class Snapshot(Sequence[ProcStatus]):
    """The processes or threads of a host, as they were when they were read.

    Made by :meth:`Scan.snapshot`, or of any of them: ``Snapshot(status for status in scan if …)``. It is an
    immutable sequence, and a table in a notebook. Two are equal if they have the same threads in the same order.

    Attributes:
        statuses: The threads, in the order in which they were read.
        proc: Where the proc file system was; empty where that is not known.
        gone: One error for each process or thread that ended before it was read.
        denied: One error for each that could not be read for lack of permission.
        malformed: One error for each whose status file was not what a kernel writes.
        failed: Any other error of a single file.

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

    def __len__(self) -> int:
        return len(self.statuses)

    @overload
    def __getitem__(self, at: int) -> ProcStatus: ...
    @overload
    def __getitem__(self, at: slice) -> Snapshot: ...
    def __getitem__(self, at: int | slice) -> ProcStatus | Snapshot:
        return evolve(self, statuses=self.statuses[at]) if isinstance(at, slice) else self.statuses[at]

    def to_records(self) -> Records:
        """Return a row for each thread, for a data frame.

        The five sets are masks, unsigned numbers of 64 bits; a name is written as :func:`capset.printable.printable`
        writes it, as it may hold what no data frame takes.
        """
        from capset.display import status_records

        return status_records(self.statuses)

    def plot(self, set: str = "effective", *, ax: Axes | None = None) -> Axes:
        """Draw how many of them hold each capability; it needs the extra ``plot``.

        Args:
            set: Which of the five sets.
            ax: Where to draw; a figure of its own if not given.

        Raises:
            ValueError: There is no such set.
            ModuleNotFoundError: Matplotlib is not installed.
        """
        from capset.display import plot_host

        return plot_host(self.statuses, set, ax)

    def plot_tree(self, set: str = "effective", *, ax: Axes | None = None) -> Axes:
        """Draw the tree of processes, and what each has over its parent; it needs the extra ``plot``.

        The arguments and errors are those of :meth:`plot`.
        """
        from capset.display import plot_tree

        return plot_tree(self.statuses, set, ax)

    def __str__(self) -> str:
        return f"<Snapshot of {self.proc or 'some threads'}: {len(self)} in it>"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Write what a notebook keeps beside the table; the whole of a host may be megabytes."""
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from capset.display import snapshot_html

        return snapshot_html(self)
