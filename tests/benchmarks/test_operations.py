"""All operations for one state against the least that is to be computed: the bits of all minimal sets, and no more.

The aim is 1 ms for all of them, which the table shows in microseconds.
"""

from __future__ import annotations

import pytest

from capset import CapDiff, engines, operations

DOCKER = engines.get("docker")
STATE = DOCKER.container()
SYSCTLS = {"kernel.dmesg_restrict": 1, "kernel.unprivileged_bpf_disabled": 2, "kernel.perf_event_paranoid": 2}
WAYS = [[way.mask for way in each.needs] for each in operations.table()]
HELD = STATE.effective.mask


def every_bit():
    """Compare the masks of all minimal sets with what is held."""
    for _ in range(10):
        [any(mask & ~HELD == 0 for mask in ways) for ways in WAYS]


@pytest.mark.parametrize(
    ("name", "ask", "limit"),
    [
        ("allowed", lambda: operations.allowed(STATE), 3),
        ("allowed, settings known", lambda: operations.allowed(STATE, sysctls=SYSCTLS), 3),
        ("denied, rootless", lambda: operations.denied(STATE, user_ns="rootless"), 3),
        ("gained", lambda: operations.gained(CapDiff.parse("+sys_admin -chown")), 3),
    ],
)
def test_all_operations(against, name, ask, limit):
    """Of one state, ten times over."""

    def mine():
        for _ in range(10):
            ask()

    against(mine, every_bit, name=name, floor_name="masks of all minimal sets", limit=limit, times=10)


def test_one_answer(against):
    """With its reason, of an operation with a condition."""
    kmsg = operations.get("open /dev/kmsg for reading")

    def mine():
        for _ in range(100):
            operations.can(STATE, kmsg)

    against(mine, every_bit, name="can", floor_name="masks of all minimal sets, / 10", times=100)
