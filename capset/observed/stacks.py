"""Stacks of the kernel: which function asked for a capability, and in which system call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve

from capset.observed.check import Check

__all__ = ["numbered", "with_stack"]

_SYSCALL = re.compile(
    r"__(?:x64|ia32|arm64|riscv|s390x?|powerpc)_(?:compat_)?sys_(?P<name>\w+)|__(?:(?:se|do)_)?(?:compat_)?sys_(?P<same>\w+)|"
    r"ksys_(?P<inner>\w+?)(?:_pgoff)?"
)
# What only passes the question on, from security/commoncap.c, kernel/capability.c and the wrappers of subsystems.
_PASSING_ON = re.compile(
    r"trace_event_raw_event_cap_capable|bpf_trace_run\w*|__traceiter_\w+|(?:security_|cap_)capable|"
    r"(?:ns_|file_ns_|bpf_|bpf_ns_|perfmon_|sk_|sk_net_|sk_ns_|netlink_|netlink_ns_|netlink_net_|__netlink_ns_|token_|"
    r"bpf_token_)?capable(?:_common|_noaudit|_setid)?|capable_wrt_inode_uidgid|"
    r"has_(?:ns_)?capability(?:_noaudit)?|checkpoint_restore_ns_capable"
)


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number, counted from 1."""
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line.rstrip("\r")


def with_stack(check: Check, stack: list[str]) -> Check:
    """Say of a check which function asked, and in which system call where the stack tells that."""
    names = [name.partition(".")[0] for name in stack]  # without what a compiler adds, such as .isra.0 and .cold
    asking = [name for name in names if not _PASSING_ON.fullmatch(name)]
    found = [call for name in names if (call := _SYSCALL.fullmatch(name))]
    calls = [call["name"] or call["same"] or call["inner"] for call in found]
    return evolve(
        check,
        function=asking[0] if asking else "",
        syscall=calls[-1] if calls else check.syscall,
        stack=tuple(stack),
    )
