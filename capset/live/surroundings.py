"""The settings and namespaces of a thread: where its capabilities count, and what decides beside them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from capset.errors import ProcUnavailableError, shown
from capset.live.reading import Pid, Root, contents, explain, folder_of, root_folder
from capset.live.user_ns import INITIAL_USER_NS
from capset.operations import INITIAL, KINDS, Scope, table

__all__ = ["Settings", "scope", "settings"]

_NS_GET_USERNS, _NS_GET_PARENT = 0xB701, 0xB702  # include/uapi/linux/nsfs.h
_FILES = {
    "network": "net",
    "mount": "mnt",
    "uts": "uts",
    "ipc": "ipc",
    "pid": "pid",
    "cgroup": "cgroup",
    "time": "time",
}
# What /proc/sys shows is that of the reader's own namespaces.
_OF_NAMESPACE = (
    (r"net\.", "net"),
    (r"user\.", "user"),
    (r"kernel\.(msg|sem|shm)|fs\.mqueue\.", "ipc"),
    (r"kernel\.(hostname|domainname)", "uts"),
    (r"kernel\.(pid_max|ns_last_pid)", "pid"),
)
_LIMITS = {
    "RLIMIT_AS": "Max address space",
    "RLIMIT_CORE": "Max core file size",
    "RLIMIT_CPU": "Max cpu time",
    "RLIMIT_DATA": "Max data size",
    "RLIMIT_FSIZE": "Max file size",
    "RLIMIT_LOCKS": "Max file locks",
    "RLIMIT_MEMLOCK": "Max locked memory",
    "RLIMIT_MSGQUEUE": "Max msgqueue size",
    "RLIMIT_NICE": "Max nice priority",
    "RLIMIT_NOFILE": "Max open files",
    "RLIMIT_NPROC": "Max processes",
    "RLIMIT_RSS": "Max resident set",
    "RLIMIT_RTPRIO": "Max realtime priority",
    "RLIMIT_RTTIME": "Max realtime timeout",
    "RLIMIT_SIGPENDING": "Max pending signals",
    "RLIMIT_STACK": "Max stack size",
}
_LIMIT = re.compile(rb"(Max [a-z ]+?) {2,}([0-9]+|unlimited) ", re.MULTILINE)


class Settings(NamedTuple):
    """The settings that decide of operations, as far as they are known of a thread.

    Attributes:
        sysctls: By name. Those of a namespace that the reader is not in are left out, as /proc/sys shows one's own.
        rlimits: The soft limits by name; ``unlimited`` is one too.
    """

    sysctls: dict[str, int | str]
    rlimits: dict[str, int | str]


def settings(pid: Pid = "self", *, names: Iterable[str] | None = None, proc: Root = "/proc") -> Settings:
    """Read the settings of a thread that decide whether operations ask for a capability.

    Args:
        pid: As for :func:`~capset.live.read`.
        names: The sysctls; all that an operation asks for, if not given.
        proc: As for :func:`~capset.live.read`; of a saved tree that is what was saved.

    Returns:
        What could be read; what could not is left out, so that answers are not known rather than wrong.

    Raises:
        ProcessGoneError: There is no such process.
        ProcUnavailableError: There is no proc file system at *proc*.
        PidError: *pid* cannot be an id.
        TypeError: *names* are no names, or *proc* is no path as str.

    Examples:
        >>> from capset import live
        >>> found = live.settings(names=["kernel.pid_max"])
        >>> int(found.sysctls["kernel.pid_max"]) > 0, "RLIMIT_NOFILE" in found.rlimits
        (True, True)
    """
    root = root_folder(proc)
    folder = folder_of(pid, None, root)
    wanted = _asked() if names is None else _names(names)
    shared = {kind: _is_ones_own(kind, folder, root) for _, kind in _OF_NAMESPACE}
    sysctls: dict[str, int | str] = {}
    for name in wanted:
        kind = next((kind for pattern, kind in _OF_NAMESPACE if re.match(pattern, name)), None)
        if kind is None or shared[kind]:
            value = _text(f"{root}/sys/{name.replace('.', '/')}")
            sysctls |= {} if value is None else {name: value.decode("ascii", "replace").strip()}
    return Settings(sysctls, _limits(pid, folder, root))


def scope(pid: Pid = "self", *, proc: Root = "/proc") -> Scope:
    """Say in which user namespace a process is, and which of its other namespaces belong to that, or to one below.

    Args:
        pid: As for :func:`~capset.live.read`.
        proc: A mount of the proc file system; a saved tree does not tell.

    Raises:
        AccessDeniedError: This process may not look at the namespaces of that one, which needs the right to trace it.
        ProcessGoneError: There is no such process.
        ProcUnavailableError: There is no proc file system at *proc*, or it is a saved tree.
        PidError: *pid* cannot be an id.

    Source:
        Linux ``fs/nsfs.c``, ioctl_nsfs(2) (``NS_GET_USERNS``).

    Examples:
        >>> from capset import live
        >>> live.scope().counts("own")
        True
    """
    root = root_folder(proc)
    folder = folder_of(pid, None, root)
    path = f"{folder}/ns/user"
    try:
        user = os.stat(path).st_ino
        if user == INITIAL_USER_NS:
            return INITIAL
        owned = tuple(kind for kind in KINDS if user in _owners(f"{folder}/ns/{_FILES[kind]}"))
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTTY} and os.path.isdir(folder):  # of a process that was saved
            raise ProcUnavailableError(path) from None
        raise explain(error, path, pid, None, root) from None
    return Scope(name=f"user namespace {user}", title="in a user namespace of its own", owns=owned)


def _owners(path: str) -> Iterator[int]:
    """Yield the user namespace to which a namespace belongs, and those around it, as far as this process can see."""
    from fcntl import ioctl  # which only systems with namespaces have

    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # the kernel has no such namespaces
        return
    asking = _NS_GET_USERNS
    try:
        while True:
            try:
                around = ioctl(fd, asking)
            except OSError as error:
                if error.errno != errno.EPERM:
                    raise
                return
            os.close(fd)
            fd, asking = around, _NS_GET_PARENT
            yield os.fstat(fd).st_ino
    finally:
        os.close(fd)


def _asked() -> list[str]:
    """List the sysctls that decide of some operation."""
    named = [name for each in table() for condition in each.conditions for name in condition.settings]
    return [name for name in dict.fromkeys(named) if "." in name]


def _names(given: object) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):  # a text would be read as its letters
        raise TypeError(f"expected names of sysctls, got {shown(given)}")
    names: list[Any] = [*given]
    if strange := [name for name in names if not isinstance(name, str)]:
        raise TypeError(f"expected names of sysctls, got {shown(strange[0])}")
    return names


def _is_ones_own(kind: str, folder: str, root: str) -> bool:
    """Say whether the namespace of a process is that of the reader; no, where that is not known."""
    try:
        return os.readlink(f"{folder}/ns/{kind}") == os.readlink(f"{root}/self/ns/{kind}")
    except OSError:
        return False


def _text(path: str) -> bytes | None:
    try:
        return contents(path)
    except OSError:
        return None


def _limits(pid: Pid, folder: str, root: str) -> dict[str, int | str]:
    try:
        found = dict(_LIMIT.findall(contents(f"{folder}/limits")))
    except PermissionError:
        return {}
    except OSError as error:
        if isinstance(error, FileNotFoundError) and os.path.isdir(folder):  # a saved tree without it
            return {}
        raise explain(error, f"{folder}/limits", pid, None, root) from None
    told = {name.decode(): value.decode() for name, value in found.items()}
    return {name: told[words] for name, words in _LIMITS.items() if words in told}
