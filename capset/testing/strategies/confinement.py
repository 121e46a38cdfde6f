"""Strategies of how a process is confined to some capabilities."""

from __future__ import annotations

from hypothesis import strategies as st

from capset.confinement import Confinement, confinements
from capset.testing.strategies.values import capsets

__all__ = ["ways"]


def ways() -> st.SearchStrategy[Confinement]:
    """Draw one of the ways in which some capabilities are given to root or to another user."""
    drawn = st.tuples(capsets(), st.sampled_from([0, 1000]))
    return drawn.flatmap(lambda asked: st.sampled_from(confinements(asked[0], user=asked[1])))
