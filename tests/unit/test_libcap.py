"""libcap's text and IAB tuples: what is refused, where, and what was expected there."""

from __future__ import annotations

import pytest

from capset import Cap, CapSet, CapState
from capset.errors import ParseError
from capset.formats import libcap

ALL = CapSet.all()


def three(effective="", permitted="", inheritable=""):
    """A state of three sets."""
    sets = {"effective": effective, "permitted": permitted, "inheritable": inheritable}
    return CapState(**{name: CapSet.parse(text) for name, text in sets.items()})


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", three()),
        ("=", three()),
        ("cap_kill=ep", three("kill", "kill")),
        ("cap_kill=ep cap_kill-e", three("", "kill")),
        ("CAP_KILL,5,0x5,05=p", three("", "kill")),
        ("010=i", three(inheritable="setpcap")),
        ("cap_kill=+p", three("", "kill")),
        ("=eip cap_kill=-e", CapState(effective=ALL - {5}, permitted=ALL - {5}, inheritable=ALL - {5})),
        ("cap_kill=e+p-e", three("", "kill")),
        ("all=p", CapState(permitted=ALL)),
        ("all,63=p", CapState(permitted=ALL | {63})),
        ("63,all=p", CapState(permitted=ALL)),
        ("\v cap_kill=p\f\r\n", three("", "kill")),
        ("63=p", three("", "63")),
        ("0" * 30 + "5,0x" + "0" * 9000 + "6=p", three("", "5,6")),
        ("=p =i", CapState(inheritable=ALL)),
    ],
)
def test_reading(text, state):
    """As libcap reads it, quirks included."""
    assert libcap.from_text(text) == state


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kill=p", "at position 0 of 'kill=p': expected a capability (did you mean cap_kill?)"),
        (
            "cap_chown,=p",
            "at position 10 of 'cap_chown,=p': expected a capability, without white space",
        ),
        ("64=p", "at position 0 of '64=p': expected a capability, by name or by a number from 0 to 63"),
        ("cap_kill", "at position 8 of 'cap_kill': expected =, + or -"),
        ("cap_kill =p", "at position 8 of 'cap_kill =p': expected =, + or -"),
        ("cap_kill+", "at position 9 of 'cap_kill+': expected e, i or p"),
        ("cap_kill=x", "at position 9 of 'cap_kill=x': expected e, i, p, white space, + or -"),
        ("cap_kill=E", "at position 9 of 'cap_kill=E': expected e, i, p, white space, + or -"),
        ("=x", "at position 1 of '=x': expected e, i, p, white space"),
        ("+p", "at position 0 of '+p': expected a capability, all, or ="),
        ("=+p", "at position 1 of '=+p': expected e, i or p, as only a list of capabilities goes before =+ and =-"),
        (
            "cap_kill=p cap_kil=p",
            "at position 11 of 'cap_kill=p cap_kil=p': expected a capability (did you mean cap_kill?)",
        ),
        ("08=p", "at position 1 of '08=p': expected =, + or -"),
        ("xyzzy=p", "at position 0 of 'xyzzy=p': expected a capability"),
        ("cap_kill=p\0", r"at position 10 of 'cap_kill=p\x00': expected e, i, p, white space, + or -"),
        ("9" * 5000 + "=p", "expected a capability, by name or by a number from 0 to 63"),
        ("0x" + "f" * 9000 + "=p", "expected a capability, by name or by a number from 0 to 63"),
        ("0" * 30 + "100=p", "expected a capability, by name or by a number from 0 to 63"),
    ],
)
def test_refusing(text, message):
    """The error says where, and what libcap would take there."""
    with pytest.raises(ParseError) as caught:
        libcap.from_text(text)

    assert message in str(caught.value)
    assert caught.value.text == text


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (CapState(), "="),
        (three("", "63"), "= 63+p"),
        (three("kill", "kill,chown"), "cap_kill=ep cap_chown+p"),
        (CapState(permitted=ALL, effective=ALL), "=ep"),
        (CapState(permitted=CapSet.from_mask(2**64 - 1)), f"=p {','.join(map(str, range(41, 64)))}+p"),
        (CapState(permitted=ALL - {5}, inheritable=["kill"]), "=p cap_kill+i-p"),
    ],
)
def test_writing(state, text):
    """As libcap 2.41 and later write it."""
    assert libcap.to_text(state) == text


def test_another_kernel():
    """What all stands for, and where the names of the kernel end."""
    older = CapSet.all(last_cap=36)

    assert libcap.from_text("all=p", last_cap=36).permitted == older
    assert libcap.to_text(CapState(permitted=older), last_cap=36) == "=p"
    assert libcap.to_text(CapState(permitted=ALL), last_cap=36) == (
        "=p cap_audit_read,cap_perfmon,cap_bpf,cap_checkpoint_restore+p"
    )
    assert libcap.iab_to_text(libcap.IAB(blocked=ALL), last_cap=0) == "!cap_chown"


def test_names():
    """One capability, by itself."""
    assert libcap.from_name("cap_kill=whatever") is Cap.KILL
    assert [libcap.to_name(cap) for cap in (Cap.KILL, Cap(63))] == ["cap_kill", "63"]
    with pytest.raises(ParseError, match="at position 0 of 'all'"):
        libcap.from_name("all")
    with pytest.raises(TypeError, match="expected libcap's text as str, got 5"):
        libcap.from_name(5)


@pytest.mark.parametrize(
    ("text", "iab"),
    [
        ("", libcap.IAB()),
        ("cap_kill,", libcap.IAB(inheritable=["kill"])),
        ("!", libcap.IAB()),
        ("!%^cap_kill", libcap.IAB(inheritable=["kill"], ambient=["kill"], blocked=["kill"])),
        ("!cap_kill", libcap.IAB(blocked=["kill"])),
        ("cap_kill,!cap_kill", libcap.IAB(inheritable=["kill"], blocked=["kill"])),
        ("^63", libcap.IAB(inheritable=[63], ambient=[63])),
    ],
)
def test_reading_iab(text, iab):
    """As libcap reads it, quirks included."""
    assert libcap.iab_from_text(text) == iab


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",cap_kill", "at position 0 of ',cap_kill': expected a capability, without white space"),
        ("all", "at position 0 of 'all': expected a capability"),
        ("cap_kill!", "at position 8 of 'cap_kill!': expected a comma or the end"),
        ("cap_kill ", "at position 8 of 'cap_kill ': expected a comma or the end"),
    ],
)
def test_refusing_iab(text, message):
    """The error says where, and what libcap would take there."""
    with pytest.raises(ParseError) as caught:
        libcap.iab_from_text(text)

    assert str(caught.value) == message


def test_iab_of_a_state():
    """What is blocked is what the bounding set lacks."""
    iab = libcap.IAB.from_state(CapState(bounding=ALL - {"kill"}, inheritable=["chown"], ambient=["chown"]))

    assert str(iab) == "^cap_chown,!cap_kill"
    assert libcap.IAB.from_state(CapState(bounding=CapSet.all(36)), last_cap=36) == libcap.IAB()
