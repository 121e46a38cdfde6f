"""What every set is measured by: Docker's default, and what published lists say of capabilities."""

from __future__ import annotations

from functools import cache

from capset import facts
from capset.capability import Cap
from capset.sets import CapSet
from capset.summary import summary

__all__ = ["docker_default", "in_short", "risky", "verdicts"]

_EXCEPTIONS = 3  # so many are told as an exception


@cache
def docker_default() -> CapSet:
    """Return Docker's default set, which is read from the data when it is first needed."""
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


def risky(caps: CapSet) -> CapSet:
    """Return those that a list about containers warns of.

    A list about hosts warns of most of what Docker gives to everybody, so a sign for it would be everywhere.
    """
    return CapSet(cap for cap in caps - caps.undefined if any(risk.risk_list.of_containers for risk in cap.info.risks))


def verdicts(cap: Cap) -> list[str]:
    """Write what each list says of a capability, those about containers first."""
    ordered = sorted(cap.info.risks, key=lambda risk: not risk.risk_list.of_containers)
    return [f"{'! ' if risk.risk_list.of_containers else ''}{risk.risk_list.name}: {risk.verdict}" for risk in ordered]
