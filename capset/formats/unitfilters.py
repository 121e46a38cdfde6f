"""The settings of a unit that make seccomp(2) filters: whether there is one, and what it means for no_new_privs.

The kernel takes a filter from a thread with CAP_SYS_ADMIN or with no_new_privs alone. So systemd sets no_new_privs for
a service of another user, or since 255 keeps CAP_SYS_ADMIN until the filter is there; that in turn needs the three
system calls with which it is dropped again.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from capset.errors import shown
from capset.formats.document import Node, depends, ignored, look_alike
from capset.formats.unitfile import Assignment, open_quote, words
from capset.formats.unitsettings import SystemdRelease, UnitSetting, names, settings
from capset.problem import Problem

__all__ = ["FALSE", "TRUE", "Filters", "Means", "truth", "unknown_word"]

Means = Literal["", "no_new_privs", "kept"]
"""What filters mean: nothing, or no_new_privs without CAP_SYS_ADMIN, or that systemd keeps what it needs for them."""

TRUE = {"1", "yes", "y", "true", "t", "on"}
FALSE = {"0", "no", "n", "false", "f", "off"}

_OF_USERS = {"SystemCallFilter", "SystemCallArchitectures", "RestrictAddressFamilies"}
_DROPPING = {"capget", "capset", "prctl"}
_MANY = 12  # names that nobody reads in a message
_CALL = re.compile(r"@?[a-z0-9_-]+")
_FAMILY = re.compile(r"AF_[A-Z0-9_]+")


def truth(line: Assignment, current: bool, problems: list[Problem]) -> bool:
    """Read yes or no; what is neither is passed over, and *current* stays."""
    word = line.value.lower()
    if word in TRUE | FALSE:
        return word in TRUE
    problems.append(ignored(line.node, "odd-boolean", "expected yes or no"))
    return current


def unknown_word(line: Assignment, word: str, known: Collection[str], passes_over: str = "") -> Problem:
    """Tell of a word in a value that systemd does not know, and what it passes over for that: the word, if not said."""
    close = look_alike(word, known)
    advice = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}" if len(known) < _MANY else ""
    told = f"systemd passes over {passes_over or shown(word)}"
    node = Node(word, line.node.place)
    return ignored(node, "unknown-value", f"{told}: {advice}" if advice else f"{told}, which it does not know")


class _Names:
    """A list of names that are allowed, or with ``~`` forbidden; lines of the other kind take names from it."""

    def __init__(self) -> None:
        self.listed: set[str] | None = None
        self.allowing = False

    @property
    def filters(self) -> bool:
        """Whether it forbids anything."""
        return self.allowing or bool(self.listed)

    def begin(self, allowing: bool, listed: Collection[str] = ()) -> set[str]:
        """Return what is listed, for a line that allows or forbids; the first one decides of which kind the list is."""
        if self.listed is None:
            self.allowing, self.listed = allowing, set(listed) if allowing else set()
        return self.listed

    def clear(self, *, allowing: bool = False) -> None:
        self.listed, self.allowing = None, allowing


class Filters:
    """The filters as they stand after the lines so far, for one release of systemd."""

    def __init__(self, release: SystemdRelease) -> None:
        self.release = release
        self.on: dict[str, bool] = {}
        self.lists = {name: _Names() for name, each in settings().items() if each.value in {"syscalls", "families"}}
        self.architectures: set[str] = set()
        self.namespaces: frozenset[str] | None = None  # those that are allowed

    @property
    def means(self) -> Means:
        """What there is means."""
        known = settings()
        if not any(self.release.filters(known[name]) for name in self._names()):
            return ""
        return "kept" if self.release.does("filters-keep-privileges") and self._lets_drop() else "no_new_privs"

    @property
    def always(self) -> bool:
        """Whether no_new_privs is set whoever the user is, as old releases do for one filter."""
        given = self.lists["SystemCallFilter"].listed is not None
        return given and self.release.does("always-without-new-privileges")

    @property
    def always_of_users(self) -> bool:
        """Whether no_new_privs is set under the manager of a user, as releases do that do not look at who has what."""
        return self.release.does("users-gain-nothing-by-filters") and not _OF_USERS.isdisjoint(self._names())

    def _names(self) -> list[str]:
        found = [name for name, on in self.on.items() if on]
        found += [name for name, each in self.lists.items() if each.filters]
        found += ["SystemCallArchitectures"] * bool(self.architectures)
        limited = self.namespaces is not None and self.namespaces != self._all_namespaces()
        return [*found, *["RestrictNamespaces"] * limited]

    def _lets_drop(self) -> bool:
        """Say whether the system calls are allowed with which systemd drops what it kept."""
        calls = self.lists["SystemCallFilter"]
        if not calls.listed:
            return True
        return calls.listed >= _DROPPING if calls.allowing else calls.listed.isdisjoint(_DROPPING)

    def assign(self, setting: UnitSetting, line: Assignment, problems: list[Problem]) -> None:
        """Do what a line says."""
        match setting.value:
            case "syscalls":
                self._calls(line, self.lists[line.key], problems)
            case "families":
                self._families(line, self.lists[line.key], problems)
            case "namespaces":
                self._namespaces(line, problems)
            case "architectures":
                self._architectures(line, problems)
            case "hostname":
                self.on[line.key] = self._hostname(line, problems)
            case _:
                self.on[line.key] = truth(line, self.on.get(line.key, False), problems)

    def _calls(self, line: Assignment, calls: _Names, problems: list[Problem]) -> None:
        if not line.value:
            calls.clear()
            return
        allowing = not line.value.startswith("~")
        listed = calls.begin(allowing, ["@default"] if line.key == "SystemCallFilter" else ())
        groups = names("groups")
        for word in self._words(line, problems):
            call, colon, _ = word.partition(":")
            if colon and allowing:
                told = f"systemd passes over {shown(word)}: what is allowed has no error"
                problems.append(ignored(Node(word, line.node.place), "unknown-value", told))
                continue
            if not _CALL.fullmatch(call) or (call[0] == "@" and call not in groups):
                problems.append(unknown_word(line, word, groups))
                continue
            named = {call, *groups.get(call, ())}
            if allowing == calls.allowing:
                listed |= named
            elif listed and not calls.allowing and call not in listed:
                told = "not counted here: how much is left of what the lines before it forbid"
                problems.append(depends(line.node, "not-counted", told))
            else:
                listed -= named

    def _architectures(self, line: Assignment, problems: list[Problem]) -> None:
        known = names("architectures")
        for word in (found := self._words(line, problems)):
            if word not in known:
                problems.append(unknown_word(line, word, known))
        self.architectures = self.architectures | ({*found} & {*known}) if line.value else set()

    def _families(self, line: Assignment, families: _Names, problems: list[Problem]) -> None:
        if line.value in {"", "none"}:
            families.clear(allowing=line.value == "none")
            return
        allowing = not line.value.startswith("~")
        listed = families.begin(allowing)
        named = set[str]()
        for word in self._words(line, problems):
            if _FAMILY.fullmatch(word):
                named.add(word)
            else:
                told = f"systemd passes over {shown(word)}: a family is one such as AF_UNIX"
                problems.append(ignored(Node(word, line.node.place), "unknown-value", told))
        if allowing == families.allowing:
            listed |= named
        else:
            listed -= named

    def _all_namespaces(self) -> frozenset[str]:
        return frozenset([*names("namespaces"), *["time"] * self.release.does("time-namespaces")])

    def _namespaces(self, line: Assignment, problems: list[Problem]) -> None:
        every = self._all_namespaces()
        if (word := line.value.lower()) in TRUE | FALSE:
            self.namespaces = frozenset() if word in TRUE else every
            return
        if not line.value:
            self.namespaces = None
            return
        found, rest = words(line.value.removeprefix("~"), relaxed=False)
        unknown = next((word for word in found if word not in every), rest)
        if unknown:
            known = [*names("namespaces"), *sorted(every - {*names("namespaces")})]
            problems.append(unknown_word(line, unknown, known, f"the line for {shown(unknown)}"))
            return
        named = frozenset(found)
        if line.value.startswith("~"):
            self.namespaces = (every if self.namespaces is None else self.namespaces) - named
        else:
            self.namespaces = (self.namespaces or frozenset()) | named

    def _hostname(self, line: Assignment, problems: list[Problem]) -> bool:
        current = self.on.get(line.key, False)
        if not self.release.does("host-name-of-its-own"):
            return truth(line, current, problems)
        word, colon, _ = line.value.partition(":")
        if not line.value or word == "private":
            return False
        if colon and word.lower() in TRUE:
            return True
        return truth(line, current, problems)

    def _words(self, line: Assignment, problems: list[Problem]) -> list[str]:
        found, rest = words(line.value.removeprefix("~"), relaxed=False)
        if rest:
            problems.append(open_quote(line, rest))
        return found
