"""Record which capabilities the kernel is asked for while a command runs, through tracefs, and say what would do.

    python examples/record_caps.py chown 1000 file

It takes root, and Linux 6.14 or later, which has the tracepoint. The command and what it starts are recorded alone, by
an instance of the tracer that is gone afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from capset import observed

TRACEFS = Path("/sys/kernel/tracing")
REFUSED = "ret == -1 || ret == -13"  # EPERM and EACCES: of the calls, these alone are recorded


@contextmanager
def instance() -> Iterator[Path]:
    """Have a tracer of one's own."""
    folder = TRACEFS / "instances" / f"capset-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        folder.rmdir()


def record(command: list[str]) -> str:
    """Run a command, and return what the tracer has printed."""
    with instance() as folder:
        event = folder / "events/capability/cap_capable"
        calls = sorted((folder / "events/syscalls").glob("sys_exit_*"))
        (folder / "options/event-fork").write_text("1")  # what it starts too

        for call in calls:
            (call / "filter").write_text(REFUSED)

        def begin() -> None:  # in the child, of which alone anything is recorded
            (folder / "set_event_pid").write_text(str(os.getpid()))
            for call in calls:
                (call / "enable").write_text("1")
            (event / "enable").write_text("1")
            (event / "trigger").write_text("stacktrace")

        try:
            subprocess.run(command, preexec_fn=begin, check=False)
        finally:
            (event / "trigger").write_text("!stacktrace")
            (event / "enable").write_text("0")
            for call in calls:
                (call / "enable").write_text("0")
        return (folder / "trace").read_bytes().decode("utf-8", "backslashreplace")


def main(command: list[str]) -> int:
    """Record a command."""
    if not command or command[0] in {"-h", "--help"}:
        print(__doc__)
        return 0
    if not (TRACEFS / "events/capability/cap_capable").exists():
        print("there is no tracepoint: are you root, is tracefs mounted, is it Linux 6.14 or later?", file=sys.stderr)
        return 2
    try:
        use = observed.read(record(command), tracer="trace")
    except FileNotFoundError as error:
        print(f"there is no program {error.filename}", file=sys.stderr)
        return 2
    print(use)
    for sentence in use.least().sentences():
        print(sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
