"""Recording which capabilities the kernel is asked for while a witness acts, through tracefs (Linux 6.14).

python -m tests.live.witnesses.recording
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.witnesses import calls
from tests.live.witnesses.areas import witnesses
from tests.live.witnesses.stage import Scene, Verdict, try_out
from tests.live.witnesses.witness import Witness

__all__ = ["recorded", "recorder"]

TRACEFS = Path("/sys/kernel/tracing")
_NAME = "acting"
_PR_SET_NAME = 15
_KIB = 8192  # of the buffer of each processor


@contextmanager
def recorder() -> Iterator[Path]:
    """Have a tracer of one's own, which records the threads of one name alone; it is gone afterwards."""
    folder = TRACEFS / "instances" / f"capset-witnesses-{os.getpid()}"
    folder.mkdir()
    event = folder / "events/capability/cap_capable"
    only = f'comm == "{_NAME}"'
    try:
        (folder / "buffer_size_kb").write_text(str(_KIB))
        (event / "filter").write_text(only)
        (event / "trigger").write_text(f"stacktrace if {only}")
        (event / "enable").write_text("1")
        yield folder
    finally:
        (event / "enable").write_text("0")
        (event / "trigger").write_text(f"!stacktrace if {only}")
        folder.rmdir()


def recorded(witness: Witness, folder: Path, caps: int | None = None) -> tuple[Verdict, str]:
    """Run a witness once with all that there is, or with some, and return what came of it and what was recorded."""
    (folder / "trace").write_text("")
    found = try_out(_named(witness), calls.supported() if caps is None else caps | witness.kept)
    return found, (folder / "trace").read_bytes().decode("utf-8", "backslashreplace")


def _named(witness: Witness) -> Witness:
    """Return the witness with a thread of another name that acts, so that it alone is recorded."""

    def act(scene: Scene) -> object:
        calls.libc.prctl(_PR_SET_NAME, _NAME.encode())
        try:
            return witness.act(scene)
        finally:
            calls.libc.prctl(_PR_SET_NAME, b"done")

    same = copy.copy(witness)
    same.act = act
    return same


def main() -> None:
    """Print a line of JSON for each witness: whether it was done, with what beside, and what was recorded."""
    with recorder() as folder:
        for id, witness in witnesses().items():
            found, text = recorded(witness, folder)
            print(json.dumps({"id": id, "done": found.done, "kept": witness.kept, "trace": text}), flush=True)


if __name__ == "__main__":
    main()
