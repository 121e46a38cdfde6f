"""Move a container to another engine: the same capabilities, in each engine's own options.

Usage: move_container.py [ENGINE [VERSION]] [+NAME | -NAME]...
"""

import sys

from capset import CapsetError, engines
from capset.errors import UnreachableError


def main(*args: str) -> int:
    where = [arg for arg in args if arg[:1] not in {"+", "-"}] or ["docker"]
    add = [arg[1:] for arg in args if arg.startswith("+")]
    drop = [arg[1:] for arg in args if arg.startswith("-")]
    try:
        caps = engines.get(*where).resolve(add, drop)
    except CapsetError as error:
        print(f"move_container: {error}", file=sys.stderr)
        return 2
    for name in engines.names():
        try:
            print(f"{name}: {' '.join(engines.get(name).flags(caps)) or 'nothing to ask for'}")
        except UnreachableError as error:
            print(f"{name}: not possible ({error.reasons[0]})")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
