"""Rare: sets that few processes of their kind hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from attrs import evolve, field, frozen

from capset.diff import CapDiff
from capset.printable import message
from capset.sets import CapSet
from capset.shown import Plotted, Tabular

__all__ = ["Outlier", "Rare"]


@frozen(kw_only=True)
class Outlier(Tabular):
    """A set that few of their peers hold.

    Attributes:
        peers: The values of the columns by which they are peers, such as ``{"name": "nginx"}``.
        caps: The set.
        usual: The one that is nearest to it among those that are not rare; the most frequent of all if there is none.
        count: How many processes hold it.
        of: How many peers there are.
        hosts: On how many hosts they are.
        example: The host of one of them.
        pid: Its id, where that is known.
    """

    peers: dict[str, Any] = field(hash=False)
    caps: CapSet
    usual: CapSet
    count: int
    of: int
    hosts: int
    example: str
    pid: int | None = None

    @property
    def share(self) -> float:
        """Which part of the peers holds it."""
        return self.count / self.of

    @property
    def diff(self) -> CapDiff:
        """What makes this set of the usual one."""
        return self.usual.diff(self.caps)

    def __str__(self) -> str:
        peers = ", ".join(f"{name} {value}" for name, value in self.peers.items()) or "all processes"
        where = self.example + (f", pid {self.pid}" if self.pid is not None else "")
        where = where if self.hosts == 1 else f"{self.hosts} hosts, such as {where}"
        return message(f"{peers}: {self.count} of {self.of}, on {where}: {self.diff}")


@frozen(kw_only=True)
class Rare(Plotted, Sequence[Outlier]):
    """The sets that few of their peers hold; first those with most capabilities beyond what is usual.

    In a notebook it is a table, and :meth:`plot` draws it. Each is a row of :meth:`to_records`.

    Attributes:
        outliers: Each such set.
        by: The columns by which processes are peers; none where all are.
        set: Which of the five sets.
        share: Rare is what at most this part of them holds.
        least: So many peers there have to be.
        total: How many processes were looked at.
        alone: How many of them have too few peers to say.
        unread: Of how many the set is not known.
        partly: Of how many others something was not understood, so that they may hold more.
        repeated: How many hosts were read at more times than one.
    """

    outliers: tuple[Outlier, ...]
    by: tuple[str, ...]
    set: str
    share: float
    least: int
    total: int
    alone: int
    unread: int
    partly: int = 0
    repeated: int = 0

    def __len__(self) -> int:
        return len(self.outliers)

    @overload
    def __getitem__(self, at: int) -> Outlier: ...
    @overload
    def __getitem__(self, at: slice) -> Rare: ...
    def __getitem__(self, at: int | slice) -> Outlier | Rare:
        return evolve(self, outliers=self.outliers[at]) if isinstance(at, slice) else self.outliers[at]

    def __str__(self) -> str:
        nothing = "no set is rare" if self.alone + self.unread < self.total else "there are too few peers to say"
        return "\n".join([*map(str, self.outliers or [nothing]), *self.facts()])

    def facts(self) -> list[str]:
        """Tell what was looked at and what was not, a sentence each."""
        most = f"{100 * self.share:.3g} %"
        told = [f"{self.total} processes; a rare {self.set} set is one that at most {most} of its peers hold"]
        if self.alone:
            told.append(f"{self.alone} of them have fewer than {self.least} peers, and were not looked at")
        if self.unread:
            told.append(f"! {self.unread} of them have a set that is not known")
        if self.partly:
            told.append(f"! of {self.partly} of them not all was understood: they may hold more")
        if self.repeated:
            told.append(several_times(self.repeated))
        return told

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Write what a notebook keeps beside the table."""
        printer.text(f"<Rare: {len(self)} sets>")


def several_times(hosts: int) -> str:
    """Tell that some hosts were read at more times than one."""
    were = "1 host was" if hosts == 1 else f"{hosts} hosts were"
    return f"! {were} read at more times than one, and each counts: fleet.between() chooses some"
