"""Who could load a module, mount a disk or trace any process? One row a state, not a process.

Usage: audit_host.py [PROC]
"""

import sys
from collections import defaultdict

from capset import CapSet, live
from capset.display import printable

MIGHTY = CapSet(["sys_module", "sys_admin", "sys_ptrace"])


def main() -> None:
    holders = defaultdict(set)
    scan = live.scan(proc=sys.argv[1] if len(sys.argv) > 1 else "/proc")
    for status in scan:
        if held := status.caps.effective & MIGHTY:
            holders[held].add(printable(status.name))
    for held, names in holders.items():
        print(f"{held}: {', '.join(sorted(names))}")
    print(f"{len(scan.gone)} ended meanwhile, {len(scan.denied)} may not be read")


if __name__ == "__main__":
    main()
