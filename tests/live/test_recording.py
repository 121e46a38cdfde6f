"""The script of the examples that records capability checks through tracefs, and what is read of it, on this kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TRACEFS = Path("/sys/kernel/tracing")
MARK = "import socket; socket.socket().setsockopt(1, 36, 1)"


@pytest.fixture(scope="module")
def tracing(holding, tool):
    """Have tracefs, with the tracepoint that came with Linux 6.14."""
    holding("sys_admin", "perfmon")
    mount = tool("mount", "mount")
    mounted = not (TRACEFS / "events").exists()
    if mounted:
        subprocess.run([mount, "-t", "tracefs", "tracefs", TRACEFS], check=True)
    if not (TRACEFS / "events/capability/cap_capable").exists():
        pytest.skip("needs the tracepoint cap_capable (Linux 6.14)")
    before = sorted((TRACEFS / "instances").iterdir())
    yield
    assert sorted((TRACEFS / "instances").iterdir()) == before, "the script has left something"
    if mounted:
        subprocess.run(["umount", TRACEFS], check=True)


def recorded(*command: str) -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    script = ROOT / "examples/record_caps.py"
    done = subprocess.run([sys.executable, script, *command], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.usefixtures("tracing")
def test_what_a_command_was_asked_for(tmp_path):
    """The kernel asks about one of two that would do, and the table knows the other."""
    out = recorded("/usr/bin/python3", "-c", MARK)
    assert "\nCAP_NET_ADMIN or CAP_NET_RAW would do for what was seen\n" in out
    assert "in the place of CAP_NET_RAW in setsockopt() CAP_NET_ADMIN does, if that was setsockopt SO_MARK" in out
    assert "\nset aside as memory: CAP_SYS_ADMIN\n" in out
    assert "not understood" not in out
    (tmp_path / "file").touch()
    assert "\nCAP_CHOWN would do for what was seen\n" in recorded("chown", "1000", str(tmp_path / "file"))


@pytest.mark.usefixtures("tracing")
def test_what_needs_nothing():
    """Whatever is asked for memory is no need."""
    assert "\nno capability that was seen is needed\n" in recorded("true")
