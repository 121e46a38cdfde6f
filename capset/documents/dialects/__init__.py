"""The dialects, a module for each family. One more is a module here, and its name in the list below."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from capset.documents.dialect import Dialect

__all__ = ["DIALECTS"]

_FAMILIES = ("compose", "docker", "kubernetes", "libcap", "oci", "systemd")

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in sorted(
            (dialect for family in _FAMILIES for dialect in import_module(f"{__name__}.{family}").DIALECTS),
            key=lambda dialect: dialect.name,
        )
    }
)
"""Every dialect by its name."""
