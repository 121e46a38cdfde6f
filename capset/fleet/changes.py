"""Drift: what changed of a fleet from one snapshot to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

from attrs import evolve, frozen

from capset.diff import CapDiff
from capset.fleet.apart import apart
from capset.fleet.held import Held
from capset.plain import Plain
from capset.printable import message
from capset.sets import CapSet
from capset.shown import Tabular

__all__ = ["By", "Change", "Drift"]

By = Literal["process", "program"]


@frozen(kw_only=True)
class Change(Plain, Tabular):
    """What changed alike of some processes.

    Attributes:
        name: The name of their program.
        before: What they held before. Where programs are compared, it is what is nearest to *after* of what is no
            longer held on the same host; None where nothing is.
        after: What they hold after; None where programs are compared and nothing took the place of *before*.
        count: How many processes it is.
        hosts: On how many hosts.
        host: One of these hosts.
        pid: One of the processes on it: a later one, or where there is none an earlier one; None where that is not
            known.
    """

    name: str | None
    before: Held | None
    after: Held | None
    count: int
    hosts: int
    host: str
    pid: int | None = None

    @property
    def diff(self) -> dict[str, CapDiff]:
        """What changed in each set that is known of both, by its name."""
        return self.before.diff(self.after) if self.before and self.after else {}

    @property
    def added(self) -> dict[str, CapSet]:
        """What came in each set, by its name; of what was not there before, or not known, all that it has."""
        if self.after is None:
            return {}
        known = self.before.sets if self.before else {}
        new = {name: caps for name, caps in self.after.sets.items() if name not in known}
        return {**{name: diff.added for name, diff in self.diff.items()}, **new}

    @property
    def gained(self) -> int:
        """How many capabilities came, in whichever set the most came."""
        return max(map(len, self.added.values()), default=0)

    def __str__(self) -> str:
        where = f"{self.host}" + (f", pid {self.pid}" if self.pid is not None else "")
        who = f"{self.name or 'without a name'}, {_counted(self.count, 'process')} on "
        who += where if self.hosts == 1 else f"{self.hosts} hosts, such as {where}"
        if self.before is None:
            return message(f"{who}: now {self.after}")
        if self.after is None:
            return message(f"{who}: no longer {self.before}")
        return message(f"{who}: {'; '.join(self.before.changes(self.after))}")


@frozen(kw_only=True)
class Drift(Plain, Tabular, Sequence[Change]):
    """What changed of a fleet; first where most capabilities came.

    In a notebook it is a table. Each change is a row of :meth:`to_records`.

    Attributes:
        changes: Each change, of processes that changed alike.
        by: What was compared: ``"process"`` or ``"program"``.
        same: How many processes are in both snapshots, changed or not; None where programs are compared.
        begun: How many are in the second alone; None where programs are compared.
        ended: How many are in the first alone; None where programs are compared.
        unsure: Of how many, in both together, it is not known whether they are the same, as their start is not; None
            where programs are compared.
        unproven: Of how many in both snapshots the boot is not known in one of them, so that the start alone says that
            they are the same; None where programs are compared.
        more: By how much processes have become more that hold what others of their program on the host held before;
            None where processes are compared.
        unread: Of how many, in both together, no set is known.
        unread_hosts: On which hosts these are. What is new or no longer there may be among them.
        partly: Of how many, in both together, something was not understood, so that they may hold more.
        kernel: How many threads of the kernel, in both together, were left out.
        hosts_gone: The hosts that are in the first snapshot alone.
        hosts_new: The hosts that are in the second alone.
    """

    changes: tuple[Change, ...]
    by: By
    same: int | None = None
    begun: int | None = None
    ended: int | None = None
    unsure: int | None = None
    unproven: int | None = None
    more: int | None = None
    unread: int = 0
    unread_hosts: tuple[str, ...] = ()
    partly: int = 0
    kernel: int = 0
    hosts_gone: tuple[str, ...] = ()
    hosts_new: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.changes)

    @overload
    def __getitem__(self, at: int) -> Change: ...
    @overload
    def __getitem__(self, at: slice) -> Drift: ...
    def __getitem__(self, at: int | slice) -> Change | Drift:
        return evolve(self, changes=self.changes[at]) if isinstance(at, slice) else self.changes[at]

    def __str__(self) -> str:
        more = apart((each.name, each.before, each.after) for each in self.changes)
        told = [f"{each} ({words})" if words else str(each) for each, words in zip(self.changes, more, strict=True)]
        return "\n".join([*(told or ["nothing that can be compared has changed"]), *self.facts()])

    def facts(self) -> list[str]:
        """Tell what was compared and what was not, a sentence each."""
        told: list[str] = []
        if self.same is not None:
            told.append(f"{_counted(self.same, 'process')} in both")
        if self.unproven:
            told.append(f"! {self.unproven} of them by their start alone, as the boot is not known in both")
        if self.begun or self.ended:
            told.append(
                f"! {self.begun} in the second alone and {self.ended} in the first: by program it is told what is new "
                "of them"
            )
        if self.more:
            told.append(f"! {_counted(self.more, 'process')} more than before with what their program held already")
        if self.unsure:
            told.append(
                f"! {_counted(self.unsure, 'row')} of which the start is not known: only by program are they told"
            )
        if self.unread:
            perhaps = ": what is new or no longer there may be among them" * (self.by == "program")
            unread = f"! {_counted(self.unread, 'row')} of which no set is known, on {_listed(self.unread_hosts)}"
            told.append(unread + perhaps)
        if self.partly:
            told.append(f"! {_counted(self.partly, 'row')} of which not all was understood: they may hold more")
        for hosts, where in ((self.hosts_gone, "first"), (self.hosts_new, "second")):
            if hosts:
                told.append(f"! in the {where} snapshot alone: {_listed(hosts)}")
        if self.kernel:
            told.append(f"{_counted(self.kernel, 'row')} of threads of the kernel, which were left out")
        return told

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Write what a notebook keeps beside the table."""
        printer.text(f"<Drift: {_counted(len(self), 'change')}>")


_SOME = 10  # so many hosts are named


def _listed(hosts: Sequence[str]) -> str:
    more = f" and {len(hosts) - _SOME} more" if len(hosts) > _SOME else ""
    return message(", ".join(hosts[:_SOME])) + more


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}{'es' if what.endswith('s') else 's'}"
