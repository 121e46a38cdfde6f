"""Walk in whatever namespace this is, and say how far; with a file, keep the steps in it.

``python -m tests.live.walk_alone WALKS [--seed N] [--keep FILE]``
"""

from __future__ import annotations

import argparse
import os
import pickle
from collections import Counter
from pathlib import Path

from tests.live.kernel_machine import staged, walk


def main() -> None:
    """Walk."""
    parser = argparse.ArgumentParser()
    parser.add_argument("walks", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with staged() as stage:
        steps = walk(stage, given.walks, repeatable=given.seed is None and "CI" in os.environ, number=given.seed)
    if given.keep:
        given.keep.write_bytes(pickle.dumps(steps))
    print(f"{given.walks} walks, seed {given.seed}: {len(steps)} steps without a difference")
    for (call, number), count in sorted(Counter((step.call, step.errno) for step in steps).items()):
        print(f"{count:7} {call}{f': {os.strerror(number)}' if number else ''}")


if __name__ == "__main__":
    main()
