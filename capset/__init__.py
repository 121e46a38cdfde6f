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

from capset.capability import LAST_CAP, Cap
from capset.sets import CapSet

TYPE_CHECKING = False  # as in capability.py
if TYPE_CHECKING:
    from capset import documents as documents
    from capset import engines as engines
    from capset import formats as formats
    from capset import kernel as kernel
    from capset import live as live
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

__version__ = "0.1.0"

# What is built on attrs loads when it is first used, so that importing capset stays cheap.
_HOMES = {
    "CapDiff": "diff",
    "CapInfo": "info",
    "CapState": "state",
    "CapsetError": "errors",
    "Comparison": "comparison",
    "FileCaps": "filecaps",
    "Ids": "ids",
    "Securebits": "securebits",
    "StateDiff": "diff",
    "UnknownCapabilityError": "errors",
    "compare": "comparison",
}
_MODULES = ("documents", "engines", "formats", "kernel", "live", "policy")

__all__ = [
    "DOCKER_DEFAULT",
    "LAST_CAP",
    "Cap",
    "CapDiff",
    "CapInfo",
    "CapSet",
    "CapState",
    "CapsetError",
    "Comparison",
    "FileCaps",
    "Ids",
    "Securebits",
    "StateDiff",
    "UnknownCapabilityError",
    "compare",
    "documents",
    "engines",
    "formats",
    "kernel",
    "live",
    "policy",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "DOCKER_DEFAULT":
        value: object = import_module("capset.engines").get("docker").default
    elif name in _HOMES:
        value = getattr(import_module(f"capset.{_HOMES[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"capset.{name}")
    else:
        raise AttributeError(f"module 'capset' has no attribute {name!r}")
    globals()[name] = value  # the next look-up finds it without this function
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
