"""Requirement: which sets of capabilities would do, as an antichain of minimal sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from attrs import field, frozen

from capset.bounds import DEEPEST, bounded
from capset.capability import Cap
from capset.errors import ArgumentError, ParseError, UnknownCapabilityError, shown
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Shown

__all__ = ["MOST_WAYS", "MOST_WORDS", "Requirement"]

MOST_WAYS = 1024
"""So many sets are compared to find the minimal ones of a requirement. What the kernel asks has some ten at most."""

MOST_WORDS = 1024
"""So many capabilities, signs and parentheses the text of a requirement may have."""


def _minimal(ways: Iterable[Iterable[Cap | int | str]]) -> tuple[CapSet, ...]:
    """Return the sets of which none is part of another, the smallest first."""
    if isinstance(ways, str | CapSet) or not isinstance(ways, Iterable):
        raise TypeError(f"expected sets of which one would do, got {shown(ways)}; Requirement.parse() reads a text")
    found: set[CapSet] = set()
    for way in ways:
        found.add(CapSet(way))
        if len(found) > MOST_WAYS:
            raise ArgumentError(f"expected a requirement of at most {MOST_WAYS} sets that are compared", len(found))
    kept: list[CapSet] = []
    masks: list[int] = []
    for caps in sorted(found, key=lambda each: (len(each), each.mask)):
        beyond = ~caps.mask
        if all(mask & beyond for mask in masks):
            kept.append(caps)
            masks.append(caps.mask)
    return tuple(kept)


@frozen(repr=False, order=False)
class Requirement(Plain, Shown):
    """What must be held, as minimal sets: whoever holds all of one of them has what is required.

    None of the sets is part of another. Two requirements are equal where the same sets of capabilities satisfy
    them, however they were written. ``a & b`` requires both, ``a | b`` either; ``a <= b`` says that whatever satisfies
    ``a`` satisfies ``b`` too, as it is with sets.

    It iterates over the minimal sets, the smallest first. That of the empty set, written ``nothing``, is satisfied by
    every set; that without any set, written ``never``, by none: no capability would do.

    Attributes:
        ways: The minimal sets. Of those that are given, each a CapSet or what makes one, those that are more than
            another are left out.

    Raises:
        UnknownCapabilityError: A name or a number is no capability.
        ArgumentError: There are more than :data:`MOST_WAYS` sets to compare.
        TypeError: *ways* are no sets; a text is read by :meth:`parse`.

    Examples:
        >>> from capset.operations import Requirement
        >>> kprobe = Requirement([["sys_admin"], ["bpf", "perfmon"], ["sys_admin", "kill"]])
        >>> kprobe
        Requirement.parse('CAP_SYS_ADMIN | CAP_PERFMON & CAP_BPF')
        >>> kprobe.satisfied_by(["bpf", "net_admin"])
        False
    """

    ways: tuple[CapSet, ...] = field(default=(), converter=_minimal)

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Read a requirement as :class:`str` writes it.

        Args:
            text: Capabilities, as :meth:`capset.Cap.parse` takes them, ``nothing`` and ``never``, with ``&`` (and),
                ``|`` (or) and parentheses between them. ``&`` binds more than ``|``.

        Raises:
            ParseError: It is not written so, or has more than :data:`MOST_WORDS` words; the error says where.
            ArgumentError: It has more than :data:`MOST_WAYS` sets to compare.
            TooLargeError: It is longer than :data:`capset.bounds.LONGEST_TEXT`.
            TypeError: *text* is no str.

        Examples:
            >>> print(Requirement.parse("(syslog | sys_admin) & dac_override"))
            CAP_DAC_OVERRIDE & CAP_SYS_ADMIN | CAP_DAC_OVERRIDE & CAP_SYSLOG
        """
        if not isinstance(text, str):
            raise TypeError(f"expected a requirement as str, got {shown(text)}")
        bounded(text)
        return _Reading(text).whole()

    @property
    def caps(self) -> CapSet:
        """Every capability that counts for it."""
        return CapSet().union(*self.ways)

    def satisfied_by(self, caps: Iterable[Cap | int | str]) -> bool:
        """Say whether a set, a CapSet or what makes one, has all of one of the minimal sets."""
        held = CapSet(caps)
        return any(way <= held for way in self.ways)

    def missing(self, caps: Iterable[Cap | int | str]) -> list[CapSet]:
        """Return the sets of which any one, with those in *caps*, would do; the smallest first.

        The list is empty where nothing is missing, and where nothing would do; :meth:`satisfied_by` tells them apart.

        Examples:
            >>> environ = Requirement.parse("(dac_override | dac_read_search) & (sys_ptrace | perfmon)")
            >>> [str(caps) for caps in environ.missing(["dac_override"])]
            ['CAP_SYS_PTRACE', 'CAP_PERFMON']
        """
        held = CapSet(caps)
        return [lacks for lacks in _minimal(way - held for way in self.ways) if lacks]

    def __iter__(self) -> Iterator[CapSet]:
        return iter(self.ways)

    def __and__(self, other: object) -> Requirement:
        if not isinstance(other, Requirement):
            return NotImplemented
        return Requirement(one | two for one in self.ways for two in other.ways)

    def __or__(self, other: object) -> Requirement:
        if not isinstance(other, Requirement):
            return NotImplemented
        return Requirement(self.ways + other.ways)

    def __le__(self, other: object) -> bool:
        if not isinstance(other, Requirement):
            return NotImplemented
        return all(map(other.satisfied_by, self.ways))

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Requirement):
            return NotImplemented
        return self <= other and self != other

    def __ge__(self, other: object) -> bool:
        if not isinstance(other, Requirement):
            return NotImplemented
        return other <= self

    def __gt__(self, other: object) -> bool:
        if not isinstance(other, Requirement):
            return NotImplemented
        return other < self

    def __str__(self) -> str:
        return " | ".join(" & ".join(map(str, way)) or "nothing" for way in self.ways) or "never"

    def __repr__(self) -> str:
        return f"Requirement.parse({str(self)!r})"


_WORDS = {"nothing": Requirement([CapSet()]), "never": Requirement()}


class _Word(NamedTuple):
    at: int
    text: str


class _Reading:
    """One text as it is read: which word comes next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = [_Word(found.start(), found[0]) for found in re.finditer(r"[&|()]|[^\s&|()]+", text)]
        if len(self.words) > MOST_WORDS:
            raise ParseError(text, self.words[MOST_WORDS].at, f"no more than {MOST_WORDS} capabilities and signs")
        self.words.append(_Word(len(text), ""))
        self.next = 0
        self.depth = 0

    def whole(self) -> Requirement:
        found = self.either()
        if self.words[self.next].text:
            raise self.error("& or | or the end")
        return found

    def either(self) -> Requirement:
        found = [self.both()]
        while self.takes("|"):
            found.append(self.both())
        return Requirement(way for each in found for way in each)

    def both(self) -> Requirement:
        found = self.one()
        while self.takes("&"):
            found &= self.one()
        return found

    def one(self) -> Requirement:
        if self.takes("("):
            self.depth += 1
            if self.depth > DEEPEST:
                raise self.error(f"no more than {DEEPEST} parentheses in each other")
            found = self.either()
            if not self.takes(")"):
                raise self.error("& or | or )")
            self.depth -= 1
            return found
        word = self.words[self.next].text
        if word in {"", "&", "|", ")"}:
            raise self.error("a capability")
        try:
            found = _WORDS[word] if word in _WORDS else Requirement([[Cap.parse(word)]])
        except UnknownCapabilityError as error:
            raise self.error(f"a capability ({error})") from None
        self.next += 1
        return found

    def takes(self, word: str) -> bool:
        if self.words[self.next].text != word:
            return False
        self.next += 1
        return True

    def error(self, expected: str) -> ParseError:
        return ParseError(self.text, self.words[self.next].at, expected)
