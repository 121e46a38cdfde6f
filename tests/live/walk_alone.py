"""``python -m tests.live.walk_alone WALKS FILE``: walk in whatever namespace this is, and keep the steps in a file."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

from tests.live.kernel_machine import staged, walk

if __name__ == "__main__":
    with staged() as stage:
        steps = walk(stage, int(sys.argv[1]), repeatable="CI" in os.environ)
    Path(sys.argv[2]).write_bytes(pickle.dumps(steps))
