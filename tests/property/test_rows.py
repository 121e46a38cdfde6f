"""Rows of status files: any of them, in any order, with anything between; and none that is cut off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import CapSet, documents, live
from capset.errors import StatusError
from capset.live.rows import ROWS

MASKS = st.integers(0, 2**64 - 1).map(CapSet.from_mask)
SOME = st.dictionaries(st.sampled_from(list(ROWS)), MASKS, min_size=1)
NOISE = st.sampled_from(
    ["", "[...]", "...", "$ grep Cap /proc/self/status", "root@web:/# cat /proc/1/status | grep -i cap", "```", "and:"]
    + ["Umask:\t0022", "VmPeak:\t    1728 kB", "Seccomp_filters:\t1", "SigCgt:\t0000000000004a02", "# CapEff: is", "0"]
)
FRONTS = st.sampled_from(["", "    ", "> ", ">> ", "- ", "46:", "| ", "2026-11-27T10:00:00Z "])
PATHS = st.sampled_from(["", "/proc/1/status:", "a b/status:", "web-1  | "])
BETWEEN = st.sampled_from([":\t", ": ", ":", "=", "        ", ":    ", " | "])
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", " \n", " # so\n"])


@given(SOME, st.data())
def test_whatever_stands_between(sets, data):
    """The sets that rows say are read, and no other."""
    front = data.draw(FRONTS)
    path = "" if front[-1:] in {":", " "} and front[:1].isdigit() else data.draw(PATHS)
    text = ""
    for name in data.draw(st.permutations(list(sets))):
        text += "".join(f"{noise}\n" for noise in data.draw(st.lists(NOISE, max_size=2)))
        text += f"{front}{path}{ROWS[name]}{data.draw(BETWEEN)}{sets[name].hex()}{data.draw(ENDS)}"

    [rows] = live.parse_rows(text)
    assert {name: getattr(rows, name) for name in ROWS} == {name: sets.get(name) for name in ROWS}
    assert {name: rows.sets[name] for name in sets} == sets
    assert all(not caps for name, caps in rows.sets.items() if name not in sets)
    assert documents.dialect_of(text) == "status"
    assert live.StatusRows.from_dict(rows.as_dict()) == rows


@given(SOME, st.integers(0, 200))
def test_what_is_cut_off(sets, left):
    """Of a text that ends too early, or loses its beginning, no row is read as another set."""
    text = "".join(f"{ROWS[name]}:\t{caps.hex()}\n" for name, caps in sets.items())
    for part in (text[:left], text[left:]):
        try:
            [rows] = live.parse_rows(part)
        except StatusError:
            continue
        said = {name: getattr(rows, name) for name in ROWS if getattr(rows, name) is not None}
        assert said.items() <= sets.items()


@given(MASKS, st.integers(1, 15), st.sampled_from(["", "...", "…", " ", "\n", " ..."]))
def test_a_mask_that_is_cut_off(caps, digits, end):
    """Whatever stands in the place of the other digits."""
    for mask in (caps.hex()[:digits], caps.hex()[-digits:]):
        with pytest.raises(StatusError, match="expected 16 hexadecimal digits"):
            live.parse_rows(f"CapEff:\t{mask}{end}")


@given(MASKS, MASKS, st.sampled_from(list(ROWS)))
def test_rows_that_contradict_each_other(first, second, name):
    """Are an error, unless they say the same."""
    other = next(each for each in ROWS if each != name)
    text = "".join(f"{ROWS[which]}: {caps.hex()}\n" for which, caps in ((other, first), (name, first), (name, second)))
    if first == second:
        assert getattr(live.parse_rows(text)[0], name) == first
    else:
        with pytest.raises(StatusError, match="expected what line 2 says too"):
            live.parse_rows(text)


@given(st.text() | st.binary())
def test_anything_else(text):
    """Is refused, as it has no row."""
    with pytest.raises(StatusError):
        live.parse_rows(text)
