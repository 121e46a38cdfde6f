"""What tells changes apart that read alike."""

from __future__ import annotations

import pytest

from capset import CapSet, display, fleet
from capset.fleet.apart import apart
from tests.extras import needs

needs("fleet")


def change(pid, *, host="web1", **more):
    """Make a process before and after it lost a capability, and what is the same in both."""
    held = {name: CapSet() for name in ("inheritable", "bounding", "ambient")}
    known = {"no_new_privs": False, "seccomp": 0, "uid_effective": 0, "user_ns": 4026531837, "name": "chronyd"}
    before, after = (
        fleet.Row(host=host, pid=pid, start=1, effective=caps, permitted=caps, **{**held, **known, **more})
        for caps in (CapSet(["kill"]), CapSet())
    )
    return before, after


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"bounding": CapSet.all()}, {"bounding": CapSet.all(41)}, ("bounding: all known", "all known and no. 41")),
        ({"uid_effective": 0}, {"uid_effective": 7}, ("user 0", "user 7")),
        ({"uid_effective": None}, {"seccomp": 2}, ("seccomp 0; user not known", "user 0; seccomp 2")),
        ({"bounding": None}, {}, ("bounding not known", "bounding: none")),
        ({"user_ns": 5}, {}, ("a user namespace of their own", "the initial user namespace")),
        ({"user_ns": None}, {}, ("the user namespace not known", "the initial user namespace")),
    ],
)
@pytest.mark.parametrize("by", ["process", "program"])
def test_two_that_read_alike(one, other, told, by):
    """What they hold otherwise stands beside each, as text and as a table."""
    pairs = [change(1, **one), change(2, host="web2", **other), change(3, name="other")]
    found = fleet.drift(*zip(*pairs, strict=True), by=by)
    lines = str(found).splitlines()[:3]
    for text in told:
        [line] = [line for line in lines if line.endswith(f"{text})")]
        assert ": effective, permitted: -CAP_KILL (of those that had " in line
        assert text in display.html(found)
    [alone] = [line for line in lines if line.startswith("other")]
    assert alone.endswith(": effective, permitted: -CAP_KILL")
    assert "(" not in str(found[:1])  # alone, nothing reads like it


def test_what_came_or_went_says_what_it_holds():
    """There is no more to tell."""
    held = [fleet.Held(bounding=CapSet([number])) for number in (1, 2)]
    assert apart([("a", None, held[0]), ("a", None, held[1]), ("a", held[0], None)]) == ["", "", ""]
    assert apart([("a", held[0], held[1]), ("a", held[0], held[1])]) == ["", ""]
