"""Container engines and the capabilities they give a container by default.

Examples:
    >>> from capset import engines
    >>> engines.names()
    ['docker']
    >>> engines.get("docker").default.hex()
    '00000000a80425fb'
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from attrs import frozen

from capset.errors import UnknownEngineError
from capset.facts import Source, load, stems
from capset.sets import CapSet

__all__ = ["Engine", "get", "names"]


@frozen(kw_only=True)
class Engine:
    """A container engine.

    Attributes:
        name: Its name, in lower case.
        title: Its name as its makers write it.
        default: What a container gets when nothing is asked for.
        source: Where the default was read.
    """

    name: str
    title: str
    default: CapSet
    source: Source


def names() -> list[str]:
    """List the engines that capset knows."""
    return list(_names())


@cache
def _names() -> tuple[str, ...]:
    return tuple(stems("engines"))


@cache
def get(name: str) -> Engine:
    """Return an engine by its name.

    Raises:
        UnknownEngineError: There is none of that name; the error lists the names.
    """
    if name not in _names():
        raise UnknownEngineError(name, _names(), tuple(get_close_matches(name, _names())))
    fact = load(f"engines/{name}")
    default = fact["default"]
    return Engine(name=name, title=fact["title"], default=CapSet(default["names"]), source=Source(**default["source"]))
