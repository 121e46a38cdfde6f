"""Running the programs of :mod:`tests.live.programs`: recorded with every capability, and tried with some."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from capset import CapSet
from capset.confinement import setpriv
from tests.live.programs import Program

__all__ = ["recorded", "works"]

SECONDS = 20


@contextmanager
def _prepared(program: Program, words: list[str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Prepare a program in namespaces of its own, and give the process that waits for a line, with its pid."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"mount -t tmpfs none {folder} && cd {folder} && ip link set lo up", program.prepare or ":"]
        body = "\n".join([*lines, "echo ready && read go && exec " + shlex.join(words) + " < /dev/null"])
        apart = ["unshare", "--net", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        with subprocess.Popen(
            [*apart, "sh", "-c", body], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n", f"{program.name} cannot be prepared"
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
                yield process, int(children)
            finally:
                process.kill()


def works(program: Program, caps: CapSet) -> bool:
    """Say whether a program does what it is for with some capabilities."""
    words = [*setpriv(caps), "sh", "-c", program.command]
    with _prepared(program, words) as (process, _):
        try:
            process.communicate("go\n", timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return process.returncode == 0


def recorded(program: Program, instance: Path) -> tuple[bool, str]:
    """Run a program with every capability, and return whether it did what it is for, and what was recorded.

    Args:
        program: The program.
        instance: An instance of tracefs.
    """
    event = instance / "events/capability/cap_capable"
    calls = sorted((instance / "events/syscalls").glob("sys_exit_*"))
    with _prepared(program, ["sh", "-c", program.command]) as (process, pid):
        (instance / "trace").write_text("")
        (instance / "options/event-fork").write_text("1")
        (instance / "set_event_pid").write_text(str(pid))
        (event / "trigger").write_text("stacktrace")
        for each in calls:
            (each / "filter").write_text("ret == -1 || ret == -13")
            (each / "enable").write_text("1")
        (event / "enable").write_text("1")
        try:
            process.communicate("go\n", timeout=SECONDS)
        finally:
            (event / "enable").write_text("0")
            (event / "trigger").write_text("!stacktrace")
            for each in calls:
                (each / "enable").write_text("0")
        return process.returncode == 0, (instance / "trace").read_bytes().decode("utf-8", "backslashreplace")
