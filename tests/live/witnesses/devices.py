"""Devices and terminals: making them, what is asked of them, raw input and output."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import stat
import struct
import termios
from pathlib import Path

from tests.live.witnesses import calls
from tests.live.witnesses.witness import NotHereError, witness


def _open(path, flags=os.O_RDWR):
    try:
        return os.open(path, flags | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotHereError(f"there is no {path}") from None


def _despite(number, descriptor, request, argument=0):
    """Ask with an argument that is looked at after the check, so that this error says that it was passed."""
    try:
        calls.ioctl(descriptor, request, argument)
    except OSError as error:
        if error.errno != number:
            raise


# Making devices


def _made(id, mode, device):
    @witness(id)
    def one(it):
        os.mknod(it.made, mode | 0o600, device)

    @one.prepare
    def _(it):
        it.keep(made=it.directory("open", mode=0o777) / "made")

    one.effect(lambda it: stat.S_IFMT(it.made.lstat().st_mode) == mode)


_made("mknod character device", stat.S_IFCHR, os.makedev(1, 3))
_made("mknod block device", stat.S_IFBLK, os.makedev(7, 0))
_made("mknod whiteout", stat.S_IFCHR, 0)
_made("mknod FIFO", stat.S_IFIFO, 0)


@witness("open a device on a file system mounted nodev", "mount")
def nodev(it):
    os.open(it.device, os.O_RDWR)


@nodev.prepare
def _(it):
    path = it.directory("point")
    calls.mount("there", path, "tmpfs", 4)  # nodev
    it.keep(device=path / "null")
    try:
        os.mknod(it.device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        raise NotHereError("root of a user namespace makes no devices") from None


# Terminals


def _terminal(it):
    """Have a pseudo terminal that is nobody's controlling terminal."""
    master, slave = os.openpty()
    it.keep(master=master, slave=slave)
    os.set_blocking(master, False)


def _typed(it):
    """Say whether something was typed into it, which it echoes."""
    try:
        return os.read(it.master, 16) != b""
    except BlockingIOError:
        return False


@witness("ioctl TIOCSTI, own terminal")
def type_own(it):
    os.setsid()
    fcntl.ioctl(it.slave, termios.TIOCSCTTY, 0)
    fcntl.ioctl(it.slave, termios.TIOCSTI, b"x")
    return _typed(it)  # before its session ends, and hangs it up


def _own_terminal(setting):
    """Have a terminal, where the setting is so; kernels that do not have it yet do as if it were 1."""

    def prepare(it):
        path = Path("/proc/sys/dev/tty/legacy_tiocsti")
        found = path.read_text(encoding="ascii").strip() if path.exists() else "1"
        if found != setting:
            raise NotHereError(f"dev.tty.legacy_tiocsti is {found}")
        _terminal(it)

    return prepare


type_own.prepare(_own_terminal("1"))


@witness("ioctl TIOCSTI, legacy_tiocsti 0")
def type_forbidden(it):
    return type_own.act(it)


type_forbidden.prepare(_own_terminal("0"))


@witness("ioctl TIOCSTI, another terminal")
def type_another(it):
    fcntl.ioctl(it.slave, termios.TIOCSTI, b"x")


type_another.prepare(_terminal)
type_another.effect(_typed)


@witness("ioctl TIOCSCTTY, another session's terminal")
def steal(it):
    os.setsid()
    fcntl.ioctl(it.slave, termios.TIOCSCTTY, 1)


def _taken(it):
    _terminal(it)

    def take():
        os.setsid()
        fcntl.ioctl(it.slave, termios.TIOCSCTTY, 0)

    it.keep(pid=it.start(2000, first=take))


steal.prepare(_taken)


@witness("ioctl TIOCSCTTY, terminal not opened for reading")
def not_readable(it):
    os.setsid()
    fcntl.ioctl(it.blind, termios.TIOCSCTTY, 0)


@not_readable.prepare
def _(it):
    _terminal(it)
    it.keep(blind=os.open(os.ttyname(it.slave), os.O_WRONLY | os.O_NOCTTY))


@witness("ioctl TIOCVHANGUP")
def hang_up(it):
    calls.ioctl(it.slave, 0x5437)


hang_up.prepare(_terminal)


@witness("ioctl TIOCSLCKTRMIOS")
def lock_settings(it):
    calls.ioctl(it.slave, 0x5457, ctypes.create_string_buffer(64))


lock_settings.prepare(_terminal)


@witness("ioctl TIOCCONS")
def console(it):
    # of the console itself it takes away a redirection, of which there is none
    calls.ioctl(it.console, 0x541D)


@console.prepare
def _(it):
    it.keep(console=_open("/dev/console"))


@witness("open a terminal with TIOCEXCL")
def exclusive(it):
    os.close(os.open(it.name, os.O_RDWR | os.O_NOCTTY))


@exclusive.prepare
def _(it):
    _terminal(it)
    it.keep(name=os.ttyname(it.slave))
    os.chmod(it.name, 0o666)
    fcntl.ioctl(it.slave, termios.TIOCEXCL)


@witness("vhangup")
def vhangup(_it):
    # without a controlling terminal there is nothing to hang up
    calls.call("vhangup")


# Consoles and keyboards: each sets what is set already


def _console(it):
    it.keep(console=_open("/dev/tty0"))


@witness("ioctl KDSKBMODE")
def keyboard_mode(it):
    mode = ctypes.c_long()
    calls.ioctl(it.console, 0x4B44, ctypes.byref(mode))
    calls.ioctl(it.console, 0x4B45, mode.value)


keyboard_mode.prepare(_console)


@witness("ioctl KDSKBENT")
def keyboard_table(it):
    # a table and key that a keyboard has, with what it is
    entry = ctypes.create_string_buffer(struct.pack("=BBH", 0, 30, 0), 4)
    calls.ioctl(it.console, 0x4B46, entry)
    calls.ioctl(it.console, 0x4B47, entry)


keyboard_table.prepare(_console)


@witness("ioctl VT_ACTIVATE")
def activate(it):
    state = ctypes.create_string_buffer(6)
    calls.ioctl(it.console, 0x5603, state)
    calls.ioctl(it.console, 0x5606, struct.unpack_from("=H", state)[0])


activate.prepare(_console)


@witness("ioctl VT_UNLOCKSWITCH")
def unlock_switch(it):
    calls.ioctl(it.console, 0x560C)


unlock_switch.prepare(_console)


@witness("ioctl KDKBDREP")
def key_repeat(it):
    # a delay and a period of 0 change nothing
    calls.ioctl(it.console, 0x4B52, ctypes.create_string_buffer(8))


key_repeat.prepare(_console)


@witness("ioctl KDSIGACCEPT")
def key_signal(it):
    # there is no signal 0, which is found after the check: EINVAL
    _despite(errno.EINVAL, it.console, 0x4B4E)


key_signal.prepare(_console)


@witness("ioctl TIOCLINUX")
def linux_console(it):
    # 12 asks which console is in front
    calls.ioctl(it.console, 0x541C, ctypes.create_string_buffer(b"\x0c", 8))


linux_console.prepare(_console)


# Raw input and output


def _mapped(device):
    """Map what no device has memory at, which is found after the check: EINVAL or ENODEV."""
    calls.libc.mmap.restype = ctypes.c_void_p
    far = ctypes.c_long(1 << 30)
    found = calls.libc.mmap(None, ctypes.c_size_t(mmap.PAGESIZE), mmap.PROT_READ, mmap.MAP_SHARED, device, far)
    if found == ctypes.c_void_p(-1).value and ctypes.get_errno() not in {errno.EINVAL, errno.ENODEV}:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@witness("mmap /proc/bus/pci")
def pci(it):
    _mapped(it.device)


@pci.prepare
def _(it):
    found = sorted(Path("/proc/bus/pci").glob("*/*"))
    if not found:
        raise NotHereError("there is no PCI device")
    it.keep(device=_open(found[0], os.O_RDONLY))
    try:
        _mapped(it.device)
    except PermissionError:
        raise NotHereError("something else than capabilities refuses it to everybody") from None


def _ports(name, *arguments):
    try:
        calls.call(name, *arguments)
    except OSError as error:
        if error.errno == errno.ENOSYS:
            raise NotHereError("this kernel lets nobody use ports (CONFIG_X86_IOPL_IOPERM)") from None
        raise


@witness("open /dev/cpu/N/msr")
def registers(it):
    os.close(os.open(it.device, os.O_RDONLY))


@registers.prepare
def _(it):
    _open("/dev/cpu/0/msr", os.O_RDONLY)
    it.keep(device="/dev/cpu/0/msr")


@witness("open /dev/kmsg for reading")
def kernel_messages(_it):
    os.close(_open("/dev/kmsg", os.O_RDONLY))


@witness("open /dev/kmsg for writing")
def kernel_message(_it):
    os.close(_open("/dev/kmsg", os.O_WRONLY))


@witness("ioctl RNDADDTOENTCNT")
def entropy(it):
    # its argument is read after the check: EFAULT
    _despite(errno.EFAULT, it.random, 0x40045201)


@witness("ioctl RNDRESEEDCRNG")
def reseed(it):
    # what is not seeded yet says so after the check
    _despite(errno.ENODATA, it.random, 0x5207)


def _random(it):
    it.keep(random=_open("/dev/urandom", os.O_RDONLY))


entropy.prepare(_random)
reseed.prepare(_random)


# Block devices: of a loop device without a file, which was opened for reading


def _loop(it):
    it.keep(loop=_open("/dev/loop7", os.O_RDONLY))


@witness("ioctl LOOP_SET_STATUS64, opened for reading")
def loop_status(it):
    # it has no file: ENXIO; its argument is read before that and after the check: EFAULT
    _despite(errno.EFAULT, it.loop, 0x4C04)


@witness("ioctl BLKFLSBUF")
def flush(it):
    calls.ioctl(it.loop, 0x1261)


@witness("ioctl BLKROSET")
def read_only(it):
    # what it is already
    value = ctypes.c_int()
    calls.ioctl(it.loop, 0x125E, ctypes.byref(value))
    calls.ioctl(it.loop, 0x125D, ctypes.byref(value))


@witness("ioctl BLKRASET")
def read_ahead(it):
    value = ctypes.c_long()
    calls.ioctl(it.loop, 0x1263, ctypes.byref(value))
    calls.ioctl(it.loop, 0x1262, value.value)


@witness("ioctl BLKRRPART")
def partitions(it):
    # a loop device without partitions has none to read: EINVAL
    _despite(errno.EINVAL, it.loop, 0x125F)


@witness("ioctl BLKPG")
def partition(it):
    # which partition is meant is read after the check: EFAULT
    _despite(errno.EFAULT, it.loop, 0x1269, ctypes.create_string_buffer(struct.pack("=iiiiQ", 1, 0, 0, 0, 0), 32))


for _each in (loop_status, flush, read_only, read_ahead, partitions, partition):
    _each.prepare(_loop)


@witness("ioctl BTRFS_IOC_SCAN_DEV")
def scan_devices(it):
    # its argument is read after the check: EFAULT
    _despite(errno.EFAULT, it.control, 0x50009404)


@scan_devices.prepare
def _(it):
    it.keep(control=_open("/dev/btrfs-control"))


@witness("ioctl AUTOFS_DEV_IOCTL_OPENMOUNT")
def automount(it):
    # its argument is read after the check: EFAULT
    _despite(errno.EFAULT, it.control, 0xC0189374)


@automount.prepare
def _(it):
    it.keep(control=_open("/dev/autofs"))
