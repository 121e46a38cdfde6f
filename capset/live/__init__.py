"""Reading the live capabilities of threads from ``/proc``, and those of files.

The only part of capset that looks at the system. It reads; it never changes anything.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.live.containers import Container as Container
    from capset.live.containers import container as container
    from capset.live.files import CapFile as CapFile
    from capset.live.files import FileScan as FileScan
    from capset.live.files import file_caps as file_caps
    from capset.live.files import scan_files as scan_files
    from capset.live.identity import credentials as credentials
    from capset.live.identity import kernel_rules as kernel_rules
    from capset.live.identity import securebits as securebits
    from capset.live.kernel_threads import is_kernel_thread as is_kernel_thread
    from capset.live.pasted import parse_rows as parse_rows
    from capset.live.programs import executable as executable
    from capset.live.reading import hides_others as hides_others
    from capset.live.reading import kernel_release as kernel_release
    from capset.live.reading import last_cap as last_cap
    from capset.live.reading import read as read
    from capset.live.reading import supported as supported
    from capset.live.rows import StatusRows as StatusRows
    from capset.live.scanning import Scan as Scan
    from capset.live.scanning import scan as scan
    from capset.live.snapshot import Snapshot as Snapshot
    from capset.live.status import ProcStatus as ProcStatus
    from capset.live.status import parse_status as parse_status
    from capset.live.surroundings import Settings as Settings
    from capset.live.surroundings import scope as scope
    from capset.live.surroundings import settings as settings
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.live.containers": ("Container", "container"),
            "capset.live.files": ("CapFile", "FileScan", "file_caps", "scan_files"),
            "capset.live.identity": ("credentials", "kernel_rules", "securebits"),
            "capset.live.kernel_threads": ("is_kernel_thread",),
            "capset.live.programs": ("executable",),
            "capset.live.reading": ("hides_others", "kernel_release", "last_cap", "read", "supported"),
            "capset.live.pasted": ("parse_rows",),
            "capset.live.rows": ("StatusRows",),
            "capset.live.scanning": ("Scan", "scan"),
            "capset.live.surroundings": ("Settings", "scope", "settings"),
            "capset.live.snapshot": ("Snapshot",),
            "capset.live.status": ("ProcStatus", "parse_status"),
        },
    )
