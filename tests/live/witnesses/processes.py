"""Processes and their credentials: signals, ids, capabilities, tracing, filters, and what checkpoints ask."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import socket
import struct
import time
from pathlib import Path

from tests.live.witnesses import calls
from tests.live.witnesses.witness import NotHereError, witness

_CAP_KILL = 1 << 5


def _another(it):
    """Have a process of another user."""
    it.keep(pid=it.start())


def _ended(it):
    """Say whether the other process came to its end."""
    for _ in range(200):
        if os.waitpid(it.pid, os.WNOHANG)[0]:
            return True
        time.sleep(0.005)
    return False


# Signals


@witness("kill another user's process")
def kill(it):
    os.kill(it.pid, signal.SIGTERM)


kill.prepare(_another)
kill.effect(_ended)


@witness("kill SIGCONT, same session")
def kill_continue(it):
    os.kill(it.pid, signal.SIGCONT)


kill_continue.prepare(_another)


@witness("rt_sigqueueinfo as if from kill")
def rt_sigqueueinfo(it):
    # si_code 0, SI_USER, says that kill(2) sent it, and from whom
    calls.call("rt_sigqueueinfo", it.pid, int(signal.SIGTERM), struct.pack("=iii", signal.SIGTERM, 0, 0).ljust(128))


@rt_sigqueueinfo.prepare
def _(it):
    it.keep(pid=it.start(1000))


@witness("rt_sigqueueinfo beyond RLIMIT_SIGPENDING")
def sigqueue_beyond(_it):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGRTMIN})
    about = struct.pack("=iii", signal.SIGRTMIN, 0, -1).ljust(128)  # SI_QUEUE
    for _ in range(2):
        calls.call("rt_sigqueueinfo", os.getpid(), int(signal.SIGRTMIN), about)


@sigqueue_beyond.prepare
def _(_it):
    resource.setrlimit(resource.RLIMIT_SIGPENDING, (0, 0))


# Ids


@witness("setuid")
def setuid(_it):
    os.setresuid(2000, 2000, 2000)
    return os.getuid() == 2000


@witness("setfsuid")
def setfsuid(_it):
    calls.call("setfsuid", 2000)
    return calls.call("setfsuid", -1) == 2000


@witness("setgid")
def setgid(_it):
    os.setresgid(2000, 2000, 2000)
    return os.getgid() == 2000


@witness("setfsgid")
def setfsgid(_it):
    calls.call("setfsgid", 2000)
    return calls.call("setfsgid", -1) == 2000


@witness("setgroups")
def setgroups(_it):
    os.setgroups([2000])
    return os.getgroups() == [2000]


_SCM_CREDENTIALS = 2


def _sent_as(pid, uid, gid):
    one, two = socket.socketpair(socket.AF_UNIX)
    two.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    credentials = struct.pack("=3i", pid, uid, gid)
    one.sendmsg([b"."], [(socket.SOL_SOCKET, _SCM_CREDENTIALS, credentials)])
    return two.recvmsg(1, 64)[1][0][2] == credentials


@witness("sendmsg SCM_CREDENTIALS, another uid")
def forged_uid(_it):
    return _sent_as(os.getpid(), 2000, os.getgid())


@witness("sendmsg SCM_CREDENTIALS, another gid")
def forged_gid(_it):
    return _sent_as(os.getpid(), os.getuid(), 2000)


@witness("sendmsg SCM_CREDENTIALS, another pid", "pid")
def forged_pid(it):
    return _sent_as(it.pid, os.getuid(), os.getgid())


forged_pid.prepare(_another)


@witness("sendmsg SCM_RIGHTS beyond RLIMIT_NOFILE")
def descriptors_in_flight(_it):
    # more than so many of a user's descriptors may not be on their way; the first message may still go beyond
    one, two = socket.socketpair(socket.AF_UNIX)
    for _ in range(2):
        socket.send_fds(one, [b"."], [0] * 100)
    two.close()


@descriptors_in_flight.prepare
def _(_it):
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


# Capabilities and what goes with them

_PR_CAPBSET_READ, _PR_CAPBSET_DROP = 23, 24
_PR_GET_SECUREBITS, _PR_SET_SECUREBITS = 27, 28
_NOROOT, _EXEC_RESTRICT_FILE = 1 << 0, 1 << 8


@witness("prctl PR_CAPBSET_DROP")
def bounding_drop(_it):
    calls.prctl(_PR_CAPBSET_DROP, 0)
    return calls.prctl(_PR_CAPBSET_READ, 0) == 0


@witness("prctl PR_SET_SECUREBITS")
def set_securebits(_it):
    bits = calls.prctl(_PR_GET_SECUREBITS) | _NOROOT
    calls.prctl(_PR_SET_SECUREBITS, bits)
    return calls.prctl(_PR_GET_SECUREBITS) == bits


@witness("prctl PR_SET_SECUREBITS, exec bits")
def set_exec_securebits(_it):
    bits = calls.prctl(_PR_GET_SECUREBITS) | _EXEC_RESTRICT_FILE
    calls.prctl(_PR_SET_SECUREBITS, bits)
    return calls.prctl(_PR_GET_SECUREBITS) == bits


@witness("prctl PR_SET_KEEPCAPS")
def set_keepcaps(_it):
    calls.prctl(calls.PR_SET_KEEPCAPS, 0)


@witness("prctl PR_SET_NO_NEW_PRIVS")
def set_no_new_privs(_it):
    calls.prctl(38, 1)
    return calls.prctl(39) == 1


@witness("prctl PR_CAP_AMBIENT_RAISE")
def ambient_raise(_it):
    held = calls.supported()
    calls.capset(held, held, held & _CAP_KILL)
    calls.prctl(47, 2, 5)
    return calls.prctl(47, 1, 5) == 1


@witness("capset inheritable beyond permitted")
def capset_inheritable(_it):
    held = calls.supported()
    calls.capset(held, held, held | _CAP_KILL)


@witness("capset of another process")
def capset_another(it):
    calls.call("capset", struct.pack("=Ii", 0x20080522, it.pid), bytes(24))


@capset_another.prepare
def _(it):
    it.keep(pid=it.start(1000))


# Tracing

_TRACEME, _ATTACHED, _SETOPTIONS, _SECCOMP_GET_FILTER = 0, 0x4206, 0x4200, 0x420C
_SUSPEND_SECCOMP = 1 << 21


def _traced(it):
    # PTRACE_SEIZE: as PTRACE_ATTACH, without the stop that comes some time later
    calls.call("ptrace", _ATTACHED, it.pid, 0, 0)
    return f"TracerPid:\t{os.getpid()}\n" in Path(f"/proc/{it.pid}/status").read_text(encoding="utf-8")


@witness("ptrace attach")
def ptrace_attach(it):
    return _traced(it)


ptrace_attach.prepare(_another)


@witness("ptrace attach, same user")
def ptrace_attach_own(it):
    return _traced(it)


@ptrace_attach_own.prepare
def _(it):
    it.keep(pid=it.start(1000))


def _under_yama(scope):
    """Have a process of the same user that the tracer has not started, where Yama restricts tracing so far."""

    def prepare(it):
        path = Path("/proc/sys/kernel/yama/ptrace_scope")
        if not path.exists():
            raise NotHereError("Yama is not there, or not turned on")
        found = path.read_text(encoding="ascii").strip()
        if found != scope:
            raise NotHereError(f"kernel.yama.ptrace_scope is {found}")
        it.keep(pid=it.start(1000))

    return prepare


@witness("ptrace attach, same user, ptrace_scope 1")
def ptrace_attach_no_descendant(it):
    return _traced(it)


ptrace_attach_no_descendant.prepare(_under_yama("1"))


@witness("ptrace attach, ptrace_scope 3")
def ptrace_attach_forbidden(it):
    return _traced(it)


ptrace_attach_forbidden.prepare(_under_yama("3"))


@witness("ptrace attach, same user with more capabilities")
def ptrace_attach_more(it):
    return _traced(it)


@ptrace_attach_more.prepare
def _(it):
    it.keep(pid=it.start(1000, _CAP_KILL))


@witness("ptrace attach, same user's program that cannot be read")
def ptrace_attach_unreadable(it):
    return _traced(it)


@ptrace_attach_unreadable.prepare
def _(it):
    program = it.file("program", content=Path("/usr/bin/tail").read_bytes(), mode=0o711)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
        os.execv(program, [str(program), "-f", "/dev/null"])
    os.close(write)
    os.read(read, 1)  # it comes to its end as the other program begins
    it.keep(pid=pid)


def _stopped_child():
    """Have a child that is traced and stopped."""
    pid = os.fork()
    if pid == 0:
        calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
        calls.call("ptrace", _TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


@witness("ptrace PTRACE_SECCOMP_GET_FILTER")
def seccomp_get_filter(_it):
    pid = _stopped_child()
    try:
        calls.call("ptrace", _SECCOMP_GET_FILTER, pid, 0, 0)
    except OSError as e:
        return e.errno == errno.EINVAL or _refused(e)  # it has no filter; who asks is looked at first
    finally:
        os.kill(pid, signal.SIGKILL)


@witness("ptrace PTRACE_O_SUSPEND_SECCOMP")
def suspend_seccomp(_it):
    pid = _stopped_child()
    try:
        calls.call("ptrace", _SETOPTIONS, pid, 0, _SUSPEND_SECCOMP)
    finally:
        os.kill(pid, signal.SIGKILL)


def _refused(error):
    raise error


@witness("execve of a traced set-user-ID program")
def exec_traced(it):
    # what counts is what the tracer held when it attached, so the child holds nothing
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
        os.read(read, 1)
        calls.capset(0, 0)
        os.execv(it.program, [str(it.program), "-f", "/dev/null"])
    calls.call("ptrace", _ATTACHED, pid, 0, 1 << 4)  # and stop it as soon as it is another program
    os.write(write, b".")
    os.waitpid(pid, 0)
    rows = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    os.kill(pid, signal.SIGKILL)
    return rows.partition("\nUid:")[2].split()[1] == "2000"


@exec_traced.prepare
def _(it):
    it.keep(program=it.file("program", content=Path("/usr/bin/tail").read_bytes(), uid=2000, mode=0o4755))


@witness("process_vm_readv")
def process_vm_readv(it):
    here = ctypes.create_string_buffer(6)
    own, other = ((ctypes.c_size_t * 2)(ctypes.addressof(each), 6) for each in (here, it.words))
    calls.call("process_vm_readv", it.pid, ctypes.byref(own), 1, ctypes.byref(other), 1, 0)
    return here.raw == b"theirs"


@witness("process_vm_writev")
def process_vm_writev(it):
    here = ctypes.create_string_buffer(b"theirs")
    own, other = ((ctypes.c_size_t * 2)(ctypes.addressof(each), 6) for each in (here, it.words))
    return calls.call("process_vm_writev", it.pid, ctypes.byref(own), 1, ctypes.byref(other), 1, 0) == 6


@process_vm_readv.prepare
@process_vm_writev.prepare
def _(it):
    words = ctypes.create_string_buffer(b"unread")

    def changed():
        words.value = b"theirs"

    it.keep(words=words, pid=it.start(first=changed))


@witness("kcmp")
def kcmp(it):
    calls.call("kcmp", os.getpid(), it.pid, 1, 0, 0)


kcmp.prepare(_another)


@witness("pidfd_getfd")
def pidfd_getfd(it):
    calls.call("pidfd_getfd", calls.call("pidfd_open", it.pid, 0), 1, 0)


pidfd_getfd.prepare(_another)


@witness("pidfd_getfd, same user")
def pidfd_getfd_own(it):
    calls.call("pidfd_getfd", calls.call("pidfd_open", it.pid, 0), 1, 0)


@pidfd_getfd_own.prepare
def _(it):
    it.keep(pid=it.start(1000))


@witness("get_robust_list")
def get_robust_list(it):
    head, size = ctypes.c_void_p(), ctypes.c_size_t()
    calls.call("get_robust_list", it.pid, ctypes.byref(head), ctypes.byref(size))


get_robust_list.prepare(_another)


@witness("prctl PR_SET_PTRACER")
def set_ptracer(it):
    try:
        calls.prctl(0x59616D61, it.pid)
    except OSError as e:
        if e.errno == errno.EINVAL:
            raise NotHereError("Yama is not there") from None
        raise


set_ptracer.prepare(_another)


# Limits


def _limited(pid, limit):
    calls.call("prlimit64", pid, resource.RLIMIT_CORE, (ctypes.c_ulong * 2)(limit, limit), None)


@witness("prlimit another user's process")
def prlimit(it):
    _limited(it.pid, 0)


prlimit.prepare(_another)


@witness("prlimit, same user")
def prlimit_own(it):
    _limited(it.pid, 0)


@prlimit_own.prepare
def _(it):
    it.keep(pid=it.start(1000))


@witness("setrlimit above the hard limit")
def setrlimit(_it):
    _limited(0, 1 << 20)


@setrlimit.prepare
def _(_it):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@witness("fork beyond RLIMIT_NPROC")
def fork_beyond(_it):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


@fork_beyond.prepare
def _(_it):
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


# Filters


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _filtered():
    allow = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
    calls.call("prctl", 22, 2, ctypes.byref(_Program(1, allow)), 0, 0)
    return "\nSeccomp:\t2\n" in Path("/proc/self/status").read_text(encoding="utf-8")


@witness("seccomp filter")
def seccomp(_it):
    return _filtered()


@witness("seccomp filter, no_new_privs")
def seccomp_no_new_privs(_it):
    calls.prctl(38, 1)
    return _filtered()


def _ruled():
    try:
        ruleset = calls.call("landlock_create_ruleset", struct.pack("=Q", 1), 8, 0)
    except OSError as e:
        if e.errno in {errno.ENOSYS, errno.EOPNOTSUPP}:
            raise NotHereError("Landlock is not there, or not turned on") from None
        raise
    calls.call("landlock_restrict_self", ruleset, 0)


@witness("landlock_restrict_self")
def landlock(_it):
    _ruled()


@witness("landlock_restrict_self, no_new_privs")
def landlock_no_new_privs(_it):
    calls.prctl(38, 1)
    _ruled()


# Checkpoint and restore

_PR_SET_MM = 35


@witness("clone3 set_tid", "pid")
def clone_set_tid(_it):
    wanted = ctypes.c_int(4000)
    arguments = struct.pack("=11Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(wanted), 1, 0)
    pid = calls.call("clone3", arguments, len(arguments))
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid == 4000


@witness("write /proc/sys/kernel/ns_last_pid", "pid")
def ns_last_pid(_it):
    path = Path("/proc/sys/kernel/ns_last_pid")
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        raise NotHereError(f"{path} is not there") from None
    os.write(descriptor, b"5000")
    return path.read_text(encoding="ascii") == "5000\n"


def _as_it_is(program=-1):
    """Say where one's own memory lies, as PR_SET_MM_MAP wants it."""
    rows = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    code, end_code, stack = map(int, rows[23:26])
    data, end_data, start_brk, *rest = map(int, rows[42:49])
    calls.libc.sbrk.restype = ctypes.c_void_p
    brk = calls.libc.sbrk(ctypes.c_long(0))
    return struct.pack("=12QIi", code, end_code, data, end_data, start_brk, brk, stack, *rest, 0, 0, program)


@witness("prctl PR_SET_MM_MAP")
def set_mm_map(_it):
    where = _as_it_is()
    calls.call("prctl", _PR_SET_MM, 14, where, len(where), 0)


@witness("prctl PR_SET_MM_MAP, exe_fd")
def set_mm_exe(_it):
    where = _as_it_is(os.open("/bin/true", os.O_RDONLY))
    try:
        calls.call("prctl", _PR_SET_MM, 14, where, len(where), 0)
    except OSError as e:
        return e.errno == errno.EBUSY or _refused(e)  # the old program is still mapped; that is looked at last


@witness("prctl PR_SET_MM")
def set_mm(_it):
    try:
        calls.call("prctl", _PR_SET_MM, 1, 1, 0, 0)
    except OSError as e:
        return e.errno == errno.EINVAL or _refused(e)  # no code lies at 1; the capability comes before


@witness("prctl PR_SET_IO_FLUSHER")
def io_flusher(_it):
    calls.prctl(57, 1)


@witness("prctl PR_SET_MEMORY_MERGE")
def memory_merge(_it):
    try:
        calls.prctl(67, 1)
        return calls.prctl(68) == 1
    except OSError as e:
        if e.errno == errno.EINVAL:
            raise NotHereError("this kernel merges no memory") from None
        raise
