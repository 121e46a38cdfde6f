"""What capset.testing draws goes into plain JSON types, pickles and texts, and comes back."""

from __future__ import annotations

import importlib
import json
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capset import Cap, CapDiff, CapSet, FileCaps, kernel, testing
from capset.formats import libcap
from capset.plain import Plain
from capset.testing.registration import STRATEGIES

testing.register()

LISTED = [(module, name) for module, names in STRATEGIES.items() for name in names]
NOT_PICKLED = {"Dialect"}  # it has functions of its own


def written_out(value):
    """Return how a value is written, or what it has if it is written by its place alone."""
    return repr(value) if type(value).__repr__ is not object.__repr__ else vars(value)


@pytest.mark.parametrize(("module", "name"), LISTED)
def test_each_kind(module, name):
    """A value is what its dict and its pickle say; errors in it are never equal, and are the same in words."""
    if module.startswith("capset.arrays."):
        pytest.importorskip("numpy", reason="needs NumPy (pip install 'capset[arrays]')")
    kind = getattr(importlib.import_module(module), name)

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.from_type(kind))
    def test(value):
        assert type(value) is kind
        if kind.__name__ not in NOT_PICKLED:
            again = pickle.loads(pickle.dumps(value))
            assert again == value or written_out(again) == written_out(value)
        if isinstance(value, Plain):
            written = json.loads(json.dumps(value.as_dict()))
            assert kind.from_dict(written).as_dict() == written == value.as_dict()

    test()


@settings(max_examples=100, deadline=None)
@given(testing.caps(), testing.capsets(), testing.diffs(), testing.file_caps(), testing.states(), testing.iabs())
def test_texts(cap, caps, diff, file, state, iab):
    """Each is read back from how it is written."""
    assert Cap.parse(str(cap)) is cap
    assert CapSet.parse(str(caps)) == CapSet.from_hex(caps.hex()) == caps
    assert CapDiff.parse(str(diff)) == diff
    assert FileCaps.from_xattr(file.to_xattr()) == file
    assert libcap.iab_from_text(str(iab)) == iab
    three = libcap.from_text(libcap.to_text(state))
    assert (three.effective, three.permitted, three.inheritable) == (
        state.effective,
        state.permitted,
        state.inheritable,
    )


@settings(max_examples=50, deadline=None)
@given(testing.states(), testing.unlawful_states(), testing.credentials(), testing.statuses(), testing.releases())
def test_laws(state, broken, cred, status, release):
    """What is lawful breaks no rule of capabilities(7); what is not breaks one, and is no thread's to the kernel."""
    assert state.violations() == cred.caps.violations() == status.caps.violations() == []
    assert broken.violations()
    assert status.credentials().caps == status.caps
    assert kernel.Rules.of(release).release == release
