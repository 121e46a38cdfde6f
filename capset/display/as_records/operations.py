"""Operations as rows."""

from __future__ import annotations

from collections.abc import Iterable

from capset.display import records
from capset.operations.catalogue import Operations
from capset.operations.operation import Operation
from capset.records import Kind, Records


@records.register(Operations)
def _operations(operations: Iterable[Operation]) -> Records:
    """Make a row of each operation."""
    columns: dict[str, Kind] = {
        "id": "text",
        "area": "text",
        "title": "text",
        "syscall": "text",
        "needs": "text",
        "namespace": "text",
        "refusal": "text",
        "conditions": "text",
        "undecided": "text",
    }
    rows = (
        (
            each.id,
            each.area,
            each.title,
            each.syscall,
            str(each.needs),
            each.namespace,
            each.refusal,
            " and ".join(map(str, each.conditions)),
            each.undecided,
        )
        for each in operations
    )
    return Records(columns, rows)
