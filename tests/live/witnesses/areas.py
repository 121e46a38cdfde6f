"""Every witness, by area: a new module of witnesses is one more word here."""

from __future__ import annotations

from importlib import import_module

from tests.live.witnesses.witness import ALL, Witness

__all__ = ["AREAS", "witnesses"]

AREAS = (
    *("audit", "bpf", "devices", "files", "ipc", "keys", "mounts", "namespaces", "network", "processes", "procfiles"),
    *("scheduling", "system"),
)


def witnesses() -> dict[str, Witness]:
    """Return all witnesses by the identifier of their operation."""
    for area in AREAS:
        import_module(f"tests.live.witnesses.{area}")
    return ALL
