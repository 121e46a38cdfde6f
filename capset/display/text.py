"""One-line texts for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.engines import Release

__all__ = ["releases_text", "summary"]

_FEW = 5  # so many names are shown as an exception before all the others are listed instead


def summary(caps: CapSet) -> str:
    """Describe a set in a line: by its names, or, where that is shorter, by what it lacks.

    *All known* means those that this version of capset knows.

    Examples:
        >>> summary(CapSet.parse("kill,chown"))
        'CAP_CHOWN, CAP_KILL'
        >>> summary(CapSet.all() - {"sys_resource"})
        'all known but CAP_SYS_RESOURCE'
        >>> summary(CapSet())
        'none'
    """
    if not caps:
        return "none"
    known = CapSet.all()
    missing = known - caps
    if len(missing) > _FEW:
        return ", ".join(caps.names())
    text = "all known"
    if missing:
        text += f" but {', '.join(missing.names())}"
    if caps.unknown:
        text += f" and no. {', '.join(caps.unknown.names())}"
    return text


def releases_text(releases: Iterable[Release]) -> str:
    """Name stretches of releases; what was read at one commit only has none."""
    return ", ".join(map(str, releases)) or "as read"
