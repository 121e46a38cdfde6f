"""What strace prints: the calls that were refused, and what capset(2) put into sets."""

from __future__ import annotations

from capset.formats import strace
from capset.observed.call import REFUSALS, Call
from capset.observed.use import Unread, Use
from capset.sets import CapSet

__all__ = ["from_strace", "is_strace"]

_REFUSALS = frozenset(REFUSALS.values())
_NOT_READ = {"not-read", "unknown-capability"}


def is_strace(line: str) -> bool:
    """Say whether a line is a call as strace prints it."""
    return any(isinstance(found, strace.Returned) for found in strace.calls(line))


def from_strace(text: str) -> Use:
    r"""Read what strace prints, with ``-f`` and times or without.

    It does not see what the kernel asks: there are no checks, but the calls that came to EPERM or EACCES, which may
    have lacked one, and what the program put into its sets by capset(2).

    Args:
        text: The lines.

    Source:
        As for :mod:`capset.formats.strace`.

    Examples:
        >>> from capset.observed.strace import from_strace
        >>> use = from_strace('sethostname("x", 1) = -1 EPERM (Operation not permitted)')
        >>> print(use.calls[0])
        a thread: sethostname() came to EPERM
    """
    calls: list[Call] = []
    missed: dict[int, Unread] = {}
    for found in strace.calls(text):
        if not isinstance(found, strace.Returned):
            missed[found.number] = Unread(line=found.number, text=found.text, why="expected a line of strace")
        elif found.errno in _REFUSALS:
            pid = int(found.pid) if found.pid else None
            calls.append(Call(syscall=found.name, errno=found.errno, pid=pid, line=found.line.number))
    configured = CapSet()
    for told in strace.trace(text):
        if told.state is not None and told.name.endswith("capset") and not told.not_known:
            configured |= told.state.effective | told.state.permitted
        for problem in told.problems:
            if problem.rule in _NOT_READ:
                missed.setdefault(told.line, Unread(line=told.line, text=problem.value, why=problem.message))
    return Use(
        tracer="strace",
        calls=tuple(calls),
        configured=configured,
        unread=tuple(missed[line] for line in sorted(missed)),
    )
