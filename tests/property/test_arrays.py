"""Many masks at once: however they lie, the answers are those of CapSet for one after the other."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import Cap, CapSet, testing

np = pytest.importorskip("numpy", reason="needs NumPy (pip install 'capset[arrays]')")

from capset import arrays  # noqa: E402

MASKS = st.integers(0, 2**64 - 1)
LAYOUTS = {
    "as they are": lambda values: values,
    "big-endian": lambda values: values.astype(">u8"),
    "signed": lambda values: values.view(np.int64),
    "every second": lambda values: np.repeat(values, 2)[::2],
    "backwards": lambda values: values[::-1].copy()[::-1],
    "two dimensions": lambda values: values.reshape(1, -1),
    "turned": lambda values: np.asfortranarray(values.reshape(-1, 1)),
    "a list": lambda values: values.tolist(),
    "sets": lambda values: [CapSet.from_mask(int(mask)) for mask in values],
}


@st.composite
def many(draw):
    """Draw masks, of which some are alike, in some layout; and the sets, of which None is missing."""
    few = draw(st.lists(MASKS, min_size=1, max_size=4))
    masks = draw(st.lists(st.sampled_from(few) | MASKS, max_size=40))
    gone = draw(st.none() | st.lists(st.booleans(), min_size=len(masks), max_size=len(masks)))
    values = LAYOUTS[draw(st.sampled_from(list(LAYOUTS)))](np.array(masks, np.uint64))
    sets = [CapSet.from_mask(mask) for mask in masks]
    if gone is None:
        return values, sets
    lost = [None if missing else caps for caps, missing in zip(sets, gone, strict=True)]
    if isinstance(values, list):
        return [None if caps is None else value for value, caps in zip(values, lost, strict=True)], lost
    return np.ma.MaskedArray(values, np.array(gone, bool).reshape(values.shape)), lost


def told(found):
    return np.ma.ravel(found).tolist()


@given(many(), testing.capsets(), testing.capsets(), testing.capsets())
def test_each_mask(drawn, one, some, none):
    """Its names, what it holds, how many, and how it differs."""
    values, sets = drawn

    def each(ask):
        return [None if caps is None else ask(caps) for caps in sets]

    added, dropped = arrays.diff(values, one)
    codes, labels = arrays.names(values)
    assert told(added) == each(lambda caps: (caps - one).mask)
    assert told(dropped) == each(lambda caps: (one - caps).mask)
    assert [None if code < 0 else labels[code] for code in told(codes)] == each(str)
    assert told(arrays.count(values)) == each(len)
    assert told(arrays.holds(values, all=one, any=some, none=none)) == each(
        lambda caps: one <= caps and (not some or not some.isdisjoint(caps)) and none.isdisjoint(caps)
    )
    assert told(arrays.diff(values, values).added) == each(lambda caps: 0)


@given(many(), st.data())
def test_all_masks(drawn, data):
    """How many hold each capability, and which there are; as often as each counts."""
    values, sets = drawn
    there = [caps for caps in sets if caps is not None]
    counts = data.draw(st.lists(st.integers(0, 2**50), min_size=len(sets), max_size=len(sets)))
    weights = Counter()
    for caps, times in zip(sets, counts, strict=True):
        if caps is not None:
            weights[caps] += times
    shaped = np.array(counts, np.int64).reshape(np.shape(values))

    for prevalence, unique, expected in (
        (arrays.prevalence(values), arrays.unique(values), Counter(there)),
        (arrays.prevalence(values, shaped), arrays.unique(values, shaped), +weights),
    ):
        held = Counter({Cap(bit): sum(n for caps, n in expected.items() if bit in caps) for bit in range(64)})
        assert prevalence == +held
        assert dict(unique) == expected
        assert prevalence.total == unique.total == expected.total()
        assert prevalence.missing == unique.missing == len(sets) - len(there)
