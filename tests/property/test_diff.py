"""A difference is a patch."""

from __future__ import annotations

import pickle

from hypothesis import given

from capset import CapDiff, CapSet, CapState, StateDiff
from tests.strategies import capsets, diffs, states


@given(capsets, capsets)
def test_applying_gives_the_other_side(a, b):
    """What turns a into b does so; its inverse is what turns b into a."""
    assert b == a.diff(b).apply(a)
    assert b.diff(a) == a.diff(b).inverse()
    assert bool(a.diff(b)) is (a != b)


@given(capsets, capsets)
def test_a_diff_says_no_more_than_needed(a, b):
    """Only what is new is added, only what is there is dropped."""
    diff = a.diff(b)

    assert b - a == diff.added
    assert a - b == diff.dropped


@given(diffs, diffs, capsets)
def test_then_is_one_after_the_other(first, second, a):
    """The chained difference does to every set what the two do in turn."""
    assert second.apply(first.apply(a)) == first.then(second).apply(a)


@given(diffs, diffs, diffs)
def test_then_is_associative(x, y, z):
    """It does not matter which pair is chained first."""
    assert x.then(y).then(z) == x.then(y.then(z))


@given(diffs)
def test_every_spelling_reads_back(diff):
    """Text, repr and pickles lead back to the difference."""
    assert diff == CapDiff.parse(str(diff))
    assert diff == eval(repr(diff), {"CapDiff": CapDiff, "CapSet": CapSet})
    assert diff == pickle.loads(pickle.dumps(diff))
    assert diff.inverse().inverse() == diff
    assert diff.then(CapDiff()) == diff == CapDiff().then(diff)


@given(states, states)
def test_states_differ_set_by_set(a, b):
    """The difference of states has the laws of that of sets."""
    diff = a.diff(b)

    assert b == diff.apply(a)
    assert a == diff.inverse().apply(b)
    assert a.effective.diff(b.effective) == diff.effective
    assert bool(diff) is (a != b)
    assert diff == eval(repr(diff), {"StateDiff": StateDiff, "CapDiff": CapDiff, "CapSet": CapSet})


@given(states, states, states)
def test_state_diffs_chain(a, b, c):
    """Two steps in one."""
    assert c == a.diff(b).then(b.diff(c)).apply(a)


@given(states)
def test_state_repr_reads_back(state):
    """A state is written so that it can be read."""
    assert state == eval(repr(state), {"CapState": CapState, "CapSet": CapSet})
    assert state == pickle.loads(pickle.dumps(state))


@given(states)
def test_violations_name_what_is_wrong(state):
    """There is a violation exactly where a subset rule is broken."""
    broken = [
        not state.effective <= state.permitted,
        not state.ambient <= state.permitted,
        not state.ambient <= state.inheritable,
    ]

    assert sum(broken) == len(state.violations())
