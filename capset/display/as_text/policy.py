"""Findings of policies, as text."""

from __future__ import annotations

from capset.display import text
from capset.policy import Findings
from capset.printable import printable


@text.register(Findings)
def _findings(findings: Findings) -> str:
    allowed = "the rule about capabilities allows it; the other rules were not looked at"
    return "\n".join(printable(str(finding)) for finding in findings) or allowed
