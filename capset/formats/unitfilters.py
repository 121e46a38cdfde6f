"""The settings of a unit that make seccomp(2) filters: whether there is one, and what it means for no_new_privs.

The kernel takes a filter from a thread with CAP_SYS_ADMIN or with no_new_privs alone. So systemd sets no_new_privs for
a service of another user, or since 255 keeps CAP_SYS_ADMIN until the filter is there; that in turn needs the three
system calls with which it is dropped again.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from capset.formats.document import depends, ignored
from capset.formats.unitfile import Assignment, words
from capset.formats.unitsettings import Release, Setting, names, settings
from capset.problem import Problem

__all__ = ["FALSE", "TRUE", "Filters", "Means", "truth"]

Means = Literal["", "no_new_privs", "kept"]
"""What filters mean: nothing, or no_new_privs without CAP_SYS_ADMIN, or that systemd keeps what it needs for them."""

TRUE = {"1", "yes", "y", "true", "t", "on"}
FALSE = {"0", "no", "n", "false", "f", "off"}

_OF_USERS = {"SystemCallFilter", "SystemCallArchitectures", "RestrictAddressFamilies"}
_DROPPING = {"capget", "capset", "prctl"}
_CALL = re.compile(r"@?[a-z0-9_-]+")
_FAMILY = re.compile(r"AF_[A-Z0-9_]+")


def truth(line: Assignment, current: bool, problems: list[Problem]) -> bool:
    """Read yes or no; what is neither is passed over, and *current* stays."""
    word = line.value.lower()
    if word in TRUE | FALSE:
        return word in TRUE
    problems.append(ignored(line.node, "odd-boolean", "expected yes or no"))
    return current


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

    def __init__(self, release: Release) -> None:
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

    def assign(self, setting: Setting, line: Assignment, problems: list[Problem]) -> None:
        """Do what a line says."""
        match setting.value:
            case "syscalls":
                self._calls(line, self.lists[line.key], problems)
            case "families":
                self._families(line, self.lists[line.key])
            case "namespaces":
                self._namespaces(line)
            case "architectures":
                known = self._known(line, names("architectures"))
                self.architectures = self.architectures | known if line.value else set()
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
        for word in self._words(line):
            call, colon, _ = word.partition(":")
            if (colon and allowing) or not _CALL.fullmatch(call) or (call[0] == "@" and call not in groups):
                continue
            named = {call, *groups.get(call, ())}
            if allowing == calls.allowing:
                listed |= named
            elif listed and not calls.allowing and call not in listed:
                told = "not counted here: how much is left of what the lines before it forbid"
                problems.append(depends(line.node, "not-counted", told))
            else:
                listed -= named

    def _families(self, line: Assignment, families: _Names) -> None:
        if line.value in {"", "none"}:
            families.clear(allowing=line.value == "none")
            return
        allowing = not line.value.startswith("~")
        listed = families.begin(allowing)
        named = {word for word in self._words(line) if _FAMILY.fullmatch(word)}
        if allowing == families.allowing:
            listed |= named
        else:
            listed -= named

    def _all_namespaces(self) -> frozenset[str]:
        return frozenset([*names("namespaces"), *["time"] * self.release.does("time-namespaces")])

    def _namespaces(self, line: Assignment) -> None:
        every = self._all_namespaces()
        if (word := line.value.lower()) in TRUE | FALSE:
            self.namespaces = frozenset() if word in TRUE else every
            return
        if not line.value:
            self.namespaces = None
            return
        named = frozenset(self._words(line))
        if named - every:
            return  # a name that it does not know, and systemd passes over the line
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

    def _words(self, line: Assignment) -> list[str]:
        return words(line.value.removeprefix("~"), relaxed=False)[0]

    def _known(self, line: Assignment, known: Collection[str]) -> set[str]:
        return {word for word in self._words(line) if word in known}
