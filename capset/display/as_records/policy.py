"""Findings of policies, as rows."""

from __future__ import annotations

from collections.abc import Iterable

from capset.display import records
from capset.policy import Finding, Findings
from capset.printable import printable
from capset.records import Records


@records.register(Findings)
def _findings(findings: Iterable[Finding]) -> Records:
    """Make a row of each finding."""
    names = ("rule", "container", "field", "value", "message", "effect")
    return Records(
        dict.fromkeys(names, "text"), ([printable(getattr(each, name)) for name in names] for each in findings)
    )
