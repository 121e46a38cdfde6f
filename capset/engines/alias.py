"""Aliases: what people type for an engine, from ``data/aliases.toml``."""

from __future__ import annotations

from functools import cache

from attrs import frozen

from capset.facts import load
from capset.plain import Plain

__all__ = ["Alias", "aliases", "find_alias", "plain"]


@frozen(kw_only=True)
class Alias(Plain):
    """A name that people type for an engine.

    Attributes:
        name: The name, in lower case, with ``-`` where people may write white space or ``_``.
        engines: The engine that it stands for, as :func:`capset.engines.get` takes it; of several, none is taken.
        why: Why it is that one, or what it depends on which one it is.
        own_versions: Whether what is named has versions of its own, which say nothing of the engine's.
    """

    name: str
    engines: tuple[str, ...]
    why: str
    own_versions: bool = False


def aliases() -> list[Alias]:
    """List what people type for the engines that capset has facts about, beside the names of these.

    Examples:
        >>> from capset import engines
        >>> [alias.name for alias in engines.aliases() if alias.engines == ("cri-o",)]
        ['crio', 'openshift', 'ocp', 'okd']
    """
    return list(_aliases().values())


def find_alias(text: str) -> Alias | None:
    """Return the alias that a text is, in whatever case."""
    return _aliases().get(plain(text))


def plain(text: str) -> str:
    """Write a name as those of engines are written: in lower case, with ``-`` for white space and ``_``."""
    return "-".join(text.lower().replace("_", " ").split())


@cache
def _aliases() -> dict[str, Alias]:
    return {
        name: Alias(
            name=name,
            engines=tuple(entry["engines"]),
            why=entry["why"],
            own_versions=entry.get("own_versions", False),
        )
        for entry in load("aliases")["aliases"]
        for name in entry["names"]
    }
