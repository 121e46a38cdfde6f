"""CapSet is a set: the built-in frozenset of the same elements is its model."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Set

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capset import Cap, CapSet
from tests.strategies import caps, capsets, masks

EMPTY, FULL = CapSet(), CapSet.from_mask(2**64 - 1)

OPERATORS = [operator.and_, operator.or_, operator.sub, operator.xor]
COMPARISONS = [operator.eq, operator.ne, operator.le, operator.lt, operator.ge, operator.gt]


class Plain(Set):
    """A set that is no built-in: the least that the abstract base class asks for."""

    def __init__(self, items):
        self.items = list(dict.fromkeys(items))

    def __contains__(self, item):
        return item in self.items

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return len(self.items)


@pytest.mark.parametrize("operate", OPERATORS)
@given(capsets, capsets)
@example(EMPTY, FULL)
@example(FULL, FULL)
def test_operators_agree_with_frozenset(operate, a, b):
    """Every operator gives a CapSet of what the built-in gives, whatever kind of set the other is."""
    expected = operate(frozenset(a), frozenset(b))

    for result in (
        operate(a, b),
        operate(a, frozenset(b)),
        operate(frozenset(a), b),
        operate(a, Plain(b)),
        operate(a, {int(cap) for cap in b}),
        operate(a, {str(cap) for cap in b}),
    ):
        assert expected == result
        assert isinstance(result, CapSet)


@pytest.mark.parametrize("compare", COMPARISONS)
@given(capsets, st.one_of(capsets, st.frozensets(caps)))
@example(EMPTY, EMPTY)
@example(FULL, EMPTY)
def test_comparisons_agree_with_frozenset(compare, a, b):
    """Comparisons are those of sets, in both directions and with sets of every kind."""
    expected = compare(frozenset(a), frozenset(b))

    assert expected is compare(a, b)
    assert expected is compare(a, CapSet(b))
    assert expected is compare(a, set(b))
    assert expected is compare(frozenset(a), b)
    assert expected is compare(frozenset(a), CapSet(b))
    assert expected is compare(a, Plain(b))
    assert expected is compare(a, dict.fromkeys(b).keys())


@given(capsets, capsets)
def test_subset_pairs_compare_like_frozensets(a, b):
    """Drawn sets are seldom subsets of each other; these are."""
    both, either = a & b, a | b

    assert both <= a <= either
    assert either >= b >= both
    assert (both < either) is (frozenset(both) < frozenset(either)) is (either > both)
    assert not a < a
    assert not a > a
    assert both.issubset(either)
    assert either.issuperset(both)


@given(capsets)
def test_names_are_those_of_the_members(a):
    """Whoever changes the list that was returned changes nothing else."""
    names = a.names()

    assert [str(cap) for cap in a] == names
    names.append("more")
    assert a.names() == names[:-1]


@given(capsets)
def test_hash_is_that_of_the_frozenset(a):
    """A CapSet and a frozenset with the same members are one key of a dict."""
    assert hash(frozenset(a)) == hash(a)
    assert {frozenset(a): 1}[a] == 1
    assert {a: 1}[frozenset(int(cap) for cap in a)] == 1


@given(capsets, st.one_of(st.integers(-3, 70), st.integers(), caps, st.none(), st.floats(), st.booleans()))
def test_membership_agrees_with_frozenset(a, item):
    """Whatever is asked for that is no text, the answer is the built-in's."""
    assert (item in frozenset(a)) is (item in a)


@given(capsets, caps)
def test_membership_by_name(a, cap):
    """A name stands for its capability."""
    assert (cap in a) is (str(cap) in a)
    assert (cap in a) is (str(cap).lower() in a)


@given(capsets)
def test_iteration_is_ascending_and_complete(a):
    """Members come in ascending order, each is a Cap, and together they are the mask."""
    members = list(a)

    assert sorted(set(members)) == members
    assert all(type(cap) is Cap for cap in members)
    assert sum(cap.mask for cap in members) == a.mask
    assert len(a) == len(members)
    assert bool(a) is bool(members)


@given(capsets, st.lists(st.one_of(capsets, st.lists(caps), st.frozensets(st.integers(0, 63))), max_size=3))
def test_named_methods_agree_with_frozenset(a, others):
    """The named methods take any iterables, as many as the built-in's take."""
    model = frozenset(a)

    assert model.union(*others) == a.union(*others)
    assert model.intersection(*others) == a.intersection(*others)
    assert model.difference(*others) == a.difference(*others)
    for other in others:
        assert model.symmetric_difference(other) == a.symmetric_difference(other)
        assert model.issubset(other) is a.issubset(other)
        assert model.issuperset(other) is a.issuperset(other)
        assert model.isdisjoint(other) is a.isdisjoint(other)


@given(capsets)
def test_every_spelling_reads_back(a):
    """Text, repr, hexadecimal digits, mask, members and pickles all lead back to the set."""
    assert a == CapSet.parse(str(a))
    assert a == CapSet.parse(f"0x{a.mask:x}")
    assert a == CapSet.from_hex(a.hex())
    assert a == CapSet.from_mask(a.mask)
    assert a == CapSet(a.names())
    assert a == CapSet(iter(a))
    assert a == CapSet(int(cap) for cap in a)
    assert a == eval(repr(a))
    assert a == pickle.loads(pickle.dumps(a))
    assert a == pickle.loads(pickle.dumps(a, 0))
    assert a == copy.deepcopy(a)
    assert a.copy() is a


@given(masks)
def test_mask_and_hex_are_those_of_the_number(mask):
    """The mask is kept as it is, unknown bits included."""
    a = CapSet.from_mask(mask)

    assert mask == a.mask
    assert f"{mask:016x}" == a.hex()
    assert f"{mask:x}" == f"{a:x}"
    assert f"{mask:#018x}" == f"{a:#018x}"
    assert mask >> 41 << 41 == a.unknown.mask


@given(capsets, capsets, capsets)
def test_laws_of_algebra(a, b, c):
    """Laws that need no model."""
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)
    assert FULL - (a | b) == (FULL - a) & (FULL - b)
    assert a ^ b == (a | b) - (a & b)
    assert (a - b) | (a & b) == a
    assert (a - b).isdisjoint(b)
