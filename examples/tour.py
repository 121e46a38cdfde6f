"""Put sets, engines and processes beside each other: which of them has which capability?

Usage: tour.py [PID]
"""

import sys

from capset import DOCKER_DEFAULT, Cap, CapsetError, compare, engines, live


def main(pid: str = "") -> None:
    docker, podman = engines.get("docker"), engines.get("podman")
    try:
        # One from a saved /proc stands in where no process is named.
        mine = live.read(int(pid)) if pid else live.read(1421, proc="examples/server")
    except (CapsetError, OSError, ValueError) as error:
        sys.exit(f"tour: {error}")
    print(compare(docker=docker, podman=podman, mine=mine))

    print(f"{Cap.NET_ADMIN}: {Cap.NET_ADMIN.info.summary}")
    print(f"from Docker's default to Podman's: {DOCKER_DEFAULT.diff(podman.default)}")
    print(f"from Docker's default to what it has: {DOCKER_DEFAULT.diff(mine.caps.effective)}")
    for match in engines.recognise(mine.caps, uid=mine.uids.effective)[:3]:
        print(f"such a container: {match.engine} {' '.join(match.flags)}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
