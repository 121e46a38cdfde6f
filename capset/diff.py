"""CapDiff and StateDiff: what was added and what was dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import evolve, field, frozen

from capset.bounds import bounded
from capset.capability import Cap
from capset.errors import ConflictError, ParseError, UnknownCapabilityError, require, shown
from capset.plain import Plain
from capset.sets import THREAD_SETS, CapSet
from capset.shown import Tabular
from capset.state import CapState, HasCaps, five_sets

__all__ = ["CapDiff", "StateDiff"]


@frozen(kw_only=True)
class CapDiff(Plain, Tabular):
    """What turns one set into another.

    A difference is a patch: it can be applied to any set, turned round, and chained. It is falsy when
    it changes nothing. Each capability that comes or goes is a row of :meth:`to_records`: ``change``, and what a row of
    a CapSet has.

    Attributes:
        added: The capabilities that come.
        dropped: The capabilities that go. None of them is in *added*.

    Raises:
        ConflictError: A capability is in both.

    Examples:
        >>> diff = CapSet.parse("chown,kill").diff(CapSet.parse("chown,sys_admin"))
        >>> diff
        CapDiff(added=CapSet.parse('CAP_SYS_ADMIN'), dropped=CapSet.parse('CAP_KILL'))
        >>> print(diff)
        +CAP_SYS_ADMIN -CAP_KILL
        >>> diff.apply(CapSet.parse("kill,mknod"))
        CapSet.parse('CAP_SYS_ADMIN,CAP_MKNOD')
    """

    added: CapSet = field(default=CapSet(), converter=CapSet)
    dropped: CapSet = field(default=CapSet(), converter=CapSet)

    def __attrs_post_init__(self) -> None:
        if both := self.added & self.dropped:
            raise ConflictError(tuple(both.names()))

    @classmethod
    def parse(cls, text: str) -> CapDiff:
        """Read a difference as :class:`str` writes it.

        Args:
            text: Capabilities, each with ``+`` or ``-`` in front, separated by white space; the
                names as :meth:`Cap.parse` takes them. An empty text changes nothing.

        Raises:
            ParseError: A word has no sign, or a sign no capability.
            ConflictError: A capability has both signs.
            TooLargeError: It is longer than :data:`capset.bounds.LONGEST_TEXT`.
            TypeError: *text* is no str.

        Examples:
            >>> CapDiff.parse("+net_admin -12")
            Traceback (most recent call last):
            capset.errors.ConflictError: both added and dropped: CAP_NET_ADMIN; a capability can be only one of the two
        """
        if not isinstance(text, str):
            raise TypeError(f"expected a difference as str, got {shown(text)}")
        bounded(text)
        signed: dict[str, list[Cap]] = {"+": [], "-": []}
        for word in re.finditer(r"\S+", text):
            sign, name = word[0][0], word[0][1:]
            if sign not in signed:
                raise ParseError(text, word.start(), "+ or - in front of a capability")
            try:
                signed[sign].append(Cap.parse(name))
            except UnknownCapabilityError as error:
                raise ParseError(text, word.start() + 1, f"a capability ({error})") from None
        return cls(added=signed["+"], dropped=signed["-"])

    def apply(self, caps: Iterable[Cap | int | str]) -> CapSet:
        """Return *caps*, a CapSet or what makes one, with these changes made."""
        return (CapSet(caps) | self.added) - self.dropped

    def inverse(self) -> CapDiff:
        """Return the difference that undoes this one.

        It restores the set this difference was computed from; a set that already had what is added
        here loses it.
        """
        return CapDiff(added=self.dropped, dropped=self.added)

    def then(self, other: CapDiff) -> CapDiff:
        """Return the one difference that does to every set what this one and then *other* do.

        Examples:
            >>> print(CapDiff.parse("+kill").then(CapDiff.parse("-kill +chown")))
            +CAP_CHOWN -CAP_KILL
        """
        require(other, CapDiff, "a CapDiff, as before.diff(after) makes one")
        return CapDiff(
            added=(self.added - other.dropped) | other.added,
            dropped=(self.dropped - other.added) | other.dropped,
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.dropped)

    def __str__(self) -> str:
        return " ".join([f"+{cap}" for cap in self.added] + [f"-{cap}" for cap in self.dropped])


def _is_diff(_instance: object, _attribute: object, value: object) -> None:
    require(value, CapDiff, "a CapDiff, as before.diff(after) makes one")


@frozen(kw_only=True)
class StateDiff(Plain, Tabular):
    """What turns the five sets of one thread into those of another, set by set.

    It is falsy when it changes nothing. Each capability that comes or goes in a set is a row of :meth:`to_records`:
    ``set``, and what a row of a CapDiff has.

    Attributes:
        effective: The difference of the effective sets; likewise the other four.

    Examples:
        >>> from capset import CapState
        >>> before = CapState(permitted=["kill"], effective=["kill"])
        >>> print(before.diff(CapState(permitted=["kill"])))
        effective: -CAP_KILL
    """

    effective: CapDiff = field(default=CapDiff(), validator=_is_diff)
    permitted: CapDiff = field(default=CapDiff(), validator=_is_diff)
    inheritable: CapDiff = field(default=CapDiff(), validator=_is_diff)
    bounding: CapDiff = field(default=CapDiff(), validator=_is_diff)
    ambient: CapDiff = field(default=CapDiff(), validator=_is_diff)

    def apply(self, state: CapState | HasCaps) -> CapState:
        """Return *state*, a CapState or what has one as ``caps``, with these changes made."""
        state = five_sets(state)
        return evolve(state, **{name: diff.apply(getattr(state, name)) for name, diff in self._items()})

    def inverse(self) -> StateDiff:
        """Return the difference that undoes this one."""
        return StateDiff(**{name: diff.inverse() for name, diff in self._items()})

    def then(self, other: StateDiff) -> StateDiff:
        """Return the one difference that does what this one and then *other* do."""
        require(other, StateDiff, "a StateDiff, as before.diff(after) of two states makes one")
        return StateDiff(**{name: diff.then(getattr(other, name)) for name, diff in self._items()})

    def _items(self) -> list[tuple[str, CapDiff]]:
        return [(name, getattr(self, name)) for name in THREAD_SETS]

    def __bool__(self) -> bool:
        return any(diff for _, diff in self._items())

    def __str__(self) -> str:
        return "\n".join(f"{name}: {diff}" for name, diff in self._items() if diff)
