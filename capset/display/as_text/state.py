"""The five sets of a thread, as text."""

from __future__ import annotations

from capset.display import text
from capset.sets import THREAD_SETS
from capset.state import CapState
from capset.summary import UNDEFINED, summary


@text.register(CapState)
def _state(state: CapState) -> str:
    lines = [f"{name}: {summary(getattr(state, name))}" for name in THREAD_SETS]
    told = [UNDEFINED] if any(getattr(state, name).undefined for name in THREAD_SETS) else []
    told += [f"no thread can have these: {broken}" for broken in state.violations()]
    return "\n".join([*lines, *(f"! {each}" for each in told)])
