"""System calls, as they are: an error is an OSError with the kernel's errno."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

__all__ = [
    "CAP_NAMES",
    "FULL",
    "call",
    "capset",
    "clone_flags",
    "ioctl",
    "libc",
    "mount",
    "prctl",
    "setns",
    "supported",
    "umount",
    "unshare",
]

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

CAP_NAMES = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
]
FULL = (1 << len(CAP_NAMES)) - 1

PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_PDEATHSIG = 4, 8, 1

clone_flags = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "network": 0x40000000,
    "time": 0x00000080,
}

# Those after pidfd_send_signal have one number on every architecture.
_X86_64 = {
    "shmctl": 31,
    "msgctl": 71,
    "semctl": 66,
    "prctl": 157,
    "setfsuid": 122,
    "setfsgid": 123,
    "capset": 126,
    "quotactl": 179,
    "reboot": 169,
    "swapon": 167,
    "swapoff": 168,
    "syslog": 103,
    "ioperm": 173,
    "iopl": 172,
    "init_module": 175,
    "delete_module": 176,
    "finit_module": 313,
    "kexec_load": 246,
    "kexec_file_load": 320,
    "ioprio_set": 251,
    "ioprio_get": 252,
    "migrate_pages": 256,
    "move_pages": 279,
    "mbind": 237,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "adjtimex": 159,
    "clock_adjtime": 305,
    "settimeofday": 164,
    "timer_create": 222,
    "timerfd_create": 283,
    "acct": 163,
    "vhangup": 153,
    "pivot_root": 155,
    "lookup_dcookie": 212,
    "open_by_handle_at": 304,
    "name_to_handle_at": 303,
    "linkat": 265,
    "setns": 308,
    "unshare": 272,
    "perf_event_open": 298,
    "fanotify_init": 300,
    "fanotify_mark": 301,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "sched_setattr": 314,
    "bpf": 321,
    "userfaultfd": 323,
    "ptrace": 101,
    "personality": 135,
    "rt_sigqueueinfo": 129,
    "get_robust_list": 274,
    "prlimit64": 302,
    "mlock2": 325,
}
_EVERYWHERE = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_open": 434,
    "clone3": 435,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "landlock_create_ruleset": 444,
    "landlock_restrict_self": 446,
    "statmount": 457,
    "listmount": 458,
    "lsm_set_self_attr": 460,
}
NUMBERS = {**_X86_64, **_EVERYWHERE}


def call(name: str, *arguments: object) -> int:
    """Make a system call by its name; an argument is a number, bytes, or what ctypes has."""
    return _checked(libc.syscall(ctypes.c_long(NUMBERS[name]), *map(_argument, arguments)))


def _argument(value: object) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value


def _checked(result: int) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def ioctl(descriptor: int, request: int, argument: object = 0) -> int:
    """Like fcntl.ioctl(), with any argument of ctypes."""
    return _checked(libc.ioctl(descriptor, ctypes.c_ulong(request), _argument(argument)))


def prctl(option: int, *arguments: int) -> int:
    """Call it, and raise its error."""
    return call("prctl", option, *(arguments + (0,) * (4 - len(arguments))))


def unshare(*kinds: str) -> None:
    """Enter new namespaces."""
    _checked(libc.unshare(sum(clone_flags[kind] for kind in kinds)))


def setns(descriptor: int, kind: str) -> None:
    """Enter a namespace."""
    _checked(libc.setns(descriptor, clone_flags[kind]))


def mount(source: str, target: object, kind: str = "", flags: int = 0, data: str | None = None) -> None:
    """Mount a file system."""
    given = [os.fsencode(str(each)) for each in (source, target, kind)]
    _checked(libc.mount(*given, ctypes.c_ulong(flags), None if data is None else data.encode()))


def umount(target: object, flags: int = 0) -> None:
    """Call umount2(2)."""
    _checked(libc.umount2(os.fsencode(str(target)), flags))


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


def capset(effective: int, permitted: int, inheritable: int = 0) -> None:
    """Set the sets of this thread, as masks."""
    words = (ctypes.c_uint32 * 6)()
    for half in (0, 1):
        for place, mask in enumerate((effective, permitted, inheritable)):
            words[3 * half + place] = (mask >> (32 * half)) & 0xFFFFFFFF
    call("capset", ctypes.byref(_Header(0x20080522, 0)), ctypes.byref(words))


def supported() -> int:
    """Return the mask of what this process may have."""
    rows = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(rows.partition("\nCapPrm:")[2].split()[0], 16) & FULL
