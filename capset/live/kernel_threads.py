"""Kernel threads: what is listed as a process, holds everything, and is the kernel itself."""

from __future__ import annotations

import re

from capset.errors import require
from capset.live.reading import Root, contents, root_folder
from capset.live.status import ProcStatus

__all__ = ["has_kernel_flag", "is_kernel_thread"]

_KTHREADD = 2  # the parent of all others, in the initial pid namespace; it has none itself
_PF_KTHREAD = 0x00200000
_FLAGS = re.compile(rb".*\) \S(?: -?[0-9]+){5} ([0-9]+) ", re.DOTALL)  # a name may hold parentheses


def is_kernel_thread(status: ProcStatus, *, proc: Root = "/proc") -> bool | None:
    """Say whether a thread is one of the kernel's own, such as ``kthreadd`` and what stands below it.

    They hold every capability, and that means nothing: no program runs in them. They are seen in the initial
    pid namespace alone, so in a container there are none. Standing below process 2 does not suffice: programs
    that the kernel starts, such as a handler of core dumps, stand there too. So ``/proc/<pid>/stat`` is asked.

    Args:
        status: The thread, as :func:`~capset.live.scan` gives it.
        proc: Where the proc file system is: another mount, or a saved tree.

    Returns:
        None where it may be one, and its ``stat`` cannot be read, as in a saved tree without it.

    Raises:
        TypeError: *status* is no ProcStatus, or *proc* no path as str.

    Source:
        proc_pid_stat(5), *flags*; PF_KTHREAD of Linux ``include/linux/sched.h``.

    Examples:
        >>> from capset import live
        >>> live.is_kernel_thread(live.read())
        False
    """
    require(status, ProcStatus, "a ProcStatus, as live.scan() gives them")
    if status.ppid != _KTHREADD and (status.pid, status.ppid) != (_KTHREADD, 0):
        return False
    return has_kernel_flag(status.pid, proc=proc)


def has_kernel_flag(pid: int, *, proc: Root = "/proc") -> bool | None:
    """Say whether ``/proc/<pid>/stat`` says that a thread is of the kernel; None where it cannot be read."""
    try:
        found = _FLAGS.match(contents(f"{root_folder(proc)}/{pid}/stat"))
    except OSError:
        return None
    return bool(int(found[1]) & _PF_KTHREAD) if found else None
