"""One capability: its number, its name, and what is read as one."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import sys
import threading
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import capset
from capset import LAST_CAP, Cap, UnknownCapabilityError
from tests.strategies import caps


def test_the_41_members():
    """The table runs from CHOWN to CHECKPOINT_RESTORE without a gap."""
    assert list(range(41)) == [int(cap) for cap in Cap]
    assert (Cap.CHOWN, Cap.CHECKPOINT_RESTORE) == (0, 40)
    assert LAST_CAP is Cap.CHECKPOINT_RESTORE
    assert capset.LAST_CAP is LAST_CAP


@given(caps)
def test_a_number_is_one_object(cap):
    """Every number, named or not, is one member for good."""
    assert Cap(int(cap)) is cap
    assert pickle.loads(pickle.dumps(cap)) is cap
    assert pickle.loads(pickle.dumps(cap, 0)) is cap
    assert copy.copy(cap) is cap
    assert copy.deepcopy(cap) is cap
    assert eval(repr(cap)) is cap
    assert cap == int(cap)
    assert hash(cap) == hash(int(cap))


def test_unnamed_members_are_one_object_in_every_thread():
    """Looking an unnamed member up from many threads at once gives the same object to all."""
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(Cap(63))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {id(Cap(63))} == {id(cap) for cap in seen}


@given(caps)
def test_every_spelling_is_read(cap):
    """What str() writes is read back, in any case and by number."""
    assert Cap.parse(str(cap)) is cap
    assert Cap.parse(str(cap).lower()) is cap
    assert Cap.parse(str(cap).removeprefix("CAP_")) is cap
    assert Cap.parse(str(int(cap))) is cap
    assert cap.mask == 1 << int(cap)
    assert cap.known is (int(cap) <= 40)


def test_str_repr_and_format():
    """People see the name; the integer codes see the number."""
    assert str(Cap.NET_ADMIN) == "CAP_NET_ADMIN" == f"{Cap.NET_ADMIN}"
    assert repr(Cap.NET_ADMIN) == "Cap.NET_ADMIN"
    assert Cap.NET_ADMIN.name == "NET_ADMIN"
    assert f"{Cap.NET_ADMIN:>15}|{Cap.NET_ADMIN:d}|{Cap.NET_ADMIN:#x}" == "  CAP_NET_ADMIN|12|0xc"
    assert (str(Cap(41)), repr(Cap(41)), Cap(41).name, f"{Cap(41):>4}") == ("41", "Cap(41)", "41", "  41")


@pytest.mark.parametrize(
    "text",
    ["", " ", "KILL ", " KILL", "CAP_", "CAP_CAP_KILL", "CAP_12", "012", "+12", "-1", "1_2", "0xc", "64", "٣", "kıll"]
    + ["CAP_LAST_CAP", "all", "None", "A" * 10**6],
)
def test_what_is_no_capability_is_refused(text):
    """Near misses are refused with the value; letters beyond ASCII do not pass for ASCII ones."""
    with pytest.raises(UnknownCapabilityError) as raised:
        Cap.parse(text)
    assert raised.value.value == text
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("text", "close"),
    [
        ("chwon", "CAP_CHOWN"),
        ("CAP_CAP_KILL", "CAP_KILL"),
        ("CAP_RAWIO", "CAP_SYS_RAWIO"),
        ("net-admin", "CAP_NET_ADMIN"),
        ("NET ADMIN ", "CAP_NET_ADMIN"),
    ],
)
def test_typos_are_answered_with_the_nearest_name(text, close):
    """The error says what was probably meant."""
    with pytest.raises(UnknownCapabilityError, match=f"did you mean {close}") as raised:
        Cap.parse(text)
    assert raised.value.close[0] == close


@pytest.mark.parametrize("value", [-1, 64, 10**30])
def test_numbers_outside_the_mask_are_refused(value):
    """There are 64 bits."""
    with pytest.raises(UnknownCapabilityError, match="from 0 to 63") as raised:
        Cap(value)
    assert raised.value.value == value


@pytest.mark.parametrize("value", ["CAP_KILL", None, 1.5, 5.0, b"5", True, False, Decimal(5), [5]])
def test_the_constructor_takes_numbers(value):
    """Text is read by parse(), and the error says so."""
    with pytest.raises(TypeError, match=r"Cap\.parse"):
        Cap(value)


@pytest.mark.parametrize("value", [5, None, b"CAP_KILL", Cap.KILL])
def test_parse_takes_text(value):
    """Only text is parsed."""
    with pytest.raises(TypeError, match="as str"):
        Cap.parse(value)


@given(st.text())
def test_parse_never_fails_otherwise(text):
    """Any text is a capability or an UnknownCapabilityError."""
    try:
        assert Cap.parse(text) in capset.CapSet.from_mask(2**64 - 1)
    except UnknownCapabilityError as error:
        assert error.value == text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CAP_NET_ADMIN", r"'CAP_NET_ADMIN': write Cap\.NET_ADMIN; text as people write it is read by Cap\.parse\(\)"),
        ("net_admin", r"'net_admin': write Cap\.NET_ADMIN"),
        ("41", r"'41': write Cap\(41\)"),
        ("NET_ADMN", "'NET_ADMN': did you mean CAP_NET_ADMIN"),
        ("all", r"ALL is no single capability but a set"),
    ],
)
def test_no_name_of_a_member(name, message):
    """Members are looked up by their names alone, and the error says what reads other texts."""
    for builtin in (KeyError, ValueError):
        with pytest.raises(builtin, match=message) as caught:
            Cap[name]
    assert isinstance(caught.value, UnknownCapabilityError)
    assert caught.value.value == name


@pytest.mark.parametrize("name", [12, None, ["NET_ADMIN"]])
def test_no_name_at_all(name):
    """A number is not looked up by name."""
    with pytest.raises(TypeError, match=r"Cap\[\.\.\.\] takes the name of a member as str, got"):
        Cap[name]


@pytest.mark.parametrize(("name", "member"), [("CAP_NET_ADMIN", "NET_ADMIN"), ("SYS_ADMN", "SYS_ADMIN")])
def test_no_attribute(name, member):
    """A misspelt member is told what it may have been: by this library until Python 3.11, then by Python itself."""
    run = subprocess.run([sys.executable, "-c", f"from capset import Cap; Cap.{name}"], capture_output=True, text=True)
    told = run.stderr.splitlines()[-1]
    assert told.startswith("AttributeError: ")
    assert name in told
    assert re.search(rf"[Dd]id you mean:? '?(Cap)?\.?{member}", told)
    assert not hasattr(Cap, "nonsense")


def test_huge_numbers():
    """No number is too long to be refused."""
    with pytest.raises(UnknownCapabilityError, match=r"0x31e2.* \(4155 characters\): capability numbers run from 0"):
        Cap(10**5000)


@pytest.mark.parametrize("arguments", [(), (1, 2)])
def test_one_number(arguments):
    """Python tells it, and names the class and not how it is built."""
    with pytest.raises(TypeError, match=r"^Cap\(\) (missing 1|takes)"):
        Cap(*arguments)


def test_what_is_in_cap():
    """A capability with a name, or its number, whatever the version of Python; a name is a mistake."""
    assert Cap.KILL in Cap
    assert 5 in Cap
    for value in (41, Cap(41), -1, None, True, []):
        assert value not in Cap
    with pytest.raises(TypeError, match=r"is a Cap or its number, got 'kill'; text is read by Cap\.parse\(\)$"):
        _ = "kill" in Cap
