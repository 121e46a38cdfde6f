"""BPF, perf and io_uring."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import resource
import socket
import struct
from pathlib import Path

from tests.live.witnesses import calls, netlink
from tests.live.witnesses.witness import NotHereError, witness


def _late(error, *expected):
    """Say that an error came after the capability was looked at, if it is one of these."""
    if error.errno in expected:
        return True
    raise error


def _disabled(path, *values):
    """Look whether a sysctl is as it has to be for what is asked."""
    try:
        found = Path(f"/proc/sys/{path}").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise NotHereError(f"{path} is not there") from None
    if found not in values:
        raise NotHereError(f"{path} is {found}")


# BPF

_MAP_CREATE, _PROG_LOAD, _PROG_ATTACH, _NEXT_ID, _PROG_BY_ID, _MAP_BY_ID = 0, 5, 8, 11, 13, 14
_RAW_TRACEPOINT_OPEN, _BTF_LOAD, _BTF_BY_ID, _TASK_FD_QUERY, _LINK_BY_ID, _ENABLE_STATS = 17, 18, 19, 20, 30, 32
_NOTHING = struct.pack("=QQ", 0xB7, 0x95)  # r0 = 0; exit
_LEAK = struct.pack("=BBhiQ", 0xBF, 0xA0, 0, 0, 0x95)  # r0 = r10; exit
_KINDS = {
    "socket filter": 1,
    "kprobe": 2,
    "xdp": 6,
    "cgroup skb": 8,
    "raw tracepoint": 17,
    "extension": 28,
}


def _bpf(command, layout, *values):
    attributes = struct.pack("=" + layout, *values).ljust(128, b"\0")
    return calls.call("bpf", command, attributes, len(attributes))


def _loaded(kind, program=_NOTHING, attach=0):
    text, license = ctypes.create_string_buffer(program), ctypes.create_string_buffer(b"GPL")
    where = ctypes.addressof(text), ctypes.addressof(license)
    return _bpf(_PROG_LOAD, "IIQQIIQII16sII", _KINDS[kind], len(program) // 8, *where, 0, 0, 0, 0, 0, b"", 0, attach)


def _restricted(_it):
    _disabled("kernel/unprivileged_bpf_disabled", "1", "2")


def _loads(kind):
    def act(_it):
        return os.close(_loaded(kind)) is None

    return act


for _id, _kind in {
    "bpf BPF_PROG_LOAD, socket filter": "socket filter",
    "bpf BPF_PROG_LOAD, tracing": "kprobe",
    "bpf BPF_PROG_LOAD, network": "xdp",
    "bpf BPF_PROG_LOAD, cgroup skb": "cgroup skb",
}.items():
    witness(_id, "network")(_loads(_kind)).prepare(_restricted)


@witness("bpf BPF_PROG_LOAD, extension")
def load_extension(_it):
    try:
        _loaded("extension")
    except OSError as e:
        return _late(e, errno.EINVAL)  # it extends nothing; the capabilities come before


@load_extension.prepare
def _(it):
    _restricted(it)
    try:
        _loaded("extension")
    except OSError as e:
        if e.errno == errno.EPERM:
            raise NotHereError("something else than capabilities refuses it to everybody") from None


@witness("bpf BPF_PROG_LOAD, reading kernel addresses")
def load_leak(_it):
    # what a socket filter returns is how much of a packet to keep: this one gives away where the stack lies
    return os.close(_loaded("socket filter", _LEAK)) is None


load_leak.prepare(_restricted)


def _map(kind, key=4, value=4, entries=1, flags=0):
    return _bpf(_MAP_CREATE, "IIIII", kind, key, value, entries, flags)


@witness("bpf BPF_MAP_CREATE")
def create_map(_it):
    return os.close(_map(2)) is None


@witness("bpf BPF_MAP_CREATE, sockmap", "network")
def create_sockmap(_it):
    return os.close(_map(15)) is None


@witness("bpf BPF_MAP_LOOKUP_ELEM, one's own")
def look_up(it):
    key, value = ctypes.create_string_buffer(4), ctypes.create_string_buffer(b"....")
    _bpf(1, "IxxxxQQ", it.map, ctypes.addressof(key), ctypes.addressof(value))
    return value.raw[:4] == bytes(4)


create_map.prepare(_restricted)
create_sockmap.prepare(_restricted)


@look_up.prepare
def _(it):
    it.keep(map=_map(2))


@witness("bpf BPF_BTF_LOAD")
def load_btf(_it):
    # one type, an int of four bytes
    types = struct.pack("=IIII", 1, 1 << 24, 4, 0x01000020)
    text = ctypes.create_string_buffer(
        struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), 5) + types + b"\0int\0"
    )
    return os.close(_bpf(_BTF_LOAD, "QQI", ctypes.addressof(text), 0, len(text) - 1)) is None


load_btf.prepare(_restricted)


@witness("bpf BPF_PROG_GET_NEXT_ID")
def next_program(_it):
    try:
        _bpf(_NEXT_ID, "II", 0, 0)
    except OSError as e:
        return _late(e, errno.ENOENT)  # there are none


@witness("bpf BPF_PROG_GET_FD_BY_ID")
def program_by_id(_it):
    try:
        _bpf(_PROG_BY_ID, "II", 0xFFFFFF, 0)
    except OSError as e:
        return _late(e, errno.ENOENT)  # there is none of that number


@witness("bpf BPF_MAP_GET_FD_BY_ID")
def map_by_id(_it):
    try:
        _bpf(_MAP_BY_ID, "II", 0xFFFFFF, 0)
    except OSError as e:
        return _late(e, errno.ENOENT)


@witness("bpf BPF_BTF_GET_FD_BY_ID")
def btf_by_id(_it):
    try:
        _bpf(_BTF_BY_ID, "II", 0xFFFFFF, 0)
    except OSError as e:
        return _late(e, errno.ENOENT)


@witness("bpf BPF_LINK_GET_FD_BY_ID")
def link_by_id(_it):
    try:
        _bpf(_LINK_BY_ID, "I", 0xFFFFFF)
    except OSError as e:
        return _late(e, errno.ENOENT)


@witness("bpf BPF_TASK_FD_QUERY")
def task_query(_it):
    try:
        _bpf(_TASK_FD_QUERY, "II", os.getpid(), 0)
    except OSError as e:
        return _late(e, 524)  # ENOTSUPP: it is no descriptor of perf


@witness("bpf BPF_ENABLE_STATS")
def enable_statistics(_it):
    try:
        _bpf(_ENABLE_STATS, "I", 99)
    except OSError as e:
        return _late(e, errno.EINVAL)  # there are no such statistics; that is looked at later


@witness("bpf BPF_PROG_ATTACH, cgroup skb", "network", outside=True)
def attach_program(it):
    try:
        _bpf(_PROG_ATTACH, "IIII", it.folder_opened, it.program, 0, 0)
    except OSError as e:
        return _late(e, errno.EBADF)  # it is no cgroup; that is looked at later


@attach_program.prepare
def _(it):
    it.keep(folder_opened=os.open(it.folder, os.O_RDONLY), program=_loaded("cgroup skb"))


@witness("bpf BPF_RAW_TRACEPOINT_OPEN")
def open_tracepoint(it):
    name = ctypes.create_string_buffer(b"sys_enter")
    return os.close(_bpf(_RAW_TRACEPOINT_OPEN, "QI", ctypes.addressof(name), it.program)) is None


@open_tracepoint.prepare
def _(it):
    it.keep(program=_loaded("raw tracepoint"))


@witness("bpf BPF_LINK_CREATE, XDP", "network")
def attach_xdp(it):
    return os.close(_bpf(28, "IIII", it.program, socket.if_nametoindex("lo"), 37, 0)) is None


@attach_xdp.prepare
def _(it):
    it.keep(program=_loaded("xdp", attach=37))


@witness("bpf BPF_PROG_LOAD, unprivileged_bpf_disabled 0")
def load_unprivileged(_it):
    return os.close(_loaded("socket filter")) is None


@load_unprivileged.prepare
def _(_it):
    _disabled("kernel/unprivileged_bpf_disabled", "0")


@witness("bpf BPF_PROG_TEST_RUN", outside=True)
def test_run(it):
    packet = ctypes.create_string_buffer(64)
    attributes = ctypes.create_string_buffer(
        struct.pack("=IIIIQQ", it.program, 7, 64, 0, ctypes.addressof(packet), 0).ljust(128, b"\0"), 128
    )
    calls.call("bpf", 10, attributes, 80)
    return struct.unpack_from("=II", attributes.raw)[1] == 0


@witness("setsockopt SO_ATTACH_BPF", outside=True)
def attach_to_socket(it):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.setsockopt(socket.SOL_SOCKET, 50, it.program)


@test_run.prepare
@attach_to_socket.prepare
def _(it):
    it.keep(program=_loaded("socket filter"))


@witness("netlink RTM_SETLINK, IFLA_XDP", "network", outside=True)
def set_xdp(it):
    in_general = 2  # without a driver that knows it
    which = [netlink.attribute(1, it.program), netlink.attribute(3, in_general)]
    lo = netlink.link(netlink.index("lo"))
    netlink.asked(netlink.ROUTE, 19, netlink.ACK, lo, netlink.attribute(43, which))


@set_xdp.prepare
def _(it):
    it.keep(program=_loaded("xdp"))


# Files of the tracer


@witness("write /sys/kernel/tracing/uprobe_events", outside=True)
def uprobe_events(it):
    os.close(os.open(it.tracing / "uprobe_events", os.O_WRONLY))


@uprobe_events.prepare
def _(it):
    it.keep(tracing=_tracing(it))
    if not (it.tracing / "uprobe_events").exists():
        raise NotHereError("there are no uprobes")


def _tracing(it):
    tracing = it.directory("tracing")
    try:
        calls.mount("tracefs", tracing, "tracefs")
    except OSError as e:
        if e.errno == errno.ENODEV:
            raise NotHereError("there is no tracefs") from None
        raise
    return tracing


# perf

_SOFTWARE, _TRACEPOINT = 1, 2
_EXCLUDE_KERNEL = 1 << 5
_EXCLUDE_HYPERVISOR = 1 << 6
_USER_ONLY = _EXCLUDE_KERNEL | _EXCLUDE_HYPERVISOR
_CPU_CLOCK, _TASK_CLOCK = 0, 1


def _perf(pid=0, cpu=-1, *, kind=_SOFTWARE, config=_TASK_CLOCK, flags=0, sample=0, more=(0, 0, 0)):
    size = 112
    head = struct.pack("=IIQQQQQII", kind, size, config, 0, sample, 0, flags, 0, 0)
    return calls.call("perf_event_open", (head + struct.pack("=QQQ", *more)).ljust(size, b"\0"), pid, cpu, -1, 0)


def _paranoid(_it):
    _disabled("kernel/perf_event_paranoid", "2", "3", "4")


@witness("perf_event_open, one's own")
def perf_own(_it):
    return os.close(_perf(flags=_USER_ONLY)) is None


@witness("perf_event_open, the kernel")
def perf_kernel(_it):
    return os.close(_perf()) is None


@witness("perf_event_open, a whole processor")
def perf_processor(_it):
    return os.close(_perf(-1, 0, config=_CPU_CLOCK, flags=_USER_ONLY)) is None


perf_kernel.prepare(_paranoid)
perf_processor.prepare(_paranoid)


@witness("perf_event_open, another user's process")
def perf_another(it):
    return os.close(_perf(it.pid, flags=_USER_ONLY)) is None


@perf_another.prepare
def _(it):
    it.keep(pid=it.start())


@witness("perf_event_open, tracepoint with its data", outside=True)
def perf_tracepoint(it):
    # PERF_SAMPLE_RAW, of a whole processor
    return os.close(_perf(-1, 0, kind=_TRACEPOINT, config=it.number, flags=_USER_ONLY, sample=1 << 10)) is None


@perf_tracepoint.prepare
def _(it):
    _paranoid(it)
    it.keep(number=int((_tracing(it) / "events/sched/sched_switch/id").read_text(encoding="ascii")))


@witness("perf_event_open, uprobe")
def perf_uprobe(it):
    path = ctypes.create_string_buffer(b"/nowhere")
    try:
        _perf(kind=it.uprobe, config=0, more=(0, ctypes.addressof(path), 0))
    except OSError as e:
        return _late(e, errno.ENOENT, errno.EINVAL)  # there is no such file; the capability comes before


@perf_uprobe.prepare
def _(it):
    _paranoid(it)
    try:
        kind = Path("/sys/bus/event_source/devices/uprobe/type").read_text(encoding="ascii")
    except FileNotFoundError:
        raise NotHereError("there are no uprobes") from None
    it.keep(uprobe=int(kind))


@witness("mmap of perf's buffer beyond RLIMIT_MEMLOCK")
def perf_buffer(it):
    mmap.mmap(it.counter, (1 + (1 << 12)) * mmap.PAGESIZE).close()


@perf_buffer.prepare
def _(it):
    _disabled("kernel/perf_event_paranoid", "0", "1", "2", "3", "4")
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    it.keep(counter=_perf(flags=_USER_ONLY))


# io_uring


def _ring(flags=0):
    parameters = ctypes.create_string_buffer(struct.pack("=II", 0, 0) + struct.pack("=I", flags), 120)
    try:
        return calls.call("io_uring_setup", 4, parameters)
    except OSError as e:
        if e.errno == errno.ENOSYS:
            raise NotHereError("there is no io_uring") from None
        raise


@witness("io_uring_setup")
def ring(_it):
    return os.close(_ring()) is None


@ring.prepare
def _(_it):
    _disabled("kernel/io_uring_disabled", "0")


@witness("io_uring_setup, io_uring_disabled 1")
def ring_restricted(_it):
    return os.close(_ring()) is None


@ring_restricted.prepare
def _(_it):
    _disabled("kernel/io_uring_disabled", "1")


@witness("io_uring_setup IORING_SETUP_SQPOLL")
def ring_polled(_it):
    return os.close(_ring(2)) is None


@ring_polled.prepare
def _(_it):
    _disabled("kernel/io_uring_disabled", "0")


@witness("io_uring_register IORING_REGISTER_BUFFERS beyond RLIMIT_MEMLOCK")
def ring_buffers(_it):
    room = mmap.mmap(-1, 1 << 16)
    parts = (ctypes.c_size_t * 2)(ctypes.addressof(ctypes.c_char.from_buffer(room)), 1 << 16)
    calls.call("io_uring_register", _ring(), 0, ctypes.byref(parts), 1)


@ring_buffers.prepare
def _(_it):
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))


@witness("io_uring_register IORING_REGISTER_ZCRX_IFQ", "network")
def ring_queue(_it):
    try:
        calls.call("io_uring_register", _ring(), 32, bytes(96), 1)
    except OSError as e:
        return _late(e, errno.EINVAL, errno.EFAULT)  # the ring was not made for it; that is looked at later
