"""What was added and dropped, as text."""

from __future__ import annotations

from capset.diff import CapDiff, StateDiff
from capset.display import text


@text.register(CapDiff)
@text.register(StateDiff)
def _diff(diff: CapDiff | StateDiff) -> str:
    return str(diff) or "no difference"
