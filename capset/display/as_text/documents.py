"""Reports on documents, and conversions of them, as text."""

from __future__ import annotations

from capset.display import text
from capset.documents import Conversion, Report


@text.register(Report)
def _report(report: Report) -> str:
    return str(report) or "nothing to tell"


@text.register(Conversion)
def _conversion(conversion: Conversion) -> str:
    return "\n".join([conversion.text, *map(str, conversion.losses)])
