"""Operation: one deed, and what it asks of the kernel."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from capset.operations.condition import Condition
from capset.operations.evidence import Evidence
from capset.operations.requirement import Requirement
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Shown

__all__ = ["Operation"]

Namespace = Literal[
    "initial",
    "network",
    "mount",
    "uts",
    "ipc",
    "pid",
    "cgroup",
    "time",
    "object",
    "target",
    "own",
    "none",
]

_NONE = CapSet()


@frozen(kw_only=True)
class Operation(Plain, Shown):
    """One deed, and what it asks of the kernel.

    Attributes:
        id: What it is called, such as ``setsockopt SO_MARK``; it stays as it is.
        area: The group that it is in, such as ``network``.
        title: What is done, in plain words.
        words: What else people call it.
        syscall: The system call, the first of them where there are several.
        argument: What distinguishes it from others of that call; empty where nothing does.
        needs: The capabilities that would do; where there are :attr:`conditions`, while these are so.
        namespace: In which user namespace they count: the ``initial`` one alone; the one that owns the ``network``,
            ``mount``, ``uts``, ``ipc``, ``pid``, ``cgroup`` or ``time`` namespace; the one in which the owner of the
            ``object`` has an id; that of the process that it is done to, the ``target``; or one's ``own``. It is
            ``none`` where no capability is asked for.
        object: Whether what it is done to is one's ``own`` or ``another's``; ``none`` where that makes no difference.
        refusal: The errno without them, or what happens then, in words; empty where it is never refused.
        case: What has to be so for it to be this operation, such as ``RLIMIT_MEMLOCK < bytes locked``; empty where it
            is always the same.
        conditions: The settings that this is so for, all of them.
        otherwise: What is needed where the conditions are not so; None where that is not known, or there are none.
        noise: What the kernel asks besides, and whose answer makes no difference.
        elsewhere: What else has to be so in another user namespace than the initial one, beside what
            :attr:`namespace` says.
        gates: What else decides of it, beside capabilities, that the answer does not know of.
        since: The release of Linux that brought this rule; empty where that is not known.
        until: The last release of which it is so; empty where it still is.
        function: The function of the kernel that decides.
        example: Which of its capabilities stands for any other, as what counts is the one that it is about; empty where
            none does.
        functions: Those in whose name its checks stand in stacks of a kernel that was recorded, where a compiler has
            put that function into them.
        path: The file of the kernel's source that has it.
        note: What else there is to say; empty where there is nothing.
        undecided: Why no kernel was asked; empty where one was.
        evidence: The kernels that were asked, and what they said.

    Source:
        capset asked the kernels of its :attr:`evidence`: each operation was tried with every capability, with none,
        and with what is left until no smaller set does.

    Examples:
        >>> from capset import operations
        >>> mark = operations.get("setsockopt SO_MARK")
        >>> print(mark.needs)
        CAP_NET_ADMIN | CAP_NET_RAW
        >>> mark.namespace, mark.refusal
        ('network', 'EPERM')
    """

    id: str
    area: str
    title: str
    words: tuple[str, ...] = ()
    syscall: str = ""
    argument: str = ""
    needs: Requirement
    namespace: Namespace = "none"
    object: Literal["own", "another's", "none"] = "none"
    refusal: str = ""
    case: str = ""
    conditions: tuple[Condition, ...] = ()
    otherwise: Requirement | None = None
    noise: CapSet = _NONE
    elsewhere: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    function: str = ""
    example: str = ""
    functions: tuple[str, ...] = ()
    path: str = ""
    note: str = ""
    undecided: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def caps(self) -> CapSet:
        """Every capability that counts for it, whether the conditions are so or not; none where none is asked for."""
        return self.needs.caps if self.otherwise is None else self.needs.caps | self.otherwise.caps

    def __str__(self) -> str:
        return f"{self.id}: {self.needs}"
