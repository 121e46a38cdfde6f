"""Reading the threads of the running system."""

from __future__ import annotations

import contextlib
import ctypes
import enum
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest.mock import ANY

import pytest

from capset import LAST_CAP, Cap, CapSet, live
from capset.cli.operands import operand
from capset.errors import (
    AccessDeniedError,
    PidError,
    ProcessGoneError,
    ProcUnavailableError,
    StatusError,
)
from capset.live.status import parse_fresh

PR_SET_NAME = 15
libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def sleeping(setup=lambda: None):
    """Fork a child that does *setup* and waits."""
    ready, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            setup()
            os.write(go, b"x")
            time.sleep(60)
        finally:
            os._exit(1)
    os.close(go)
    assert os.read(ready, 1) == b"x", "the child did not get ready"
    os.close(ready)
    try:
        yield pid
    finally:
        with contextlib.suppress(ChildProcessError):  # a test may have ended it
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def test_this_process():
    """What the kernel says in other ways too."""
    status = live.read()

    assert (status.pid, status.tgid, status.ppid) == (os.getpid(), os.getpid(), os.getppid())
    assert status.uids[:3] == os.getresuid()
    assert status.gids[:3] == os.getresgid()
    assert sorted(status.groups) == sorted(os.getgroups())
    assert status.name == Path("/proc/self/comm").read_text().rstrip("\n")
    assert status.caps.violations() == []
    assert status == live.read(os.getpid()) == live.read(os.getpid(), tid=os.getpid())
    assert status == live.parse_status(Path("/proc/self/status").read_bytes())


def test_this_kernel_takes_the_fast_way(monkeypatch):
    """What it prints is what the patterns expect: otherwise reading is right but slow."""
    monkeypatch.setattr("capset.live.status.parse_status", lambda *_, **__: pytest.fail("line by line"))

    assert live.read().pid == os.getpid()


def test_every_process_is_read_the_same():
    """Line by line, by one match, and as what this kernel has just printed."""
    seen = 0
    for path in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):  # it may have ended
            text = path.read_bytes()
            seen += 1
            slow = live.parse_status(text.decode("utf-8", "surrogateescape"))
            assert slow == live.parse_status(text) == parse_fresh(text, str(path))

    assert seen


def test_the_kernel_is_no_newer_than_the_table():
    """A canary: when this fails, data/capabilities.toml and Cap need the new capability."""
    assert live.last_cap() <= LAST_CAP, f"the kernel knows capability {live.last_cap()}: capset needs updating"
    assert live.supported() == CapSet.all(live.last_cap())
    assert all(status.caps.bounding <= live.supported() for status in live.scan())


def test_the_table_is_that_of_the_header(tool):
    """The numbers as the kernel's own header for programs has them."""
    header = Path("/usr/include/linux/capability.h")
    if not header.exists():
        pytest.skip("needs linux/capability.h (Debian: apt-get install libcap-dev)")
    words = [line.split() for line in header.read_text().splitlines() if line.startswith("#define CAP_")]
    numbers = {word[1]: int(word[2]) for word in words if word[2].isdigit()}

    assert {str(cap): int(cap) for cap in Cap} == numbers


@pytest.fixture
def lowering(holding):
    """Lower one effective capability in the calling thread alone, by capset(2)."""
    holding("net_raw")

    class Header(ctypes.Structure):
        _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]

    def lower(cap: Cap) -> None:
        header, data = Header(0x20080522, 0), (ctypes.c_uint32 * 6)()
        assert libc.capget(ctypes.byref(header), data) == 0
        data[3 * (cap // 32)] &= ~(1 << cap % 32)
        assert libc.capset(ctypes.byref(header), data) == 0, os.strerror(ctypes.get_errno())

    return lower


def test_capabilities_belong_to_a_thread(lowering):
    """A worker that lowers a capability: read() sees the main thread, thread-self the worker."""
    seen = {}

    def work() -> None:
        lowering(Cap.NET_RAW)
        seen["self"] = live.read()
        seen["thread-self"] = live.read("thread-self")
        seen["tid"] = live.read(os.getpid(), tid=threading.get_native_id())
        seen["self tid"] = live.read(tid=threading.get_native_id())
        seen["threads"] = [status for status in live.scan(threads=True) if status.tgid == os.getpid()]

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()

    assert Cap.NET_RAW in seen["self"].caps.effective
    assert Cap.NET_RAW not in seen["thread-self"].caps.effective
    assert seen["thread-self"] == seen["tid"] == seen["self tid"]
    assert seen["tid"].tgid == os.getpid() != seen["tid"].pid
    assert seen["tid"] in seen["threads"]
    assert [str(seen["self"].caps.diff(seen["tid"].caps))] == ["effective: -CAP_NET_RAW"]
    assert Cap.NET_RAW in live.read("thread-self").caps.effective


@pytest.mark.parametrize(
    "name", [b"CapEff:\tffff", b"\nCapEff:\tff", b"\\", b"\x1b[2J\x07", b"\xff\xfe", b" blank ", b"", "naïve".encode()]
)
def test_hostile_names(name):
    """A process may call itself anything; it stays a name, whole."""
    with sleeping(lambda: libc.prctl(PR_SET_NAME, name)) as pid:
        status = live.read(pid)

    assert os.fsencode(status.name) == name
    assert status.caps == live.read().caps


def test_twenty_thousand_groups(holding):
    """The file is far over a page, and its Cap lines come last."""
    holding("setgid")
    groups = tuple(range(100_000, 120_000))

    with sleeping(lambda: os.setgroups(groups)) as pid:
        assert len(Path(f"/proc/{pid}/status").read_bytes()) > 2 * 65536
        status = live.read(pid)

    assert status.groups == groups
    assert status.caps == live.read().caps


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_short_reads(size, monkeypatch, tmp_path):
    """However little a read of another file system gives, the file is read to its end."""
    really_read = os.read
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "status").write_bytes(Path("/proc/self/status").read_bytes())
    expected = live.read(5, proc=tmp_path)
    monkeypatch.setattr(os, "read", lambda fd, count: really_read(fd, min(count, size)))

    assert live.read(5, proc=tmp_path) == expected


@pytest.mark.parametrize("groups", [0, 40, 500, 1500, 5000, 9000])
def test_the_kernel_prints_all_of_it_at_the_first_read(groups, holding):
    """So a read that gives less than was asked for has reached the end."""
    holding("setgid")
    with sleeping(lambda: os.setgroups(range(100_000, 100_000 + groups))) as pid:
        fd = os.open(f"/proc/{pid}/status", os.O_RDONLY)
        first, second = os.read(fd, 65536), os.read(fd, 65536)
        os.close(fd)
        status = live.read(pid)

    assert (len(first) < 65536, second) == (True, b"")
    assert len(status.groups) == groups


def test_a_file_without_a_last_line_break(tmp_path):
    """It ends where nothing more comes."""
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "status").write_bytes(Path("/proc/self/status").read_bytes().rstrip(b"\n"))

    assert live.read(5, proc=tmp_path).caps == live.read().caps


def test_no_new_privs_and_seccomp():
    """prctl(2) sets them, /proc shows them."""
    with sleeping(lambda: libc.prctl(38, 1, 0, 0, 0)) as pid:
        assert live.read(pid).no_new_privs is True
    with sleeping() as pid:
        assert live.read(pid).no_new_privs is live.read().no_new_privs


def test_zombies_and_kernel_threads():
    """Both have capabilities and no memory."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        assert live.read(pid).ppid == os.getpid()
    finally:
        os.waitpid(pid, 0)
    kernel_threads = [status for status in live.scan() if status.ppid == 2]
    if not kernel_threads:
        pytest.skip("needs kernel threads to look at (not in a container)")
    assert all(status.caps.effective >= live.supported() for status in kernel_threads)


def test_a_process_that_ended():
    """ENOENT at open."""
    with sleeping() as pid:
        pass

    with pytest.raises(ProcessGoneError) as raised:
        live.read(pid)
    assert (raised.value.pid, raised.value.tid) == (pid, None)
    assert raised.value.filename == f"/proc/{pid}/status"
    with pytest.raises(ProcessLookupError):
        live.read(os.getpid(), tid=pid)


def test_a_process_that_ends_while_it_is_read(monkeypatch):
    """ESRCH at read: the file was open already."""
    with sleeping() as pid:
        really_open = os.open

        def open_then_kill(path, flags):
            fd = really_open(path, flags)
            if path == f"/proc/{pid}/status":
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            return fd

        monkeypatch.setattr(os, "open", open_then_kill)
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(ProcessGoneError):
            live.read(pid)
        assert len(os.listdir("/proc/self/fd")) == before


def with_proc(tool, place, options, script):
    """Run a script beside a proc of its own, which whoever it becomes may reach."""
    for folder in (place, place.parent, place.parent.parent):
        folder.chmod(0o755)
    command = f'mount -t proc -o {options} proc {place} && exec "$0" -c "$1"'
    return subprocess.run(
        [tool("unshare", "util-linux"), "--mount", "sh", "-c", command, sys.executable, script],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )


@pytest.mark.parametrize("option", ["2", "invisible", "ptraceable"])
def test_processes_that_are_hidden(tool, holding, tmp_path, option):
    """A proc mounted with hidepid=2, looked at by nobody: not seen, which is told."""
    holding("sys_admin", "setuid", "setgid")
    script = f"""
import os, sys
sys.path[:0] = {sys.path!r}
from capset import live
from capset.cli import main
from capset.errors import ProcessGoneError
live.read(), live.scan, live.Snapshot, live.hides_others  # what they load may be where nobody may look
os.setgid(65534); os.setgroups([]); os.setuid(65534)
try:
    live.read(1, proc="{tmp_path}")
except ProcessGoneError as error:
    print(error.hidden, "hidepid" in str(error))
scan = live.scan(proc="{tmp_path}")
print([status.pid for status in scan] == [os.getpid()], scan.gone, scan.denied, scan.hidden, scan.snapshot().hidden)
"""
    run = with_proc(tool, tmp_path, f"hidepid={option}", script)

    assert run.stdout.splitlines() == ["True True", "True [] [] True True"], run.stderr


def test_a_process_that_may_not_be_read(tool, holding, tmp_path):
    """A proc mounted with hidepid=1, looked at by nobody: seen, and refused."""
    holding("sys_admin", "setuid", "setgid")
    script = f"""
import os, sys
sys.path[:0] = {sys.path!r}
from capset import live
from capset.errors import AccessDeniedError
live.read(), live.scan  # what they load may be where nobody may look
os.setgid(65534); os.setgroups([]); os.setuid(65534)
try:
    live.read(1, proc="{tmp_path}")
except AccessDeniedError as error:
    print(error.pid, error.filename == "{tmp_path}/1/status")
scan = live.scan(proc="{tmp_path}")
pids = [status.pid for status in scan]
print(1 in [error.pid for error in scan.denied], os.getpid() in pids, scan.gone)
scan = live.scan(proc="{tmp_path}", threads=True)
pids = [status.pid for status in scan]
print(1 in [error.pid for error in scan.denied], os.getpid() in pids)
"""
    run = with_proc(tool, tmp_path, "hidepid=1", script)

    assert run.stdout.splitlines() == ["1 True", "True True []", "True True"], run.stderr


def test_user_namespaces(tool, holding):
    """A full mask that counts only in the namespace it was made in."""
    unshare = tool("unshare", "util-linux")
    child = subprocess.Popen([unshare, "--user", "--map-root-user", "sh", "-c", "echo; read _"], stdin=-1, stdout=-1)
    try:
        if child.stdout.readline() != b"\n":
            pytest.skip("needs user namespaces (sysctl kernel.unprivileged_userns_clone, or root)")
        mine, theirs = live.read(user_ns=True), live.read(child.pid, user_ns=True)
        label = operand(f"pid:{child.pid}", "/proc").label
    finally:
        child.communicate(b"\n")

    assert theirs.caps.bounding == live.supported()
    assert mine.user_ns == os.stat("/proc/self/ns/user").st_ino
    assert theirs.user_ns not in {None, mine.user_ns}
    assert live.read().user_ns is None
    assert "in another user namespace" in label
    assert "in another user namespace" not in operand("pid:self", "/proc").label


@pytest.mark.parametrize("pid", [0, -1, "1", "Self", "", "../1", "1/../2", None, 1.0, True, [], 2**64, b"self", ANY])
def test_what_is_no_pid(pid, monkeypatch):
    """It is refused before a path is built."""
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("a file was opened"))

    with pytest.raises(PidError, match="not a process or thread id"):
        live.read(pid)


@pytest.mark.parametrize("tid", [0, -1, "1", "self", True])
def test_what_is_no_tid(tid):
    """Neither is that."""
    with pytest.raises(PidError):
        live.read(1, tid=tid)


def test_an_enum_is_its_number():
    """An int by another name makes the same path."""
    assert live.read(Pid.ONE).pid == 1


class Pid(enum.IntEnum):
    ONE = 1

    def __str__(self):
        return "../1"

    __format__ = lambda self, spec: str(self)  # noqa: E731


@pytest.mark.parametrize("proc", [b"/proc", 5, None])
def test_a_root_is_a_path(proc):
    """As text."""
    for read in (lambda: live.read(proc=proc), lambda: live.scan(proc=proc), lambda: live.last_cap(proc=proc)):
        with pytest.raises(TypeError):
            read()


def test_two_files_in_one(tmp_path):
    """A saved file is checked as parse_status() checks it."""
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "status").write_bytes(Path("/proc/self/status").read_bytes() * 2)

    with pytest.raises(StatusError, match="one status file"):
        live.read(5, proc=tmp_path)


def test_thread_self_has_no_threads():
    """thread-self is a thread already."""
    with pytest.raises(PidError, match="thread-self"):
        live.read("thread-self", tid=1)


def test_a_saved_tree(tmp_path):
    """Any folder with status files will do; what is not in it is gone."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "status").write_bytes(Path("/proc/self/status").read_bytes())
    (tmp_path / "notes").mkdir()
    (tmp_path / "٣").mkdir()

    assert live.read(7, proc=tmp_path).name == live.read(7, proc=str(tmp_path)).name == live.read().name
    assert [status.name for status in live.scan(proc=tmp_path)] == [live.read().name]
    assert live.read(7, proc=tmp_path, user_ns=True).user_ns is None
    with pytest.raises(ProcessGoneError):
        live.read(8, proc=tmp_path)
    with pytest.raises(ProcUnavailableError):
        live.read("self", proc=tmp_path)
    (tmp_path / "7" / "ns").mkdir()
    (tmp_path / "7" / "ns" / "user").symlink_to("nonsense")
    assert live.read(7, proc=tmp_path, user_ns=True).user_ns is None


@pytest.mark.parametrize("proc", ["/nonexistent", __file__])
def test_no_proc_at_all(proc):
    """As on every system but Linux: the error says what would be needed."""
    for read in (
        lambda: live.read(proc=proc),
        lambda: live.read(1, proc=proc),
        lambda: live.scan(proc=proc),
        lambda: live.last_cap(proc=proc),
        lambda: live.supported(proc=proc),
    ):
        with pytest.raises(ProcUnavailableError, match="only Linux has one"):
            read()


def test_a_folder_without_processes(tmp_path):
    """A proc file system shows at least the one who looks."""
    with pytest.raises(ProcUnavailableError):
        live.scan(proc=tmp_path)


@pytest.mark.parametrize("text", ["", "x", "64", "-1", "4 0", "4_0", "+40", " 40", "040", "9" * 5000])
def test_a_malformed_last_cap(text, tmp_path):
    """A number from 0 to 63 and a line break."""
    (tmp_path / "sys" / "kernel").mkdir(parents=True)
    (tmp_path / "sys" / "kernel" / "cap_last_cap").write_text(text + "\n")

    with pytest.raises(StatusError, match="a number from 0 to 63") as raised:
        live.last_cap(proc=tmp_path)
    assert raised.value.source == f"{tmp_path}/sys/kernel/cap_last_cap"


def test_a_newer_kernel(tmp_path):
    """Its capabilities are supported though capset has no name for them."""
    (tmp_path / "sys" / "kernel").mkdir(parents=True)
    (tmp_path / "sys" / "kernel" / "cap_last_cap").write_text("42\n")

    assert live.last_cap(proc=tmp_path) is Cap(42)
    assert live.supported(proc=tmp_path).unknown == {41, 42}


def test_other_errors_are_passed_on(monkeypatch):
    """Too many open files is the caller's to know."""

    def full(*_):
        raise OSError(24, "Too many open files", "/proc/self/status")

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="Too many open files") as raised:
        live.read()
    assert not isinstance(raised.value, AccessDeniedError)
