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

from capset.errors import UnknownEngineError, shown
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


def get(name: str) -> Engine:
    """Return an engine by its name.

    Raises:
        UnknownEngineError: There is none of that name; the error lists the names.
        TypeError: *name* is no str.
    """
    if not isinstance(name, str):
        raise TypeError(f"expected the name of an engine as str, got {shown(name)}")
    if name not in _names():
        raise UnknownEngineError(name, _names(), tuple(get_close_matches(name, _names())))
    return _load(name)


@cache
def _load(name: str) -> Engine:
    fact = load(f"engines/{name}")
    default = fact["default"]
    return Engine(name=name, title=fact["title"], default=CapSet(default["names"]), source=Source(**default["source"]))
