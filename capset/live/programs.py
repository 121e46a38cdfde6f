"""Program files as execve(2) sees them."""

from __future__ import annotations

import errno
import os
import re
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
_NAME = re.compile(rb"[ \t]*(?=[^ \t])([^ \t\0]*)[ \t\0]")
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
            EACCES it is no regular file; with ENOEXEC its ``#!`` names no interpreter; with ELOOP scripts
            interpret each other.
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
    name, script, assumed = path_text(path), None, list[str]()
    for _ in range(_DEEPEST + 1):
        found = _stat(name, script)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EACCES, "no regular file, which alone can be executed", name)
        head = _head(name)
        if head is None:
            assumed.append(f"{name} is a program and no script, as it may not be read")
        interpreter = _interpreter(name, head or b"")
        if interpreter is None:
            program = _file(name, found, script)
            nosuid = bool(os.statvfs(name).f_flag & os.ST_NOSUID)
            return evolve(program, caps=_caps(name, own_namespace()), nosuid=nosuid, assumed=assumed)
        script = _file(name, found, script)
        name = interpreter
    raise OSError(errno.ELOOP, "scripts interpret each other", path_text(path))


def _stat(name: str, script: Executable | None) -> os.stat_result:
    try:
        return os.stat(name)
    except OSError as error:
        if script:
            raise OSError(error.errno, f"{error.strerror}, as the interpreter of {script.path}", name) from None
        raise


def _file(name: str, found: os.stat_result, script: Executable | None) -> Executable:
    """Return what counts of every file that is executed, be it a script or a program."""
    own = own_namespace()
    uid, gid = own.outside_uid(found.st_uid), own.outside_gid(found.st_gid)
    return Executable(
        uid=found.st_uid if uid is None else uid,
        gid=found.st_gid if gid is None else gid,
        mode=found.st_mode,
        path=name,
        script=script,
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


def _head(name: str) -> bytes | None:
    """Return the beginning of a file; None if it may not be read."""
    try:
        with open(name, "rb") as file:
            return file.read(_HEAD)
    except PermissionError:
        return None
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from None


def _interpreter(name: str, head: bytes) -> str | None:
    """Return the interpreter of a script; None of anything else."""
    if not head.startswith(b"#!"):
        return None
    text = head.partition(b"\0")[0]
    if b"\n" in text:
        found = _NAME.match(text[2 : text.index(b"\n")] + b" ")
    else:  # without a line break the name must end, or the rest of it may be missing
        found = _NAME.match(head[2:].ljust(_HEAD - 2, b"\0"))
    if not found:
        raise OSError(errno.ENOEXEC, f"no whole name of an interpreter behind #! in the first {_HEAD} bytes", name)
    if not found[1]:
        raise OSError(errno.EACCES, "#! names the current folder, which cannot be executed", name)
    return os.fsdecode(found[1])
