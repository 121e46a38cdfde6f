"""What can a container do? Of six things that people ask for, with the options of docker run.

Usage: what_can_it_do.py [OPTION]...
"""

import shlex
import sys

from capset import Cap, CapsetError, engines
from capset.formats import docker

QUESTIONS = {
    "mount a file system": Cap.SYS_ADMIN,
    "open a raw socket": Cap.NET_RAW,
    "make a device node": Cap.MKNOD,  # which of them can be opened is decided by the devices cgroup
    "give a file to another user": Cap.CHOWN,
    "set the immutable flag of a file": Cap.LINUX_IMMUTABLE,
    "load a kernel module": Cap.SYS_MODULE,
}
WEB = ["--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE"]


def tell(options: list[str]) -> None:
    held = engines.get("docker").container(docker.from_flags(options)).effective
    print(f"{shlex.join(['docker', 'run', *options])}: holds {held or 'nothing'}")
    for what, cap in QUESTIONS.items():
        print(f"  {what}: {'has' if cap in held else 'lacks'} {cap}")


def main(options: list[str]) -> None:
    try:
        for each in [options] if options else [[], WEB, [*WEB, "--user", "1000"]]:
            tell(each)
    except CapsetError as error:
        sys.exit(f"what_can_it_do: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
