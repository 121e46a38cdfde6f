"""Set algebra against enum.IntFlag, the built-in way to keep such a mask."""

from __future__ import annotations

from enum import IntFlag

import pytest

from capset import DOCKER_DEFAULT, Cap, CapSet, CapState

Flag = IntFlag("Flag", {cap.name: cap.mask for cap in Cap})  # type: ignore[misc]

NAMES = {
    "CapSet": CapSet,
    "CapState": CapState,
    "Flag": Flag,
    "mask": DOCKER_DEFAULT.mask,
    "a": DOCKER_DEFAULT,
    "b": CapSet.parse("kill,net_raw"),
    "fa": Flag(DOCKER_DEFAULT.mask),
    "fb": Flag(0x2020),
    "cap": Cap.NET_RAW,
    "flag": Flag.NET_RAW,
    "docker": list(DOCKER_DEFAULT),
}

TIMES = 2000
AT_ONCE = 20  # so that the loop itself hardly counts


def loop(statement):
    """Compile a loop around a statement, as timeit does."""
    names = dict(NAMES)
    body = "\n        ".join([statement] * AT_ONCE)
    exec(f"def run(repeat=range({TIMES // AT_ONCE})):\n    for _ in repeat:\n        {body}", names)
    return names["run"]


@pytest.mark.parametrize(
    ("mine", "theirs", "limit"),
    [
        ("CapSet.from_mask(mask)", "Flag(mask)", 0.6),
        ("a & b", "fa & fb", 0.6),
        ("a | b", "fa | fb", 0.6),
        ("a - b", "fa & ~fb", 0.6),
        ("a ^ b", "fa ^ fb", 0.6),
        ("b <= a", "fb in fa", 0.6),  # IntFlag's <= compares numbers; its subset is in
        ("b <= a", "fb & fa == fb", 0.6),
        ("b < a", "fb & fa == fb != fa", 0.3),
        ("a > b", "fb & fa == fb != fa", 0.3),
        ("cap in a", "flag in fa", 0.6),
        ("list(a)", "list(fa)", 0.2),
        ("str(a)", "str(fa)", None),
    ],
)
def test_algebra(against, mine, theirs, limit):
    """One operation, 2,000 times a round."""
    exec(f"x = {mine}; y = {theirs}", dict(NAMES))
    against(loop(mine), loop(theirs), name=mine, floor_name=f"IntFlag: {theirs}", limit=limit, rounds=100, times=TIMES)


@pytest.mark.parametrize(
    ("mine", "theirs", "limit"),
    [
        ("hash(a)", "hash(mask)", 8),
        ("hash(a)", "hash(frozenset(docker))", None),
        (
            "CapState(effective=a)",
            "CapState(effective=a, permitted=a, inheritable=a, bounding=a, ambient=a)",
            1,
        ),
    ],
)
def test_values(against, mine, theirs, limit):
    """What a set costs as a key of a dict, and a state with few of its sets given."""
    against(loop(mine), loop(theirs), name=mine, floor_name=theirs, limit=limit, rounds=100, times=TIMES)
