"""The members of a set, as rows."""

from __future__ import annotations

from typing import Any

from capset.capability import Cap
from capset.display import records
from capset.display.judging import docker_default, verdicts
from capset.records import Kind, Records
from capset.sets import CapSet

__all__ = ["CAP", "cap_row"]

CAP: dict[str, Kind] = {
    "number": "number",
    "name": "text",
    "mask": "mask",
    "docker": "flag",
    "since_linux": "text",
    "summary": "text",
    "risks": "text",
}


@records.register(CapSet)
def _set(caps: CapSet) -> Records:
    """Make a row of each capability."""
    return Records(CAP, map(cap_row, caps))


def cap_row(cap: Cap) -> tuple[Any, ...]:
    """Tell what is known of a capability, in the order of :data:`CAP`."""
    info = cap.info
    return (
        int(cap),
        str(cap),
        cap.mask,
        cap in docker_default(),
        info.since_linux,
        info.summary,
        "; ".join(verdicts(cap)),
    )
