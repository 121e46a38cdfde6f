"""Reading the live capabilities of threads from ``/proc``, and those of files.

The only part of capset that looks at the system. It reads; it never changes anything.
"""

from __future__ import annotations

from capset.live.files import CapFile, FileScan, file_caps, scan_files
from capset.live.reading import last_cap, read, supported
from capset.live.scanning import Scan, scan
from capset.live.status import ProcStatus, parse_status

__all__ = [
    "CapFile",
    "FileScan",
    "ProcStatus",
    "Scan",
    "file_caps",
    "last_cap",
    "parse_status",
    "read",
    "scan",
    "scan_files",
    "supported",
]
