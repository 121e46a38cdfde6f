"""Summary: a set in a line of text."""

from __future__ import annotations

from capset.capability import LAST_CAP, Cap
from capset.sets import CapSet

__all__ = ["UNDEFINED", "counted", "listed", "summary"]

UNDEFINED = (
    "Every bit up to 63 is set, and no kernel has so many capabilities: those before 3.8 show full sets so, and have "
    f"none from {Cap.AUDIT_READ} ({int(Cap.AUDIT_READ)}) on"
)
"""What is to say of a set with members that are undefined."""

_MOST_EXCEPTIONS = 5  # if more are missing, list the members instead of "all known but ..."


def counted(caps: CapSet) -> str:
    """Write how many capabilities there are, or bits, if some of them are no capability.

    Examples:
        >>> counted(CapSet()), counted(CapSet([1])), counted(CapSet.from_hex("ffffffffffffffff"))
        ('no capability', '1 capability', '64 bits')
    """
    if caps.undefined:
        return f"{len(caps)} bits"
    return f"{len(caps) or 'no'} {'capability' if len(caps) < 2 else 'capabilities'}"


def listed(caps: CapSet) -> str:
    """Write the names for a sentence, which can be folded between them; ``str()`` is for other programs.

    Examples:
        >>> listed(CapSet.parse("kill,chown"))
        'CAP_CHOWN, CAP_KILL'
    """
    return ", ".join(caps.names())


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
    last = Cap.BLOCK_SUSPEND if Cap.AUDIT_READ in caps.undefined else LAST_CAP
    missing = CapSet.all(last) - caps
    if len(missing) > _MOST_EXCEPTIONS:
        if not caps.undefined:
            return listed(caps)
        first = int(max(missing)) + 1  # which capabilities a kernel has that fills the rest is not known
        named = (caps & CapSet.all(first - 1)).names()
        return ", ".join([*named, f"{'and ' * bool(named)}every bit from {first} on"])
    text = "all known" if last is LAST_CAP else f"all up to no. {int(last)}"
    if missing:
        text += f" but {listed(missing)}"
    if caps.undefined:
        text += f", and every bit from {last + 1} on"
    elif caps.unknown:
        text += f" and no. {listed(caps.unknown)}"
    return text
