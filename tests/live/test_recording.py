"""The script of the examples that records capability checks through tracefs, and what is read of it, on this kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from capset import CapSet, observed

ROOT = Path(__file__).parent.parent.parent
MARK = "import socket; socket.socket().setsockopt(1, 36, 1)"


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
    assert "\nCAP_NET_RAW would do for what was seen\n" in out
    assert "in the place of CAP_NET_RAW in setsockopt() CAP_NET_ADMIN does, if that was setsockopt SO_MARK" in out
    assert "\nset aside as memory: CAP_SYS_ADMIN\n" in out
    assert "not understood" not in out
    (tmp_path / "file").touch()
    assert "\nCAP_CHOWN would do for what was seen\n" in recorded("chown", "1000", str(tmp_path / "file"))


@pytest.mark.usefixtures("tracing")
def test_what_no_capability_opens():
    """A call that is refused with no question of a capability."""
    write = "exec 2> /dev/null; echo 1 > /proc/sys/vm/swappiness"
    out = recorded("setpriv", "--reuid=1000", "--clear-groups", "sh", "-c", write)
    assert "openat() came to EACCES and no capability was asked for in it: none would mend that" in out


@pytest.mark.usefixtures("tracing")
def test_other_tracers(tool, tmp_path):
    """What perf and bpftrace print of the same is read whole, and says the same."""
    (tmp_path / "file").touch()
    command = [tool("chown", "coreutils"), "1000", str(tmp_path / "file")]
    data = tmp_path / "data"
    perf = tool("perf", "linux-perf")
    events = ["-e", "capability:cap_capable", "-e", "syscalls:sys_exit_fchownat"]
    subprocess.run([perf, "record", "-q", "-g", *events, "-o", data, *command], check=True, capture_output=True)
    script = subprocess.run([perf, "script", "-i", data], check=True, capture_output=True).stdout
    entry = "{ @[comm, pid, args->cap, args->ret, kstack] = count(); }"
    watched = f'tracepoint:capability:cap_capable /comm == "chown"/ {entry}'
    bpftrace = [tool("bpftrace", "bpftrace"), "-e", watched, "-c", " ".join(command)]
    counted = subprocess.run(bpftrace, check=True, capture_output=True).stdout
    for text, tracer in ((script, "perf"), (counted, "bpftrace")):
        use = observed.read(text)
        assert (use.tracer, use.unread) == (tracer, ())
        assert use.least().least == CapSet(["chown"])
        assert use.noise()


@pytest.mark.usefixtures("tracing")
def test_what_needs_nothing():
    """Whatever is asked for memory is no need."""
    assert "\nno capability that was seen is needed\n" in recorded("true")
