"""What each release of systemd knows of units: the settings that are about capabilities, and how it reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from attrs import field, frozen

from capset.capability import Cap
from capset.errors import FormatError, shown
from capset.facts import load
from capset.sets import CapSet

__all__ = ["Change", "Drop", "SystemdRelease", "UnitSetting", "changes", "counted", "keys", "names", "settings"]

_DOCUMENT = "formats/systemd-settings"
_VERSION = re.compile(r"v?([0-9]{1,4})(?:[.~+-][0-9A-Za-z.~+_-]*)?")


def _cap(name: str) -> Cap:
    return Cap.parse(name)


@frozen(kw_only=True)
class Drop:
    """A capability that a setting takes away when it is on.

    Attributes:
        cap: The capability.
        since: The first release that does so.
    """

    cap: Cap = field(converter=_cap)
    since: int


def _drops(entries: tuple[Mapping[str, Any], ...]) -> tuple[Drop, ...]:
    return tuple(Drop(**entry) for entry in entries)


@frozen(kw_only=True)
class UnitSetting:
    """A setting of units.

    Attributes:
        name: Its key.
        since: The first release that knows it, of those that were read.
        until: The last release that knows it; None where the newest does.
        value: How its value is read, such as ``"boolean"``.
        filter: The release since which it is a seccomp(2) filter that counts for no_new_privs; None for what is none.
        drops: What it takes away.
        not_counted: What it does to capabilities, where capset does not count it; else empty.
        gives: Whether that may be more than the other settings give, so that nobody knows what the unit has.
        backports: Older releases in which a distribution has it all the same, each with the distribution.
    """

    name: str
    since: int
    until: int | None = None
    value: str
    filter: int | None = None
    drops: tuple[Drop, ...] = field(default=(), converter=_drops)
    not_counted: str = ""
    gives: bool = False
    backports: Mapping[str, str] = field(factory=dict[str, str])

    @property
    def counts(self) -> bool:
        """Whether what it says is counted; the others are in the table for what they do beside capabilities."""
        return self.value != "text"


@frozen(kw_only=True)
class Change:
    """Something in which releases differ.

    Attributes:
        id: Its name.
        since: The first release that does so.
        until: The last release that does so; None where the newest does.
        what: What it does, in a sentence or two.
        path: The file in which it was read, at the tags of both sides.
        confidence: ``"run"`` or ``"read"``.
        also: A release of an older series that does so too; else empty.
        note: What was run.
    """

    id: str
    since: int
    until: int | None = None
    what: str
    path: str
    confidence: str
    also: str = ""
    note: str = ""


@cache
def _document() -> dict[str, Any]:
    return load(_DOCUMENT)


@cache
def settings() -> Mapping[str, UnitSetting]:
    """Return every setting by its key."""
    return {name: UnitSetting(name=name, **entry) for name, entry in _document()["settings"].items()}


@cache
def changes() -> Mapping[str, Change]:
    """Return everything in which releases differ, by its name."""
    return {id: Change(id=id, **entry) for id, entry in _document()["changes"].items()}


@cache
def counted() -> tuple[str, ...]:
    """Return the keys of the settings that make a difference to capabilities."""
    return tuple(name for name, each in settings().items() if each.counts or each.not_counted)


@cache
def keys() -> frozenset[str]:
    """Return keys of units that people write, whatever they are about."""
    return frozenset(load("formats/systemd-keys")["units"]["keys"])


def names(what: str) -> Any:
    """Return the names of one kind that filters know: ``"namespaces"``, ``"architectures"`` or ``"groups"``."""
    return _document()["names"][what]


class SystemdRelease:
    """A release of systemd.

    Args:
        version: Which one, as a number or as people and distributions write it, such as ``"252.39-1~deb12u1"``; None
            for the newest that was read.

    Attributes:
        number: That of which the facts are taken: the nearest that was read.
        assumed: What is not known of it and was assumed, a sentence each.

    Raises:
        FormatError: *version* is no release.
        TypeError: It is neither a number nor a text.
    """

    def __init__(self, version: int | str | None = None) -> None:
        oldest, newest = _document()["oldest"], _document()["read_to"]
        asked = newest if version is None else _number(version)
        self.number: int = min(max(asked, oldest), newest)
        which = "newer" if asked > newest else "older"
        told = f"systemd {asked} is {which} than {self.number}, the {which[:-2]}est release that was read"
        self.assumed: tuple[str, ...] = () if asked == self.number else (f"{told}, and is taken to do the same",)

    def knows(self, setting: UnitSetting) -> bool:
        """Say whether it knows a setting; one that it does not know it passes over."""
        return _within(self.number, setting)

    def does(self, change: str) -> bool:
        """Say whether it does as :func:`changes` says under a name."""
        return _within(self.number, changes()[change])

    def filters(self, setting: UnitSetting) -> bool:
        """Say whether a setting is one of its filters."""
        return setting.filter is not None and self.number >= setting.filter

    def drops(self, setting: UnitSetting) -> CapSet:
        """Return what it takes away for a setting that is on."""
        return CapSet(drop.cap for drop in setting.drops if self.number >= drop.since)


def _number(version: object) -> int:
    """Return the first number of a version: others count what was mended in that release."""
    if not isinstance(version, int | str) or isinstance(version, bool):
        raise TypeError(f'version is a release such as 252 or "252.39-1~deb12u1", got {shown(version)}')
    match = _VERSION.fullmatch(str(version).strip())
    if match is None or int(match[1]) < 1:
        raise FormatError("version", version, "a release of systemd, such as 252")
    return int(match[1])


def _within(number: int, entry: UnitSetting | Change) -> bool:
    return entry.since <= number and (entry.until is None or number <= entry.until)
