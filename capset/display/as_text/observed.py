"""What tracers saw, and what would do for it, as text."""

from __future__ import annotations

from capset.display import text
from capset.observed.advice import Advice
from capset.observed.use import Use


@text.register(Use)
def _use(use: Use) -> str:
    return "\n".join([str(use), *map(str, use.checks)])


@text.register(Advice)
def _advice(advice: Advice) -> str:
    return "\n".join(advice.sentences())
