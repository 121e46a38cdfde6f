"""Reading /proc against the bare system calls for the same files."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess

import pytest

from capset import live

PROCESSES = 1500


def bare(path):
    """Open, read, close: what nobody can do without."""
    fd = os.open(path, os.O_RDONLY)
    text = os.read(fd, 4096)
    os.close(fd)
    return text


def test_read(against):
    """One process, 200 times a round."""
    pid = os.getppid()
    path = f"/proc/{pid}/status"

    def mine():
        for _ in range(200):
            live.read(pid)

    def floor():
        for _ in range(200):
            bare(path)

    against(mine, floor, name="live.read(pid)", floor_name="os.open/os.read/os.close", limit=1.5, times=200)


def test_parse(against):
    """The text alone, against finding the five lines of masks in it."""
    text = bare("/proc/self/status")
    labels = [b"\nCapInh:\t", b"\nCapPrm:\t", b"\nCapEff:\t", b"\nCapBnd:\t", b"\nCapAmb:\t"]

    def mine():
        for _ in range(200):
            live.parse_status(text)

    def floor():
        for _ in range(200):
            for label in labels:
                text.find(label)

    against(mine, floor, name="live.parse_status(bytes)", floor_name="bytes.find, five times", limit=9, times=200)


@pytest.fixture(scope="module")
def host():
    """Add processes until there are 1,500."""
    missing = PROCESSES - sum(name.isdecimal() for name in os.listdir("/proc"))
    children = []
    for _ in range(max(missing, 0)):
        pid = os.fork()
        if pid == 0:
            signal.pause()
            os._exit(0)
        children.append(pid)
    yield
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)


def bare_scan(proc="/proc"):
    """Read every status file and look at none."""
    for name in os.listdir(proc):
        if name.isdecimal():
            try:
                bare(f"{proc}/{name}/status")
            except OSError:  # it has ended
                continue


def my_scan():
    """Read every process."""
    for _ in live.scan():
        pass


def test_scan(against, host):
    """1,500 processes a round."""
    against(
        my_scan, bare_scan, name="live.scan(), 1500 processes", floor_name="the same loop, bare", limit=1.4, rounds=20
    )


def test_scan_of_a_saved_tree(against, host, tmp_path):
    """The same processes in files."""
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            text = bare(f"/proc/{name}/status")
            (tmp_path / name).mkdir()
            (tmp_path / name / "status").write_bytes(text)
    proc = str(tmp_path)

    def mine():
        for _ in live.scan(proc=proc):
            pass

    against(
        mine,
        lambda: bare_scan(proc),
        name="live.scan(proc=saved), 1500 processes",
        floor_name="the same loop, bare",
        limit=2.5,
        rounds=20,
    )


@pytest.mark.parametrize("cold", [True, False])
def test_scan_against_psutil(against, host, cold):
    """Names of all processes, without any capability; warm, psutil has kept the names since last time."""
    psutil = pytest.importorskip("psutil")

    def theirs():
        if cold:
            psutil.process_iter.cache_clear()
        for _ in psutil.process_iter(["name"]):
            pass

    floor = f'psutil.process_iter(["name"]), {"cold" if cold else "warm"}'
    limit = 0.5 if cold else None
    against(my_scan, theirs, name="live.scan(), 1500 processes", floor_name=floor, limit=limit, rounds=10)


def test_scan_against_pscap(against, host):
    """The whole program, its start included."""
    pscap = shutil.which("pscap", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
    if pscap is None:
        pytest.skip("needs pscap (Debian: apt-get install libcap-ng-utils)")

    def theirs():
        subprocess.run([pscap, "-a"], stdout=subprocess.DEVNULL, check=True)

    against(my_scan, theirs, name="live.scan(), 1500 processes", floor_name="pscap -a", limit=0.5, rounds=10)
