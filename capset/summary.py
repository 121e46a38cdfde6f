"""Summary: a set in a line of text."""

from __future__ import annotations

from capset.sets import CapSet

__all__ = ["summary"]

_MOST_EXCEPTIONS = 5  # if more are missing, list the members instead of "all known but ..."


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
    if len(missing) > _MOST_EXCEPTIONS:
        return ", ".join(caps.names())
    text = "all known"
    if missing:
        text += f" but {', '.join(missing.names())}"
    if caps.unknown:
        text += f" and no. {', '.join(caps.unknown.names())}"
    return text
