"""Summary: a set in a line of text."""

from __future__ import annotations

from capset.capability import LAST_CAP, Cap
from capset.sets import CapSet

__all__ = ["UNDEFINED", "doubtful", "summary"]

_AFTER_3_8 = CapSet.from_mask(2**64 - Cap.AUDIT_READ.mask)  # what no kernel has that shows sets so

UNDEFINED = (
    "Every bit up to 63 is set, and no kernel has so many capabilities: those before 3.8 show full sets so, and have "
    f"none from {Cap.AUDIT_READ} ({int(Cap.AUDIT_READ)}) on"
)
"""What is to say of a set with members that are undefined."""

_MOST_EXCEPTIONS = 5  # if more are missing, list the members instead of "all known but ..."


def doubtful(caps: CapSet) -> CapSet:
    """Return the members that are no capability where a set comes from a kernel before 3.8, as its undefined ones tell.

    Examples:
        >>> doubtful(CapSet.from_hex("ffffffffffffffff")).hex(), doubtful(CapSet.all())
        ('ffffffe000000000', CapSet())
    """
    return _AFTER_3_8 if caps >= _AFTER_3_8 else caps.undefined


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
        >>> summary(CapSet.from_hex("fffffff0000000c0"))
        'CAP_SETGID, CAP_SETUID, and every bit from 36 on'
    """
    if not caps:
        return "none"
    missing = CapSet.all() - caps
    if len(missing) > _MOST_EXCEPTIONS:
        if not caps.undefined:
            return ", ".join(caps.names())
        first = int(max(missing)) + 1  # which capabilities a kernel has that fills the rest is not known
        return ", ".join([*(caps & CapSet.all(first - 1)).names(), f"and every bit from {first} on"])
    text = "all known"
    if missing:
        text += f" but {', '.join(missing.names())}"
    if caps.undefined:
        text += f", and every bit from {LAST_CAP + 1} on"
    elif caps.unknown:
        text += f" and no. {', '.join(caps.unknown.names())}"
    return text
