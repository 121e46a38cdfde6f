"""Fail unless a process has Docker's default capabilities or fewer: a check for a container's entry point.

Usage: check_container.py [PID]
"""

import sys

from capset import DOCKER_DEFAULT, live


def main() -> int:
    status = live.read(int(sys.argv[1]) if len(sys.argv) > 1 else "self")
    extra = status.caps.bounding - DOCKER_DEFAULT
    for cap in extra:
        reason = cap.info.summary if cap.known else "newer than this version of capset"
        print(f"beyond Docker's default: {cap} ({reason})")
    if not extra:
        print("nothing beyond Docker's default")
    return 1 if extra and len(sys.argv) > 1 else 0


sys.exit(main())
