"""The least sets with which something works: what is tried, what follows, and what is said of it."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from capset import CapSet, display, least, operations
from capset.errors import ArgumentError, FormatError, UnknownCapabilityError
from capset.least import Counterexample, Search, Trial, minimal_sets
from capset.operations import Requirement

SMALL = ["chown", "kill", "net_raw", "sys_admin"]


def needing(text):
    """Return what works with a requirement, and counts how often it was asked."""
    needs = Requirement.parse(text)

    def works(caps):
        asked.append(caps)
        return needs.satisfied_by(caps)

    asked: list[CapSet] = []
    works.asked = asked
    return works


def sets(*texts):
    return tuple(map(CapSet.parse, texts))


# -- what is found ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "CAP_KILL",
        "CAP_KILL | CAP_CHOWN",
        "CAP_KILL & CAP_CHOWN",
        "CAP_SYS_ADMIN | CAP_CHOWN & CAP_NET_RAW",
        "CAP_CHOWN & CAP_KILL | CAP_KILL & CAP_NET_RAW | CAP_CHOWN & CAP_NET_RAW",
        "CAP_CHOWN & CAP_KILL & CAP_NET_RAW & CAP_SYS_ADMIN",
        "nothing",
        "never",
    ],
)
def test_all_minimal_sets(text):
    """Each once, the smallest first, and no set is tried twice."""
    works = needing(text)
    found = minimal_sets(works, universe=SMALL)
    assert found.complete
    assert found.requirement == Requirement.parse(text)
    assert found.minimal == tuple(sorted(Requirement.parse(text), key=lambda caps: (len(caps), caps.mask)))
    assert len(set(works.asked)) == len(works.asked) == len(found.trials)


def test_the_first_one():
    """It is minimal, and the search says that there may be others."""
    works = needing("CAP_SYS_ADMIN | CAP_CHOWN & CAP_NET_RAW")
    found = minimal_sets(works, universe=SMALL, all=False)
    assert len(found.minimal) == 1
    assert found.minimal[0] in Requirement.parse("CAP_SYS_ADMIN | CAP_CHOWN & CAP_NET_RAW").ways
    assert not found.complete
    assert found.requirement is None
    assert "not decided: whether there are others within" in str(found)


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_one_set_takes_as_few_trials_as_promised(size):
    """2 k log2(n / k) + 2 k and that of the universe, with 64 for the 41 capabilities, as halves are halved."""
    every = list(CapSet.all())
    most = 0
    for start in range(0, 41 - size, 7):
        for step in (1, 5):
            caps = CapSet(every[(start + step * number) % 41] for number in range(size))
            works = needing(" & ".join(map(str, caps)))
            found = minimal_sets(works, universe=CapSet.all(), all=False)
            assert found.minimal == (caps,)
            most = max(most, len(works.asked))
    assert most <= 2 * size * math.log2(64 / size) + 2 * size + 1


def test_all_sets_take_few_trials():
    """For each set that is found, and for each largest one that fails, one search at most."""
    for each in operations.table():
        works = needing(str(each.needs))
        found = minimal_sets(works, universe=CapSet.all())
        assert found.requirement == each.needs
        largest = _largest_failing(each.needs)
        searches = sum(2 * len(caps) * math.log2(64 / max(1, len(caps))) + 2 * len(caps) + 2 for caps in each.needs)
        assert len(works.asked) <= 1 + searches + largest


def _largest_failing(needs: Requirement) -> int:
    """Count the largest sets that do not satisfy a requirement: each lacks one of each of its sets, and no more."""
    ways = [frozenset(way) for way in needs]
    cuts = {frozenset()}
    for way in ways:
        cuts = {cut | {cap} if not cut & way else cut for cut in cuts for cap in way}
    return sum(not any(other < cut for other in cuts) for cut in cuts)


def test_a_hint_saves_trials():
    """One that is minimal takes one trial more than it has capabilities; one that fails takes one."""
    good, bad = CapSet(["perfmon", "bpf"]), CapSet(["kill"])
    works = needing("CAP_PERFMON & CAP_BPF")
    found = minimal_sets(works, universe=CapSet.all(), hints=[bad, good], all=False)
    assert found.minimal == (good,)
    assert works.asked == [bad, good, *sets("bpf", "perfmon")] or len(works.asked) == 4
    works = needing("CAP_PERFMON & CAP_BPF | CAP_SYS_ADMIN")
    needs = Requirement.parse("CAP_PERFMON & CAP_BPF | CAP_SYS_ADMIN")
    assert minimal_sets(works, universe=CapSet.all(), hints=needs).requirement == needs
    assert len(works.asked) == 2 + 3 + 2  # and the two largest sets that have neither


def test_more_than_one_capability_has_no_name():
    """Bits that no table names are capabilities too."""
    found = minimal_sets(lambda caps: 63 in caps, universe=[1, 62, 63])
    assert found.minimal == (CapSet([63]),)


# -- going on, and not to the end ------------------------------------------------------------------


def test_a_search_goes_on_where_another_ended():
    """Nothing is tried again, wherever it was stopped."""
    text = "CAP_SYS_ADMIN | CAP_CHOWN & CAP_NET_RAW"
    whole = minimal_sets(needing(text), universe=SMALL)
    for limit in range(len(whole.trials) + 1):
        first = minimal_sets(needing(text), universe=SMALL, limit=limit)
        assert len(first.trials) == limit
        assert first.complete is (limit == len(whole.trials))
        works = needing(text)
        again = minimal_sets(works, universe=SMALL, known=first.trials)
        assert again == whole
        assert len(works.asked) == len(whole.trials) - limit


def test_what_is_raised_loses_nothing():
    """The trials before it were recorded."""
    tried = []

    def works(caps):
        if len(tried) == 2:
            raise KeyboardInterrupt
        return "kill" in caps

    with pytest.raises(KeyboardInterrupt):
        minimal_sets(works, universe=SMALL, record=tried.append)
    assert [type(each) for each in tried] == [Trial, Trial]
    assert minimal_sets(lambda caps: "kill" in caps, universe=SMALL, known=tried).trials[:2] == tuple(tried)


def test_a_limit_of_nothing():
    """Everything is open."""
    found = minimal_sets(needing("never"), universe=SMALL, limit=0)
    assert str(found) == (
        "no set was found with which it works (4 capabilities, no trials)\n"
        "not decided: whether it works within CAP_CHOWN, CAP_KILL, CAP_NET_RAW, CAP_SYS_ADMIN"
    )


# -- what does not hold still ----------------------------------------------------------------------


def test_answers_that_differ():
    """They are asked again, decide nothing, and never stand for a set that works."""
    answers = iter([True, False])

    def works(caps):
        return next(answers) if caps == CapSet(["kill"]) else "kill" in caps and len(caps) > 1

    found = minimal_sets(works, universe=["kill", "chown"], repeat=2)
    assert [each.caps for each in found.flaky] == [CapSet(["kill"])]
    assert found.flaky[0] == Trial(caps=["kill"], works=None, count=2)
    assert not found.complete
    assert found.minimal == (CapSet(["kill", "chown"]),)
    assert "not known, as answers differ: with CAP_KILL" in str(found)


def test_the_same_answer_several_times():
    """It is asked as often as was said; a first difference is enough."""
    works = needing("CAP_KILL")
    found = minimal_sets(works, universe=["kill", "chown"], repeat=3)
    assert {each.count for each in found.trials} == {3}
    assert len(works.asked) == 3 * len(found.trials)


def test_more_that_hurts():
    """Where it was met it is told, and the search ends all the same."""

    def works(caps):
        return caps == CapSet(["kill"])

    found = minimal_sets(works, universe=["kill", "chown"], hints=[["kill"]], check=True)
    assert found.counterexamples == (Counterexample(works=CapSet(["kill"]), fails=CapSet(["kill", "chown"])),)
    assert not found.complete
    assert "more capabilities do hurt" in str(found)
    assert (
        str(found.counterexamples[0]) == "it works with CAP_KILL, and does not with CAP_CHOWN, CAP_KILL, which is more"
    )
    assert minimal_sets(works, universe=["kill", "chown"], hints=[["kill"]]).complete  # nobody looked


def test_flaky_ones_in_the_way_of_halves():
    """Where halves tell nothing any more, each capability is left out alone."""
    seen: set[CapSet] = set()

    def works(caps):
        if 0 < len(caps) < 4:
            seen.symmetric_difference_update({caps})
            return caps in seen
        return len(caps) == 4

    found = minimal_sets(works, universe=SMALL, repeat=2)
    assert found.minimal == (CapSet(SMALL),)
    assert {trial.caps for trial in found.flaky} >= {CapSet(SMALL) - {cap} for cap in CapSet(SMALL)}
    assert not found.complete


# -- the values ------------------------------------------------------------------------------------


def test_a_search_of_given_trials():
    """What they say follows from them, and trials of one set are put together."""
    trials = [Trial(caps=["kill"], works=True), Trial(caps=["kill"], works=False), Trial(caps=["chown"], works=False)]
    found = Search(universe=["kill", "chown"], trials=trials)
    assert found.trials == (Trial(caps=["kill"], works=None, count=2), trials[2])
    assert found.smallest is None
    assert Search.from_dict(found.as_dict()) == found
    told = found.as_dict()
    told["complete"] = True
    with pytest.raises(FormatError, match="expected complete as they follow from the trials"):
        Search.from_dict(told)


def test_many_that_are_undecided():
    """Of more than so many the whole universe is said to be."""
    universe = CapSet(range(22))
    pairs = [Trial(caps=[number, number + 11], works=True) for number in range(11)]
    halves = [Trial(caps=range(11), works=False), Trial(caps=range(11, 22), works=False)]
    assert Search(universe=universe, trials=pairs + halves).undecided == (universe,)
    few = Search(universe=universe, trials=pairs[:3] + halves)
    assert len(few.undecided) == 8
    assert len(few.minimal) == 3


@pytest.mark.parametrize(
    ("trial", "text"),
    [
        (Trial(caps=["kill"], works=True), "CAP_KILL: works (asked once)"),
        (Trial(caps=[], works=False, count=3), "none: does not work (asked 3 times)"),
        (Trial(caps=["kill"], works=None, count=2), "CAP_KILL: answers differ (asked 2 times)"),
    ],
)
def test_a_trial_in_words(trial, text):
    assert str(trial) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("never", "never: it does not work even with the whole universe (4 capabilities, 1 trial)"),
        ("nothing", "nothing: it works without any capability (4 capabilities, 2 trials)"),
        ("CAP_KILL", "CAP_KILL: no other set is minimal (4 capabilities, "),
    ],
)
def test_a_search_in_words(text, words):
    assert str(minimal_sets(needing(text), universe=SMALL)).startswith(words)


def test_no_more_than_some_are_told():
    """Of many sets the first, and how many more there are."""
    pairs = [CapSet(pair) for pair in combinations(list(CapSet.all())[:5], 2)]
    found = minimal_sets(lambda caps: any(pair <= caps for pair in pairs), universe=list(CapSet.all())[:5])
    assert len(found.minimal) == 10
    assert ", and 5 more: no other set is minimal" in str(found)


def test_how_far_it_is():
    """Before a minimal set is found, what works is told."""
    found = Search(universe=SMALL, trials=[Trial(caps=SMALL, works=True)])
    assert str(found).startswith("no minimal set was found yet; it works with ")


def test_as_a_table():
    """In a notebook and in a data frame."""
    found = minimal_sets(needing("CAP_KILL"), universe=["kill", "chown"])
    rows = list(found.to_records())
    assert [row["caps"] for row in rows] == [str(each.caps) for each in found.trials]
    assert rows[0] == {"caps": "CAP_CHOWN,CAP_KILL", "size": 2, "mask": 33, "works": True, "count": 1}
    page = display.html(found)
    assert "CAP_KILL: no other set is minimal" in page
    assert page.count("<tr>") >= len(rows)
    assert "<table" not in display.html(Search(universe=["kill"]))
    assert display.text(found) == str(found)
    many = Search(
        universe=CapSet.all(), trials=[Trial(caps=CapSet.from_mask(mask), works=False) for mask in range(103)]
    )
    assert "and 3 more trials: to_records() has all" in display.html(many)


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"universe": []}, ArgumentError, "expected a universe of at least one capability"),
        ({"universe": ["kil"]}, UnknownCapabilityError, "kil"),
        ({"universe": "kill"}, TypeError, "parse"),
        ({"hints": [["bpf"]]}, ArgumentError, "expected hints within .*: CAP_BPF is not in it"),
        ({"known": [Trial(caps=["bpf"], works=True)]}, ArgumentError, "expected trials within"),
        ({"known": [5]}, TypeError, "trials, as Search.trials has them"),
        ({"repeat": 0}, ArgumentError, "expected repeat of at least 1, got 0"),
        ({"repeat": True}, TypeError, "expected repeat as int"),
        ({"limit": -1}, ArgumentError, "expected limit of at least 0, got -1"),
        ({"all": 1}, TypeError, "True or False for all"),
        ({"check": "yes"}, TypeError, "True or False for check"),
        ({"record": 5}, TypeError, "expected a function that is called with each trial"),
    ],
)
def test_arguments(kwargs, error, message):
    with pytest.raises(error, match=message):
        minimal_sets(needing("never"), **{"universe": SMALL, **kwargs})


def test_what_is_no_function():
    with pytest.raises(TypeError, match="expected a function that tries a set, got 5"):
        minimal_sets(5, universe=SMALL)


@pytest.mark.parametrize("answer", [None, 1, 0, "yes", NotImplemented])
def test_what_is_no_answer(answer):
    """A function that forgot to return anything has not failed."""
    with pytest.raises(TypeError, match=r"works\(\) is to return True or False"):
        minimal_sets(lambda _caps: answer, universe=SMALL)


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"works": 1}, TypeError, "True or False for works"),
        ({"count": 0}, ArgumentError, "expected a count of at least 1, got 0"),
        ({"count": 1.0}, TypeError, "expected a number of times as int"),
    ],
)
def test_what_is_no_trial(kwargs, error, message):
    with pytest.raises(error, match=message):
        Trial(**{"caps": ["kill"], "works": True, **kwargs})


def test_it_is_found_in_the_package():
    assert least.minimal_sets is minimal_sets
