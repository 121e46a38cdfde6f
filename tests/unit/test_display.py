"""Texts for a terminal."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import LAST_CAP, Cap, CapSet
from capset.printable import printable
from capset.summary import summary
from tests.strategies import capsets


@given(st.binary())
def test_nothing_printable_acts_on_a_terminal(raw):
    """Whatever bytes a name has, its text is printable, and different bytes give different texts."""
    text = raw.decode("utf-8", "surrogateescape")
    shown = printable(text)

    assert shown.isprintable()
    as_python = ast.literal_eval("'" + shown.replace("'", r"\'") + "'")
    assert as_python == "".join(chr(ord(char) - 0xDC00) if "\udc80" <= char <= "\udcff" else char for char in text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bash", "bash"),
        ("naïve café", "naïve café"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x9b31m", r"\u009b31m"),
        ("\u202eexe.txt", r"\u202eexe.txt"),
        ("a\\n\n", r"a\\n\n"),
        ("\udcff", r"\xff"),
        ("\ud800", r"\ud800"),
    ],
)
def test_printable(text, shown):
    """Control characters of both ranges, bidirectional overrides, raw bytes."""
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("caps", "text"),
    [
        (CapSet(), "none"),
        (CapSet([41]), "41"),
        (CapSet.all(), "all known"),
        (CapSet.from_mask(2**64 - 1) - set(range(43, 64)), "all known and no. 41, 42"),
        (CapSet.all() - {"kill", "chown"} | {63}, "all known but CAP_CHOWN, CAP_KILL and no. 63"),
        (CapSet(["kill", 41]), "CAP_KILL, 41"),
        (CapSet.all() - set(range(5)), f"all known but {', '.join(CapSet(range(5)).names())}"),
        (CapSet.all() - set(range(6)), ", ".join((CapSet.all() - set(range(6))).names())),
    ],
)
def test_summary(caps, text):
    """The shorter of what is there and what is missing."""
    assert summary(caps) == text


_OLD = "all up to no. 36"  # which kernels before 3.8 have


@given(capsets)
def test_summary_hides_nothing(caps):
    """Every unknown bit is in it, and every name or every missing name."""
    told, every, after = summary(caps).partition("every bit from ")
    first = int(after.split()[0]) if every else 64
    assert bool(every) is bool(caps.undefined)
    assert caps >= CapSet.all() - CapSet.all(first - 1) | caps.undefined
    last = Cap.BLOCK_SUSPEND if told.startswith(_OLD) else LAST_CAP
    told = told.removeprefix(_OLD)
    words, caps = told.replace(",", " ").split(), caps & CapSet.all(first - 1)

    assert {str(cap) for cap in caps.unknown} == {word for word in words if word.isdecimal()}
    named = {cap for cap in Cap if str(cap) in words}
    known = CapSet.all(last) & caps
    assert named in (known, CapSet.all(last) - known)
