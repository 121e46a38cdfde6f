"""Container engines: what each gives by default, what add and drop really do, and the way back.

Every fact is data, with its source and how sure it is, for every release that behaves differently. The
facts are in ``capset/data/engines``; the rules by which engines read two lists of names are code.

Examples:
    >>> from capset import CapSet, engines
    >>> docker, podman = engines.get("docker"), engines.get("podman")
    >>> print(docker.default.diff(podman.default))
    -CAP_NET_RAW -CAP_MKNOD -CAP_AUDIT_WRITE
    >>> docker.flags(podman.default)
    ['--cap-drop=NET_RAW', '--cap-drop=MKNOD', '--cap-drop=AUDIT_WRITE']
    >>> engines.get("docker", "20.10.24").resolve(add=["ALL"]).hex()
    '0000003fffffffff'
"""

from __future__ import annotations

from capset.engines.catalogue import Versions, get, names, versions
from capset.engines.engine import Engine, Fact
from capset.engines.process import Placement
from capset.engines.recognition import Match, Matches, recognise
from capset.engines.releases import Release
from capset.engines.request import Request
from capset.engines.rules import Resolution

__all__ = [
    "Engine",
    "Fact",
    "Match",
    "Matches",
    "Placement",
    "Release",
    "Request",
    "Resolution",
    "Versions",
    "get",
    "names",
    "recognise",
    "versions",
]
