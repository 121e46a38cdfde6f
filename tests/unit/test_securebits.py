"""The securebits, their locks and their names."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capset import Securebits
from capset.errors import ArgumentError


def test_the_header_s_values():
    """Linux include/uapi/linux/securebits.h, with the four bits of Linux 6.14."""
    assert {bit.name: bit.value.bit_length() - 1 for bit in Securebits} == {
        "NOROOT": 0,
        "NOROOT_LOCKED": 1,
        "NO_SETUID_FIXUP": 2,
        "NO_SETUID_FIXUP_LOCKED": 3,
        "KEEP_CAPS": 4,
        "KEEP_CAPS_LOCKED": 5,
        "NO_CAP_AMBIENT_RAISE": 6,
        "NO_CAP_AMBIENT_RAISE_LOCKED": 7,
        "EXEC_RESTRICT_FILE": 8,
        "EXEC_RESTRICT_FILE_LOCKED": 9,
        "EXEC_DENY_INTERACTIVE": 10,
        "EXEC_DENY_INTERACTIVE_LOCKED": 11,
    }


@pytest.mark.parametrize("bit", list(Securebits), ids=str)
def test_the_header_s_spelling(bit):
    """SECBIT_ in front works as well, and is what str() writes."""
    assert Securebits[f"SECBIT_{bit.name}"] is bit
    assert str(bit) == f"SECBIT_{bit.name}"


@given(st.integers(0, 2**32 - 1))
def test_locks(number):
    """The lock of a flag is one bit above it."""
    bits = Securebits(number)

    assert bits.locked.lock == bits & Securebits(0xAAA)
    assert bits.lock.locked == bits & Securebits(0x555)
    assert bits.value == number
    assert pickle.loads(pickle.dumps(bits)) == bits


def test_unnamed_bits_are_shown():
    """Nothing is masked off."""
    assert str(Securebits(0x1001)) == "SECBIT_NOROOT|0x1000"
    assert str(Securebits(0)) == "0"
    assert str(Securebits(0x8000)) == "0x8000"


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("noroot", TypeError, "securebits are Securebits or a number, got 'noroot'"),
        (None, TypeError, "got None"),
        (2**32, ArgumentError, "securebits are a number from 0 to 2\\*\\*32 - 1, got 4294967296"),
        pytest.param(10**5000, ArgumentError, "got 0x31e2", id="huge"),
    ],
)
def test_no_securebits(value, error, message):
    """In the words of this library, whatever IntFlag makes of it."""
    with pytest.raises(error, match=message):
        Securebits(value)
    assert Securebits() == 0
    assert ~Securebits.NOROOT & Securebits(3) == Securebits.NOROOT_LOCKED
