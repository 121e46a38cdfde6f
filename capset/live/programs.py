"""Program files as execve(2) sees them."""

from __future__ import annotations

import errno
import os
import stat

from attrs import evolve

from capset.filecaps import FileCaps
from capset.kernel.credentials import Executable
from capset.kernel.namespaces import UserNamespace
from capset.live.files import file_caps, path_text
from capset.live.identity import own_namespace
from capset.live.reading import Root

__all__ = ["executable"]

_HEAD = 256  # so much of a script the kernel looks at
_DEEPEST = 5  # the interpreter of a script may be a script, and so on


def executable(path: Root) -> Executable:
    """Read a program file as execve(2) sees it, following ``#!`` to the interpreter.

    Ids are those of the initial user namespace, as far as this process can tell: see
    :func:`credentials`. A file that may not be read is taken for a program, and no script, and
    ``assumed`` says so.

    Args:
        path: The file, or a symbolic link to it. It is not looked for in ``PATH``.

    Raises:
        OSError: The file cannot be looked at: that of the system call, such as FileNotFoundError. With
            EACCES it is no regular file, or a script that nobody may execute; with ENOEXEC its ``#!`` names
            no interpreter; with ELOOP scripts interpret each other.
        FileCapsError: Its ``security.capability`` attribute is none.
        TypeError: *path* is no path as str.

    Source:
        Linux ``fs/exec.c``, ``fs/binfmt_script.c``; execve(2), *Interpreter scripts*.

    Examples:
        >>> import sys
        >>> from capset import live
        >>> oct(live.executable(sys.executable).mode & 0o111)
        '0o111'
    """
    name, script, assumed = path_text(path), "", list[str]()
    for _ in range(_DEEPEST + 1):
        found = _stat(name, script)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EACCES, "no regular file, which alone can be executed", name)
        try:
            interpreter = _interpreter(name)
        except PermissionError:
            interpreter = None
            assumed.append(f"{name} is a program and no script, as it may not be read")
        if interpreter is None:
            return evolve(_program(name, found, own_namespace()), script=script, assumed=assumed)
        if not found.st_mode & 0o111:
            raise OSError(errno.EACCES, "a script that nobody may execute", name)
        name, script = interpreter, script or name
    raise OSError(errno.ELOOP, "scripts interpret each other", path_text(path))


def _stat(name: str, script: str) -> os.stat_result:
    try:
        return os.stat(name)
    except OSError as error:
        if script:
            raise OSError(error.errno, f"{error.strerror}, as the interpreter of {script}", name) from None
        raise


def _program(name: str, found: os.stat_result, own: UserNamespace) -> Executable:
    uid, gid = own.outside_uid(found.st_uid), own.outside_gid(found.st_gid)
    return Executable(
        uid=found.st_uid if uid is None else uid,
        gid=found.st_gid if gid is None else gid,
        mode=found.st_mode,
        caps=_caps(name, own),
        nosuid=bool(os.statvfs(name).f_flag & os.ST_NOSUID),
        path=name,
    )


def _caps(name: str, own: UserNamespace) -> FileCaps | None:
    try:
        caps = file_caps(name)
    except OSError as error:
        if error.errno == errno.EOVERFLOW:  # of another namespace, whose root has no id here: they do not count
            return None
        raise
    if caps is None or not caps.rootid:
        return caps
    rootid = own.outside_uid(caps.rootid)
    return caps if rootid is None else evolve(caps, rootid=rootid)


def _interpreter(name: str) -> str | None:
    """Return the interpreter of a script; None of anything else."""
    with open(name, "rb") as file:
        head = file.read(_HEAD)
    if not head.startswith(b"#!"):
        return None
    words = head[2:].partition(b"\n")[0].replace(b"\0", b" ").split(None, 1)
    if not words:
        raise OSError(errno.ENOEXEC, "#! without an interpreter", name)
    return os.fsdecode(words[0])
