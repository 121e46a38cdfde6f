"""The settings and the user namespace of a thread, as a proc file system or a saved tree shows them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from capset import CapState, live, operations
from capset.errors import (
    AccessDeniedError,
    ArgumentError,
    PidError,
    ProcessGoneError,
    ProcUnavailableError,
)
from capset.live import surroundings
from capset.operations import INITIAL, KINDS

fcntl = pytest.importorskip("fcntl", reason="needs Unix")
resource = pytest.importorskip("resource", reason="needs Unix")
pytestmark = pytest.mark.linux

HOST = Path(__file__).parent.parent.parent / "examples/host"
LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max locked memory         8388608              unlimited            bytes     
Max nice priority         0                    20                             
Max realtime timeout      unlimited            5                    us        
"""  # noqa: W291 - as the kernel writes it


@pytest.fixture
def tree(tmp_path):
    """Save one process, with its limits and two sysctls; by the way of a function, more."""

    def save(name, text=""):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    save("7/limits", LIMITS)
    save("sys/kernel/dmesg_restrict", "1\n")
    save("sys/net/ipv4/ip_unprivileged_port_start", "1024\n")
    save.proc = tmp_path
    return save


# -- settings --------------------------------------------------------------------------------------


def test_of_this_process():
    """The soft limits that Python knows; every sysctl that decides and that there is here."""
    found = live.settings()

    for name, value in found.rlimits.items():
        if hasattr(resource, name):
            soft, _ = resource.getrlimit(getattr(resource, name))
            assert value == ("unlimited" if soft == resource.RLIM_INFINITY else str(soft)), name
    asked = {name for each in operations.table() for made in each.conditions for name in made.settings if "." in name}
    there = {name for name in asked if os.path.exists(f"/proc/sys/{name.replace('.', '/')}")}
    assert found.sysctls.keys() <= there
    assert "kernel.dmesg_restrict" in found.sysctls
    for name, value in found.sysctls.items():
        assert value == Path(f"/proc/sys/{name.replace('.', '/')}").read_text().strip()
    assert live.settings(os.getpid()) == live.settings("thread-self") == found


def test_every_limit_is_read():
    """As many as the kernel has, each under its name."""
    lines = Path("/proc/self/limits").read_text().splitlines()[1:]

    assert len(live.settings(names=()).rlimits) == len(lines)


def test_of_a_saved_tree(tree):
    """What was saved; of a namespace nobody can say whose it was."""
    found = live.settings(7, proc=tree.proc)

    assert found.rlimits == {
        "RLIMIT_CPU": "unlimited",
        "RLIMIT_MEMLOCK": "8388608",
        "RLIMIT_NICE": "0",
        "RLIMIT_RTTIME": "unlimited",
    }
    assert found.sysctls == {"kernel.dmesg_restrict": "1"}
    answer = operations.can(CapState(), "open /dev/kmsg for reading", **found._asdict())
    assert answer.verdict == "no"


def test_what_was_not_saved_is_not_known(tree):
    """Neither unlimited nor 0."""
    assert live.settings(1, proc=HOST) == live.Settings({}, {})
    answer = operations.can(CapState(), "setpriority, sooner", **live.settings(1, proc=HOST)._asdict())
    assert answer.verdict == "not known"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("net.ipv4.ip_unprivileged_port_start", "net"),
        ("user.max_user_namespaces", "user"),
        ("kernel.shmmax", "ipc"),
        ("kernel.msgmnb", "ipc"),
        ("kernel.sem", "ipc"),
        ("fs.mqueue.msg_max", "ipc"),
        ("kernel.hostname", "uts"),
        ("kernel.pid_max", "pid"),
        ("kernel.dmesg_restrict", None),
        ("fs.file-max", None),
    ],
)
def test_settings_of_a_namespace(tree, name, kind):
    """They are told where it is that of the reader, and not where it is another."""
    tree(f"sys/{name.replace('.', '/')}", "5 6\n")
    for pid in ("7", "self"):
        (tree.proc / pid / "ns").mkdir(parents=True)
        for each in ("net", "user", "ipc", "uts", "pid"):
            (tree.proc / pid / "ns" / each).symlink_to(f"{each}:[5]")

    assert live.settings(7, names=[name], proc=tree.proc).sysctls == {name: "5 6"}
    if kind:
        (tree.proc / "7/ns" / kind).unlink()
        (tree.proc / "7/ns" / kind).symlink_to(f"{kind}:[6]")
        assert live.settings(7, names=[name], proc=tree.proc).sysctls == {}
        (tree.proc / "7/ns" / kind).unlink()
    assert bool(live.settings(7, names=[name], proc=tree.proc).sysctls) is (kind is None)


def test_what_cannot_be_read(tree, monkeypatch):
    """It is left out, and no error; that there is no such process is one."""
    assert live.settings(7, names=["no.such", "kernel", "", "..", "a/../b", "a b"], proc=tree.proc).sysctls == {}
    tree("sys/kernel/bytes").write_bytes(b"\xff\n")
    assert live.settings(7, names=["kernel.bytes"], proc=tree.proc).sysctls == {"kernel.bytes": "\ufffd"}
    with pytest.raises(ProcessGoneError):
        live.settings(8, proc=tree.proc)
    with pytest.raises(ProcUnavailableError):
        live.settings(7, proc=tree.proc / "nothing")
    with pytest.raises(PidError):
        live.settings(-1)

    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(surroundings, "contents", denied)
    assert live.settings(7, proc=tree.proc) == live.Settings({}, {})


def test_limits_that_are_no_file(tree):
    """What stands there instead is told."""
    (tree.proc / "7/limits").unlink()
    os.mkfifo(tree.proc / "7/limits")
    with pytest.raises(OSError, match="this is no regular file"):
        live.settings(7, proc=tree.proc)


@pytest.mark.parametrize("names", ["kernel.pid_max", 5, [5], [None], b"x"])
def test_what_are_no_names(names):
    """A name alone would be read as its letters."""
    with pytest.raises(TypeError, match="expected names of sysctls, got"):
        live.settings(names=names)


# -- the user namespace ----------------------------------------------------------------------------


def test_the_initial_one(monkeypatch):
    """By its number."""
    monkeypatch.setattr(surroundings, "INITIAL_USER_NS", os.stat("/proc/self/ns/user").st_ino)
    assert live.scope() is live.scope(os.getpid()) is INITIAL


def test_another(monkeypatch):
    """What belongs to it is asked of the kernel; here, as if the own one were another."""
    monkeypatch.setattr(surroundings, "INITIAL_USER_NS", 0)
    inode = os.stat("/proc/self/ns/user").st_ino
    found = live.scope()

    assert (found.name, found.initial, found.sources) == (f"user namespace {inode}", False, ())
    assert set(found.owns) <= set(KINDS)
    if inode == live.user_ns.INITIAL_USER_NS:
        assert found.owns == tuple(
            kind for kind in KINDS if os.path.exists(f"/proc/self/ns/{surroundings._FILES[kind]}")
        )


@pytest.fixture
def asked(monkeypatch):
    """Answer what the kernel is asked of namespaces, in turn; a file stands for each user namespace."""

    def answer(*answers):
        left = list(answers)

        def ioctl(_fd, request):
            told = left.pop(0)
            if isinstance(told, int):
                raise OSError(told, os.strerror(told))
            assert request == told[0]
            return os.open(told[1], os.O_RDONLY)

        monkeypatch.setattr(fcntl, "ioctl", ioctl)
        monkeypatch.setattr(surroundings, "INITIAL_USER_NS", 0)
        return left

    return answer


OWNER, PARENT = 0xB701, 0xB702


def test_namespaces_that_are_owned_below(asked, tmp_path):
    """One's capabilities count there too; what is beyond one's sight is not one's own, and no file stays open."""
    other, around = tmp_path / "other", tmp_path / "around"
    other.touch()
    around.touch()
    own = "/proc/self/ns/user"
    kinds = [kind for kind in KINDS if os.path.exists(f"/proc/self/ns/{surroundings._FILES[kind]}")]
    answers = [
        [(OWNER, own)],
        [(OWNER, other), (PARENT, around), (PARENT, own)],
        [(OWNER, other), errno.EPERM],
        [errno.EPERM],
    ] + [[errno.EPERM]] * 3
    left = asked(*(each for told in answers[: len(kinds)] for each in told))
    before = len(os.listdir("/proc/self/fd"))

    assert live.scope().owns == tuple(kinds[:2])
    assert left == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_kind_that_the_kernel_does_not_have(asked, tree):
    """There is nothing to own."""
    for kind in ("user", "net"):
        tree(f"7/ns/{kind}")
    asked((OWNER, tree.proc / "7/ns/user"))

    assert live.scope(7, proc=tree.proc).owns == ("network",)


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.EMFILE, OSError), (errno.EACCES, AccessDeniedError), (errno.ENOTTY, ProcUnavailableError)],
)
def test_errors_of_the_kernel(asked, number, error):
    """They are told, and no file stays open."""
    asked(number)
    before = len(os.listdir("/proc/self/fd"))

    with pytest.raises(error):
        live.scope()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_saved_tree_does_not_tell(tree, monkeypatch):
    """Neither with files in the place of namespaces."""
    with pytest.raises(ProcUnavailableError):
        live.scope(7, proc=tree.proc)
    with pytest.raises(ProcUnavailableError):
        live.scope(1, proc=HOST)
    tree("7/ns/user")
    tree("7/ns/net")
    with pytest.raises(ProcUnavailableError):
        live.scope(7, proc=tree.proc)
    with pytest.raises(ProcessGoneError):
        live.scope(8, proc=tree.proc)
    with pytest.raises(ProcUnavailableError):
        live.scope(proc=tree.proc / "nothing")
    with pytest.raises(PidError):
        live.scope("7")
    with pytest.raises(ArgumentError):
        live.scope(proc="a\0")
    with pytest.raises(TypeError):
        live.scope(proc=b"/proc")

    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "stat", denied)
    with pytest.raises(AccessDeniedError):
        live.scope(7, proc=tree.proc)
