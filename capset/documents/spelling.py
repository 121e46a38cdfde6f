"""Spelling: how the names of capabilities are written so that every target of containers takes them."""

from __future__ import annotations

from capset.capability import Cap

__all__ = ["is_odd", "spelled"]

_NAMES = frozenset(str(cap).removeprefix("CAP_") for cap in Cap) | {"ALL"}


def is_odd(name: str) -> bool:
    """Say whether a name is spelled otherwise than every target takes it, if it is one at all."""
    return name.startswith("CAP_") or not name.isupper()


def spelled(name: str) -> str:
    """Return the spelling that every target takes, upper case without ``CAP_``; the name itself if it is none.

    ``CAP_ALL`` is left alone: what is meant by it is not the same everywhere.
    """
    upper = name.upper()
    short = upper.removeprefix("CAP_")
    return short if short in _NAMES and upper != "CAP_ALL" else name
