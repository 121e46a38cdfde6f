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

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.engines.alias import Alias as Alias
    from capset.engines.alias import aliases as aliases
    from capset.engines.behaviour import Fact as Fact
    from capset.engines.catalogue import Versions as Versions
    from capset.engines.catalogue import get as get
    from capset.engines.catalogue import is_engine as is_engine
    from capset.engines.catalogue import names as names
    from capset.engines.catalogue import versions as versions
    from capset.engines.engine import Engine as Engine
    from capset.engines.process import Placement as Placement
    from capset.engines.recognition import Match as Match
    from capset.engines.recognition import Matches as Matches
    from capset.engines.recognition import recognise as recognise
    from capset.engines.releases import Release as Release
    from capset.engines.request import Request as Request
    from capset.engines.rules import Resolution as Resolution
    from capset.engines.setting import Setting as Setting
    from capset.engines.sysctl import Sysctl as Sysctl
    from capset.engines.sysctl import sysctls as sysctls
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.engines.alias": ("Alias", "aliases"),
            "capset.engines.behaviour": ("Fact",),
            "capset.engines.catalogue": ("Versions", "get", "is_engine", "names", "versions"),
            "capset.engines.engine": ("Engine",),
            "capset.engines.process": ("Placement",),
            "capset.engines.recognition": ("Match", "Matches", "recognise"),
            "capset.engines.releases": ("Release",),
            "capset.engines.request": ("Request",),
            "capset.engines.rules": ("Resolution",),
            "capset.engines.setting": ("Setting",),
            "capset.engines.sysctl": ("Sysctl", "sysctls"),
        },
    )
