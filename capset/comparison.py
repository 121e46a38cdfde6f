"""Comparison: capability sets beside each other, one column each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from attrs import evolve, field, frozen

from capset.capability import Cap
from capset.engines import Engine
from capset.errors import ArgumentError, CapsetError, require, shown
from capset.listed import Listed
from capset.live import ProcStatus, Snapshot
from capset.live.keeping import Kept
from capset.live.user_ns import is_elsewhere, namespace_text
from capset.plain import Plain
from capset.printable import printable
from capset.sets import CapSet
from capset.shown import Plotted
from capset.state import CapState, check_set
from capset.summary import UNDEFINED

if TYPE_CHECKING:
    from typing import Never

__all__ = ["Column", "Comparison", "compare"]

Column = CapSet | CapState | Engine | ProcStatus


def _columns(columns: Mapping[str, Any]) -> Mapping[str, Column]:
    require(columns, Mapping, "a mapping of names and sets; compare() takes them as arguments")
    return MappingProxyType({name: _column(name, value) for name, value in columns.items()})


def _column(name: str, value: Any) -> Column:
    if name in _RESERVED:
        advice = f"rows have a {name} of their own; choose another name"
        raise ArgumentError(f"a column cannot be called {name!r}: {advice}", name)
    if isinstance(value, Column):
        return value
    try:
        # A scan would lose a process by being tried, and an empty one would look like an empty set.
        if isinstance(value, (Listed, Snapshot, Kept)):
            raise TypeError(
                f"{type(cast('object', value)).__name__} is no set of capabilities, but may hold some that have one"
            )
        if isinstance(value, str):
            ways = "an engine is what engines.get() returns, capabilities are read by CapSet.parse()"
            raise TypeError(f"expected a set, got {shown(value)}: {ways}")
        state = getattr(value, "caps", None)
        return state if isinstance(state, CapState) else CapSet(value)
    except (TypeError, CapsetError) as error:
        error.add_note(f"in column {name!r}, which takes a CapSet, a CapState, an Engine or a ProcStatus")
        raise


def _is_a_set(_instance: object, _attribute: object, value: object) -> None:
    check_set(value)


_RESERVED = ("number", "name", "mask")  # of the rows of to_records()


@frozen(repr=False)
class Comparison(Plain, Plotted):
    """Capability sets beside each other: a row for each capability, a column for each set.

    Made by :func:`compare`. Two are equal if they have equal columns under the same names, in any order.

    A row (:meth:`to_records`) has the ``number``, the ``name`` and the ``mask`` of a capability, and whether each
    column has it. The plot is a grid of the same.

    Attributes:
        columns: What is compared, by its name, as it was given.
        set: Which of the five sets is compared of what has five; of an engine that is the set of the first
            process of a container for root. What is a single set is compared as it is.
        everything: Whether there is a row for every capability, or for those that differ only.
    """

    columns: Mapping[str, Column] = field(converter=_columns)
    set: str = field(default="effective", kw_only=True, validator=_is_a_set)
    everything: bool = field(default=False, kw_only=True)

    @property
    def sets(self) -> dict[str, CapSet]:
        """The sets that are compared, by the names of their columns."""
        return {name: self._set_of(value) for name, value in self.columns.items()}

    def _set_of(self, value: Column) -> CapSet:
        if isinstance(value, CapSet):
            return value
        state = (
            value.container() if isinstance(value, Engine) else value.caps if isinstance(value, ProcStatus) else value
        )
        caps: CapSet = getattr(state, self.set)
        return caps

    @property
    def kind(self) -> str:
        """What is compared, in words: ``"effective set"``, or ``"set"`` where nothing has five."""
        return "set" if all(isinstance(value, CapSet) for value in self.columns.values()) else f"{self.set} set"

    @property
    def differing(self) -> CapSet:
        """The capabilities that some columns have and others have not."""
        sets = self.sets.values()
        return CapSet().union(*sets) - self.common

    @property
    def common(self) -> CapSet:
        """The capabilities that every column has; none where there is no column."""
        sets = list(self.sets.values())
        return sets[0].intersection(*sets) if sets else CapSet()

    @property
    def rows(self) -> tuple[Cap, ...]:
        """The capabilities that have a row, in ascending order."""
        if not self.everything:
            return tuple(self.differing)
        return tuple(CapSet.all() | self.common | self.differing)

    def all(self) -> Comparison:
        """Return the same comparison with a row for every capability, whether it differs or not."""
        return evolve(self, everything=True)

    def of(self, set: str) -> Comparison:
        """Return the same comparison of another of the five sets.

        Args:
            set: ``"effective"``, ``"permitted"``, ``"inheritable"``, ``"bounding"`` or ``"ambient"``.

        Raises:
            ArgumentError: There is no such set.
        """
        return evolve(self, set=set)

    @property
    def elsewhere(self) -> dict[str, str]:
        """Where the sets of a process count, by its column, if that is another user namespace than the initial one."""
        return {
            name: namespace_text(value.user_ns)
            for name, value in self.columns.items()
            if isinstance(value, ProcStatus) and is_elsewhere(value.user_ns)
        }

    @property
    def undefined(self) -> dict[str, CapSet]:
        """The members that are no capability of any kernel (:attr:`CapSet.undefined`), by the column that has some."""
        return {name: caps.undefined for name, caps in self.sets.items() if caps.undefined}

    def __hash__(self) -> int:
        return hash((frozenset(self.columns), self.set, self.everything))  # an engine has no hash

    def __str__(self) -> str:
        if not self.columns:
            return "nothing to compare"
        rows = self.rows
        width = max(map(len, ["capability", *map(str, rows)]))
        columns = [["no. capability", *(f"{int(cap):3} {cap!s:{width}}" for cap in rows), "total"]]
        columns += [
            [printable(name), *("yes" if cap in caps else "-" for cap in rows), str(len(caps))]
            for name, caps in self.sets.items()
        ]
        widths = [max(map(len, column)) for column in columns]
        lines = [
            " ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in zip(*columns, strict=True)
        ]
        lines += [f"{printable(name)} is {where}" for name, where in self.elsewhere.items()]
        lines += [f"! {', '.join(map(printable, self.undefined))}: {UNDEFINED}"] if self.undefined else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        plain = f"compare(**{dict(self.columns)!r})"
        every = ".all()" if self.everything else ""
        return plain + ("" if self.set == "effective" else f".of({self.set!r})") + every

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (dict(self.columns), self.set, self.everything)


def _unpickle(columns: dict[str, Column], set: str, everything: bool) -> Comparison:
    return Comparison(columns, set=set, everything=everything)


def compare(*unnamed: Never, **named: Any) -> Comparison:
    """Put capability sets beside each other.

    Args:
        unnamed: Nothing; what has no name cannot be told from the others.
        named: What to compare, each under the name that its column is to have: a CapSet or what makes one, a
            CapState, an Engine, or a ProcStatus, or something else that has a CapState as ``caps``. Names that are
            no words of Python go in as ``compare(**{"docker 20.10": …})``.

    Raises:
        ArgumentError: A column is called as a column of its own that every row has.
        TypeError: A value is none of these, or has no name.

    Examples:
        >>> from capset import DOCKER_DEFAULT, compare, engines
        >>> docker, podman = engines.get("docker"), engines.get("podman")
        >>> comparison = compare(docker=docker, podman=podman, mine=DOCKER_DEFAULT | {"bpf"})
        >>> print(comparison)
        no. capability      docker podman mine
         13 CAP_NET_RAW     yes    -      yes
         27 CAP_MKNOD       yes    -      yes
         29 CAP_AUDIT_WRITE yes    -      yes
         39 CAP_BPF         -      -      yes
        total               14     11     15
        >>> comparison.common == podman.default
        True
        >>> comparison.to_records()[3]["docker"]
        False
    """
    if unnamed:
        raise TypeError(f"give every column a name, as in compare(docker=…, mine=…): {shown(unnamed[0])} has none")
    return Comparison(named)
