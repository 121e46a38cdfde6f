"""The first process of a machine in which a kernel is asked: it makes a system of it, and tells what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import termios
import tty
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

sys.path.insert(0, "/")

from tests.live.witnesses import calls

MS_BIND, MS_MOVE = 0x1000, 0x2000
PLACES = (
    *(("proc", "/proc"), ("sysfs", "/sys"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp"), ("devpts", "/dev/pts")),
    *(
        ("tmpfs", "/dev/shm"),
        ("mqueue", "/dev/mqueue"),
        ("cgroup2", "/sys/fs/cgroup"),
        ("tracefs", "/sys/kernel/tracing"),
    ),
    *(("debugfs", "/sys/kernel/debug"), ("securityfs", "/sys/kernel/security")),
)


def have_a_terminal() -> None:
    """Be able to say what goes wrong: the first process of such a machine has nothing open."""
    calls.mount("devtmpfs", "/dev", "devtmpfs")
    for number in range(3):
        with suppress(OSError):
            os.close(number)
    for _ in range(3):
        os.set_inheritable(os.open("/dev/console", os.O_RDWR), True)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)


def make_a_system() -> None:
    """Mount what a system has, and load the modules."""
    # The first root of a machine cannot be left by pivot_root(2), so it is mounted once more, over itself.
    calls.mount("/", "/again", flags=MS_BIND)
    os.chdir("/again")
    calls.mount("/again", "/", flags=MS_MOVE)
    os.chroot(".")
    for kind, place in PLACES:
        with suppress(OSError):  # not every kernel has all of them
            Path(place).mkdir(exist_ok=True)
            calls.mount(kind, place, kind)
    for module in sorted(Path("/modules").iterdir()):
        file = os.open(module, os.O_RDONLY)
        try:
            calls.call("finit_module", file, b"\0", 0)
        except OSError as error:
            print(f"{module.name}: {error}")
        os.close(file)


def ask(given: dict[str, Any], answers: TextIO) -> int:
    """Set what is to be set, and let the witnesses ask."""
    for setting, value in given["settings"].items():
        with suppress(FileNotFoundError):  # not every kernel has all of them
            Path("/proc/sys", setting).write_text(value, "ascii")
    command = [sys.executable, "-E", "-m", "tests.live.witnesses", *given["arguments"]]
    with subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout or ():
            print(line, end="", file=answers)
    return run.returncode


have_a_terminal()
make_a_system()
with open("/dev/ttyS1", "w", encoding="utf-8", buffering=1) as answers:
    tty.setraw(answers.fileno())
    print(os.uname().release, file=answers)
    ended = [ask(given, answers) for given in json.loads(Path("/given").read_text("utf-8"))]
    print(f"it ended with {ended}" if any(ended) else "\n\nthe end", file=answers)
    termios.tcdrain(answers.fileno())
calls.call("reboot", 0xFEE1DEAD, 672274793, 0x4321FEDC, 0)
