"""capset.operations.Requirement: how it is written, and what is no requirement."""

from __future__ import annotations

import attrs
import pytest

from capset import Cap, CapSet
from capset.errors import ArgumentError, ParseError, TooLargeError, UnknownCapabilityError
from capset.operations import MOST_WAYS, MOST_WORDS, Requirement


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("kill", "CAP_KILL"),
        ("CAP_NET_ADMIN | CAP_NET_RAW", "CAP_NET_ADMIN | CAP_NET_RAW"),
        ("net_raw|NET_ADMIN|12", "CAP_NET_ADMIN | CAP_NET_RAW"),
        ("sys_admin | bpf & perfmon", "CAP_SYS_ADMIN | CAP_PERFMON & CAP_BPF"),
        ("sys_admin & (bpf | perfmon)", "CAP_SYS_ADMIN & CAP_PERFMON | CAP_SYS_ADMIN & CAP_BPF"),
        ("kill | kill & chown", "CAP_KILL"),
        ("((kill))", "CAP_KILL"),
        ("kill & kill", "CAP_KILL"),
        ("kill & never | 41", "41"),
        ("kill | nothing", "nothing"),
        ("never", "never"),
        ("\tkill\n&\r chown ", "CAP_CHOWN & CAP_KILL"),
    ],
)
def test_texts(text, canonical):
    found = Requirement.parse(text)
    assert str(found) == canonical
    assert repr(found) == f"Requirement.parse({canonical!r})"
    assert Requirement.parse(canonical) == found


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "a capability"),
        ("kill &", 6, "a capability"),
        ("kill | & chown", 7, "a capability"),
        (")", 0, "a capability"),
        ("kill chown", 5, "& or | or the end"),
        ("kill)", 4, "& or | or the end"),
        ("(kill", 5, "& or | or )"),
        ("(kill chown)", 6, "& or | or )"),
        ("kill & klil", 7, "a capability (unknown capability 'klil': did you mean CAP_KILL?)"),
        ("(" * 101 + "kill", 101, "no more than 100 parentheses in each other"),
    ],
)
def test_no_requirements(text, position, expected):
    with pytest.raises(ParseError) as error:
        Requirement.parse(text)
    assert (error.value.text, error.value.position, error.value.expected) == (text, position, expected)


def test_too_much():
    """What takes long is refused before it is computed."""
    with pytest.raises(ParseError, match=f"expected no more than {MOST_WORDS} capabilities and signs"):
        Requirement.parse(" | ".join(["kill"] * MOST_WORDS))
    pairs = " & ".join(f"({number} | {number + 1})" for number in range(0, 40, 2))
    with pytest.raises(ArgumentError, match=f"at most {MOST_WAYS} sets that are compared"):
        Requirement.parse(pairs)
    with pytest.raises(ArgumentError):
        Requirement(CapSet.from_mask(mask) for mask in range(MOST_WAYS + 1))
    assert Requirement(CapSet.from_mask(mask) for mask in range(MOST_WAYS)) == Requirement.parse("nothing")
    with pytest.raises(TooLargeError):
        Requirement.parse(" " * (16 * 2**20 + 1))


@pytest.mark.parametrize("ways", ["kill", CapSet(["kill"]), 5, [5], ["kill"], [None], None, Cap.KILL])
def test_no_sets(ways):
    with pytest.raises(TypeError):
        Requirement(ways)


def test_unknown_names():
    with pytest.raises(UnknownCapabilityError):
        Requirement([["nope"]])
    with pytest.raises(TypeError, match="expected a requirement as str, got b'kill'"):
        Requirement.parse(b"kill")


def test_what_satisfies():
    """A set is taken in every way that makes one."""
    mark = Requirement([["net_admin"], ["net_raw"]])
    assert mark.satisfied_by(CapSet(["net_raw"]))
    assert mark.satisfied_by([Cap.NET_RAW, "kill"])
    assert not mark.satisfied_by([])
    assert mark.missing([]) == [CapSet(["net_admin"]), CapSet(["net_raw"])]
    assert mark.missing(["net_raw"]) == []
    assert Requirement.parse("never").missing([]) == []
    assert not Requirement.parse("never").satisfied_by(CapSet.from_mask(2**64 - 1))
    with pytest.raises(UnknownCapabilityError):
        mark.satisfied_by(["nope"])


def test_it_does_not_change():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Requirement().ways = ()
