"""What other systems lack is missing here, in every interpreter that starts with this folder on PYTHONPATH.

    CAPSET_OFF_LINUX=windows PYTHONPATH=tests/offlinux pytest tests/unit tests/property

CAPSET_OFF_LINUX is "macos" or "windows". There is no /proc then and no extended attribute; as on Windows, also no user,
no group, no terminal, no shell and no flag of open(2) beyond those of C. It is a simulation: the kernel below, its
error numbers, its file systems and the separator of paths stay those of this machine, so what it finds is code that
takes Linux for granted, and what it cannot find is a fault of the other system's own.
"""

from __future__ import annotations

import errno
import os
import sys

# Python documents each as "Availability: Linux", or Unix; getuid stays, which other packages ask for there.
_OF_LINUX = (
    "getxattr listxattr removexattr setxattr O_NOATIME O_PATH O_TMPFILE sched_getaffinity memfd_create pidfd_open"
)
_OF_POSIX = (
    "O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK ST_NOSUID chown chroot fchown fork getegid geteuid getgid getgroups "
    "getpgid getsid lchown mkfifo mknod setsid statvfs uname"
)
_MODULES_OF_POSIX = "curses fcntl grp pty pwd readline resource syslog termios tty"


def _pretend(system: str) -> None:
    own = f"_sysconfigdata_{sys.abiflags}_{sys.platform}_{sys.implementation._multiarch}"
    os.environ.setdefault("_PYTHON_SYSCONFIGDATA_NAME", own)  # what this interpreter was built with stays true
    # Not win32: the standard library would import what this interpreter was built without.
    sys.platform = "freebsd" if system == "windows" else "darwin"
    for name in _OF_LINUX.split():
        if hasattr(os, name):
            delattr(os, name)
    if system == "windows":
        for name in _OF_POSIX.split():
            delattr(os, name)
        for name in _MODULES_OF_POSIX.split():
            sys.modules[name] = None
    sys.modules["polars"] = None  # it asks what processor there is, in a way of each system
    sys.addaudithook(_refuse_windows if system == "windows" else _refuse)


def _refuse(event: str, args: tuple) -> None:
    """Refuse to open or to list anything under /proc, as if there were none."""
    if event in {"open", "os.listdir", "os.scandir"} and isinstance(args[0], (str, bytes, os.PathLike)):
        path = os.fsdecode(args[0])
        if path == "/proc" or path.startswith("/proc/"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


def _refuse_windows(event: str, args: tuple) -> None:
    """Refuse to start a shell as well."""
    _refuse(event, args)
    if event == "subprocess.Popen" and args[0] in {"sh", "/bin/sh"}:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), args[0])


if system := os.environ.get("CAPSET_OFF_LINUX"):
    if system not in {"macos", "windows"}:
        sys.exit(f"CAPSET_OFF_LINUX is macos or windows, not {system}")
    _pretend(system)
