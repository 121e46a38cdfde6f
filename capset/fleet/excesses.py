"""Beyond: containers that hold more than their engine gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from attrs import evolve, field, frozen

from capset.engines import Engine, Match
from capset.fleet.held import Held
from capset.fleet.outliers import several_times
from capset.printable import message
from capset.sets import CapSet
from capset.shown import Tabular
from capset.summary import counted, summary

__all__ = ["Beyond", "Excess"]


@frozen(kw_only=True)
class Excess(Tabular):
    """Processes in containers that hold alike, and more than an engine gives.

    Attributes:
        held: What they hold.
        engine: The engine that is taken for theirs.
        extra: What of it this engine does not give by itself, in any of the five sets.
        match: Which of its options explain it; None where none does.
        elsewhere: Whether they are in a user namespace other than the initial one, and it counts only there; None where
            that is not known.
        sure: Whether it is known that they are in one.
        count: How many processes it is.
        hosts: On how many hosts.
        containers: In how many containers, as far as that is known.
        names: How many there are of each name, the most frequent first.
        host: One of the hosts.
    """

    held: Held
    engine: Engine
    extra: CapSet
    match: Match | None
    elsewhere: bool | None
    sure: bool
    count: int
    hosts: int
    containers: int
    names: dict[str, int] = field(hash=False)
    host: str

    def __str__(self) -> str:
        names = ", ".join(f"{name or 'without a name'} ({count})" for name, count in [*self.names.items()][:_SOME])
        names += f" and {len(self.names) - _SOME} more" if len(self.names) > _SOME else ""
        extra = "; ".join(f"{', '.join(sets)}: {_told(caps)}" for caps, sets in self.by_extra().items())
        return message(f"{names} on {self.where}: {extra} beyond {self.engine.title}'s default{self.how}{self.place}")

    @property
    def where(self) -> str:
        """On which host, or on how many, and whether in a container, where that is not known."""
        where = self.host if self.hosts == 1 else f"{self.hosts} hosts, such as {self.host}"
        return where + ", perhaps in no container" * (not self.sure)

    def by_extra(self) -> dict[CapSet, list[str]]:
        """Tell what is beyond the default, and in which sets: what the bounding set alone has is not held."""
        found: dict[CapSet, list[str]] = {}
        for name, caps in self.held.sets.items():
            if extra := caps - self.engine.default:
                found.setdefault(extra, []).append(name)
        return found

    @property
    def how(self) -> str:
        """Which options give it, as far as some explain it."""
        if self.match is None or not self.match.flags:
            return ""
        return f", as by {' '.join(self.match.flags)}{' or a privileged container' * self.match.also_privileged}"

    @property
    def place(self) -> str:
        """Where it counts, unless that is the whole host."""
        if self.elsewhere is None:
            return "; user namespace not known"
        return "; in a user namespace of its own, and counts only there" if self.elsewhere else ""


@frozen(kw_only=True)
class Beyond(Tabular, Sequence[Excess]):
    """The processes in containers that hold more than their engine gives; first those with most beyond it.

    In a notebook it is a table. Each is a row of :meth:`to_records`.

    Attributes:
        excesses: Those that hold more.
        engine: The engine that was asked for; None where each has its own.
        total: How many processes in containers, or perhaps in one, were looked at.
        outside: How many others there are, which are in none.
        unsure: Of how many, among those that were looked at, it is not known whether they are in one.
        unread: Of how many among them no set is known.
        partly: Of how many among them some sets are known and others not, or not all was understood: what these would
            show is not told.
        repeated: How many hosts were read at more times than one.
    """

    excesses: tuple[Excess, ...]
    engine: Engine | None
    total: int
    outside: int
    unsure: int
    unread: int
    partly: int
    repeated: int = 0

    def __len__(self) -> int:
        return len(self.excesses)

    @overload
    def __getitem__(self, at: int) -> Excess: ...
    @overload
    def __getitem__(self, at: slice) -> Beyond: ...
    def __getitem__(self, at: int | slice) -> Excess | Beyond:
        return evolve(self, excesses=self.excesses[at]) if isinstance(at, slice) else self.excesses[at]

    def __str__(self) -> str:
        what = self.engine.title if self.engine else "its engine"
        return "\n".join([*map(str, self.excesses or [f"nothing holds more than {what} gives"]), *self.facts()])

    def facts(self) -> list[str]:
        """Tell what was looked at and what was not, a sentence each."""
        told = [f"{self.total - self.unsure} processes are in containers, {self.outside} in none"]
        if self.unsure:
            told.append(f"! {self.unsure} more may be in one, which is not known: they were looked at too")
        if self.unread:
            told.append(f"! {self.unread} of all these have no set that is known")
        if self.partly:
            told.append(f"! {self.partly} of all these have sets of which not all is known: they may hold more")
        if self.repeated:
            told.append(several_times(self.repeated))
        return told

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Write what a notebook keeps beside the table."""
        printer.text(f"<Beyond: {len(self)} kinds of processes>")


_SOME = 5  # so many names are told, of processes and of capabilities


def _told(caps: CapSet) -> str:
    return summary(caps) if len(caps) <= _SOME else counted(caps)
