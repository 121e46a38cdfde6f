"""Fail unless a process has Docker's default capabilities or fewer: a check for a container's entry point.

Usage: check_container.py [PID]
"""

import sys

from capset import DOCKER_DEFAULT, CapsetError, live


def main(pid: str = "self") -> int:
    try:
        status = live.read(int(pid) if pid.isdecimal() else pid)
    except CapsetError as error:
        print(f"check_container: {error}", file=sys.stderr)
        return 2
    extra = status.caps.bounding - DOCKER_DEFAULT
    for cap in extra:
        print(f"beyond Docker's default: {cap} ({cap.info.summary})")
    if not extra:
        print("nothing beyond Docker's default")
    return 1 if extra else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
