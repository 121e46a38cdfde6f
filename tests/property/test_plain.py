"""Every value goes into plain JSON types and comes back; its schema and from_dict() refuse what is none."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capset import (
    CapDiff,
    CapInfo,
    CapSet,
    CapState,
    Comparison,
    FileCaps,
    StateDiff,
    compare,
    engines,
    kernel,
    live,
)
from capset.errors import FormatError
from tests.strategies import capsets, diffs, states
from tests.values import INSIDE, SNAPSHOT, STATUS, VALUES


def there_and_back(value):
    """Write a value, check it against its schema, and read it again."""
    kind = type(value)
    written = json.loads(json.dumps(value.as_dict()))
    jsonschema.Draft202012Validator(kind.json_schema()).validate(written)
    assert written == value.as_dict()
    again = kind.from_dict(written)
    assert again.as_dict() == written
    return again


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_kind(value):
    """It comes back as it was, the schema is one, and it says what the kind is."""
    schema = type(value).json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    again = there_and_back(value)
    if type(value) is not kernel.Explanation or value.error is None:  # two errors are never equal
        assert again == value
    else:
        assert str(again.error) == str(value.error)
    assert again is not value or value in kernel.RULES.values() or type(value) in {CapSet, engines.Engine}


def test_what_does_not_count_in_comparisons_comes_back_too():
    """Equality says nothing of what was assumed, nor of what could not be read."""
    assert there_and_back(STATUS.credentials()).assumed == STATUS.credentials().assumed
    again = there_and_back(SNAPSHOT)
    for name in ("gone", "denied", "malformed", "failed"):
        assert [str(error) for error in getattr(again, name)] == [str(error) for error in getattr(SNAPSHOT, name)]
        assert [type(error) for error in getattr(again, name)] == [type(error) for error in getattr(SNAPSHOT, name)]
    assert again.proc == "/host/proc"


@given(states, st.text(), st.integers(0, 2**32 - 2), st.none() | st.booleans(), st.none() | st.integers(0))
def test_drawn_threads(state, name, uid, flag, number):
    """Whatever a thread holds and is called, lone surrogates too."""
    status = evolve(STATUS, caps=state, name=name + "\udcff", no_new_privs=flag, seccomp=number, groups=(uid,))
    assert there_and_back(status) == status


@given(states, states, diffs, capsets, st.booleans())
def test_drawn_sets(before, after, diff, caps, flag):
    """Likewise what is made of sets."""
    for value in (
        before,
        diff,
        before.diff(after),
        FileCaps(permitted=caps, effective=flag),
        compare(a=caps, b=before),
    ):
        assert there_and_back(value) == value


def leaves(data, path=()):
    """Yield the way to everything that holds nothing."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inside in items:
        yield from leaves(inside, (*path, key))
    if not isinstance(data, dict | list):
        yield path


def nodes(data, path=()):
    """Yield the way to every dict whose keys are fixed."""
    if isinstance(data, dict) and path[-1:] != ("columns",) and "error" not in data:
        yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inside in items:
        yield from nodes(inside, (*path, key))


def at(data, path):
    for key in path:
        data = data[key]
    return data


def refused(value, written):
    """Say that neither the schema nor from_dict() takes it, and return the error."""
    kind = type(value)
    assert not jsonschema.Draft202012Validator(kind.json_schema()).is_valid(written)
    with pytest.raises(FormatError) as caught:
        kind.from_dict(written)
    return caught.value


@given(st.data())
def test_what_is_changed_is_refused(data):
    """A value of another type, a key too many, a key too few: anywhere."""
    value = data.draw(st.sampled_from(VALUES))
    written = copy.deepcopy(value.as_dict())
    *path, last = data.draw(st.sampled_from(list(leaves(written))))
    at(written, path)[last] = 1.5
    refused(value, written)

    written = copy.deepcopy(value.as_dict())
    node = at(written, data.draw(st.sampled_from(list(nodes(written)))))
    node["nonsense"] = None
    refused(value, written)

    written = copy.deepcopy(value.as_dict())
    node = at(written, data.draw(st.sampled_from(list(nodes(written)))))
    del node[data.draw(st.sampled_from(sorted(node.keys() - {"undefined"})))]  # which a set may be without
    refused(value, written)


def without(data, key):
    return {name: each for name, each in data.items() if name != key}


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (CapState, lambda data: [], "CapState: expected a dict, got []"),
        (CapState, lambda data: without(data, "ambient"), "CapState: expected a dict with ambient too, got {'effec"),
        (CapState, lambda data: {**data, "x": 1}, "CapState: expected a dict without 'x': known are effective, perm"),
        (CapState, lambda data: {**data, "effective": 5}, "CapState.effective: expected a dict with mask and names"),
        (CapState, lambda data: {**data, "effective": {"mask": "5", "names": []}},
         "CapState.effective.mask: expected 16 lower-case hexadecimal digits, got '5'"),
        (CapDiff, lambda data: {**data, "added": data["dropped"]},
         "CapDiff: expected values that go together (both added and dropped: 63; a capability can be only one of the "
         "two), got {'added': "),
        (live.ProcStatus, lambda data: {**data, "pid": True}, "ProcStatus.pid: expected an integer, got True"),
        (live.ProcStatus, lambda data: {**data, "groups": ["2"]}, "ProcStatus.groups[0]: expected an integer, got '2'"),
        (live.ProcStatus, lambda data: {**data, "groups": 5}, "ProcStatus.groups: expected a list, got 5"),
        (live.ProcStatus, lambda data: {**data, "uids": {**data["uids"], "fs": None}},
         "ProcStatus.uids.fs: expected an integer, got None"),
        (live.ProcStatus, lambda data: {**data, "name": 5}, "ProcStatus.name: expected a text, got 5"),
        (live.ProcStatus, lambda data: {**data, "no_new_privs": 1}, "ProcStatus.no_new_privs: expected true or false"),
        (live.Snapshot, lambda data: {**data, "gone": [{"error": "KeyError"}]},
         "Snapshot.gone[0]: expected a ProcessGoneError, by its name and its fields, got {'error': 'KeyError'}"),
        (live.Snapshot, lambda data: {**data, "gone": [{"error": "ProcessGoneError"}]},
         "Snapshot.gone[0]: expected the fields of ProcessGoneError ("),
        (live.Snapshot, lambda data: {**data, "gone": [{"error": "ProcessGoneError"}]},
         "'filename' and 'pid'), got {'error': 'ProcessGoneError'}"),
        (engines.Engine, lambda data: {**data, "name": "dokcer"}, "unknown container engine 'dokcer'"),
        (engines.Engine, lambda data: {**data, "releases": []},
         "no facts about version 'no release' of docker: this version of capset divides its releases in another way"),
        (engines.Request, lambda data: {**data, "problems": [5]}, "Request.problems[0]: expected a dict, got 5"),
        (kernel.Rule, lambda data: {"name": "x"}, "expected the name of a rule, got 'x'"),
        (engines.Fact, lambda data: {**data, "about": "x"}, "Fact.about: expected one of 'default', 'sets', 'rules'"),
        (Comparison, lambda data: {**data, "columns": {5: None}}, "columns: expected a dict whose keys are texts"),
        (CapInfo, lambda data: {**data, "cap": "CAP_KIL"}, "CapInfo.cap: expected a capability (unknown capability"),
    ],
)  # fmt: skip
def test_messages(kind, change, message):
    """Each says where, what stands there, and what was expected."""
    value = next(value for value in VALUES if type(value) is kind)
    with pytest.raises(FormatError) as caught:
        kind.from_dict(change(copy.deepcopy(value.as_dict())))
    assert message in str(caught.value)


def test_a_constructor_inside_is_heard():
    """Sets that no thread has are no credentials, wherever they stand."""
    answer = kernel.why(INSIDE, "kill")
    data = answer.as_dict()
    data["cred"]["caps"]["effective"] = CapSet(["kill"]).as_dict()
    data["cred"]["caps"]["permitted"] = CapSet().as_dict()
    with pytest.raises(
        FormatError, match=r"^Answer\.cred: expected values that go together \(no thread can have these"
    ):
        kernel.Answer.from_dict(data)


def test_what_no_plain_type_can_be_made_of():
    """A field that was given something else is told, and not written."""
    for wrong in ({"name": b"web"}, {"seccomp": 1.5}, {"uids": 5}):
        with pytest.raises((TypeError, AttributeError)):
            evolve(STATUS, **wrong).as_dict()


def test_a_state_diff_is_not_a_state():
    """Their dicts differ in what each set is."""
    with pytest.raises(FormatError, match=r"StateDiff\.effective: expected a dict with added, dropped too"):
        StateDiff.from_dict(CapState().as_dict())


def test_what_a_list_is_told_as():
    with pytest.raises(FormatError, match=r"Request\.add: expected a list, got 5"):
        engines.Request.from_dict(engines.Request().as_dict() | {"add": 5})
