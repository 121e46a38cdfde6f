"""The five sets of a thread, as rows."""

from __future__ import annotations

from collections.abc import Iterator

from capset.display import records
from capset.records import Records
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState

__all__ = ["masks"]


@records.register(CapState)
def _state(state: CapState) -> Records:
    """Make a row of each of the five sets."""
    sets: dict[str, CapSet] = {name: getattr(state, name) for name in THREAD_SETS}
    return Records(
        {"set": "text", "held": "number", "mask": "mask", "names": "text"},
        ((name, len(caps), caps.mask, str(caps)) for name, caps in sets.items()),
    )


def masks(state: CapState) -> Iterator[int]:
    """Return the masks of the five sets, in the order of THREAD_SETS."""
    for name in THREAD_SETS:
        yield getattr(state, name).mask
