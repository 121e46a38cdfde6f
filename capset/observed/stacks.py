"""Stacks of the kernel: which function asked for a capability, and in which system call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve

from capset.observed.check import Check

__all__ = ["numbered", "with_stack"]

_SYSCALL = re.compile(
    r"__(?:x64|ia32|arm64|riscv|s390x?|powerpc)_(?:compat_)?sys_(?P<name>\w+)|__(?:(?:se|do)_)?(?:compat_)?sys_(?P<same>\w+)"
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
    """Say of a check which function asked, and in which system call."""
    asking = [name for name in stack if not _PASSING_ON.fullmatch(name)]
    calls = [found["name"] or found["same"] for name in stack if (found := _SYSCALL.fullmatch(name))]
    return evolve(
        check,
        function=asking[0] if asking else "",
        syscall=calls[0] if calls else "",
        stack=tuple(stack),
    )
