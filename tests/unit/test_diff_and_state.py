"""CapDiff, StateDiff and CapState beyond their laws."""

from __future__ import annotations

import attrs
import pytest

from capset import CapDiff, CapSet, CapState, StateDiff
from capset.errors import ConflictError, ParseError


def test_text_of_a_diff():
    """What comes stands before what goes, each by number."""
    diff = CapDiff(added=["sys_admin", "chown", 63], dropped=["kill"])

    assert str(diff) == "+CAP_CHOWN +CAP_SYS_ADMIN +63 -CAP_KILL"
    assert str(CapDiff()) == ""
    assert CapDiff.parse("  +net_admin\n-5 ") == CapDiff(added=[12], dropped=[5])


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("+kill chown", 6, r"\+ or - in front"),
        ("+kill -", 7, "a capability"),
        ("+kill -chwon", 7, "did you mean CAP_CHOWN"),
        ("++kill", 1, "did you mean CAP_KILL"),
        ("+ kill", 1, "a capability"),
    ],
)
def test_parse_says_where(text, position, message):
    """The error names the place and what was expected there."""
    with pytest.raises(ParseError, match=message) as raised:
        CapDiff.parse(text)
    assert (raised.value.text, raised.value.position) == (text, position)


def test_both_signs_are_a_conflict():
    """A capability comes or goes."""
    with pytest.raises(ConflictError, match="CAP_KILL, 63") as raised:
        CapDiff(added=["kill", "chown", 63], dropped=["kill", 63])
    assert raised.value.names == ("CAP_KILL", "63")


def test_parse_takes_text():
    """Only text is parsed."""
    with pytest.raises(TypeError, match="as str"):
        CapDiff.parse(None)


def test_a_state_converts_and_checks():
    """Each set may be given as anything that CapSet takes; the rest of CapSet's errors apply."""
    state = CapState(effective=["kill"], permitted=frozenset({5}))

    assert state.effective == state.permitted == CapSet.parse("kill")
    assert state.bounding == CapSet()
    assert hash(state) == hash(CapState(effective=[5], permitted=[5]))
    with pytest.raises(TypeError, match=r"CapSet\.parse"):
        CapState(effective="kill")
    with pytest.raises(TypeError):
        CapState(CapSet())
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        state.effective = CapSet()


def test_violations():
    """The two rules of the ambient set and the one of the effective set, each told once."""
    state = CapState(effective=["kill"], ambient=["chown"], inheritable=["chown"])

    assert state.violations() == [
        "effective holds CAP_KILL, which permitted lacks: effective is always a subset of permitted",
        "ambient holds CAP_CHOWN, which permitted lacks: ambient is always a subset of permitted",
    ]
    assert CapState(permitted=["kill"]).violations() == []


def test_state_diff_text():
    """A line for each set that changes."""
    diff = CapState(bounding=["chown"]).diff(CapState(effective=["kill"], bounding=[]))

    assert str(diff) == "effective: +CAP_KILL\nbounding: -CAP_CHOWN"
    assert str(StateDiff()) == ""
    assert not StateDiff()
    with pytest.raises(TypeError, match="CapDiff"):
        StateDiff(effective="+kill")


def test_state_text():
    """The sets by name, in their order."""
    state = CapState(effective=["kill"], permitted=["kill", 63])

    assert str(state) == "effective: CAP_KILL\npermitted: CAP_KILL,63\ninheritable:\nbounding:\nambient:"
