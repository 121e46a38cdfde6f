"""Reading the live capabilities of threads from ``/proc``.

The only part of capset that looks at the system. It reads; it never changes anything.
"""

from __future__ import annotations

from capset.live.reading import last_cap, read, supported
from capset.live.scanning import Scan, scan
from capset.live.status import ProcStatus, parse_status

__all__ = ["ProcStatus", "Scan", "last_cap", "parse_status", "read", "scan", "supported"]
