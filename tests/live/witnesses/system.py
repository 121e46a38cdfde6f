"""The system as a whole: its clock, its name, modules, restart, accounting, input and output."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
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


def _tried(name, *arguments, late=()):
    """Make a call whose arguments are wrong in a way that is looked at after the capability."""
    try:
        calls.call(name, *arguments)
    except OSError as e:
        if e.errno == errno.ENOSYS:
            raise NotHereError(f"there is no {name}") from None
        return _late(e, *late)


# Clocks


@witness("clock_settime CLOCK_REALTIME", "time")
def set_clock(_it):
    # it was never before the system started: the kernel looks at that last
    try:
        time.clock_settime(time.CLOCK_REALTIME, 0)
    except OSError as e:
        return _late(e, errno.EINVAL)


@witness("settimeofday, time zone", "time")
def set_zone(_it):
    return _tried("settimeofday", None, struct.pack("=ii", 99999, 0), late=(errno.EINVAL,))  # there is none such


@witness("adjtimex", "time")
def adjust(_it):
    # ADJ_TICK, and a tick of no length
    return _tried("adjtimex", struct.pack("=I", 0x4000).ljust(208, b"\0"), late=(errno.EINVAL,))


@witness("adjtimex, reading")
def adjust_nothing(_it):
    calls.call("adjtimex", ctypes.create_string_buffer(208))


@witness("write /proc/PID/timens_offsets", "time")
def offsets(it):
    path = Path(f"/proc/{it.pid}/timens_offsets")
    path.write_text("monotonic 1000 0", encoding="ascii")
    return " 1000 " in path.read_text(encoding="ascii")


@offsets.prepare
def _(it):
    # in one's own user namespace alone it is tried with the time namespace of everybody, whose owner is asked first
    alone = it.place.user and not it.place.own
    it.keep(pid=it.start(1000, first=None if alone else lambda: calls.unshare("time")))


@witness("timerfd_create CLOCK_BOOTTIME_ALARM")
def alarm_descriptor(_it):
    os.close(calls.call("timerfd_create", 9, 0))


@witness("timer_create CLOCK_BOOTTIME_ALARM")
def alarm_timer(_it):
    timer = ctypes.c_int()
    event = struct.pack("=QiI", 0, 0, 1).ljust(64, b"\0")  # SIGEV_NONE
    try:
        calls.call("timer_create", 9, event, ctypes.byref(timer))
    except OSError as e:
        if e.errno == errno.EOPNOTSUPP:
            raise NotHereError("there is no clock that could wake the system") from None
        raise


def _clock():
    """Open the clock of the hardware."""
    try:
        return os.open("/dev/rtc0", os.O_RDONLY)
    except (FileNotFoundError, PermissionError):
        raise NotHereError("there is no clock of the hardware") from None


@witness("ioctl RTC_SET_TIME")
def set_hardware_clock(it):
    try:
        calls.ioctl(it.clock, 0x4024700A, 0)
    except OSError as e:
        return _late(e, errno.EFAULT)  # no time is given; the capability comes before


@witness("ioctl RTC_IRQP_SET above its limit")
def hardware_clock_rate(it):
    try:
        calls.ioctl(it.clock, 0x4008700C, 8191)
    except OSError as e:
        return _late(e, errno.EINVAL, errno.ENOTTY)  # it is no power of two; the capability comes before


@set_hardware_clock.prepare
@hardware_clock_rate.prepare
def _(it):
    it.keep(clock=_clock())


# Names


@witness("sethostname", "uts")
def set_name(_it):
    socket.sethostname("witness")
    return socket.gethostname() == "witness"


@witness("setdomainname", "uts")
def set_domain(_it):
    calls._checked(calls.libc.setdomainname(b"witness", ctypes.c_size_t(7)))


@set_domain.effect
def _(_it):
    return Path("/proc/sys/kernel/domainname").read_text(encoding="ascii") == "witness\n"


# Modules, and another kernel


@witness("init_module")
def load(_it):
    return _tried("init_module", None, 0, None, late=(errno.ENOEXEC, errno.EFAULT))  # it is empty


@witness("finit_module")
def load_file(it):
    return _tried("finit_module", it.opened, b"", 0xFF00, late=(errno.EINVAL,))  # there are no such flags


@load_file.prepare
def _(it):
    it.keep(opened=os.open(it.file(), os.O_RDONLY))


@witness("delete_module")
def unload(_it):
    return _tried("delete_module", b"no-such-module", os.O_NONBLOCK, late=(errno.ENOENT,))


@witness("kexec_load")
def other_kernel(_it):
    return _tried("kexec_load", 0, 0, None, 0xFFF0, late=(errno.EINVAL,))  # there are no such flags


@witness("kexec_file_load")
def other_kernel_file(_it):
    return _tried("kexec_file_load", -1, -1, 0, None, 0xFFF0, late=(errno.EINVAL,))  # there are no such flags


@witness("reboot", "pid")
def reboot(_it):
    return _tried("reboot", 1, 2, 3, None, late=(errno.EINVAL,))  # these are not its magic numbers


@witness("acct")
def account(it):
    try:
        calls._checked(calls.libc.acct(os.fsencode(it.folder / "nothing")))
    except OSError as e:
        return _late(e, errno.ENOENT)  # there is no such file; the capability comes before


# Input and output


@witness("ioperm")
def ports(_it):
    return _tried("ioperm", 0x80, 1, 1)


@witness("iopl")
def all_ports(_it):
    return _tried("iopl", 3)


@witness("lookup_dcookie")
def cookie(_it):
    room = ctypes.create_string_buffer(64)
    return _tried("lookup_dcookie", 0, ctypes.byref(room), 64, late=(errno.EINVAL,))  # nobody made any


@witness("personality")
def personality(_it):
    calls.call("personality", 0x0040000)


@witness("write devices.deny", outside=True)
def deny_device(it):
    os.write(os.open(it.group / "devices.deny", os.O_WRONLY), b"c 1:3 m")


@deny_device.prepare
def _(it):
    groups = it.directory("groups")
    try:
        calls.mount("cgroup", groups, "cgroup", 0, "devices")
    except OSError as e:
        raise NotHereError(f"devices have no cgroup of the first version ({e.strerror})") from None
    group = groups / f"witness-{os.getpid()}-{time.monotonic_ns()}"
    group.mkdir()
    it.keep(group=group)
    os.chown(group / "devices.deny", 1000, 1000)


@deny_device.undo
def _(it):
    it.group.rmdir()


# What is restored


@witness("write /proc/sys/kernel/shm_next_id", "ipc")
def next_segment(_it):
    path = Path("/proc/sys/kernel/shm_next_id")
    os.write(os.open(path, os.O_WRONLY), b"77")
    return path.read_text(encoding="ascii") == "77\n"


@witness("write /proc/sys/user")
def user_limit(_it):
    path = Path("/proc/sys/user/max_uts_namespaces")
    same = path.read_bytes()
    os.write(os.open(path, os.O_WRONLY), same)


# AppArmor


@witness("write /sys/kernel/security/apparmor/.load")
def load_profile(_it):
    # what is no profile is found after the check: EPROTO
    path = "/sys/kernel/security/apparmor/.load"
    if not os.path.exists(path):
        raise NotHereError("AppArmor is not there")
    try:
        os.write(os.open(path, os.O_WRONLY), b"witness")
    except OSError as error:
        if error.errno not in {errno.EPROTO, errno.EBADMSG}:
            raise
