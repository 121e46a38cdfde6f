"""A set, as text."""

from __future__ import annotations

from capset.display import text
from capset.sets import CapSet
from capset.summary import UNDEFINED, summary


@text.register(CapSet)
def _set(caps: CapSet) -> str:
    return "\n".join([summary(caps), *([f"! {UNDEFINED}"] if caps.undefined else [])])
