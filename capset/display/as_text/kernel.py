"""Explanations of system calls, and how a thread came to its sets, as text."""

from __future__ import annotations

from capset.display import text
from capset.kernel.answer import Answer
from capset.kernel.explanation import Explanation
from capset.kernel.history import Histories

text.register(Explanation)(str)
text.register(Answer)(str)


@text.register(Histories)
def _histories(histories: Histories) -> str:
    return "\n".join(map(str, histories)) or "none of the usual histories ends with just these sets"
