"""Sysctls that engines set for a container, so that a capability is not needed for what it is mostly asked for."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from attrs import frozen

from capset.engines.engine import Engine
from capset.engines.releases import Release, key
from capset.errors import require
from capset.facts import load
from capset.plain import Plain
from capset.sets import CapSet
from capset.source import Source

__all__ = ["Sysctl", "sysctls"]


@frozen(kw_only=True)
class Sysctl(Plain):
    """A sysctl that an engine sets in the network namespace of its containers.

    Attributes:
        name: Its name, such as ``net.ipv4.ip_unprivileged_port_start``.
        value: What it is set to.
        instead_of: The capability that is not needed for what this lets everybody do.
        lets: What that is.
        unless: When it is not set.
        confidence: How sure that is, as of a :class:`Fact`.
        sources: Where it was read.
        note: What else there is to say; empty where there is nothing.
    """

    name: str
    value: str
    instead_of: CapSet
    lets: str
    unless: str
    confidence: Literal["run", "read", "documented"]
    sources: tuple[Source, ...]
    note: str = ""

    def __str__(self) -> str:
        return f"{self.name}={self.value} in place of {self.instead_of}: to {self.lets}, unless {self.unless}"


def sysctls(engine: Engine) -> list[Sysctl]:
    """List the sysctls by which an engine makes a capability unnecessary in its containers.

    None is not a promise: an administrator, an image's options or a pod may set the same.

    Args:
        engine: The engine, of the version that was asked for; if none was, of the last release that behaves so.

    Raises:
        TypeError: *engine* is none.

    Examples:
        >>> from capset import engines
        >>> for sysctl in engines.sysctls(engines.get("docker", "20.10.0")):
        ...     print(sysctl)
        net.ipv4.ip_unprivileged_port_start=0 in place of CAP_NET_BIND_SERVICE: to bind a port below 1024, unless the \
container is in the host's or in another container's network namespace
        >>> [str(sysctl.instead_of) for sysctl in engines.sysctls(engines.get("docker"))]
        ['CAP_NET_BIND_SERVICE', 'CAP_NET_RAW']
    """
    require(engine, Engine, "an Engine, such as engines.get() returns")
    last = engine.version or (engine.releases[-1].until if engine.releases else "")
    return [
        sysctl
        for releases, sysctl in _by_engine().get(engine.name, ())
        if not last or any(key(release.since, 0) <= key(last) for release in releases)
    ]


@cache
def _by_engine() -> dict[str, list[tuple[list[Release], Sysctl]]]:
    document = load("sysctls")
    found: dict[str, list[tuple[list[Release], Sysctl]]] = {}
    for entry in document["sysctls"]:
        told: dict[str, Any] = {name: entry[name] for name in ("name", "value", "lets", "unless", "confidence")}
        sources = tuple(Source(**document["sources"][source]) for source in entry["sources"])
        instead_of = CapSet(entry["instead_of"])
        sysctl = Sysctl(**told, instead_of=instead_of, sources=sources, note=entry.get("note", ""))
        releases = [Release(**release) for release in entry["releases"]]
        found.setdefault(entry["engine"], []).append((releases, sysctl))
    return found
