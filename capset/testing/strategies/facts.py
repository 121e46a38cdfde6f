"""Strategies of what is known of capabilities, and of where facts were read."""

from __future__ import annotations

from hypothesis import strategies as st

from capset import engines, info, kernel
from capset.info import CapInfo, Permit, Risk, RiskList
from capset.source import Source
from capset.testing.strategies.values import caps

__all__ = ["cap_infos", "permits", "risk_lists", "risks", "sources"]


def cap_infos() -> st.SearchStrategy[CapInfo]:
    """Draw what is known of capabilities; of those without a name that is nothing."""
    return caps().map(lambda cap: cap.info)


def permits() -> st.SearchStrategy[Permit]:
    """Draw one of the things that a capability permits."""
    return cap_infos().map(lambda known: known.permits).filter(bool).flatmap(st.sampled_from)


def risk_lists() -> st.SearchStrategy[RiskList]:
    """Draw the published lists that judge capabilities."""
    return st.sampled_from(info.risk_lists())


def risks() -> st.SearchStrategy[Risk]:
    """Draw what one of them says of one capability."""
    return cap_infos().map(lambda known: known.risks).filter(bool).flatmap(st.sampled_from)


def sources() -> st.SearchStrategy[Source]:
    """Draw where facts were read: commits of repositories, and documents."""
    found = [each.source for each in info.risk_lists()]
    found += [each for change in kernel.changes() for each in change.sources]
    found += [engines.get(name).source for name in engines.names()]
    return st.sampled_from(found)
