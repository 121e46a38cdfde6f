"""Requirement: a formula of capabilities, and every set of its capabilities tried, is its model."""

from __future__ import annotations

import copy
import operator
import pickle
from itertools import combinations
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import Cap, CapSet
from capset.operations import Requirement

FEW = [Cap.KILL, Cap.NET_ADMIN, Cap.SYS_ADMIN, Cap.BPF, Cap(50)]
SETS = [CapSet(some) for count in range(len(FEW) + 1) for some in combinations(FEW, count)]


class Formula(NamedTuple):
    """A text, and whether a set satisfies it."""

    text: str
    holds: object

    def true(self):
        return {caps for caps in SETS if self.holds(caps)}


words = st.sampled_from(
    [Formula(str(cap), lambda caps, cap=cap: cap in caps) for cap in FEW]
    + [Formula("nothing", lambda _: True), Formula("never", lambda _: False)]
)


def _joined(parts):
    one, sign, two = parts
    if sign == "&":
        return Formula(f"({one.text}) & ({two.text})", lambda caps: one.holds(caps) and two.holds(caps))
    return Formula(f"{one.text} | {two.text}", lambda caps: one.holds(caps) or two.holds(caps))


formulas = st.recursive(words, lambda inner: st.tuples(inner, st.sampled_from("&|"), inner).map(_joined), max_leaves=8)


def minimal(sets):
    """Return those of sets of which none other is part."""
    return {caps for caps in sets if not any(other < caps for other in sets)}


@given(formulas)
def test_a_requirement_is_its_minimal_sets(formula):
    """Each of them would do, nothing less does, and whatever has one of them does."""
    asked = Requirement.parse(formula.text)

    assert {caps for caps in SETS if asked.satisfied_by(caps)} == formula.true()
    assert set(asked) == set(asked.ways) == minimal(formula.true())
    assert list(asked) == sorted(asked, key=lambda caps: (len(caps), caps.mask))
    assert asked.caps == CapSet(cap for caps in minimal(formula.true()) for cap in caps)


@given(formulas)
def test_a_requirement_comes_back(formula):
    asked = Requirement.parse(formula.text)

    again = [Requirement.parse(str(asked)), eval(repr(asked)), pickle.loads(pickle.dumps(asked)), copy.deepcopy(asked)]
    again += [Requirement(asked), Requirement.from_dict(asked.as_dict()), Requirement(list(asked)[::-1])]
    again += [Requirement(formula.true())]
    for other in again:
        assert other == asked
        assert hash(other) == hash(asked)
        assert str(other) == str(asked)


@given(formulas, st.sampled_from(SETS))
def test_what_is_missing(formula, held):
    """The least that makes a set one that would do."""
    asked = Requirement.parse(formula.text)

    lacking = minimal({caps - held for caps in formula.true()})
    assert asked.missing(held) == sorted(lacking - {CapSet()}, key=lambda caps: (len(caps), caps.mask))
    assert all(asked.satisfied_by(held | caps) for caps in asked.missing(held))


@given(formulas, formulas)
def test_two_requirements(one, two):
    """They are joined and compared as the sets are that satisfy them."""
    a, b = Requirement.parse(one.text), Requirement.parse(two.text)

    assert {caps for caps in SETS if (a & b).satisfied_by(caps)} == one.true() & two.true()
    assert {caps for caps in SETS if (a | b).satisfied_by(caps)} == one.true() | two.true()
    for compare in (operator.eq, operator.ne, operator.le, operator.lt, operator.ge, operator.gt):
        assert compare(a, b) == compare(one.true(), two.true()), compare
    assert (hash(a) == hash(b)) or a != b


@pytest.mark.parametrize("operate", [operator.and_, operator.or_, operator.le, operator.lt, operator.ge, operator.gt])
def test_only_with_its_like(operate):
    with pytest.raises(TypeError):
        operate(Requirement(), CapSet(["kill"]))
    assert Requirement() != CapSet()
