"""The roots of other Debian suites, and what is asked in them that is no engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live.suites import remove, unpacked

TREE = Path(__file__).parents[2]

ENTER = """
import shutil, subprocess, sys
from pathlib import Path
from tests.live.suites import Suite
suite = Suite("forky", Path(sys.argv[1]), lambda name, package: shutil.which(name))
subprocess.Popen([*suite.tool("sleep", "coreutils"), sys.argv[2]])
subprocess.run([*suite.tool("mount", "mount"), "-t", "tmpfs", "tmpfs", sys.argv[1]], check=True)
print("ready", flush=True)
input()
"""


@pytest.mark.suite
def test_nothing_is_left_of_a_root_when_the_tests_are_killed(folder, tool):
    """The kernel ends its processes, and unmounts what they had."""
    environment = {**os.environ, "CAPSET_SUITES": str(unpacked("forky", tool).parent)}
    own = folder / "killed"
    own.mkdir()
    seconds = str(10**6 + os.getpid())
    tests = subprocess.Popen(
        [sys.executable, "-c", ENTER, own, seconds],
        cwd=TREE,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert tests.stdout.readline() == b"ready\n"
    assert asleep(seconds) == 1
    tests.send_signal(signal.SIGKILL)
    tests.communicate()
    patience = time.monotonic() + 30
    while asleep(seconds) and time.monotonic() < patience:
        time.sleep(0.05)

    assert asleep(seconds) == 0
    assert str(own) not in Path("/proc/mounts").read_text()
    [place] = own.iterdir()
    remove(place)


def asleep(seconds: str) -> int:
    """Count the processes that sleep so long."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes() == f"/usr/bin/sleep\0{seconds}\0".encode()
        except OSError:
            continue  # gone since
    return found


@pytest.mark.suite
def test_the_newer_libcap(tool):
    """What is compared with the libcap of this machine is compared with that of testing, in a process of its own.

    It needs a newer libc, so the loader of that libc starts the process.
    """
    root = unpacked("forky", tool)
    [loader] = root.glob("usr/lib*/ld-linux-*.so.*")
    [library] = root.glob("usr/lib/*/libcap.so.2")
    command = [loader, "--library-path", library.parent, "--argv0", sys.executable, sys.executable]
    told = subprocess.run(
        [*command, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/live/test_libcap.py"],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert "6 passed" in told.stdout
