"""Answers about operations, for any state, scope and settings; conditions against the shortest evaluator there is."""

from __future__ import annotations

import json
from itertools import product

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet, CapState, operations
from capset.operations import INITIAL, Condition, Operation, Operations, Requirement
from capset.testing.strategies import operations as drawn
from tests.strategies import capsets, states

TABLE = operations.table()
CERTAIN = [evolve(each, conditions=(), otherwise=None) for each in TABLE]
CAPS = [*CapSet.all()]

# What is known of an operation that is made: few capabilities, so that sets of them are met often.
few = st.frozensets(st.sampled_from(CAPS[:4]), max_size=3)
needs = st.lists(few, max_size=3).map(Requirement)
conditions = st.lists(
    st.sampled_from([Condition("a.x == 1"), Condition("RLIMIT_Y < 1"), Condition("in words")]), max_size=2
)
made = st.builds(
    Operation,
    id=st.just("do"),
    area=st.just("tests"),
    title=st.just("Do it"),
    needs=needs,
    otherwise=st.none() | needs,
    conditions=conditions.map(tuple),
    namespace=st.sampled_from(["initial", "network", "own", "object", "target", "time"]),
    object=st.sampled_from(["own", "another's", "none"]),
    undecided=st.sampled_from(["", "there is no such device"]),
)
settings = st.dictionaries(st.sampled_from(["a.x", "RLIMIT_Y"]), st.integers(0, 1))
few_held = few.map(lambda caps: CapState(effective=caps, permitted=caps, bounding=caps))


def effective(caps):
    return CapState(effective=caps, permitted=caps, bounding=caps)


# -- answers against a model ------------------------------------------------------------------------


def possible(operation, held, known, counts):
    """Try every way in which what is not known may be: those conditions, and what is needed else."""
    held = set(held) if counts else set()

    def does(needs):
        return any(set(way) <= held for way in needs)

    truths = []
    for each in operation.conditions:
        name = {"a.x == 1": "a.x", "RLIMIT_Y < 1": "RLIMIT_Y"}.get(each.text)
        truths.append({known[name] == (1 if name == "a.x" else 0)} if name in known else {False, True})
    outcomes = set()
    for so in product(*truths):
        if all(so):
            outcomes.add(does(operation.needs))
        elif operation.otherwise is None:
            outcomes |= {True, False}
        else:
            outcomes.add(does(operation.otherwise))
    return outcomes


@given(made, few_held, settings, drawn.scopes())
def test_an_answer_is_what_all_that_is_possible_says(operation, state, known, scope):
    """Yes where every possibility says so, no where none does, and else not known."""
    answer = operations.can(state, operation, user_ns=scope, values=known)
    outcomes = possible(operation, state.effective, known, scope.counts(operation.namespace))
    if operation.otherwise is None and outcomes == {True, False}:
        assert answer.verdict == "not known"
    else:
        assert answer.verdict == {(True,): "yes", (False,): "no"}.get(tuple(outcomes), "not known")
    assert answer.reason
    assert ("no kernel was asked" in answer.reason) is bool(operation.undecided)
    assert not answer.provided or (answer.verdict == "yes" and not scope.initial)


@given(made, few_held, settings, drawn.scopes())
def test_what_is_missing_would_do(operation, state, known, scope):
    """With any one of the sets, and with none of them in part."""
    answer = operations.can(state, operation, user_ns=scope, values=known)
    for caps in answer.missing:
        assert answer.verdict == "no"
        assert not caps & state.effective
        more = operations.can(effective(state.effective | caps), operation, user_ns=scope, values=known)
        assert more.verdict == "yes"
        for cap in caps:
            less = effective(state.effective | (caps - CapSet([cap])))
            assert operations.can(less, operation, user_ns=scope, values=known).verdict != "yes"
    everything = effective(CapSet.all(63))
    if answer.verdict == "no" and not answer.missing:
        assert operations.can(everything, operation, user_ns=scope, values=known).verdict != "yes"


ORDER = {"no": 0, "not known": 1, "yes": 2}


@given(made | drawn.operations_of_kernels(), states, capsets, settings | drawn.settings(), drawn.scopes())
def test_more_is_never_less(operation, state, more, known, scope):
    """Nothing that can be done is lost by holding more, or by being where more counts."""
    before = operations.can(state, operation, user_ns=scope, values=known)
    after = operations.can(effective(state.effective | more), operation, user_ns=scope, values=known)
    outside = operations.can(state, operation, user_ns=INITIAL, values=known)

    assert ORDER[before.verdict] <= ORDER[after.verdict]
    assert ORDER[before.verdict] <= ORDER[outside.verdict]


@given(made | drawn.operations_of_kernels(), states, settings | drawn.settings(), drawn.settings())
def test_knowing_more_changes_no_answer(operation, state, known, more):
    """What was yes or no without a setting is that with it."""
    before = operations.can(state, operation, values=known)
    after = operations.can(state, operation, values=more | known)

    assert before.verdict in {"not known", after.verdict}


@given(made, states)
def test_only_what_is_effective_counts(operation, state):
    """Whatever the other four sets have."""
    alone = CapState(effective=state.effective)

    assert operations.can(alone, operation).verdict == operations.can(state, operation).verdict


# -- lists ------------------------------------------------------------------------------------------


@given(states, drawn.scopes(), drawn.settings())
def test_three_lists(state, scope, known):
    """Each operation that asks for a capability is in one of them, in the order of all, as can() says."""
    arguments = {"user_ns": scope, "sysctls": known}
    lists = {
        "yes": operations.allowed(state, **arguments),
        "no": operations.denied(state, **arguments),
        "not known": operations.not_known(state, **arguments),
    }
    asking = [each for each in TABLE if each.caps]
    found = {each.id: verdict for verdict, those in lists.items() for each in those}

    assert sum(map(len, lists.values())) == len(found) == len(asking)
    for each in asking:
        assert operations.can(state, each, **arguments).verdict == found[each.id]
    for those in lists.values():
        assert type(those) is Operations
        assert those == [each for each in asking if each in those]


@given(capsets, capsets, drawn.scopes())
def test_gained(before, after, scope):
    """What can be done after it and not before, where each condition is so; what is lost is the inverse's."""
    diff, kept = before.diff(after), before & after

    def can(caps, operation):
        return operations.can(effective(caps), operation, user_ns=scope).verdict == "yes"

    both = [(each, can(before, certain), can(after, certain)) for each, certain in zip(TABLE, CERTAIN, strict=True)]
    assert operations.gained(diff, kept=kept, user_ns=scope) == [each for each, was, is_ in both if is_ and not was]
    assert operations.gained(diff.inverse(), kept=kept, user_ns=scope) == [
        each for each, was, is_ in both if was and not is_
    ]
    states_too = effective(before).diff(effective(after))
    assert operations.gained(states_too, kept=kept) == operations.gained(diff, kept=kept)


# -- conditions -------------------------------------------------------------------------------------

NAMES = ["kernel.a", "RLIMIT_B", "bytes locked", "c-d"]
words = st.sampled_from(NAMES) | st.integers(-9, 9).map(str)
sides = st.lists(words, min_size=1, max_size=4).flatmap(
    lambda side: st.lists(st.sampled_from("+-*"), min_size=len(side) - 1, max_size=len(side) - 1).map(
        lambda steps: (side, steps)
    )
)
signs = st.sampled_from(["==", "!=", "<=", ">=", "<", ">"])


def written(side):
    (first, *rest), steps = side
    return first + "".join(f" {step} {word}" for step, word in zip(steps, rest, strict=True))


def computed(side, values):
    """Let Python compute it, with parentheses from left to right."""
    (first, *rest), steps = side
    text = f"({values.get(first, first)})"
    for step, word in zip(steps, rest, strict=True):
        text = f"({text} {step} ({values.get(word, word)}))"
    return text


@given(sides, signs, sides, st.fixed_dictionaries({name: st.integers(0, 99) for name in NAMES}), st.data())
def test_conditions(one, sign, two, values, data):
    """As Python computes it; as texts too; and not known as soon as one of its names is not."""
    condition = Condition(f"{written(one)} {sign} {written(two)}")
    expected = eval(f"{computed(one, values)} {sign} {computed(two, values)}")

    assert condition.holds(values) is expected
    assert condition.holds({name: f"{value}\n" for name, value in values.items()}) is expected
    assert set(condition.names) == {word for side, _ in (one, two) for word in side if word in NAMES}
    assert set(condition.settings) == set(condition.names) & {"kernel.a", "RLIMIT_B"}
    if condition.names:
        lost = data.draw(st.sampled_from(condition.names))
        assert condition.holds({name: value for name, value in values.items() if name != lost}) is None


@given(st.text(min_size=1).filter(str.strip), st.dictionaries(st.text(), st.text()))
def test_any_text_is_a_condition(text, values):
    """It is computed, or it is not known."""
    condition = Condition(text)

    assert condition.holds(values) in {True, False, None}
    assert str(condition) == text
    assert set(condition.settings) <= set(condition.names)


# -- finding ----------------------------------------------------------------------------------------


@given(st.text())
def test_any_words(text):
    """What is found has each of them in what is said of it, in part at least."""
    for each in operations.search(text):
        said = " ".join([each.id, *each.words, each.title, each.syscall, each.argument]).lower()
        assert all(word in said for word in text.lower().split() if word.isascii() and word.isalnum())


# -- there and back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("each", TABLE, ids=str)
def test_records_there_and_back(each):
    assert Operation.from_dict(json.loads(json.dumps(each.as_dict()))) == each


@given(
    drawn.answers()
    | drawn.conditions()
    | drawn.evidence()
    | drawn.grants()
    | drawn.requirements()
    | drawn.scopes()
    | made
)
def test_there_and_back(value):
    """Whatever is drawn."""
    assert type(value).from_dict(json.loads(json.dumps(value.as_dict()))) == value
