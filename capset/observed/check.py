"""Check: the kernel was asked whether a thread has a capability."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

from capset.capability import Cap
from capset.errors import ArgumentError, shown
from capset.plain import Plain
from capset.printable import printable

__all__ = ["Check", "once_or_more"]


def _cap(given: Cap | int | str) -> Cap:
    return Cap.parse(given) if isinstance(given, str) else Cap(given)


def once_or_more(_self: object, _attribute: object, value: object) -> None:
    """Refuse a number of times that nothing can have been seen.

    Raises:
        ArgumentError: It is no number, or less than 1.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError(f"what was seen was seen once or more, got {shown(value)}", value)


@frozen(kw_only=True)
class Check(Plain):
    """The kernel was asked whether a thread has a capability, as a tracer saw it.

    What a tracer does not print is None, or empty.

    Attributes:
        cap: Which capability was asked for.
        verdict: Whether the thread had it: ``granted``, ``denied``, or ``not known`` where the tracer does not say.
        audited: Whether a refusal would have been audited.
        pid: The process; of the tracepoint it is the thread.
        tid: The thread.
        uid: The user ID of the thread.
        command: The name of the thread, which anybody may choose: it may be any text.
        syscall: The system call that it was in.
        function: The function of the kernel that asked, behind those that only pass the question on.
        stack: The functions of the kernel, the innermost first.
        user_ns: The user namespace in which it was asked for, as the tracer writes it: often a pointer that stands for
            the same one in one trace alone.
        outside: Whether that is the initial one, and the thread is in another: nothing that it holds counts there.
        module: The security module that answered, such as ``SELinux``; empty where the thread's own sets did.
        container: Which container it was, as the tracer names it.
        errno: What the system call came to: the name of an errno, or ``0`` where it succeeded.
        count: How often it was seen.
        line: The line of the trace, counted from 1; 0 where there is none.
    """

    cap: Cap = field(converter=_cap)
    verdict: Literal["granted", "denied", "not known"] = "not known"
    audited: bool | None = None
    pid: int | None = None
    tid: int | None = None
    uid: int | None = None
    command: str = ""
    syscall: str = ""
    function: str = ""
    stack: tuple[str, ...] = ()
    user_ns: str = ""
    outside: bool | None = None
    module: str = ""
    container: str = ""
    errno: str = ""
    count: int = field(default=1, validator=once_or_more)
    line: int = 0

    def __str__(self) -> str:
        who = printable(self.command) or "a thread"
        where = f" in {self.syscall}()" if self.syscall else ""
        by = f", by {self.function}()" if self.function else ""
        module = f", answered by {printable(self.module)}" if self.module else ""
        return f"{who}: {self.cap} {self.verdict}{where}{by}{module}"
