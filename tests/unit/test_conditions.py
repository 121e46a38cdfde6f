"""Conditions: which settings decide, and how they compare. What is not known is never taken for a value."""

from __future__ import annotations

import copy
import pickle

import pytest

from capset.errors import ArgumentError
from capset.operations import Condition, table

PORT = Condition("net.ipv4.ip_unprivileged_port_start > port")
NICE = Condition("RLIMIT_NICE < 20 - nice")


@pytest.mark.parametrize(
    ("sign", "below", "same", "above"),
    [
        ("==", False, True, False),
        ("!=", True, False, True),
        ("<=", True, True, False),
        (">=", False, True, True),
        ("<", True, False, False),
        (">", False, False, True),
    ],
)
def test_every_sign(sign, below, same, above):
    """With a value below, at and above what it is compared with."""
    condition = Condition(f"a.b {sign} 5")

    assert [condition.holds({"a.b": value}) for value in (4, 5, 6)] == [below, same, above]


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("a - b - c == 1", {"a": 6, "b": 3, "c": 2}, True),  # from left to right: 6 - (3 - 2) would be 5
        ("a + b * c == 10", {"a": 2, "b": 3, "c": 2}, True),  # as it says, and not as one learns it at school
        ("10 == a * 5", {"a": "2"}, True),
        ("a-b == 1", {"a-b": 1}, True),  # a name, as its steps have no spaces around them
        ("bytes pinned by the user > 4", {"bytes pinned by the user": 5}, True),
        ("a == -5", {"a": "-5\n"}, True),
        ("a == 5", {"a": " 5\t"}, True),
    ],
)
def test_sides(text, values, holds):
    """Both sides are computed."""
    assert Condition(text).holds(values) is holds


@pytest.mark.parametrize(
    "value", ["", "x", "1 2", "5.0", "0x5", "٥", 5.0, None, True, [5], b"5", "9" * 21, "--5", "+5"], ids=repr
)
def test_what_is_no_number(value):
    """It is not known, whatever it is compared with."""
    assert Condition("a.b == 5").holds({"a.b": value}) is None
    assert Condition("a.b != 5").holds({"a.b": value}) is None
    assert Condition("5 >= a.b").holds({"a.b": value}) is None


def test_numbers_of_any_size():
    """A limit has up to 20 digits; a number is no text that has to be written."""
    assert Condition("a < b").holds({"a": str(2**64 - 1), "b": 10**5000}) is True


@pytest.mark.parametrize("text", ["a.b > 5", "5 < a.b", "a.b + 1 > 0", "1 + a.b > 0", "a.b - c > 0"])
def test_what_is_not_given(text):
    """Neither 0 nor unlimited."""
    assert Condition(text).holds({}) is None
    assert Condition(text).holds({"c": 1}) is None


@pytest.mark.parametrize("limit", ["unlimited", -1, "-1", 2**64 - 1])
def test_no_limit(limit):
    """As a file of /proc, Python's resource and the kernel write it, it is more than every number, and not less."""
    assert Condition("RLIMIT_MEMLOCK < bytes locked").holds({"RLIMIT_MEMLOCK": limit, "bytes locked": 2**63}) is False
    assert NICE.holds({"RLIMIT_NICE": limit, "nice": -20}) is False


def test_less_than_nothing():
    """Only of a limit is -1 none at all."""
    assert Condition("kernel.perf_event_paranoid >= 0").holds({"kernel.perf_event_paranoid": -1}) is False
    assert NICE.holds({"RLIMIT_NICE": 39, "nice": -20}) is True
    assert NICE.holds({"RLIMIT_NICE": 21, "nice": -1}) is False


def test_a_number_is_no_name():
    """Nobody can say that 0 is 1."""
    assert Condition("a == 0").holds({"a": 0, "0": 1}) is True


@pytest.mark.parametrize(
    "text", ["no group of the process is vm.hugetlb_shm_group", "a==5", "a", "< 5", "a <", "a\n< 5"]
)
def test_what_is_said_in_words(text):
    """Nobody but a person can tell."""
    condition = Condition(text)

    assert condition.holds(dict.fromkeys(text.split(), 5)) is None
    assert condition.names == condition.settings == ()


def test_names():
    """Each once, in their order; settings are those that a system keeps."""
    condition = Condition("kernel.a-b_c * processors + RLIMIT_MEMLOCK < size - size + RLIMIT_MEMLOCK * 2")

    assert condition.names == ("kernel.a-b_c", "processors", "RLIMIT_MEMLOCK", "size")
    assert condition.settings == ("kernel.a-b_c", "RLIMIT_MEMLOCK")


def test_a_value():
    """Equal by its text, and it survives what values go through."""
    assert PORT == Condition(PORT.text) != NICE
    assert {PORT, Condition(PORT.text)} == {PORT}
    assert str(PORT) == PORT.text
    for again in (pickle.loads(pickle.dumps(PORT)), copy.deepcopy(PORT), Condition.from_dict(PORT.as_dict())):
        assert again == PORT
        assert again.holds({"net.ipv4.ip_unprivileged_port_start": "1024", "port": "80"}) is True


def test_wrong_texts():
    """They are refused when it is made."""
    with pytest.raises(TypeError, match="expected a condition as str, got 5"):
        Condition(5)
    for text in ("", " \n"):
        with pytest.raises(ArgumentError, match="expected a condition, such as kernel"):
            Condition(text)


def test_those_of_records():
    """Each is a comparison, or names none: a sign that is misspelt would never be computed."""
    for condition in {made for each in table() for made in each.conditions}:
        assert condition.names or not {"=", "<", ">", "==", "!=", "<=", ">="} & set(condition.text.split()), condition
        if condition.names:
            assert condition.holds(dict.fromkeys(condition.names, 1)) is not None, condition


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("net.ipv4.ip_unprivileged_port_start > port", {"net.ipv4.ip_unprivileged_port_start": 0}, False),
        ("net.ipv4.ip_unprivileged_port_start > port", {"net.ipv4.ip_unprivileged_port_start": 1024}, True),
        ("net.ipv4.ip_unprivileged_port_start > port", {"net.ipv4.ip_unprivileged_port_start": 81}, None),
        ("net.ipv4.ip_unprivileged_port_start > port", {"net.ipv4.ip_unprivileged_port_start": 81, "port": 80}, True),
        ("RLIMIT_NICE < 20 - nice", {"RLIMIT_NICE": 0}, True),
        ("RLIMIT_NICE < 20 - nice", {"RLIMIT_NICE": "40"}, False),
        ("RLIMIT_NICE < 20 - nice", {"RLIMIT_NICE": 20}, None),
        ("RLIMIT_RTPRIO < priority", {"RLIMIT_RTPRIO": 0}, True),
        ("RLIMIT_RTPRIO < priority", {}, None),
        ("nice < priority", {}, None),
        ("nice < priority", {"nice": -20}, True),
        ("port < 2000", {"port": "http"}, None),
    ],
)
def test_what_a_value_can_be_at_all(text, values, expected):
    """Where it is so for the least and for the most of what can be asked for, it need not be said which that is."""
    assert Condition(text).holds(values) is expected


@pytest.mark.parametrize(
    ("text", "opposite"),
    [
        ("kernel.dmesg_restrict != 0", "kernel.dmesg_restrict == 0"),
        ("user == 0", "user != 0"),
        ("RLIMIT_NICE < 20 - nice", "RLIMIT_NICE >= 20 - nice"),
        ("RLIMIT_NICE >= 20 - nice", "RLIMIT_NICE < 20 - nice"),
        ("a.b > port", "a.b <= port"),
        ("a.b <= port", "a.b > port"),
        ("no group of the process is it", "not: no group of the process is it"),
    ],
)
def test_the_opposite(text, opposite):
    """It is so just where the condition is not."""
    assert Condition(text).opposite == opposite
    values = {"kernel.dmesg_restrict": 1, "user": 0, "RLIMIT_NICE": 3, "nice": 17, "a.b": 5, "port": 5}
    held = Condition(text).holds(values)
    assert Condition(opposite).holds(values) is (None if held is None else not held)
