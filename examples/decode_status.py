"""Decode the five masks of a process, or of a saved status file.

Usage: decode_status.py [PID | FILE]
"""

import sys
from pathlib import Path

from capset import CapsetError, live
from capset.sets import THREAD_SETS


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "examples/status/docker-mount.txt"
    try:
        status = live.read(int(what)) if what.isdecimal() else live.parse_status(Path(what).read_bytes(), source=what)
    except (CapsetError, OSError) as error:
        sys.exit(f"decode_status: {error}")
    for name in THREAD_SETS:
        caps = getattr(status.caps, name)
        print(f"{name:12} {caps.hex()}  {caps or 'none'}")


if __name__ == "__main__":
    main()
