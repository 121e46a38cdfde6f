"""Reading the live capabilities of threads from ``/proc``, and those of files.

The only part of capset that looks at the system. It reads; it never changes anything.
"""

from __future__ import annotations

from capset.live.files import CapFile, FileScan, file_caps, scan_files
from capset.live.reading import last_cap, read, supported
from capset.live.scanning import Scan, scan
from capset.live.status import ProcStatus, parse_status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from capset.live.identity import credentials as credentials
    from capset.live.identity import securebits as securebits
    from capset.live.programs import executable as executable
    from capset.live.snapshot import Snapshot as Snapshot

__all__ = [
    "CapFile",
    "FileScan",
    "ProcStatus",
    "Scan",
    "Snapshot",
    "credentials",
    "executable",
    "file_caps",
    "last_cap",
    "parse_status",
    "read",
    "scan",
    "scan_files",
    "securebits",
    "supported",
]

# What reading one process does not need loads when it is first used.
_HOMES = {"Snapshot": "snapshot", "credentials": "identity", "executable": "programs", "securebits": "identity"}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'capset.live' has no attribute {name!r}")
    value = getattr(import_module(f"capset.live.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
