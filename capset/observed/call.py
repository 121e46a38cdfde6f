"""Call: a system call that came to an error, and what the kernel was asked in it."""

from __future__ import annotations

from attrs import field, frozen

from capset.observed.check import once_or_more
from capset.plain import Plain
from capset.printable import printable
from capset.sets import CapSet

__all__ = ["REFUSALS", "Call", "errno_of"]

REFUSALS = {1: "EPERM", 13: "EACCES"}
"""What a system call comes to where something is not allowed. Source: Linux ``asm-generic/errno-base.h``."""

_WORD = 1 << 64


@frozen(kw_only=True)
class Call(Plain):
    """A system call that was refused, as a tracer saw it.

    Attributes:
        syscall: Its name; its number where the tracer does not tell the name.
        errno: What it came to, such as ``EPERM``.
        asked: What the kernel was asked for in it and denied; None where the trace does not tell. Where it is empty no
            capability was asked for, so that none would have made a difference.
        pid: The process, or the thread where the tracer knows no other.
        command: The name of the thread, which may be any text.
        container: Which container it was, as the tracer names it.
        count: How often it was seen.
        line: The line of the trace, counted from 1; 0 where there is none.
    """

    syscall: str
    errno: str
    asked: CapSet | None = None
    pid: int | None = None
    command: str = ""
    container: str = ""
    count: int = field(default=1, validator=once_or_more)
    line: int = 0

    def __str__(self) -> str:
        who = printable(self.command) or "a thread"
        told = f"{who}: {printable(self.syscall)}() came to {self.errno}"
        return told if self.asked is None else f"{told}, asked for {self.asked or 'no capability'}"


def errno_of(returned: int) -> str:
    """Return the name of the errno that a call has returned, signed or not; empty where it is no refusal."""
    signed = returned - _WORD if returned >= _WORD >> 1 else returned
    return REFUSALS.get(-signed, "")
