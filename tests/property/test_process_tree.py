"""The process tree, whatever ids processes claim to have."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from capset import CapState, live
from capset.display.as_plot.processtree import process_tree

PROCESS = live.parse_status(
    "Name:\tsh\nTgid:\t1\nPid:\t1\nPPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n"
    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"
)
NUMBERS = st.integers(0, 7)
PROCESSES = st.lists(
    st.builds(
        lambda pid, tgid, ppid, name, cap: evolve(
            PROCESS, pid=pid, tgid=tgid, ppid=ppid, name=name, caps=CapState(permitted=[cap], effective=[cap])
        ),
        *[NUMBERS] * 3,
        st.sampled_from(["a", "a/0", "a/1", ""]),
        st.sampled_from([5, 41]),
    ),
    max_size=12,
)


@given(PROCESSES, st.integers(0, 15))
def test_each_is_told_once(processes, limit):
    """No circle, double or missing parent loses one, and no more lines are chosen than may be."""
    chosen, left_out = process_tree(processes, "effective", limit)

    assert sum(line.count for line in [*chosen, *left_out]) == len(processes)
    assert len(chosen) <= limit
    for place, line in enumerate(chosen):
        if line.parent is None:
            assert line.depth == 0
        else:
            assert line.parent < place
            assert chosen[line.parent].depth == line.depth - 1
            assert chosen[line.parent].count == 1


@given(PROCESSES)
def test_the_order_does_not_matter(processes):
    """Of those whose ids differ."""
    different = list({process.pid: process for process in processes}.values())

    assert process_tree(different, "effective", 99) == process_tree(different[::-1], "effective", 99)


def child(pid: int, cap: str, **changes: object) -> live.ProcStatus:
    """Make a child of process 1."""
    caps = CapState(permitted=[cap], effective=[cap])
    return evolve(PROCESS, pid=pid, tgid=pid, ppid=1, caps=caps, **changes)


def test_another_user_namespace_is_another_line():
    """Two that are alike but for where their capabilities count do not share one."""
    root, own = child(2, "kill", user_ns=1), child(3, "kill", user_ns=2)

    assert [
        line.count for line in process_tree([PROCESS, root, evolve(root, pid=4, tgid=4), own], "effective", 9)[0]
    ] == [1, 2, 1]


def test_what_lists_warn_of_is_drawn_first():
    """Where not all fit: what gains such a capability, or one without a name, before what gains another."""
    gains = [child(2, "kill"), child(3, "chown"), child(4, "sys_module"), child(5, "41")]
    chosen, left_out = process_tree([PROCESS, *gains], "effective", 3)

    assert [line.label for line in chosen] == ["1 sh", "4 sh", "5 sh"]
    assert [line.label for line in left_out] == ["2 sh", "3 sh"]
