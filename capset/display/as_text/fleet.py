"""Processes of a fleet, and what was asked of it, as text."""

from __future__ import annotations

from capset.display import text
from capset.fleet.changes import Change, Drift
from capset.fleet.excesses import Beyond, Excess
from capset.fleet.held import Held
from capset.fleet.outliers import Outlier, Rare
from capset.fleet.row import Row
from capset.printable import message
from capset.sets import THREAD_SETS
from capset.summary import summary


@text.register(Beyond)
@text.register(Change)
@text.register(Drift)
@text.register(Excess)
@text.register(Held)
@text.register(Outlier)
@text.register(Rare)
def _answer(answer: object) -> str:
    return str(answer)


@text.register(Row)
def _process(process: Row) -> str:
    who = "what could not be read" if process.pid is None else f"process {process.pid}"
    named = f" ({process.name})" if process.name is not None else ""
    lines = [f"{who}{named} of {process.host}"]
    for name in THREAD_SETS:
        caps = getattr(process, name)
        lines.append(f"{name + ':':<13}{'not known' if caps is None else summary(caps)}")
    if process.unread is not None:
        lines.append(f"! {process.unread}")
    return "\n".join(map(message, lines))
