"""Reading one thread, and what the running kernel supports."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from typing import Literal

from attrs import evolve

from capset.bounds import LONGEST_TEXT
from capset.capability import Cap
from capset.errors import (
    AccessDeniedError,
    ArgumentError,
    PidError,
    ProcessGoneError,
    ProcUnavailableError,
    StatusError,
    shown,
)
from capset.live.status import ProcStatus, parse_fresh, parse_status
from capset.sets import CapSet

__all__ = ["contents", "folder_of", "hides_others", "kernel_release", "last_cap", "read", "supported"]

Pid = int | Literal["self", "thread-self"]
Root = str | os.PathLike[str]

_NAMED = {"self", "thread-self"}
# Windows lacks the first, and without the second ends a saved file at a Ctrl-Z, and reads CR LF as LF.
_WITHOUT_WAITING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_CHUNK = 65536  # a status file has some 1,500 bytes, and six more for every supplementary group


def read(pid: Pid = "self", *, tid: int | None = None, proc: Root = "/proc", user_ns: bool = False) -> ProcStatus:
    """Read the credentials of a thread.

    Capabilities belong to a thread, not to a process. What ``/proc/<pid>/status`` shows is the main
    thread; the others are under ``/proc/<pid>/task/<tid>``. So ``read()`` in a worker thread reads the
    main thread's sets, and ``read("thread-self")`` the caller's own.

    The status file is read once, to its end: all that is returned is of one moment.

    Args:
        pid: A process id, or ``"self"`` for the calling process, or ``"thread-self"`` for the
            calling thread (since Linux 3.17).
        tid: The id of one of its threads; the main thread if not given.
        proc: Where the proc file system is: another mount such as ``/host/proc``, or a saved tree
            with ``<pid>/status`` files in it. Ids are those that it shows.
        user_ns: Whether to find out the thread's user namespace as well. That is a second look at the
            thread and needs the right to trace it; where it fails, the value is None.

    Raises:
        ProcessGoneError: There is no such process or thread, or it ended meanwhile, or this proc hides it
            (:func:`~capset.live.hides_others`).
        AccessDeniedError: It may not be read by this process.
        ProcUnavailableError: There is no proc file system at *proc*, as on any system but Linux.
        StatusError: The file is not what a kernel writes.
        PidError: *pid* or *tid* cannot be an id; nothing was opened.
        TypeError: *proc* is no path as str.

    Examples:
        >>> import os
        >>> from capset import live
        >>> me = live.read()
        >>> me.pid == os.getpid(), me.caps.violations()
        (True, [])
    """
    root = root_folder(proc)
    try:
        return read_thread(folder_of(pid, tid, root), pid, tid, root, user_ns=user_ns)
    except ProcessGoneError as error:
        if not hides_others(proc=root):
            raise
        raise ProcessGoneError(error.filename, pid, tid, hidden=True) from None


def root_folder(proc: Root) -> str:
    """Return a root of a proc file system as text."""
    folder = os.fspath(proc)
    if not isinstance(folder, str):
        raise TypeError(f"proc is a path as str, got {shown(proc)}")
    return without_null(folder)


def without_null(path: str) -> str:
    """Return a path that may be one."""
    if "\0" in path:
        raise ArgumentError(f"a path has no null byte in it, got {shown(path)}", path)
    return path


def folder_of(pid: Pid, tid: int | None, proc: str) -> str:
    """Return the folder of a thread; refuse what cannot be an id."""
    name = pid if pid.__class__ is str and pid in _NAMED else _digits(pid, 'an int > 0, "self" or "thread-self"')
    if tid is None:
        return f"{proc}/{name}"
    if pid == "thread-self":
        raise PidError(tid, 'no tid beside "thread-self", which is a thread already')
    return f"{proc}/{name}/task/{_digits(tid, 'an int > 0')}"


def _digits(value: object, expected: str) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
        raise PidError(value, expected)
    return int.__repr__(value)


def read_thread(folder: str, pid: Pid, tid: int | None, proc: str, *, user_ns: bool) -> ProcStatus:
    """Read the thread whose files are in *folder*; *pid* and *tid* are for the error."""
    path = f"{folder}/status"
    fresh = proc == "/proc"  # just printed by this kernel; a saved tree may hold anything
    try:
        text = contents(path, fresh=fresh)
    except OSError as error:
        raise explain(error, path, pid, tid, proc) from None
    status = parse_fresh(text, path) if fresh else parse_status(text, source=path)
    return evolve(status, user_ns=_user_ns(folder)) if user_ns else status


def contents(path: str, *, fresh: bool = False) -> bytes:
    """Read a file of a proc file system, or of a saved tree, in which anything may stand in its place.

    Args:
        path: The file.
        fresh: Whether this kernel prints it, all of it at the first read.

    Raises:
        OSError: It cannot be read; with EINVAL it is no regular file, such as a pipe, of which reading may wait for
            ever; with EFBIG it is longer than :data:`~capset.bounds.LONGEST_TEXT`, such as a file without an end.
    """
    # Without O_NONBLOCK, opening a pipe waits too. open() and its layers take nearly twice as long.
    fd = os.open(path, os.O_RDONLY if fresh else _WITHOUT_WAITING)
    try:
        if not fresh and not stat.S_ISREG(mode := os.fstat(fd).st_mode):
            wrong = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
            raise OSError(wrong, "this is no regular file, as one of a process is", path)
        size = _CHUNK
        text = os.read(fd, size)
        while not (fresh and len(text) < size) and (more := os.read(fd, size)):
            text += more
            if len(text) > LONGEST_TEXT:
                raise OSError(errno.EFBIG, f"more than {LONGEST_TEXT} bytes, which no file of a process has", path)
            size = len(text)  # twice as much each time, or a huge file would be copied too often
        return text
    finally:
        os.close(fd)


def explain(error: OSError, path: str, pid: Pid, tid: int | None, proc: str) -> OSError:
    """Say what it means that a file of a process cannot be read."""
    # ENOENT before the file was open, ESRCH while it was; the process is gone either way.
    if error.errno in {errno.ENOENT, errno.ESRCH, errno.ENOTDIR}:
        nobody = isinstance(pid, str) and tid is None  # where there is a proc, there is whoever looks
        return ProcUnavailableError(proc) if nobody or not processes(proc) else ProcessGoneError(path, pid, tid)
    if error.errno in {errno.EACCES, errno.EPERM}:
        return AccessDeniedError(path, pid, tid)
    return OSError(error.errno, error.strerror, path)


def hides_others(*, proc: Root = "/proc") -> bool:
    """Say whether a proc is mounted so that who may not trace a process does not see that there is one.

    That is ``hidepid=2`` (``invisible``) or ``4`` (``ptraceable``). A group that may see all is not looked at.

    Args:
        proc: Where the proc file system is. A saved tree hides nothing.

    Source:
        proc(5), *Mount options*; ``/proc/self/mountinfo``.

    Examples:
        >>> from capset import live
        >>> live.hides_others(proc="examples/host")
        False
    """
    root = root_folder(proc)
    try:
        mounts = contents(f"{root}/self/mountinfo").split(b"\n")
    except OSError:
        return False
    place = os.path.realpath(root).encode("utf-8", "surrogateescape")
    escaped = re.sub(rb"[ \t\n\\]", lambda found: b"\\%03o" % ord(found[0]), place)
    own = [mount.split(b" ") for mount in mounts if mount.count(b" ") > _TO_OPTIONS and mount.split(b" ")[4] == escaped]
    return bool(own) and not _HIDING.isdisjoint(own[-1][-1].split(b","))


HIDDEN = "this proc is mounted with hidepid: processes that may not be traced are not listed, and may be there"
"""What is to say of a scan of such a proc."""

_TO_OPTIONS = 8  # so many spaces a line of mountinfo has at least; its last word is the options of the file system
_HIDING = {b"hidepid=2", b"hidepid=invisible", b"hidepid=4", b"hidepid=ptraceable"}


def processes(proc: str) -> list[int]:
    """List the processes of a proc file system; there is at least the one who looks, or it is none."""
    try:
        return numbered(proc)
    except OSError:
        return []


def numbered(folder: str) -> list[int]:
    """List the entries of a folder whose names are numbers."""
    return sorted(int(name) for name in os.listdir(folder) if name.isdecimal() and name.isascii() and len(name) < 20)


def threads_of(pid: int, *, proc: Root = "/proc") -> list[int]:
    """List the threads of a process; its main thread alone where that is all that was saved of it."""
    try:
        return numbered(f"{root_folder(proc)}/{pid}/task")
    except FileNotFoundError:
        return [pid]


_ENDED = re.compile(rb"^State:\s*[ZXx]", re.MULTILINE)  # a zombie, or less


def has_ended(pid: int, *, proc: Root = "/proc") -> bool:
    """Say whether a process has ended, and only waits for its parent to notice: it still shows sets."""
    return _ENDED.search(contents(f"{root_folder(proc)}/{pid}/status")) is not None


def _user_ns(folder: str) -> int | None:
    try:
        link = os.readlink(f"{folder}/ns/user")  # user:[4026531837]
    except OSError:
        return None
    match = re.fullmatch(r"user:\[([0-9]+)\]", link)
    return int(match[1]) if match else None


def last_cap(*, proc: Root = "/proc") -> Cap:
    """Return the last capability that the running kernel supports.

    Args:
        proc: Where the proc file system is.

    Returns:
        The capability; without a name where the kernel is newer than this version of capset.

    Raises:
        ProcUnavailableError: There is no ``sys/kernel/cap_last_cap`` below *proc*: the system is not
            Linux, or Linux before 3.2, or the tree was saved without it.
        StatusError: The file holds no number from 0 to 63.

    Examples:
        >>> from capset import live
        >>> live.last_cap() >= Cap.AUDIT_READ
        True
    """
    path = f"{root_folder(proc)}/sys/kernel/cap_last_cap"
    try:
        text = contents(path)
    except (FileNotFoundError, NotADirectoryError):
        raise ProcUnavailableError(path) from None
    if not re.fullmatch(rb"[0-9]|[1-5][0-9]|6[0-3]", text.removesuffix(b"\n")):
        value = text.decode("utf-8", "backslashreplace")
        raise StatusError(path, "cap_last_cap", "a number from 0 to 63", 1, value)
    return Cap(int(text))


def supported(*, proc: Root = "/proc") -> CapSet:
    """Return every capability that the running kernel supports.

    Raises:
        ProcUnavailableError: As :func:`last_cap`.
        StatusError: As :func:`last_cap`.

    Examples:
        >>> from capset import DOCKER_DEFAULT, live
        >>> DOCKER_DEFAULT <= live.supported()
        True
    """
    return CapSet.all(last_cap(proc=proc))


def kernel_release(*, proc: Root = "/proc") -> str:
    """Return the release of the running kernel, as ``uname -r`` prints it: what :meth:`capset.kernel.Rules.of` takes.

    Args:
        proc: Where the proc file system is. Of a saved tree, ``sys/kernel/osrelease`` or ``version`` is read.

    Raises:
        ProcUnavailableError: There is neither of them below *proc*.
        StatusError: ``version`` is not what a kernel writes.

    Examples:
        >>> import os
        >>> from capset import live
        >>> live.kernel_release() == os.uname().release
        True
    """
    root = root_folder(proc)
    path = f"{root}/sys/kernel/osrelease"
    with suppress(FileNotFoundError, NotADirectoryError):
        return _text(path).strip()
    path = f"{root}/version"
    try:
        text = _text(path)
    except (FileNotFoundError, NotADirectoryError):
        raise ProcUnavailableError(path) from None
    if not (match := re.match(r"Linux version (\S+)", text)):
        raise StatusError(path, "version", "Linux version and a release", 1, text)
    return match[1]


def _text(path: str) -> str:
    return contents(path).decode("utf-8", "backslashreplace")
