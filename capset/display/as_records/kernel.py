"""Explanations of system calls, and how a thread came to its sets, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from capset.display import records
from capset.display.as_records.state import masks
from capset.kernel.explanation import Explanation
from capset.kernel.history import Histories, History
from capset.printable import printable
from capset.records import Kind, Records
from capset.sets import THREAD_SETS


@records.register(Explanation)
def _explanation(explanation: Explanation) -> Records:
    """Make a row of each capability of each set, with the rule that decided and why."""
    columns: dict[str, Kind] = {
        "set": "text",
        "number": "number",
        "name": "text",
        "mask": "mask",
        "change": "text",
        "rule": "text",
        "why": "text",
    }
    rows = (
        (reason.set, int(reason.cap), str(reason.cap), reason.cap.mask, reason.change, reason.rule.name, reason.why)
        for reason in explanation.reasons
    )
    return Records(columns, rows)


@records.register(Histories)
def _histories(histories: Iterable[History]) -> Records:
    """Make a row of each step of each history, with the five sets after it."""
    columns: dict[str, Kind] = {
        **dict.fromkeys(("title", "says"), "text"),
        "step": "number",
        "call": "text",
        **dict.fromkeys(THREAD_SETS, "mask"),
    }
    return Records(columns, (row for each in histories for row in _steps(each)))


def _steps(history: History) -> Iterator[tuple[Any, ...]]:
    for number, step in enumerate(history.steps, 1):
        assert step.after is not None, "no step of a history is refused"
        yield history.title, history.says, number, printable(step.call), *masks(step.after.caps)
