"""libcap itself against ours: not one text, name or tuple may differ."""

from __future__ import annotations

import os

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from capset import Cap, CapSet, CapState
from capset.errors import ParseError
from capset.formats import libcap
from tests.live.libcap import Libcap
from tests.strategies import masks

# CI asks for 20,000 of each, in three runs.
RUNS = int(os.environ.get("CAPSET_LIBCAP_RUNS", "300"))
many = settings(max_examples=RUNS, deadline=None)
SETS = ("effective", "permitted", "inheritable")

names = st.one_of(
    st.sampled_from([str(cap).lower() for cap in Cap]),
    st.sampled_from(["all", "ALL", "Cap_Kill", "CAP_CHOWN", "63", "41", "0x3f", "0X5", "010", "08", "0", "64", "0x"]),
    st.sampled_from(
        ["cap_", "_", "e", "kill", "all5", "all_", "cap_kill5", "99999999999999999999999", "٣", "cap_kıll"]
    ),
    st.integers(0, 70).map(str),
    st.builds("{}{}{:o}".format, st.sampled_from(["", "0x", "0X"]), st.integers(0, 40).map("0".__mul__), masks),
    st.builds("0{}{:o}".format, st.integers(0, 40).map("0".__mul__), st.integers(0, 70)),
)
lists = st.lists(names, max_size=4).map(",".join)
actions = st.builds(
    "".join,
    st.lists(
        st.builds("{}{}".format, st.sampled_from(["=", "+", "-", "=+", "=-"]), st.text("eip", max_size=3)), max_size=3
    ),
)
clauses = st.builds("{}{}".format, lists, actions)
texts = st.builds(str.join, st.sampled_from([" ", "  ", "\n", "\t\v\f\r"]), st.lists(clauses, max_size=3))
tuples = st.lists(st.builds("{}{}".format, st.text("!^%", max_size=3), names), max_size=5).map(",".join)
letters = st.one_of(st.sampled_from("=+-eip,_ 09xXalL!^%\t\n\x1f\x85é"), st.characters(exclude_characters="\0"))


@st.composite
def mutated(draw, grammar):
    """Draw a text of the grammar, or one that somebody has mistyped."""
    text = draw(grammar)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.one_of(st.just(""), letters)) + text[at + draw(st.integers(0, 1)) :]
    return text.encode("utf-8", "ignore").decode()


@pytest.fixture(scope="module")
def real():
    """Load the library, or skip."""
    try:
        return Libcap()
    except OSError:
        pytest.skip("needs libcap.so.2 (Debian: apt-get install libcap2)")


def test_the_kernel_is_that_of_the_comparison(real):
    """What all stands for is the kernel's; these tests compare for one that has what capset knows."""
    assert real.max_bits() == len(Cap)


def test_reading_text(real):
    """Both refuse a text, or both read the same sets."""

    @many
    @given(mutated(texts))
    def compare(text: str) -> None:
        try:
            state = libcap.from_text(text)
            ours = {name: getattr(state, name).mask for name in SETS}
        except ParseError as error:
            assert 0 <= error.position <= len(text)
            ours = None
        event("read" if ours else "refused")
        assert real.from_text(text) == ours

    compare()


def test_writing_text(real):
    """Both write the same text, which both read as the same sets."""
    some = st.one_of(masks, st.sampled_from([2**20 - 1, 2**21 - 1, 2**40 - 1, 2**42 - 1, 0, 1 << 41, 2**64 - 2**41]))

    @many
    @given(some, some, some, st.booleans())
    def compare(effective: int, permitted: int, inheritable: int, alike: bool) -> None:
        sets = dict(zip(SETS, (effective, permitted, permitted if alike else inheritable), strict=True))
        state = CapState(**{name: CapSet.from_mask(mask) for name, mask in sets.items()})
        text = libcap.to_text(state)
        assert real.to_text(sets) == text
        assert real.from_text(text) == sets
        assert libcap.from_text(text) == state

    compare()


def test_names(real):
    """One name, with whatever stands behind it."""

    @many
    @given(mutated(st.one_of(names, clauses)))
    def compare(text: str) -> None:
        try:
            ours = int(libcap.from_name(text))
        except ParseError:
            ours = None
        assert real.from_name(text) == ours

    compare()
    assert [real.to_name(number) for number in range(64)] == [libcap.to_name(Cap(number)) for number in range(64)]


def test_iab(real):
    """Both refuse a tuple, or both read the same sets, and write them alike."""

    @many
    @given(mutated(tuples))
    def compare(text: str) -> None:
        try:
            iab = libcap.iab_from_text(text)
        except ParseError as error:
            assert 0 <= error.position <= len(text)
            assert real.iab_from_text(text) is None
            return
        told = real.iab_from_text(text)
        assert told is not None
        sets, written = told
        # What the kernel does not have, libcap keeps and does not tell; comparing two tuples, it looks.
        assert sets == {name: (getattr(iab, name) & CapSet.all()).mask for name in sets}
        assert libcap.iab_to_text(iab) == written
        assert real.same_iab(text, str(iab))
        assert libcap.iab_from_text(str(iab)) == iab

    compare()


def test_writing_iab(real):
    """Any three sets, through libcap and back."""

    @many
    @given(masks, masks, masks)
    def compare(inheritable: int, ambient: int, blocked: int) -> None:
        sets = {"inheritable": inheritable | ambient, "ambient": ambient, "blocked": blocked}
        iab = libcap.IAB(**{name: CapSet.from_mask(mask) for name, mask in sets.items()})
        told = real.iab_from_text(str(iab))
        assert told is not None
        assert told[0] == {name: mask & CapSet.all().mask for name, mask in sets.items()}
        assert told[1] == libcap.iab_to_text(iab)

    compare()
