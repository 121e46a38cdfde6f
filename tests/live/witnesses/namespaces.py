"""Namespaces: new ones, entering others, the ids of user namespaces, and the names that they give a machine."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from tests.live.witnesses import calls
from tests.live.witnesses.witness import witness

_NAMES = {"mount": "mnt", "network": "net"}
_CLONE = {
    "mount": "CLONE_NEWNS",
    "uts": "CLONE_NEWUTS",
    "ipc": "CLONE_NEWIPC",
    "network": "CLONE_NEWNET",
    "pid": "CLONE_NEWPID",
    "cgroup": "CLONE_NEWCGROUP",
    "time": "CLONE_NEWTIME",
}


def _inode(kind, pid="self"):
    return os.stat(f"/proc/{pid}/ns/{_NAMES.get(kind, kind)}{'_for_children' * (kind in {'pid', 'time'})}").st_ino


def _new(kind):
    @witness(f"unshare {_CLONE[kind]}")
    def one(_it):
        before = _inode(kind)
        calls.unshare(kind)
        if kind == "pid":  # it is the next child's
            return os.waitpid(os.fork() or os._exit(os.getpid() != 1), 0)[1] == 0
        return _inode(kind) != before

    return one


for _each in _CLONE:
    _new(_each)


@witness("unshare CLONE_NEWUSER")
def user(_it):
    before = _inode("user")
    calls.unshare("user")
    return _inode("user") != before


@witness("unshare CLONE_NEWUSER | CLONE_NEWNET")
def user_and_network(_it):
    before = _inode("network")
    calls.unshare("user", "network")
    return _inode("network") != before


@witness("unshare CLONE_NEWUSER, after chroot")
def user_chrooted(_it):
    calls.unshare("user")


@user_chrooted.prepare
def _(it):
    os.chroot(it.directory("root"))


def _member(it, *kinds, uid=1000):
    """Start a process in namespaces of its own, those of a user who may own them."""

    def enter():
        calls.unshare(*kinds)
        if {"pid", "time"} & {*kinds} and os.fork():
            signal.pause()

    return it.start(uid, first=enter)


def _enter(kind):
    # a process of a pid namespace of one's own has another number there, which the /proc of a mount namespace shows
    @witness(f"setns {_CLONE[kind]}", *(("mount",) if kind == "pid" else ()), kind, outside=(kind,))
    def one(it):
        calls.setns(it.descriptor, kind)
        return _inode(kind) == it.number

    @one.prepare
    def _(it):
        pid = _member(it, kind)
        name = f"/proc/{pid}/ns/{_NAMES.get(kind, kind)}{'_for_children' * (kind in {'pid', 'time'})}"
        it.keep(descriptor=os.open(name, os.O_RDONLY), number=os.stat(name).st_ino)

    return one


for _each in _CLONE:
    _enter(_each)


def _users(uid):
    """Start a process of a user that is in a user namespace of its own, without any ids mapped."""
    read, write = os.pipe()
    if (pid := os.fork()) == 0:
        calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        calls.prctl(calls.PR_SET_DUMPABLE, 1)
        calls.unshare("user")
        os.write(write, b".")
        while True:
            signal.pause()
    assert os.read(read, 1) == b"."
    return pid


def _own_users(it):
    it.keep(pid=_users(1000))


def _others_users(it):
    it.keep(pid=_users(2000))


@witness("setns CLONE_NEWUSER")
def enter_users(it):
    calls.setns(it.descriptor, "user")
    return _inode("user") == it.number


@enter_users.prepare
def _(it):
    _others_users(it)
    name = f"/proc/{it.pid}/ns/user"
    it.keep(descriptor=os.open(name, os.O_RDONLY), number=os.stat(name).st_ino)


@witness("setns CLONE_NEWUSER, own")
def enter_own_users(it):
    calls.setns(it.descriptor, "user")
    return _inode("user") == it.number


@enter_own_users.prepare
def _(it):
    _own_users(it)
    name = f"/proc/{it.pid}/ns/user"
    it.keep(descriptor=os.open(name, os.O_RDONLY), number=os.stat(name).st_ino)


# Ids. The file is opened and written by who acts; that the file system lets them is the file's owner.


def _write(path, text):
    descriptor = os.open(path, os.O_WRONLY)
    os.write(descriptor, text.encode())
    os.close(descriptor)


def _map(id, name, text, prepare):
    @witness(id)
    def one(it):
        _write(f"/proc/{it.pid}/{name}", text)

    one.prepare(prepare)
    one.effect(lambda it: Path(f"/proc/{it.pid}/{name}").read_text(encoding="ascii").split() == text.split())
    return one


def _without_setgroups(it):
    _own_users(it)
    Path(f"/proc/{it.pid}/setgroups").write_text("deny", encoding="ascii")


_map("write /proc/PID/uid_map, own id", "uid_map", "0 1000 1", _own_users)
_map("write /proc/PID/uid_map, other ids", "uid_map", "0 2000 10", _own_users)
_map("write /proc/PID/uid_map, uid 0", "uid_map", "0 0 1", _own_users)
_map("write /proc/PID/uid_map, another's namespace", "uid_map", "0 3000 10", _others_users)
_map("write /proc/PID/gid_map, own id", "gid_map", "0 1000 1", _own_users)
_map("write /proc/PID/gid_map, own id, setgroups denied", "gid_map", "0 1000 1", _without_setgroups)
_map("write /proc/PID/gid_map, other ids", "gid_map", "0 2000 10", _own_users)


@witness("write /proc/PID/setgroups")
def setgroups_file(it):
    _write(f"/proc/{it.pid}/setgroups", "deny")


setgroups_file.prepare(_own_users)
setgroups_file.effect(lambda it: Path(f"/proc/{it.pid}/setgroups").read_text(encoding="ascii").strip() == "deny")


# What a namespace is asked


@witness("ioctl NS_GET_USERNS, outside of one's own")
def owner_outside(_it):
    # the user namespace that is asked for lies above that from which one asks
    descriptor = os.open("/proc/self/ns/net", os.O_RDONLY)
    calls.unshare("user")
    calls.ioctl(descriptor, 0xB701)


# What a machine is called, and its sysctls by namespace


@witness("write /proc/sys/kernel/hostname", "uts")
def hostname(_it):
    _write("/proc/sys/kernel/hostname", "witness")
    return socket.gethostname() == "witness"


@witness("write /proc/sys/kernel/hostname as root", "uts", uid=0)
def hostname_as_root(_it):
    _write("/proc/sys/kernel/hostname", "witness")
    return socket.gethostname() == "witness"


@witness("write /proc/sys/net/ipv4/ip_forward", "network")
def forward(it):
    _write("/proc/sys/net/ipv4/ip_forward", "1")
    return Path("/proc/sys/net/ipv4/ip_forward").read_text(encoding="ascii").strip() == "1"
