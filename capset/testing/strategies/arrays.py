"""Strategies of what is asked of many masks at once."""

from __future__ import annotations

from hypothesis import strategies as st

from capset import arrays
from capset.sets import CapSet
from capset.testing.strategies.values import capsets

__all__ = ["compared", "listed_names", "prevalences", "uniques"]


def _masks() -> st.SearchStrategy[list[CapSet | None]]:
    """Draw some masks, of which some are alike and some missing."""
    few = st.sampled_from([CapSet(), CapSet(["chown"]), CapSet([63])])
    return st.lists(few | capsets() | st.none(), max_size=8)


def prevalences() -> st.SearchStrategy[arrays.Prevalence]:
    """Draw how many of some masks hold each capability."""
    counted = _masks().map(arrays.prevalence)
    return st.builds(_of, counted, st.sampled_from(["masks", "processes"]), st.booleans())


def _of(found: arrays.Prevalence, what: str, partly: bool) -> arrays.Prevalence:
    return arrays.Prevalence(found, found.total, found.missing, partly=found.total // 2 * partly, what=what)


def uniques() -> st.SearchStrategy[arrays.Unique]:
    """Draw the distinct ones of some masks."""
    return _masks().map(arrays.unique)


def listed_names() -> st.SearchStrategy[arrays.Names]:
    """Draw the names of some masks."""
    return _masks().map(arrays.names)


def compared() -> st.SearchStrategy[arrays.Diffs]:
    """Draw what some masks have beyond a set, and lack of it."""
    return st.builds(arrays.diff, _masks(), capsets())
