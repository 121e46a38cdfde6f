"""User namespaces that are made: what the kernel says belongs to them, and what capset says counts there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from capset import live, operations
from capset.operations import KINDS

UNSHARE = shutil.which("unshare")
OPTIONS = {
    "network": "--net",
    "mount": "--mount",
    "uts": "--uts",
    "ipc": "--ipc",
    "cgroup": "--cgroup",
    "pid": "--pid",
    "time": "--time",
}
pytestmark = pytest.mark.skipif(UNSHARE is None, reason="needs unshare (Debian: util-linux)")


@contextmanager
def inside(*options):
    """Run a process in namespaces of its own for as long as it is looked at, and give its id."""
    code = "import os, sys; print(os.readlink('/proc/self'), flush=True); sys.stdin.read()"
    fork = ["--fork"] if {"--pid", "--time"} & set(options) else []
    line = [UNSHARE, "--user", "--map-root-user", *options, *fork, sys.executable, "-c", code]
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            if not process.stdout.readline():
                pytest.skip(f"needs namespaces: {process.stderr.read().strip()}")
            yield _last(process.pid)
        finally:
            process.stdin.close()


def _last(pid):
    """Return the child of a process, or the process itself where it has none."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        found = file.read().split()
    return int(found[0]) if found else pid


def test_a_user_namespace_alone():
    """As unshare -Ur makes it: nothing else belongs to it."""
    with inside() as pid:
        found = live.scope(pid)
        state = live.read(pid).caps

    assert found.owns == operations.scope("unshare -Ur").owns == ()
    assert not found.initial
    assert operations.can(state, "mount", user_ns=found).verdict == "no"
    assert operations.can(state, "sethostname", user_ns=found).verdict == "no"
    assert operations.can(state, "chroot", user_ns=found).verdict == "yes"


@pytest.mark.parametrize("kind", KINDS)
def test_one_other_namespace(kind):
    """It belongs to the user namespace, and no other does."""
    with inside(OPTIONS[kind]) as pid:
        assert live.scope(pid).owns == (kind,)


def test_all_of_them():
    """As in a container without root, and its own sysctls are not those of the reader."""
    with inside(*OPTIONS.values()) as pid:
        found = live.scope(pid)
        settings = live.settings(pid, names=["net.ipv4.ip_forward", "kernel.shmmax", "kernel.dmesg_restrict"])

    assert found.owns == KINDS
    assert settings.sysctls.keys() == {"kernel.dmesg_restrict"}


def test_a_user_namespace_in_another():
    """The network namespace of the outer one does not belong to the inner one."""
    script = [UNSHARE, "--user", "--map-root-user", "--uts"]
    with inside("--net", *script) as pid:
        assert live.scope(pid).owns == ("uts",)
