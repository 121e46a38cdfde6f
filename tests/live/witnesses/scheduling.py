"""Scheduling and memory."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import resource
import select
import struct
import time
from pathlib import Path

from tests.live.witnesses import calls
from tests.live.witnesses.witness import NotHereError, witness


def _late(error, *expected):
    """Say that an error came after the capability was looked at, if it is one of these."""
    if error.errno in expected:
        return True
    raise error


def _another(it):
    it.keep(pid=it.start())


def _same(it):
    it.keep(pid=it.start(1000))


# How soon one runs


@witness("setpriority, sooner")
def sooner(_it):
    os.setpriority(os.PRIO_PROCESS, 0, -1)
    return os.getpriority(os.PRIO_PROCESS, 0) == -1


@witness("setpriority, later")
def later(_it):
    os.setpriority(os.PRIO_PROCESS, 0, 19)


@witness("setpriority, sooner, within RLIMIT_NICE")
def sooner_within(_it):
    os.setpriority(os.PRIO_PROCESS, 0, 4)


@sooner_within.prepare
def _(_it):
    os.setpriority(os.PRIO_PROCESS, 0, 5)
    # this says that 20 - 16 is allowed
    try:
        calls.call("prlimit64", 0, resource.RLIMIT_NICE, (ctypes.c_ulong * 2)(16, 16), None)
    except OSError as e:
        if e.errno == errno.EPERM:
            raise NotHereError("RLIMIT_NICE cannot be raised") from None
        raise


@witness("setpriority another user's process")
def later_another(it):
    os.setpriority(os.PRIO_PROCESS, it.pid, 19)


later_another.prepare(_another)
later_another.effect(lambda it: os.getpriority(os.PRIO_PROCESS, it.pid) == 19)


@witness("sched_setscheduler SCHED_FIFO")
def fifo(_it):
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    return os.sched_getscheduler(0) == os.SCHED_FIFO


@witness("sched_setscheduler SCHED_BATCH")
def batch(_it):
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


@witness("sched_setscheduler, leave SCHED_IDLE")
def leave_idle(_it):
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@leave_idle.prepare
def _(_it):
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


@witness("sched_setscheduler, clear SCHED_RESET_ON_FORK")
def no_reset(_it):
    os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@witness("sched_setscheduler another user's process")
def batch_another(it):
    os.sched_setscheduler(it.pid, os.SCHED_BATCH, os.sched_param(0))


batch_another.prepare(_another)
batch_another.effect(lambda it: os.sched_getscheduler(it.pid) == os.SCHED_BATCH)


@witness("sched_setattr SCHED_DEADLINE")
def deadline(_it):
    # 1 ms in each 10 ms
    attributes = struct.pack("=IIQiIQQQ", 48, 6, 0, 0, 0, 10**6, 10**7, 10**7)
    calls.call("sched_setattr", 0, attributes, 0)


@witness("sched_setaffinity another user's process")
def affinity(it):
    os.sched_setaffinity(it.pid, {0})


affinity.prepare(_another)


@witness("sched_setaffinity, same user")
def affinity_own(it):
    os.sched_setaffinity(it.pid, {0})


affinity_own.prepare(_same)

_RT, _BEST_EFFORT, _IDLE = 1 << 13, 2 << 13, 3 << 13


@witness("ioprio_set IOPRIO_CLASS_RT")
def ioprio(_it):
    calls.call("ioprio_set", 1, 0, _RT)
    return calls.call("ioprio_get", 1, 0) == _RT


@witness("ioprio_set IOPRIO_CLASS_IDLE")
def ioprio_idle(_it):
    calls.call("ioprio_set", 1, 0, _IDLE)


@witness("ioprio_set another user's process")
def ioprio_another(it):
    calls.call("ioprio_set", 1, it.pid, _BEST_EFFORT)


ioprio_another.prepare(_another)


@witness("write /proc/PID/timerslack_ns")
def timer_slack(it):
    path = Path(f"/proc/{it.pid}/timerslack_ns")
    path.write_text("100000", encoding="ascii")
    return path.read_text(encoding="ascii") == "100000\n"


timer_slack.prepare(_another)


@witness("write /proc/PID/timerslack_ns, same user")
def timer_slack_own(it):
    Path(f"/proc/{it.pid}/timerslack_ns").write_text("100000", encoding="ascii")


timer_slack_own.prepare(_same)


def _autogroup(text):
    try:
        Path("/proc/self/autogroup").write_text(text, encoding="ascii")
    except FileNotFoundError:
        raise NotHereError("there are no autogroups") from None


def _first_autogroup(text):
    while True:
        try:
            return _autogroup(text)
        except BlockingIOError:  # somebody has just written one
            time.sleep(0.02)


@witness("write /proc/PID/autogroup, sooner")
def autogroup_sooner(_it):
    _first_autogroup("-1")


@witness("write /proc/PID/autogroup, often")
def autogroup_often(_it):
    _first_autogroup("1")
    _autogroup("2")


@autogroup_sooner.prepare
@autogroup_often.prepare
def _(_it):
    os.setsid()  # each session has a group of its own


# Where memory lies


@witness("migrate_pages another user's process")
def migrate(it):
    node = ctypes.c_ulong(1)
    calls.call("migrate_pages", it.pid, 64, ctypes.byref(node), ctypes.byref(node))


migrate.prepare(_another)


_ROOMS = []  # what is not to be given back


def _page():
    room = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    room[0] = 1
    _ROOMS.append(room)
    return ctypes.addressof(ctypes.c_char.from_buffer(room))


def _moved(pid, where, flags):
    pages, nodes, status = ctypes.c_void_p(where), ctypes.c_int(0), ctypes.c_int(0)
    calls.call("move_pages", pid, 1, *map(ctypes.byref, (pages, nodes, status)), flags)


@witness("move_pages another user's process")
def move_another(it):
    _moved(it.pid, it.page, 2)


@move_another.prepare
def _(it):
    it.keep(page=_page(), pid=it.start())


@witness("move_pages MPOL_MF_MOVE_ALL")
def move_all(_it):
    _moved(0, _page(), 4)


@witness("move_pages, one's own")
def move_own(_it):
    _moved(0, _page(), 2)


@witness("mbind MPOL_MF_MOVE_ALL")
def bind_all(_it):
    node = ctypes.c_ulong(1)
    calls.call("mbind", _page(), mmap.PAGESIZE, 2, ctypes.byref(node), 64, 4)


@witness("process_madvise another user's process")
def advise(it):
    _advised(it)


@witness("process_madvise, same user")
def advise_own(it):
    _advised(it)


def _advised(it):
    part = (ctypes.c_size_t * 2)(it.page, mmap.PAGESIZE)
    cold = 20
    calls.call("process_madvise", calls.call("pidfd_open", it.pid, 0), ctypes.byref(part), 1, cold, 0)


@advise.prepare
def _(it):
    it.keep(page=_page(), pid=it.start())


@advise_own.prepare
def _(it):
    it.keep(page=_page(), pid=it.start(1000))


# How much memory is held


def _limit(size):
    def prepare(_it):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (size, size))

    return prepare


def _locked(room):
    where = ctypes.addressof(ctypes.c_char.from_buffer(room))
    calls._checked(calls.libc.mlock(ctypes.c_void_p(where), ctypes.c_size_t(len(room))))


@witness("mlock beyond RLIMIT_MEMLOCK")
def lock(_it):
    _locked(mmap.mmap(-1, 1 << 20))


@witness("mlock, RLIMIT_MEMLOCK 0")
def lock_none(_it):
    _locked(mmap.mmap(-1, 1 << 16))


@witness("mlock within RLIMIT_MEMLOCK")
def lock_some(_it):
    _locked(mmap.mmap(-1, 1 << 14))


lock.prepare(_limit(1 << 16))
lock_none.prepare(_limit(0))
lock_some.prepare(_limit(1 << 16))


@witness("mlockall beyond RLIMIT_MEMLOCK")
def lock_all(_it):
    calls._checked(calls.libc.mlockall(1))


lock_all.prepare(_limit(1 << 16))


@witness("mmap MAP_LOCKED beyond RLIMIT_MEMLOCK")
def map_locked(_it):
    mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x2000).close()


map_locked.prepare(_limit(1 << 16))


@witness("shmget SHM_HUGETLB")
def huge_segment(_it):
    try:
        calls._checked(calls.libc.shmget(0, ctypes.c_size_t(1 << 21), 0o4600))
    except OSError as e:
        return _late(e, errno.ENOMEM)  # there are no huge pages to be had; that is looked at later


@witness("mmap MAP_HUGETLB")
def huge_pages(_it):
    try:
        mmap.mmap(-1, 1 << 21, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000).close()
    except OSError as e:
        return _late(e, errno.ENOMEM)


@witness("mmap below vm.mmap_min_addr")
def map_low(_it):
    calls.libc.mmap.restype = ctypes.c_void_p
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x10
    found = calls.libc.mmap(ctypes.c_void_p(0), ctypes.c_size_t(mmap.PAGESIZE), 3, flags, -1, ctypes.c_long(0))
    if found == ctypes.c_void_p(-1).value:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@map_low.prepare
def _(_it):
    if Path("/proc/sys/vm/mmap_min_addr").read_text(encoding="ascii").strip() == "0":
        raise NotHereError("vm.mmap_min_addr is 0")


@witness("madvise MADV_HWPOISON")
def poison(_it):
    # nothing is mapped there, which is looked at later
    if calls.libc.madvise(ctypes.c_void_p(0x10000), ctypes.c_size_t(mmap.PAGESIZE), 100) < 0:
        number = ctypes.get_errno()
        if number == errno.EINVAL:
            raise NotHereError("this kernel has no memory failures")
        return _late(OSError(number, os.strerror(number)), errno.EFAULT, errno.ENOMEM)


@witness("fcntl F_SETPIPE_SZ beyond fs.pipe-max-size")
def large_pipe(_it):
    largest = int(Path("/proc/sys/fs/pipe-max-size").read_text(encoding="ascii"))
    fcntl.fcntl(os.pipe()[0], 1031, 2 * largest)


# Faults that one answers oneself


def _faults(flags):
    try:
        return calls.call("userfaultfd", os.O_CLOEXEC | flags)
    except OSError as e:
        if e.errno == errno.ENOSYS:
            raise NotHereError("there is no userfaultfd") from None
        raise


@witness("userfaultfd")
def faults(_it):
    _faults(0)


@faults.prepare
def _(_it):
    path = Path("/proc/sys/vm/unprivileged_userfaultfd")
    if not path.exists() or path.read_text(encoding="ascii").strip() != "0":
        raise NotHereError("vm.unprivileged_userfaultfd is not 0")


@witness("userfaultfd UFFD_USER_MODE_ONLY")
def own_faults(_it):
    _faults(1)


@witness("userfaultfd UFFD_FEATURE_EVENT_FORK")
def faults_of_children(_it):
    request = ctypes.create_string_buffer(struct.pack("=QQQ", 0xAA, 1 << 1, 0))
    calls.ioctl(_faults(1), 0xC018AA3F, request)


# Swap


def _swap(path):
    calls.call("swapon", os.fsencode(path), 0)


@witness("swapon")
def swap_on(it):
    try:
        _swap(it.path)
    except OSError as e:
        return _late(e, errno.EINVAL)  # it is no swap; that is looked at last


@swap_on.prepare
def _(it):
    it.keep(path=it.file(uid=1000, content=bytes(1 << 16)))


@witness("swapon, another's file")
def swap_on_another(it):
    try:
        _swap(it.path)
    except OSError as e:
        return _late(e, errno.EINVAL)


@swap_on_another.prepare
def _(it):
    it.keep(path=it.file(mode=0o600, content=bytes(1 << 16)))


@witness("swapoff")
def swap_off(it):
    try:
        calls.call("swapoff", os.fsencode(it.folder / "nothing"))
    except OSError as e:
        return _late(e, errno.ENOENT)  # there is no such file; the capability comes before


# Waking


@witness("epoll_ctl EPOLLWAKEUP")
def wake_up(_it):
    wakeup = 1 << 29
    with select.epoll() as own:
        own.register(os.pipe()[0], select.EPOLLIN | wakeup)
        rows = Path(f"/proc/self/fdinfo/{own.fileno()}").read_text(encoding="ascii")
    return bool(int(rows.partition("events:")[2].split()[0], 16) & wakeup)


@wake_up.prepare
def _(_it):
    if not Path("/sys/power/wakeup_count").exists():
        raise NotHereError("this kernel never sleeps")


@witness("write /sys/power/wake_lock")
def wake_lock(_it):
    try:
        os.write(os.open("/sys/power/wake_lock", os.O_WRONLY), b"witness")
    except FileNotFoundError:
        raise NotHereError("there is no /sys/power/wake_lock") from None


@wake_lock.undo
def _(_it):
    path = Path("/sys/power/wake_unlock")
    if path.exists() and "witness" in path.with_name("wake_lock").read_text(encoding="ascii"):
        path.write_text("witness", encoding="ascii")
