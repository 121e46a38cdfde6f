"""Scope: in which user namespace somebody is, and what belongs to it; so which of their capabilities count where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from attrs import field, frozen

from capset.errors import ArgumentError, UnknownScopeError, require, shown
from capset.facts import load
from capset.named import by_name
from capset.plain import Plain
from capset.shown import Shown
from capset.source import Source

__all__ = ["INITIAL", "KINDS", "Scope", "as_scope", "scope", "scopes"]

KINDS = ("network", "mount", "uts", "ipc", "pid", "cgroup", "time")
"""The kinds of namespaces that a user namespace owns."""

_ANYWHERE = ("own", "object", "target", "none")  # where one's own user namespace is enough


def _kinds(names: object) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(f"expected kinds of namespaces, got {shown(names)}")
    given: list[object] = [*names]
    if strange := [name for name in given if name not in KINDS]:
        raise ArgumentError(
            f"{shown(strange[0])} is no kind of namespace that is owned: known are {', '.join(KINDS)}", strange[0]
        )
    return tuple(kind for kind in KINDS if kind in given)


@frozen(kw_only=True)
class Scope(Plain, Shown):
    """In which user namespace somebody is, and which other namespaces belong to it.

    Attributes:
        name: What it is called, such as ``rootless``.
        title: Who is in such a one, in words.
        initial: Whether it is the initial user namespace, where every capability counts.
        owns: The kinds of namespaces that belong to the user namespace; of the initial one it does not matter.
        ids: Which user and group ids have an id there, in words; empty for all.
        sources: Where it was read.

    Raises:
        ArgumentError: *owns* has something that is no kind of namespace.

    Examples:
        >>> from capset import operations
        >>> rootless = operations.scope("rootless")
        >>> rootless.counts("network"), rootless.counts("initial")
        (True, False)
    """

    name: str
    title: str
    initial: bool = False
    owns: tuple[str, ...] = field(default=(), converter=_kinds)
    ids: str = ""
    sources: tuple[Source, ...] = ()

    def counts(self, namespace: str) -> bool:
        """Say whether a capability that is held here counts for what asks for it in a namespace.

        Args:
            namespace: As :attr:`Operation.namespace` has it.
        """
        return self.initial or namespace in self.owns or namespace in _ANYWHERE

    def __str__(self) -> str:
        return f"{self.name}: {self.title}"


INITIAL = Scope(name="initial", title="in the initial user namespace", initial=True)
"""The initial user namespace, where every capability counts."""


def scope(name: str) -> Scope:
    """Return a scope by its name.

    Raises:
        UnknownScopeError: There is none of that name, and the error lists them.
        TypeError: *name* is no str.

    Examples:
        >>> from capset import operations
        >>> print(operations.scope("unshare -Ur").title)
        in a user namespace that was entered alone, such as by unshare -Ur
    """
    if not isinstance(name, str):
        raise TypeError(f"expected the name of a scope as str, got {shown(name)}")
    return _scopes()[name]


def as_scope(given: Scope | str) -> Scope:
    """Return a scope, given as it is or by its name."""
    found = scope(given) if isinstance(given, str) else given
    require(found, Scope, "a Scope or the name of one")
    return found


def scopes() -> list[Scope]:
    """List the scopes that have a name: the set-ups in which people meet user namespaces.

    Examples:
        >>> from capset import operations
        >>> for each in operations.scopes():
        ...     print(each.name)
        initial
        unshare -Ur
        rootless
        userns-remap
        hostUsers: false
        lxc unprivileged
    """
    return [*_scopes().values()]


@cache
def _scopes() -> Mapping[str, Scope]:
    document = load("scopes")
    facts: list[dict[str, Any]] = document["scopes"]
    made: list[Scope] = []
    sources = {name: Source(**source) for name, source in document["sources"].items()}
    for fact in facts:
        told: dict[str, Any] = {"sources": tuple(sources[name] for name in fact["sources"])}
        made.append(Scope(**{**fact, **told}))
    return by_name([(each.name, each) for each in [INITIAL, *made]], UnknownScopeError)
