"""The dialects, a module for each family. One more is a module here, and its name in the list below."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from capset.documents.dialect import Dialect
from capset.errors import UnknownDialectError
from capset.named import by_name

__all__ = ["DIALECTS"]

_FAMILIES = (
    *("compose", "devcontainer", "docker", "ecs", "gitlab", "kubernetes", "libcap", "lxc", "nomad", "nspawn"),
    *("oci", "processes", "programs", "quadlet", "runlines", "status", "systemd", "traces"),
)

DIALECTS: Mapping[str, Dialect] = by_name(
    sorted(
        (dialect.name, dialect) for family in _FAMILIES for dialect in import_module(f"{__name__}.{family}").DIALECTS
    ),
    UnknownDialectError,
)
"""Every dialect by its name."""
