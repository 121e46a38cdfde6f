"""Operation: one deed, and what it asks of the kernel."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from capset.operations.requirement import Requirement
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Shown

__all__ = ["Operation"]

Namespace = Literal["initial", "network", "mount", "uts", "ipc", "pid", "cgroup", "time", "object", "target", "own"]


@frozen(kw_only=True)
class Operation(Plain, Shown):
    """One deed, and what it asks of the kernel.

    Attributes:
        id: What it is called, such as ``setsockopt SO_MARK``.
        title: What it does, in plain words.
        words: What else people call it.
        syscall: The system call.
        argument: What distinguishes it from others of that call; empty where nothing does.
        needs: The capabilities that would do.
        namespace: In which user namespace they count: the initial one, the one that owns the namespace of that kind,
            the one in which the owner of the object is mapped (``object``), that of the process that it is done to
            (``target``), or one's own.
        object: Whether what it is done to is one's own or another's; ``none`` where that makes no difference.
        refusal: The errno without them, or what happens then, in words.
        conditions: Settings under which this is so, each with the comparison that decides.
        noise: What the kernel asks besides, and whose answer makes no difference.
        since: The release of Linux that brought it; empty where that is not known.
        until: The last release of which it is so; empty where it still is.
        function: The function of the kernel that decides.
        path: The file of the kernel's source that has it.
        note: What else there is to say; empty where there is nothing.
        undecided: Why no kernel was asked; empty where one was.
    """

    id: str
    title: str
    words: tuple[str, ...]
    syscall: str
    argument: str
    needs: Requirement
    namespace: Namespace
    object: Literal["own", "another's", "none"]
    refusal: str
    conditions: tuple[str, ...]
    noise: CapSet
    since: str
    until: str
    function: str
    path: str
    note: str
    undecided: str

    def __str__(self) -> str:
        return f"{self.id}: {self.needs}"
