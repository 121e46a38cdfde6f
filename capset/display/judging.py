"""What every set is measured by: Docker's default, what capabilities permit, and what published lists say of them."""

from __future__ import annotations

import re
from functools import cache

from capset.capability import Cap
from capset.sets import CapSet
from capset.summary import summary

__all__ = ["docker_default", "in_short", "marked", "marked_name", "permitted", "risky", "verdicts", "warning"]

_EXCEPTIONS = 3  # so many are told as an exception


@cache
def docker_default() -> CapSet:
    """Return Docker's default set, which is read from the data when it is first needed."""
    from capset import facts

    return CapSet(facts.docker_default())


def in_short(caps: CapSet) -> str:
    """Describe a set by what most containers have where it differs little from that, else as ``display.text()`` does.

    Examples:
        >>> from capset import DOCKER_DEFAULT
        >>> in_short(DOCKER_DEFAULT | {"net_admin"})
        "Docker's default and CAP_NET_ADMIN"
    """
    usual = docker_default()
    more, less = caps - usual, usual - caps
    if len(more) + len(less) > _EXCEPTIONS:
        return summary(caps)
    words = [f"and {', '.join(map(str, more))}"] * bool(more) + [f"but {', '.join(map(str, less))}"] * bool(less)
    return " ".join(["Docker's default", *words])


@cache
def _warned_of() -> CapSet:
    return CapSet(cap for cap in Cap if any(risk.risk_list.of_containers for risk in cap.info.risks))


def risky(caps: CapSet) -> CapSet:
    """Return those that a list about containers warns of.

    A list about hosts warns of most of what Docker gives to everybody, so a sign for it would be everywhere.
    """
    return caps & _warned_of()


def marked_name(cap: Cap) -> str:
    """Write the name of a capability, with a ! behind it if it is :func:`risky`.

    In front of a name a ! means in libcap's texts that the capability is blocked.
    """
    return f"{cap}!" if cap in _warned_of() else str(cap)


def marked(caps: CapSet) -> str:
    """Write a set as :func:`~capset.summary.summary` does, with a ! behind what is in it and :func:`risky`.

    Examples:
        >>> from capset import CapSet
        >>> marked(CapSet(["kill", "sys_admin"]))
        'CAP_KILL, CAP_SYS_ADMIN!'
        >>> marked(CapSet.all() - {"sys_module"})  # what is not in it has no mark
        'all known! but CAP_SYS_MODULE'
    """
    told, names = summary(caps), set(risky(caps).names())
    if names and re.match(_WHOLE, told):
        return re.sub(_WHOLE, r"\g<0>!", told)
    return re.sub(r"CAP_\w+", lambda name: name[0] + "!" * (name[0] in names), told)


_WHOLE = r"all known|all up to no\. \d+"


def warning(*sets: CapSet) -> str:
    """Say what the ! of :func:`marked` means, and of what it warns in these sets; empty where there is none."""
    names = ", ".join(risky(CapSet().union(*sets)).names())
    return f"! published lists warn of {names}: see capset explain" if names else ""


def permitted(cap: Cap) -> list[str]:
    """Write what a capability permits, a line each; where no kernel decided on an operation of it, that is said.

    Examples:
        >>> permitted(Cap.MAC_OVERRIDE)
        ['access what the Smack policy forbids (not measured)']
    """
    from capset import operations  # which are many, and read when they are asked for

    return [
        f"{permit}{' (not measured)' * all(operations.get(each).undecided for each in permit.operations)}"
        for permit in cap.info.permits
    ]


def verdicts(cap: Cap) -> list[str]:
    """Write what each list says of a capability, those about containers first."""
    ordered = sorted(cap.info.risks, key=lambda risk: not risk.risk_list.of_containers)
    return [f"{'! ' if risk.risk_list.of_containers else ''}{risk.risk_list.name}: {risk.verdict}" for risk in ordered]
