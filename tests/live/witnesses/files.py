"""Files and their attributes: owners, modes, permissions, extended attributes, flags, handles, leases, notices."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from contextlib import suppress

from tests.live.witnesses import calls
from tests.live.witnesses.witness import NotHereError, witness

_AT_FDCWD, _AT_EMPTY_PATH = -100, 0x1000


def _another(it):
    """Have a file of root's that everybody may read."""
    it.keep(path=it.file())


def _own(it):
    """Have a file of who acts."""
    it.keep(path=it.file(uid=1000, gid=1000))


def _secret(it):
    """Have a file that root alone may read and write."""
    it.keep(path=it.file(content=b"secret", mode=0o600))


# Owners


@witness("chown owner")
def chown(it):
    os.chown(it.path, 2000, -1)


chown.prepare(_another)


@chown.effect
def _(it):
    return it.path.stat().st_uid == 2000


@witness("chown owner, own file")
def give_away(it):
    os.chown(it.path, 2000, -1)


give_away.prepare(_own)


@give_away.effect
def _(it):
    return it.path.stat().st_uid == 2000


@witness("chown group, own file")
def chgrp(it):
    # one's own file to a group that one is no member of
    os.chown(it.path, -1, 2000)


chgrp.prepare(_own)


@chgrp.effect
def _(it):
    return it.path.stat().st_gid == 2000


@witness("chown, set-user-ID stays")
def chown_setuid(it):
    os.chown(it.path, 1000, 1000)


@chown_setuid.prepare
def _(it):
    it.keep(path=it.file(uid=1000, gid=1000, mode=0o4755))


@chown_setuid.effect
def _(it):
    return bool(it.path.stat().st_mode & 0o4000)


@witness("chown, set-group-ID without group execute stays")
def chown_setgid(it):
    os.chown(it.path, 1000, -1)


@chown_setgid.prepare
def _(it):
    it.keep(path=it.file(uid=1000, gid=2000, mode=0o2640))


@chown_setgid.effect
def _(it):
    return bool(it.path.stat().st_mode & 0o2000)


# Modes and times


@witness("chmod")
def chmod(it):
    it.path.chmod(0o666)


chmod.prepare(_another)


@chmod.effect
def _(it):
    return it.path.stat().st_mode & 0o777 == 0o666


@witness("chmod set-group-ID, group one is not in")
def chmod_setgid(it):
    it.path.chmod(0o2755)


@chmod_setgid.prepare
def _(it):
    it.keep(path=it.file(uid=1000, gid=2000, mode=0o755))


@chmod_setgid.effect
def _(it):
    return bool(it.path.stat().st_mode & 0o2000)


@witness("open O_CREAT, set-group-ID in a set-group-ID directory")
def create_setgid(it):
    # the new file is of the directory's group, which one is not in
    os.umask(0)
    os.close(os.open(it.made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o2755))


@create_setgid.prepare
def _(it):
    it.keep(made=it.directory("shared", gid=2000, mode=0o2777) / "made")


@create_setgid.effect
def _(it):
    return bool(it.made.stat().st_mode & 0o2000)


@witness("write, set-user-ID stays")
def write_setuid(it):
    it.path.write_bytes(b"other")


@write_setuid.prepare
def _(it):
    it.keep(path=it.file(uid=1000, gid=1000, mode=0o4755))


@write_setuid.effect
def _(it):
    return bool(it.path.stat().st_mode & 0o4000)


@witness("utimensat any time")
def utimensat(it):
    os.utime(it.path, (1, 1))


@utimensat.prepare
def _(it):
    it.keep(path=it.file(mode=0o666))


@utimensat.effect
def _(it):
    return it.path.stat().st_mtime == 1


@witness("utimensat now")
def touch(it):
    os.utime(it.path)


@touch.prepare
def _(it):
    _another(it)
    os.utime(it.path, (1, 1))


@touch.effect
def _(it):
    return it.path.stat().st_mtime > 1


# Permissions


@witness("open for reading")
def open_read(it):
    return it.path.read_bytes() == b"secret"


open_read.prepare(_secret)


@witness("open for writing")
def open_write(it):
    it.path.write_bytes(b"changed")


open_write.prepare(_secret)


@open_write.effect
def _(it):
    return it.path.read_bytes() == b"changed"


@witness("open O_PATH")
def open_path(it):
    return os.fstat(os.open(it.path, os.O_PATH)).st_size == 6


open_path.prepare(_secret)


@witness("list a directory")
def list_directory(it):
    return os.listdir(it.path) == ["inside"]


def _closed_directory(it):
    it.keep(path=it.directory("closed", mode=0o700))
    (it.path / "inside").write_bytes(b"found")
    (it.path / "inside").chmod(0o666)


list_directory.prepare(_closed_directory)


@witness("search a directory")
def search_directory(it):
    return (it.path / "inside").read_bytes() == b"found"


search_directory.prepare(_closed_directory)


@witness("create in a directory")
def create(it):
    (it.path / "made").touch()


@create.prepare
def _(it):
    it.keep(path=it.directory("another"))


@create.effect
def _(it):
    return (it.path / "made").exists()


@witness("unlink")
def unlink(it):
    (it.path / "inside").unlink()


@unlink.prepare
def _(it):
    it.keep(path=it.directory("another"))
    (it.path / "inside").touch()


@unlink.effect
def _(it):
    return not (it.path / "inside").exists()


@witness("unlink in a sticky directory")
def unlink_sticky(it):
    (it.path / "inside").unlink()


@unlink_sticky.prepare
def _(it):
    it.keep(path=it.directory("sticky", mode=0o1777))
    (it.path / "inside").touch()
    (it.path / "inside").chmod(0o666)


@unlink_sticky.effect
def _(it):
    return not (it.path / "inside").exists()


@witness("execve, no permission")
def execute(it):
    return _executes(it.path)


def _executes(path):
    # capabilities are gone after it, so only its start is asked for
    if (pid := os.fork()) == 0:
        try:
            os.execv(path, [str(path)])
        except OSError as error:
            os._exit(error.errno)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        raise OSError(status, os.strerror(status))
    return True


def _program(it, mode):
    with open("/bin/true", "rb") as program:
        it.keep(path=it.file("program", content=program.read(), mode=mode))


@execute.prepare
def _(it):
    _program(it, 0o700)


@witness("execve, no execute bit")
def execute_nothing(it):
    return _executes(it.path)


@execute_nothing.prepare
def _(it):
    _program(it, 0o644)


# Links, handles, names


@witness("open O_NOATIME")
def noatime(it):
    os.close(os.open(it.path, os.O_RDONLY | os.O_NOATIME))


noatime.prepare(_another)


@witness("link")
def link(it):
    # protected_hardlinks is 1: a file that one may not read and write
    os.link(it.path, it.open / "linked")


def _writable_directory(it):
    it.keep(open=it.directory("open", mode=0o777))


def _protected(it):
    with open("/proc/sys/fs/protected_hardlinks", encoding="ascii") as setting:
        if setting.read().strip() != "1":
            raise NotHereError("fs.protected_hardlinks is 0")


@link.prepare
def _(it):
    _protected(it)
    _another(it)
    _writable_directory(it)


@link.effect
def _(it):
    return (it.open / "linked").exists()


@witness("link a set-user-ID file")
def link_setuid(it):
    os.link(it.path, it.open / "linked")


@link_setuid.prepare
def _(it):
    _protected(it)
    it.keep(path=it.file(mode=0o4777))
    _writable_directory(it)


@link_setuid.effect
def _(it):
    return (it.open / "linked").exists()


@witness("linkat AT_EMPTY_PATH")
def linkat_descriptor(it):
    # it was opened with other credentials: one's own descriptors need nothing
    calls.call("linkat", it.descriptor, b"", _AT_FDCWD, os.fsencode(it.open / "linked"), _AT_EMPTY_PATH)


@linkat_descriptor.prepare
def _(it):
    _own(it)
    _writable_directory(it)
    it.keep(descriptor=os.open(it.path, os.O_PATH))


@linkat_descriptor.effect
def _(it):
    return (it.open / "linked").exists()


@witness("linkat AT_EMPTY_PATH, own descriptor")
def linkat_own(it):
    descriptor = os.open(it.path, os.O_PATH)
    calls.call("linkat", descriptor, b"", _AT_FDCWD, os.fsencode(it.open / "linked"), _AT_EMPTY_PATH)


@linkat_own.prepare
def _(it):
    _own(it)
    _writable_directory(it)


@linkat_own.effect
def _(it):
    return (it.open / "linked").exists()


_RENAME_WHITEOUT = 4
calls.NUMBERS.setdefault("renameat2", 316)


@witness("renameat2 RENAME_WHITEOUT")
def whiteout(it):
    place = it.open
    names = os.fsencode(place / "old"), os.fsencode(place / "new")
    calls.call("renameat2", _AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_WHITEOUT)


@whiteout.prepare
def _(it):
    _writable_directory(it)
    (it.open / "old").touch()


@whiteout.effect
def _(it):
    return (it.open / "old").stat().st_rdev == 0 and (it.open / "new").exists()


def _handle(path):
    handle = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0), 8 + 128)
    mount_id = ctypes.c_int()
    calls.call("name_to_handle_at", _AT_FDCWD, os.fsencode(path), handle, ctypes.byref(mount_id), 0)
    return handle


@witness("name_to_handle_at")
def name_to_handle(it):
    _handle(it.path)


name_to_handle.prepare(_secret)


@witness("open_by_handle_at", "mount")
def open_by_handle(it):
    descriptor = calls.call("open_by_handle_at", it.mounted, it.handle, os.O_RDONLY)
    return os.read(descriptor, 9) == b"secret"


@open_by_handle.prepare
def _(it):
    it.keep(path=it.file(content=b"secret"))
    it.keep(handle=_handle(it.path), mounted=os.open(it.folder, os.O_RDONLY))


# Extended attributes


@witness("setxattr user")
def user_attribute(it):
    os.setxattr(it.path, "user.word", b"x")


user_attribute.prepare(_another)


@user_attribute.effect
def _(it):
    return "user.word" in os.listxattr(it.path)


@witness("setxattr user, sticky directory")
def user_attribute_sticky(it):
    os.setxattr(it.path, "user.word", b"x")


@user_attribute_sticky.prepare
def _(it):
    it.keep(path=it.directory("sticky", mode=0o1777))


@user_attribute_sticky.effect
def _(it):
    return "user.word" in os.listxattr(it.path)


@witness("setxattr trusted")
def trusted_attribute(it):
    os.setxattr(it.path, "trusted.word", b"x")


trusted_attribute.prepare(_own)


@trusted_attribute.effect
def _(it):
    return "trusted.word" in os.listxattr(it.path)


@witness("getxattr trusted", outside=True)
def read_trusted(it):
    return os.getxattr(it.path, "trusted.word") == b"x"


def _has_trusted(it):
    _own(it)
    os.setxattr(it.path, "trusted.word", b"x")


read_trusted.prepare(_has_trusted)


@witness("listxattr trusted", outside=True)
def list_trusted(it):
    return "trusted.word" in os.listxattr(it.path)


list_trusted.prepare(_has_trusted)


@witness("setxattr security")
def security_attribute(it):
    os.setxattr(it.path, "security.word", b"x")


security_attribute.prepare(_own)


@security_attribute.effect
def _(it):
    return "security.word" in os.listxattr(it.path)


def _capabilities():
    """Return CAP_KILL as permitted, as its attribute has it."""
    return struct.pack("<5I", 0x02000000, 1 << 5, 0, 0, 0)


@witness("setxattr security.capability")
def file_capabilities(it):
    os.setxattr(it.path, "security.capability", _capabilities())


file_capabilities.prepare(_own)


@file_capabilities.effect
def _(it):
    return "security.capability" in os.listxattr(it.path)


@witness("removexattr security.capability")
def no_file_capabilities(it):
    os.removexattr(it.path, "security.capability")


def _has_capabilities(it):
    _own(it)
    os.setxattr(it.path, "security.capability", _capabilities())


no_file_capabilities.prepare(_has_capabilities)


@no_file_capabilities.effect
def _(it):
    return "security.capability" not in os.listxattr(it.path)


@witness("getxattr security.capability")
def read_file_capabilities(it):
    return os.getxattr(it.path, "security.capability") == _capabilities()


@read_file_capabilities.prepare
def _(it):
    _secret(it)
    os.setxattr(it.path, "security.capability", _capabilities())


@witness("write, file capabilities stay")
def write_capable(it):
    it.path.write_bytes(b"other")


write_capable.prepare(_has_capabilities)


@write_capable.effect
def _(it):
    return "security.capability" in os.listxattr(it.path)


@witness("chown, file capabilities stay")
def chown_capable(it):
    os.chown(it.path, 1000, 1000)


chown_capable.prepare(_has_capabilities)


@chown_capable.effect
def _(it):
    return "security.capability" in os.listxattr(it.path)


def _acl(group=0o5):
    """Return an access list of the usual three, a user beside them and a mask."""
    rows = ((1, 7, 0xFFFFFFFF), (2, 4, 2000), (4, group, 0xFFFFFFFF), (0x10, 7, 0xFFFFFFFF), (0x20, 5, 0xFFFFFFFF))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows)


@witness("setxattr system.posix_acl_access")
def access_list(it):
    os.setxattr(it.path, "system.posix_acl_access", _acl())


access_list.prepare(_another)


@access_list.effect
def _(it):
    return "system.posix_acl_access" in os.listxattr(it.path)


@witness("setxattr system.posix_acl_access, set-group-ID stays")
def access_list_setgid(it):
    os.setxattr(it.path, "system.posix_acl_access", _acl())


@access_list_setgid.prepare
def _(it):
    it.keep(path=it.file(uid=1000, gid=2000, mode=0o2755))


@access_list_setgid.effect
def _(it):
    return bool(it.path.stat().st_mode & 0o2000)


# Flags of inodes

_GETFLAGS, _SETFLAGS = 0x80086601, 0x40086602
_APPEND, _IMMUTABLE, _NODUMP = 0x20, 0x10, 0x40


def _flags(path):
    descriptor = os.open(path, os.O_RDONLY)
    value = ctypes.c_int()
    try:
        calls.ioctl(descriptor, _GETFLAGS, ctypes.byref(value))
    finally:
        os.close(descriptor)
    return value.value


def _set_flags(path, flags):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        calls.ioctl(descriptor, _SETFLAGS, ctypes.byref(ctypes.c_int(flags)))
    finally:
        os.close(descriptor)


def _not_immutable(it):
    # a file system of one's own forgets it, but its folder is emptied before
    with suppress(OSError, AttributeError):
        _set_flags(it.path, 0)


@witness("ioctl FS_IOC_SETFLAGS FS_IMMUTABLE_FL")
def immutable(it):
    _set_flags(it.path, _IMMUTABLE)


immutable.prepare(_own)
immutable.undo(_not_immutable)


@immutable.effect
def _(it):
    return bool(_flags(it.path) & _IMMUTABLE)


@witness("ioctl FS_IOC_SETFLAGS FS_IMMUTABLE_FL, another's file")
def immutable_another(it):
    _set_flags(it.path, _IMMUTABLE)


immutable_another.prepare(_another)
immutable_another.undo(_not_immutable)


@immutable_another.effect
def _(it):
    return bool(_flags(it.path) & _IMMUTABLE)


@witness("ioctl FS_IOC_SETFLAGS FS_APPEND_FL")
def append_only(it):
    _set_flags(it.path, _APPEND)


append_only.prepare(_own)
append_only.undo(_not_immutable)


@append_only.effect
def _(it):
    return bool(_flags(it.path) & _APPEND)


@witness("ioctl FS_IOC_SETFLAGS, another's file")
def other_flags(it):
    _set_flags(it.path, _NODUMP)


other_flags.prepare(_another)


@other_flags.effect
def _(it):
    return bool(_flags(it.path) & _NODUMP)


@witness("write an immutable file")
def write_immutable(it):
    it.path.write_bytes(b"other")


@write_immutable.prepare
def _(it):
    _own(it)
    _set_flags(it.path, _IMMUTABLE)


write_immutable.undo(_not_immutable)


# Leases, pipes, notices


@witness("fcntl F_SETLEASE")
def lease(it):
    descriptor = os.open(it.path, os.O_RDONLY)
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) == fcntl.F_RDLCK


lease.prepare(_another)


@witness("fcntl F_SETPIPE_SZ, many pages")
def many_pipes(_it):
    # a user's pipes may have 16384 pages altogether (fs.pipe-user-pages-soft); those after that have two
    pipes = []
    for _ in range(65):
        pipes.append(os.pipe())
        fcntl.fcntl(pipes[-1][0], fcntl.F_SETPIPE_SZ, 1 << 20)
    return True


@many_pipes.prepare
def _(_it):
    with open("/proc/sys/fs/pipe-user-pages-soft", encoding="ascii") as most:
        if int(most.read()) != 16384:
            raise NotHereError("fs.pipe-user-pages-soft is not 16384")


_FAN_REPORT_FID, _FAN_UNLIMITED_QUEUE, _FAN_CLASS_CONTENT, _FAN_REPORT_PIDFD = 0x200, 0x10, 4, 0x80
_FAN_MARK_ADD, _FAN_MARK_MOUNT, _FAN_MARK_FILESYSTEM, _FAN_CREATE, _FAN_OPEN = 1, 0x10, 0x100, 0x100, 0x20


@witness("fanotify_init FAN_REPORT_FID")
def fanotify_fid(_it):
    calls.call("fanotify_init", _FAN_REPORT_FID, os.O_RDONLY)


@witness("fanotify_init")
def fanotify_init(_it):
    calls.call("fanotify_init", 0, os.O_RDONLY)


@witness("fanotify_init FAN_CLASS_CONTENT")
def fanotify_content(_it):
    calls.call("fanotify_init", _FAN_CLASS_CONTENT, os.O_RDONLY)


@witness("fanotify_init FAN_UNLIMITED_QUEUE")
def fanotify_unlimited(_it):
    calls.call("fanotify_init", _FAN_REPORT_FID | _FAN_UNLIMITED_QUEUE, os.O_RDONLY)


@witness("fanotify_init FAN_REPORT_PIDFD")
def fanotify_pidfd(_it):
    calls.call("fanotify_init", _FAN_REPORT_FID | _FAN_REPORT_PIDFD, os.O_RDONLY)


def _marks(it, flags):
    group = calls.call("fanotify_init", _FAN_REPORT_FID, os.O_RDONLY)
    path = os.fsencode(it.kept.get("where", it.folder))
    calls.call("fanotify_mark", group, _FAN_MARK_ADD | flags, ctypes.c_uint64(_FAN_OPEN), _AT_FDCWD, path)


@witness("fanotify_mark")
def fanotify_mark(it):
    _marks(it, 0)


@witness("fanotify_mark FAN_MARK_FILESYSTEM", "mount")
def fanotify_filesystem(it):
    _marks(it, _FAN_MARK_FILESYSTEM)


def _own_file_system(it):
    """Have a file system that belongs to the same user namespace."""
    it.keep(where=it.directory("place"))
    calls.mount("there", it.where, "tmpfs")


fanotify_filesystem.prepare(_own_file_system)


@witness("fanotify_mark FAN_MARK_MOUNT", "mount")
def fanotify_mount(it):
    _marks(it, _FAN_MARK_MOUNT)


fanotify_mount.prepare(_own_file_system)


@witness("inotify_add_watch, unreadable file")
def inotify(it):
    group = calls.libc.inotify_init()
    if calls.libc.inotify_add_watch(group, os.fsencode(it.path), 0x20) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


inotify.prepare(_secret)


# What is asked of a file system by a file of it

_FIBMAP, _FIFREEZE, _FITRIM = 1, 0xC0045877, 0xC0185879


@witness("ioctl FIBMAP")
def fibmap(it):
    # a tmpfs has no blocks, which is found after the check: EINVAL
    try:
        calls.ioctl(os.open(it.path, os.O_RDONLY), _FIBMAP, ctypes.byref(ctypes.c_int()))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


fibmap.prepare(_own)


@witness("ioctl FIFREEZE", "mount")
def freeze(it):
    # a tmpfs cannot be frozen, which is found after the check: EOPNOTSUPP
    try:
        calls.ioctl(os.open(it.where, os.O_RDONLY), _FIFREEZE, 0)
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise


freeze.prepare(_own_file_system)


@witness("ioctl FITRIM")
def trim(_it):
    # its argument is read after the check and after the question whether the device can: EFAULT, EOPNOTSUPP
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
        kinds = [row.split(" - ")[1].split()[0] for row in mounts if row.split()[4] == "/"]
    if kinds != ["ext4"]:
        raise NotHereError("the root file system is no ext4")
    try:
        calls.ioctl(os.open("/", os.O_RDONLY), _FITRIM, 0)
    except OSError as error:
        if error.errno not in {errno.EFAULT, errno.EOPNOTSUPP}:
            raise
