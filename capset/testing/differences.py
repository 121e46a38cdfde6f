"""What an assertion says when it fails: which capabilities, in which sets, and what each of them permits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from capset.capability import Cap
from capset.diff import CapDiff
from capset.sets import THREAD_SETS, CapSet

__all__ = ["changed", "failure", "in_sets"]

_MOST = 8  # so many are told one by one, with what they permit


def failure(title: str, parts: Iterable[str]) -> str:
    """Put together what does not hold, below what it is about."""
    return "\n".join([f"{title} is not as expected", *parts])


def changed(name: str, diff: CapDiff) -> str:
    """Say what a set has more than is expected, and what it lacks.

    Examples:
        >>> print(changed("effective", CapDiff.parse("+net_raw -kill")))
          effective: has 1 more than expected, lacks 1
            + CAP_NET_RAW  Send and receive raw network packets.
            - CAP_KILL  Send signals to any process.
    """
    told = [f"has {len(diff.added)} more than expected"] if diff.added else []
    told += [f"lacks {len(diff.dropped)}"] if diff.dropped else []
    return "\n".join([f"  {name}: {', '.join(told)}", *_listed("+", diff.added), *_listed("-", diff.dropped)])


def in_sets(says: str, found: Mapping[str, CapSet], sign: str = "+") -> str:
    """Say which capabilities are, or are not, in which of some sets.

    Args:
        says: What that means, in words.
        found: The capabilities by the name of the set.
        sign: ``"+"`` for those that are there, ``"-"`` for those that are not.
    """
    caps = CapSet().union(*found.values())
    where = {cap: ", ".join(name for name in THREAD_SETS if cap in found.get(name, ())) for cap in caps}
    return "\n".join([f"  {says}", *_listed(sign, caps, where)])


def _listed(sign: str, caps: CapSet, where: Mapping[Cap, str] | None = None) -> list[str]:
    told = [*caps][:_MOST]
    lines = [f"    {sign} {cap}{f' ({where[cap]})' if where else ''}  {cap.info.summary}" for cap in told]
    rest = [*caps][_MOST:]
    return lines + ([f"    {sign} and {len(rest)} more: {', '.join(map(str, rest))}"] if rest else [])
