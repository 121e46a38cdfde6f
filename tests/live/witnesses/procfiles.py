"""Files below /proc and /sys: of the processes of others, of the kernel, and sysctls."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

from tests.live.witnesses.witness import NotHereError, witness


def _another(it):
    """Have a process of another user."""
    it.keep(pid=it.start())


def _mine(it):
    """Have a process of the same user."""
    it.keep(pid=it.start(1000))


def _reads(name, prepare=_another, suffix=""):
    """Make a witness of reading a file of a process: something, and not zeros alone."""

    @witness(f"open /proc/PID/{name}{suffix}")
    def one(it):
        descriptor = os.open(f"/proc/{it.pid}/{name}", os.O_RDONLY)
        return os.read(descriptor, 4096).strip() not in {b"", b"0"}

    one.prepare(prepare)


def _waits(it):
    """Have a process of another user that waits already."""
    _another(it)
    for _ in range(200):
        if Path(f"/proc/{it.pid}/wchan").read_text(encoding="ascii") != "0":
            return
        time.sleep(0.005)
    raise NotHereError("the kernel does not tell where a process waits")


for _each in ("environ", "maps", "io", "syscall", "stack", "status", "mountinfo", "limits", "cgroup"):
    _reads(_each)
_reads("wchan", _waits)
_reads("environ", _mine, ", same user")
_reads("stack", _mine, ", same user")


@witness("open /proc/PID/mem")
def memory(it):
    descriptor = os.open(f"/proc/{it.pid}/mem", os.O_RDONLY)
    return len(os.pread(descriptor, 8, it.address)) == 8


@memory.prepare
def _(it):
    _another(it)
    first = Path(f"/proc/{it.pid}/maps").read_text(encoding="utf-8").split("-")[0]
    it.keep(address=int(first, 16))


def _stack(pid):
    """Return the first page of a process's stack, and how many there are: some are in memory, whichever."""
    for row in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        if row.endswith("[stack]"):
            first, end = (int(each, 16) // 4096 for each in row.split()[0].split("-"))
            return first, end - first
    raise AssertionError("it has no stack")


def _entries(it):
    descriptor = os.open(f"/proc/{it.pid}/pagemap", os.O_RDONLY)
    first, number = it.stack
    return struct.unpack(f"={number}Q", os.pread(descriptor, 8 * number, 8 * first))


@witness("open /proc/PID/pagemap")
def pagemap(it):
    return any(entry >> 55 for entry in _entries(it))


@pagemap.prepare
def _(it):
    _another(it)
    it.keep(stack=_stack(it.pid))


@witness("read page frames in /proc/PID/pagemap, same user")
def frames(it):
    return any(entry & (1 << 55) - 1 for entry in _entries(it))


@frames.prepare
def _(it):
    _mine(it)
    it.keep(stack=_stack(it.pid))


def _links(name):
    @witness(f"readlink /proc/PID/{name}")
    def one(it):
        return bool(os.readlink(f"/proc/{it.pid}/{name}"))

    one.prepare(_another)


for _each in ("exe", "cwd", "root", "ns/net"):
    _links(_each)


@witness("list /proc/PID/fd")
def descriptors(it):
    return bool(os.listdir(f"/proc/{it.pid}/fd"))


descriptors.prepare(_another)


@witness("readlink /proc/PID/fd/N")
def descriptor_link(it):
    return bool(os.readlink(f"/proc/{it.pid}/fd/0"))


descriptor_link.prepare(_another)


@witness("list /proc/PID/fdinfo")
def descriptor_notes(it):
    return bool(os.listdir(f"/proc/{it.pid}/fdinfo"))


descriptor_notes.prepare(_another)


@witness("list /proc/PID/map_files")
def map_files(it):
    return bool(os.listdir(f"/proc/{it.pid}/map_files"))


map_files.prepare(_another)


def _first_file(pid):
    return sorted(os.listdir(f"/proc/{pid}/map_files"))[0]


@witness("open /proc/PID/map_files/RANGE, same user")
def map_file(it):
    os.close(os.open(f"/proc/{it.pid}/map_files/{it.name}", os.O_RDONLY))


@map_file.prepare
def _(it):
    _mine(it)
    it.keep(name=_first_file(it.pid))


@witness("addresses in /proc/PID/stat")
def addresses(it):
    fields = Path(f"/proc/{it.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[25]) > 1  # start_stack, 0 where one may not know


addresses.prepare(_another)


def _writes(id, name, value, prepare=_another, shown=None):
    @witness(id)
    def one(it):
        descriptor = os.open(f"/proc/{it.pid}/{name}", os.O_WRONLY)
        os.write(descriptor, value.encode())

    one.prepare(prepare)
    if shown:
        one.effect(lambda it: Path(f"/proc/{it.pid}/{name}").read_text(encoding="ascii").strip() == shown)


_writes("write /proc/PID/oom_score_adj, another's", "oom_score_adj", "500", shown="500")
_writes("write /proc/PID/oom_score_adj, same user", "oom_score_adj", "500", _mine, "500")


@witness("write /proc/PID/oom_score_adj, lower")
def spared(_it):
    path = Path("/proc/self/oom_score_adj")
    os.write(os.open(path, os.O_WRONLY), b"-10")
    return path.read_text(encoding="ascii") == "-10\n"


_writes("write /proc/PID/coredump_filter", "coredump_filter", "0x7f", shown="0000007f")
_writes("write /proc/PID/clear_refs", "clear_refs", "1")
_writes("write /proc/PID/comm", "comm", "witness", shown="witness")


@witness("open /proc/PID/timerslack_ns for reading")
def timer_slack(it):
    return int(Path(f"/proc/{it.pid}/timerslack_ns").read_text(encoding="ascii")) > 0


timer_slack.prepare(_another)


@witness("write /proc/self/loginuid")
def login(_it):
    Path("/proc/self/loginuid").write_text("1000", encoding="ascii")
    return Path("/proc/self/loginuid").read_text(encoding="ascii") == "1000"


def _login(value):
    # it is inherited, so that of who acts is set too; the initial user namespace's root may
    Path("/proc/self/loginuid").write_text(value, encoding="ascii")


@login.prepare
def _(_it):
    _login("2000")


@witness("write /proc/self/loginuid, not set before")
def first_login(_it):
    Path("/proc/self/loginuid").write_text("1000", encoding="ascii")
    return Path("/proc/self/loginuid").read_text(encoding="ascii") == "1000"


@first_login.prepare
def _(_it):
    if Path("/proc/self/loginuid").read_text(encoding="ascii") != "4294967295":
        raise NotHereError("the one who asks has a login uid already")


# Of the kernel


def _kernel(name):
    @witness(f"open /proc/{name}")
    def one(_it):
        os.close(os.open(f"/proc/{name}", os.O_RDONLY))

    @one.prepare
    def _(_it):
        if not os.path.exists(f"/proc/{name}"):
            raise NotHereError(f"there is no /proc/{name}")


for _each in ("kmsg", "slabinfo", "vmallocinfo", "kpagecount", "timer_list", "pagetypeinfo"):
    _kernel(_each)


@witness("addresses in /proc/kallsyms")
def symbols(_it):
    with open("/proc/kallsyms", encoding="ascii") as rows:
        return any(int(row.split()[0], 16) for row, _ in zip(rows, range(100), strict=False))


@symbols.prepare
def _(_it):
    with open("/proc/sys/kernel/kptr_restrict", encoding="ascii") as setting:
        if setting.read().strip() not in {"0", "1"}:
            raise NotHereError("kernel.kptr_restrict is 2")


@witness("addresses in /proc/iomem")
def io_memory(_it):
    rows = Path("/proc/iomem").read_text(encoding="utf-8").splitlines()
    return any(int(row.split("-")[0], 16) for row in rows)


@witness("addresses in /proc/ioports")
def io_ports(_it):
    rows = Path("/proc/ioports").read_text(encoding="utf-8").splitlines()
    return any(int(row.split("-")[0], 16) for row in rows[1:])


# Sysctls: each is set to what it is


def _sysctl(name, uid=1000):
    path = Path("/proc/sys") / name

    @witness(f"write /proc/sys/{name}{' as root' * (not uid)}", uid=uid)
    def one(it):
        descriptor = os.open(path, os.O_WRONLY)
        os.write(descriptor, it.value)

    @one.prepare
    def _(it):
        if not path.exists():
            raise NotHereError(f"there is no {path}")
        it.keep(value=path.read_bytes())


_sysctl("vm/swappiness")
_sysctl("vm/swappiness", 0)
_sysctl("kernel/dmesg_restrict", 0)
_sysctl("kernel/kptr_restrict", 0)
_sysctl("kernel/unprivileged_bpf_disabled", 0)
_sysctl("vm/mmap_min_addr", 0)
_sysctl("kernel/usermodehelper/bset", 0)  # what is written is taken away from, never added to
_sysctl("kernel/core_pattern", 0)


@witness("write a file below /sys")
def sys_file(it):
    descriptor = os.open(it.path, os.O_WRONLY)
    os.write(descriptor, it.value)


@sys_file.prepare
def _(it):
    # what it is already
    path = Path("/sys/kernel/mm/ksm/sleep_millisecs")
    if not path.exists():
        raise NotHereError("this kernel merges no pages")
    it.keep(path=path, value=path.read_bytes())


@witness("write release_agent of a cgroup hierarchy", uid=0, shared=("cgroup",))
def release_agent(it):
    descriptor = os.open(it.path, os.O_WRONLY)
    os.write(descriptor, it.value)


@release_agent.prepare
def _(it):
    # what it is already, with the new line that ends it
    path = next(iter(sorted(Path("/sys/fs/cgroup").glob("*/release_agent"))), None)
    if path is None:
        raise NotHereError("no cgroup hierarchy of version 1 is mounted")
    it.keep(path=path, value=path.read_bytes() or b"\n")


# What some kernels lack


def _there(id, path):
    @witness(id)
    def one(it):
        where = path.format(pid=it.pid)
        if not os.path.exists(where):
            raise NotHereError(f"there is no {path.format(pid='PID')}")
        os.close(os.open(where, os.O_RDONLY))

    one.prepare(_another)


_there("open /proc/kcore", "/proc/kcore")
_there("open /proc/PID/seccomp_cache", "/proc/{pid}/seccomp_cache")
_there("open /dev/mem", "/dev/mem")
