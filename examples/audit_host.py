"""Who could load a module, mount a disk or trace any process? And who has more than its parent?

Usage: audit_host.py [PROC]
"""

import sys
from collections import defaultdict

from capset import CapSet, live
from capset.printable import printable
from capset.summary import summary

MIGHTY = CapSet(["sys_module", "sys_admin", "sys_ptrace"])


def main() -> None:
    host = live.scan(proc=sys.argv[1] if len(sys.argv) > 1 else "/proc", user_ns=True).snapshot()
    holders = defaultdict(set)  # one row a state, not a process
    for status in host:
        if held := status.caps.effective & MIGHTY:
            holders[held].add(printable(status.name))
    for held, names in holders.items():
        print(f"{held}: {', '.join(sorted(names))}")

    parents = {status.pid: status for status in host}
    for status in host:
        parent = parents.get(status.ppid, status)
        if gained := status.caps.effective - parent.caps.effective:
            elsewhere = ", in another user namespace" if status.user_ns != parent.user_ns else ""
            print(f"{status.pid} {printable(status.name)} has over its parent{elsewhere}: {summary(gained)}")
    print(f"{len(host.gone)} ended meanwhile, {len(host.denied)} may not be read")


if __name__ == "__main__":
    main()
