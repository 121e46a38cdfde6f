"""Mounts: the old and the new calls, roots, swap and quotas."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
from pathlib import Path

from tests.live.witnesses import calls
from tests.live.witnesses.witness import NotHereError, witness

_RDONLY, _REMOUNT, _BIND, _MOVE, _SHARED = 1, 32, 4096, 8192, 1 << 20
_FORCE, _DETACH = 1, 2
_AT_FDCWD, _AT_EMPTY_PATH = -100, 0x1000


def _mounts():
    """Return every mount as [point, options of the mount, its propagation, kind, options of the file system]."""
    rows = []
    for row in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        own, _, system = row.partition(" - ")
        _, _, _, _, point, options, *tags = own.split()
        kind, _, of_system = system.split(" ", 2)
        rows.append((point, options.split(","), tags, kind, of_system.split(",")))
    return rows


def _found(path, kind=None):
    return [row for row in _mounts() if row[0] == str(path) and kind in {None, row[3]}]


def _point(it):
    """Have a directory to mount at."""
    it.keep(path=it.directory("point"))


def _mounted(it):
    """Have a file system of the same user namespace mounted."""
    _point(it)
    calls.mount("there", it.path, "tmpfs")


def _kind(id, kind, *own, title=""):
    """Make a witness of mounting a kind of file system."""

    @witness(id, "mount", *own)
    def one(it):
        try:
            calls.mount("new", it.path, kind)
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise NotHereError(f"there is no {kind}") from None
            raise

    one.prepare(_point)
    one.effect(lambda it: bool(_found(it.path, kind)))
    return one


_kind("mount", "tmpfs")
_kind("mount, file system of the initial user namespace alone", "debugfs")
_kind("mount proc", "proc", "pid")
_kind("mount sysfs", "sysfs", "network")
_kind("mount mqueue", "mqueue", "ipc")
_kind("mount cgroup2", "cgroup2", "cgroup")


@witness("mount MS_BIND", "mount")
def bind(it):
    calls.mount(it.folder, it.path, "", _BIND)


bind.prepare(_point)
bind.effect(lambda it: bool(_found(it.path)))


@witness("mount overlay", "mount")
def overlay(it):
    layers = f"lowerdir={it.lower},upperdir={it.upper},workdir={it.work},userxattr"
    calls.mount("new", it.path, "overlay", 0, layers)


@overlay.prepare
def _(it):
    _point(it)
    it.keep(**{name: it.directory(name, uid=1000, gid=1000) for name in ("lower", "upper", "work")})


overlay.effect(lambda it: bool(_found(it.path, "overlay")))


@witness("mount MS_REMOUNT", "mount")
def remount(it):
    calls.mount("there", it.path, "tmpfs", _REMOUNT | _RDONLY)


remount.prepare(_mounted)
remount.effect(lambda it: "ro" in _found(it.path)[0][4])


@witness("mount MS_REMOUNT, mounted in another user namespace", "mount", outside=True)
def remount_another(it):
    calls.mount("there", it.path, "tmpfs", _REMOUNT | _RDONLY)


remount_another.prepare(_mounted)
remount_another.effect(lambda it: "ro" in _found(it.path)[0][4])


@witness("mount MS_REMOUNT MS_BIND", "mount")
def remount_bind(it):
    calls.mount("", it.path, "", _REMOUNT | _BIND | _RDONLY)


remount_bind.prepare(_mounted)
remount_bind.effect(lambda it: "ro" in _found(it.path)[0][1])


@witness("mount MS_SHARED", "mount")
def propagation(it):
    calls.mount("", it.path, "", _SHARED)


propagation.prepare(_mounted)
propagation.effect(lambda it: any(tag.startswith("shared:") for tag in _found(it.path)[0][2]))


@witness("mount MS_MOVE", "mount")
def move(it):
    calls.mount(it.path, it.other_point, "", _MOVE)


@move.prepare
def _(it):
    _mounted(it)
    it.keep(other_point=it.directory("other"))


move.effect(lambda it: bool(_found(it.other_point, "tmpfs")))


@witness("umount", "mount")
def umount(it):
    calls.umount(it.path)


umount.prepare(_mounted)
umount.effect(lambda it: not _found(it.path))


@witness("umount MNT_DETACH", "mount")
def detach(it):
    calls.umount(it.path, _DETACH)


@detach.prepare
def _(it):
    _mounted(it)
    it.keep(busy=os.open(it.path, os.O_RDONLY))


detach.effect(lambda it: not _found(it.path))


@witness("umount MNT_FORCE", "mount")
def force(it):
    calls.umount(it.path, _FORCE)


force.prepare(_mounted)
force.effect(lambda it: not _found(it.path))


@witness("umount MNT_DETACH, mounted in another user namespace", "mount", outside=True)
def detach_locked(it):
    # what came along from a mount namespace of a mightier user namespace is locked together: EINVAL
    calls.umount(it.path, _DETACH)


detach_locked.prepare(_mounted)
detach_locked.effect(lambda it: not _found(it.path))


# Roots


@witness("pivot_root", "mount")
def pivot_root(it):
    os.chdir(it.path)
    calls.call("pivot_root", b".", b".")
    return Path("/inside").exists()


@pivot_root.prepare
def _(it):
    _mounted(it)
    (it.path / "inside").touch()


@witness("chroot")
def chroot(it):
    os.chroot(it.path)
    return Path("/inside").exists()


@chroot.prepare
def _(it):
    _point(it)
    (it.path / "inside").touch()


# The new calls

_CREATE, _MOUNT_RDONLY, _TREE_CLONE, _FROM_EMPTY = 6, 1, 1, 4
_SET_STRING = 1


def _superblock():
    context = calls.call("fsopen", b"tmpfs", 0)
    calls.call("fsconfig", context, _CREATE, 0, 0, 0)
    return context


@witness("fsopen", "mount")
def fsopen(_it):
    calls.call("fsopen", b"tmpfs", 0)


@witness("fsconfig FSCONFIG_CMD_CREATE", "mount")
def fsconfig(it):
    # one's own user namespace owns what it makes, so what was opened outside of it stays outside
    calls.call("fsconfig", it.context, _CREATE, 0, 0, 0)


@fsconfig.prepare
def _(it):
    it.keep(context=calls.call("fsopen", b"tmpfs", 0))


@witness("fsmount", "mount")
def fsmount(it):
    calls.call("fsmount", it.context, 0, 0)


@fsmount.prepare
def _(it):
    it.keep(context=_superblock())


@witness("move_mount", "mount")
def move_mount(it):
    calls.call("move_mount", it.loose, b"", _AT_FDCWD, os.fsencode(it.path), _FROM_EMPTY)


@move_mount.prepare
def _(it):
    _point(it)
    it.keep(loose=calls.call("fsmount", _superblock(), 0, 0))


move_mount.effect(lambda it: bool(_found(it.path, "tmpfs")))


@witness("fspick", "mount")
def fspick(it):
    calls.call("fspick", _AT_FDCWD, os.fsencode(it.path), 0)


fspick.prepare(_mounted)


@witness("open_tree")
def open_tree(it):
    calls.call("open_tree", _AT_FDCWD, os.fsencode(it.folder), 0)


@witness("open_tree OPEN_TREE_CLONE", "mount")
def open_tree_clone(it):
    calls.call("open_tree", _AT_FDCWD, os.fsencode(it.folder), _TREE_CLONE)


@witness("mount_setattr", "mount")
def mount_setattr(it):
    attributes = struct.pack("=4Q", _MOUNT_RDONLY, 0, 0, 0)
    calls.call("mount_setattr", _AT_FDCWD, os.fsencode(it.path), 0, attributes, len(attributes))


mount_setattr.prepare(_mounted)
mount_setattr.effect(lambda it: "ro" in _found(it.path)[0][1])


def _user_namespace():
    """Return a descriptor of a user namespace where 1000 is 2000 outside."""
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        calls.unshare("user")
        os.write(write, b".")
        signal.pause()
    os.read(read, 1)
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{pid}/{name}").write_text("1000 2000 1", encoding="ascii")
    descriptor = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return descriptor


@witness("mount_setattr MOUNT_ATTR_IDMAP", "mount")
def idmapped(it):
    attributes = struct.pack("=4Q", 0x00100000, 0, 0, it.users)
    calls.call("mount_setattr", it.loose, b"", _AT_EMPTY_PATH, attributes, len(attributes))


@idmapped.prepare
def _(it):
    it.keep(users=_user_namespace(), loose=calls.call("fsmount", _superblock(), 0, 0))


def _mount_request(mount_id, mount_ns=0, param=0):
    return struct.pack("=IIQQQ", 32, 0, mount_id, param, mount_ns)


def _statmount(mount_id, mount_ns=0):
    found = ctypes.create_string_buffer(512)
    calls.call("statmount", _mount_request(mount_id, mount_ns, 2), found, 512, 0)


def _mount_id(path):
    # the number that is never used twice, of statx(2)
    found = ctypes.create_string_buffer(256)
    if calls.libc.statx(_AT_FDCWD, os.fsencode(path), 0, 0x4000, found) < 0:
        raise NotHereError("statx tells no number of a mount")
    return struct.unpack_from("=Q", found, 0x90)[0]


@witness("statmount")
def statmount(it):
    _statmount(_mount_id(it.folder))


@witness("statmount, outside of one's root", "mount")
def statmount_unreachable(it):
    _statmount(it.number)


@statmount_unreachable.prepare
def _(it):
    _mounted(it)
    it.keep(number=_mount_id(it.path))
    os.chroot(it.directory("root"))


@witness("listmount, another mount namespace", "mount", outside=("mount",))
def listmount(it):
    found = ctypes.create_string_buffer(8 * 64)
    return calls.call("listmount", _mount_request(2**64 - 1, it.number), found, 64, 0) > 0


@listmount.prepare
def _(it):
    _point(it)
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        calls.unshare("mount")
        os.write(write, b".")
        signal.pause()
    os.read(read, 1)
    number = ctypes.c_uint64()
    calls.ioctl(os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY), 0x8008B705, ctypes.byref(number))
    it.keep(number=number.value)


# Swap and quotas: tried with what cannot be done, which is found after the check


_GETQUOTA, _SETQUOTA = 0x800007, 0x800008


def _quota(it, command, id):
    # without quotas it is ESRCH, and a bad address EFAULT: both after the check
    try:
        calls.call("quotactl", command << 8, it.device, id, 0)
    except OSError as error:
        if error.errno not in {errno.ESRCH, errno.EFAULT}:
            raise


def _root_device(it):
    found = _found("/", "ext4")
    number = os.stat("/").st_dev
    device = it.folder / "device"
    if not found:
        raise NotHereError("the root file system is no ext4")
    try:
        os.mknod(device, 0o60666, number)
    except OSError:
        device = next((each for each in Path("/dev").iterdir() if each.stat().st_rdev == number), None)
    if device is None:
        raise NotHereError("the device of the root file system has no name")
    it.keep(device=os.fsencode(device))


@witness("quotactl Q_SETQUOTA")
def set_quota(it):
    _quota(it, _SETQUOTA, 2000)


set_quota.prepare(_root_device)


@witness("quotactl Q_GETQUOTA, another's")
def get_quota(it):
    _quota(it, _GETQUOTA, 2000)


get_quota.prepare(_root_device)


@witness("quotactl Q_GETQUOTA, own")
def get_own_quota(it):
    _quota(it, _GETQUOTA, 1000)


get_own_quota.prepare(_root_device)
