"""Strategies of searches for the least sets, and of what they consist of."""

from __future__ import annotations

from hypothesis import strategies as st

from capset.least import Counterexample, Search, Trial
from capset.sets import CapSet
from capset.testing.strategies.values import capsets

__all__ = ["counterexamples", "searches", "trials"]

_UNIVERSE = CapSet(["chown", "kill", "net_raw", "sys_admin", 63])


def trials() -> st.SearchStrategy[Trial]:
    """Draw sets that were tried: that work, that do not, and whose answers differ."""
    once = st.builds(Trial, caps=capsets(), works=st.booleans(), count=st.integers(1, 3))
    return once | st.builds(Trial, caps=capsets(), works=st.none(), count=st.integers(2, 5))


def counterexamples() -> st.SearchStrategy[Counterexample]:
    """Draw two sets, one of them a part of the other, of which the larger does not work."""

    def hurt(works: CapSet, more: CapSet) -> Counterexample:
        return Counterexample(works=works, fails=works | more)

    return st.builds(hurt, capsets(), capsets())


def searches() -> st.SearchStrategy[Search]:
    """Draw what was tried of a few capabilities: as a program would answer, or as nothing would that holds still."""
    within = st.frozensets(st.sampled_from(list(_UNIVERSE))).map(CapSet)
    tried = st.builds(Trial, caps=within, works=st.booleans() | st.none())
    lawful = st.builds(_answered, within, st.lists(within, max_size=8))
    return st.builds(Search, universe=st.just(_UNIVERSE), trials=lawful | st.lists(tried, max_size=8))


def _answered(needed: CapSet, asked: list[CapSet]) -> list[Trial]:
    """Answer as what needs a set does."""
    return [Trial(caps=caps, works=needed <= caps) for caps in asked]
