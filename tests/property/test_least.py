"""The least sets, against trying every set."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet
from capset.least import Search, minimal_sets

UNIVERSE = CapSet(range(6))
EVERY = [CapSet(some) for size in range(7) for some in combinations(UNIVERSE, size)]
SUBSETS = st.sampled_from(EVERY)
ANTICHAINS = st.lists(SUBSETS, max_size=5).map(
    lambda some: tuple(sorted({one for one in some if not any(other < one for other in some)}, key=_order))
)


def _order(caps: CapSet) -> tuple[int, int]:
    return len(caps), caps.mask


@given(ANTICHAINS, st.lists(SUBSETS, max_size=3), st.booleans())
def test_all_are_found(minimal, hints, check):
    """Whatever is tried first; and no more than trying everything would take."""
    asked = []

    def works(caps):
        asked.append(caps)
        return any(way <= caps for way in minimal)

    found = minimal_sets(works, universe=UNIVERSE, hints=hints, check=check)
    assert found.minimal == minimal
    assert found.complete
    assert len(set(asked)) == len(asked)


@given(ANTICHAINS, st.integers(0, 20))
def test_it_goes_on_from_anywhere(minimal, limit):
    """What was found before is right, and what it says is open may be so."""

    def works(caps):
        return any(way <= caps for way in minimal)

    part = minimal_sets(works, universe=UNIVERSE, limit=limit)
    assert set(part.minimal) <= set(minimal)
    missing = [way for way in minimal if way not in part.minimal]
    assert all(any(way <= room for room in part.undecided) for way in missing)
    assert minimal_sets(works, universe=UNIVERSE, known=part.trials).minimal == minimal


@given(st.sets(SUBSETS), st.booleans(), st.lists(SUBSETS, max_size=2))
def test_more_may_hurt(working, check, hints):
    """It ends, claims as minimal only what was tried, and what contradicts is told where it was met."""
    found = minimal_sets(working.__contains__, universe=UNIVERSE, check=check, hints=hints)
    said = {trial.caps: trial.works for trial in found.trials}
    assert all(said[caps] is (caps in working) for caps in said)
    assert all(said[caps] for caps in found.minimal)
    for one, works in said.items():
        met = works is False and any(said[other] and other < one for other in said)
        assert met is any(each.fails == one for each in found.counterexamples)


@given(st.data(), ANTICHAINS)
def test_what_wavers(data, minimal):
    """It never is a minimal set, and nothing is complete with it."""
    flaky = data.draw(st.sets(SUBSETS, max_size=4))
    turn = dict.fromkeys(flaky, True)

    def works(caps):
        if caps in turn:
            turn[caps] = not turn[caps]
            return turn[caps]
        return any(way <= caps for way in minimal)

    found = minimal_sets(works, universe=UNIVERSE, repeat=2)
    assert {each.caps for each in found.flaky} <= flaky
    assert not flaky & set(found.minimal)
    assert not (found.flaky and found.complete)


@given(ANTICHAINS, st.integers(0, 12))
def test_it_is_plain(minimal, limit):
    """What is written is read."""
    found = minimal_sets(lambda caps: any(way <= caps for way in minimal), universe=UNIVERSE, limit=limit)
    assert Search.from_dict(found.as_dict()) == found
