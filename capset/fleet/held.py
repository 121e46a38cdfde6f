"""Held: the privileges of processes that are alike in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from attrs import astuple, frozen

from capset.diff import CapDiff
from capset.errors import FormatError
from capset.fleet.row import SomeSets
from capset.plain import Plain
from capset.sets import THREAD_SETS, CapSet
from capset.shown import Shown
from capset.summary import summary

__all__ = ["STANDING", "Held", "caps_of", "held_of", "rank"]

_BESIDE = {"uid_real": "real user", "uid_saved": "saved user", "uid_fs": "file system user"}
_NUMBERS = {"uid_effective": "user", **_BESIDE, "no_new_privs": "no_new_privs", "seccomp": "seccomp"}
STANDING = (*THREAD_SETS, *_NUMBERS, "elsewhere")
"""What says what a process may do: columns of a snapshot, and the last, which is of the column *user_ns*."""


@frozen(kw_only=True)
class Held(SomeSets, Plain, Shown):
    """What a process holds; what is not known is None.

    Attributes:
        effective: The effective set; likewise the other four.
        uid_effective: As whom it acts.
        uid_real: Who started it.
        uid_saved: Whom it may become again.
        uid_fs: Who it is to file systems.
        no_new_privs: Whether execve(2) can no longer give privileges.
        seccomp: The seccomp mode: 0 disabled, 1 strict, 2 filter.
        elsewhere: Whether it is in a user namespace other than the initial one, where its sets count alone.
        contained: Whether it is in a container, where that has changed.
    """

    effective: CapSet | None = None
    permitted: CapSet | None = None
    inheritable: CapSet | None = None
    bounding: CapSet | None = None
    ambient: CapSet | None = None
    uid_effective: int | None = None
    uid_real: int | None = None
    uid_saved: int | None = None
    uid_fs: int | None = None
    no_new_privs: bool | None = None
    seccomp: int | None = None
    elsewhere: bool | None = None
    contained: bool | None = None

    def diff(self, other: Held) -> dict[str, CapDiff]:
        """Return what turns the sets into those of *other*: those that are known of both, and differ."""
        mine, theirs = self.sets, other.sets
        return {name: mine[name].diff(theirs[name]) for name in mine if name in theirs and mine[name] != theirs[name]}

    def __str__(self) -> str:
        """Write the sets, those that are the same once, and the rest as far as it is known."""
        return "; ".join([*_by_value({name: summary(caps) for name, caps in self.sets.items()}), *self._others()])

    def _others(self) -> list[str]:
        values = {attribute: getattr(self, attribute) for attribute in _NUMBERS}
        told = [
            f"{_NUMBERS[attribute]} {value}"
            for attribute, value in values.items()
            if value is not None and not (attribute in _BESIDE and value == self.uid_effective)
        ]
        return [*told, *[f"! {_NAMESPACE[True]}"] * bool(self.elsewhere)]

    def changes(self, later: Held) -> list[str]:
        """Tell what is otherwise in *later*, a part of a sentence each.

        Examples:
            >>> from capset import CapSet, fleet
            >>> one = fleet.Held(effective=CapSet.parse("kill"), permitted=CapSet.parse("kill"), uid_effective=0)
            >>> one.changes(fleet.Held(effective=CapSet(), permitted=CapSet(), uid_effective=1000))
            ['effective, permitted: -CAP_KILL', 'user 0, then 1000']
        """
        told = _by_value({name: self._change(later, name, diff) for name, diff in self.diff(later).items()})
        for name, caps in later.sets.items():
            if name not in self.sets:
                told.append(f"{name}: not known, then {summary(caps)}")
        told += [
            f"{name}: {summary(caps)}, then not known" for name, caps in self.sets.items() if name not in later.sets
        ]
        user = (self.uid_effective, later.uid_effective)
        for attribute, name in _NUMBERS.items():
            one, other = getattr(self, attribute), getattr(later, attribute)
            if attribute in _BESIDE and (one, other) == user:  # mostly all are one
                continue
            if one != other:
                told.append(f"{name} {_WORDS.get(one, one)}, then {_WORDS.get(other, other)}")
            elif attribute in _BESIDE and one is not None and user[0] != user[1]:
                told.append(f"{name} still {one}")
        if self.elsewhere != later.elsewhere:
            told.append(f"! {_NAMESPACE[self.elsewhere]}, then {_NAMESPACE[later.elsewhere]}")
        if None not in {self.contained, later.contained} and self.contained != later.contained:
            told.append("in no container, then in one" if later.contained else "! in a container, then in none")
        return told

    def _change(self, later: Held, name: str, diff: CapDiff) -> str:
        """Write what changed of a set; where that is much, what it was and what it is, which is less to read."""
        if len(diff.added) + len(diff.dropped) <= _FEW:
            return str(diff)
        return f"{summary(self.sets[name])}, then {summary(later.sets[name])}"


_FEW = 8
_WORDS: dict[object, str] = {None: "not known"}
_NAMESPACE: dict[bool | None, str] = {
    None: "user namespace not known",
    False: "in the initial user namespace",
    True: "in a user namespace of its own, and counts only there",
}


def _by_value(texts: Mapping[str, str]) -> list[str]:
    """Write what several sets have in common once."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, told in texts.items():
        found[told].append(name)
    return [f"{', '.join(names)}: {told}" for told, names in found.items()]


def caps_of(value: Any) -> CapSet | None:
    """Return the set that a mask is, as an engine gives it: some have signed numbers alone, and others decimal ones."""
    if value is None:
        return None
    number = int(value)
    if number != value:
        raise FormatError("mask", value, "a whole number")
    return CapSet.from_mask(number + 2**64 if number < 0 and not isinstance(value, Decimal) else number)


def held_of(group: Mapping[str, Any], suffix: str = "") -> Held:
    """Make it of a row that an engine gives, in which its columns end with *suffix*."""
    values = {name: group.get(f"{name}{suffix}") for name in (*STANDING, "contained")}
    return Held(**{name: value if value is None else _KINDS.get(name, int)(value) for name, value in values.items()})


_KINDS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(THREAD_SETS, caps_of),
    **dict.fromkeys(("no_new_privs", "elsewhere", "contained"), bool),
}


def rank(held: Held | None, *more: Any) -> tuple[tuple[bool, Any], ...]:
    """Return by what one comes before another where nothing else tells: engines give their groups in any order."""
    values = () if held is None else astuple(held, recurse=False)
    return tuple((value is not None, 0 if value is None else _plain(value)) for value in (*values, *more))


def _plain(value: Any) -> Any:
    return value.mask if isinstance(value, CapSet) else value
