"""A capability, as text."""

from __future__ import annotations

from capset.capability import Cap
from capset.display import text


@text.register(Cap)
def _cap(cap: Cap) -> str:
    return f"{f'{cap} ({int(cap)})' if cap.known else f'capability {cap}'}: {cap.info.summary}"
