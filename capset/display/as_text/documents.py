"""Reports on documents, and conversions of them, as text."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from capset.display import text
from capset.documents import Conversion, Report, Workload
from capset.printable import printable


@text.register(Report)
def _report(report: Report) -> str:
    return str(report) or "nothing to tell"


@text.register(Conversion)
def _conversion(conversion: Conversion) -> str:
    return "\n".join([conversion.text, *map(str, conversion.losses)])


@text.register(Workload)
def _workload(workload: Workload) -> str:
    """Write where it is, what it asks for, and what there is to tell of that."""
    where = f"{workload.source or workload.dialect}:{workload.line}"
    asks: Any = workload.asks
    if getattr(asks, "problems", ()):
        asks = evolve(asks, problems=())  # which stand below
    told = workload.not_known or "nothing to be read" if asks is None else repr(asks)
    front = ": ".join(filter(None, (where, workload.label, told)))
    return "\n".join(map(printable, (front, *map(str, workload.problems))))
