"""capset: Linux capability sets as immutable values.

capset models the kernel's capability masks, ships the default sets of container engines as data,
computes what was added and dropped, and reads the live sets of a thread. It never changes a
capability on the system: it reads, computes and explains.

Examples:
    >>> import capset
    >>> capset.CapSet.from_hex("00000000a80425fb") == capset.DOCKER_DEFAULT
    True
    >>> print(capset.DOCKER_DEFAULT.diff(capset.CapSet.parse("net_bind_service,net_admin")).added)
    CAP_NET_ADMIN
"""

from __future__ import annotations

from capset.capability import LAST_CAP as LAST_CAP
from capset.capability import Cap as Cap
from capset.sets import CapSet as CapSet

__version__ = "1.0.0rc1"

# What is built on attrs loads when it is first used, so that importing capset stays cheap.
TYPE_CHECKING = False  # as in capability.py
if TYPE_CHECKING:
    from capset import display as display
    from capset import documents as documents
    from capset import engines as engines
    from capset import formats as formats
    from capset import kernel as kernel
    from capset import live as live
    from capset import operations as operations
    from capset import policy as policy
    from capset.comparison import Comparison as Comparison
    from capset.comparison import compare as compare
    from capset.diff import CapDiff as CapDiff
    from capset.diff import StateDiff as StateDiff
    from capset.errors import CapsetError as CapsetError
    from capset.errors import UnknownCapabilityError as UnknownCapabilityError
    from capset.filecaps import FileCaps as FileCaps
    from capset.ids import Ids as Ids
    from capset.info import CapInfo as CapInfo
    from capset.securebits import Securebits as Securebits
    from capset.state import CapState as CapState

    DOCKER_DEFAULT: CapSet
else:
    from capset.lazy import lazily

    _load, __dir__, __all__ = lazily(
        __name__,
        {
            "capset": ("display", "documents", "engines", "formats", "kernel", "live", "operations", "policy"),
            "capset.comparison": ("Comparison", "compare"),
            "capset.diff": ("CapDiff", "StateDiff"),
            "capset.errors": ("CapsetError", "UnknownCapabilityError"),
            "capset.filecaps": ("FileCaps",),
            "capset.ids": ("Ids",),
            "capset.info": ("CapInfo",),
            "capset.securebits": ("Securebits",),
            "capset.state": ("CapState",),
        },
        loaded=("DOCKER_DEFAULT", "LAST_CAP", "Cap", "CapSet"),
    )

    def __getattr__(name: str) -> object:
        if name != "DOCKER_DEFAULT":
            return _load(name)
        # Of all that is known of Docker this is the one set that people want; the engine would need attrs as well.
        from capset.facts import docker_default

        return globals().setdefault(name, CapSet(docker_default()))
