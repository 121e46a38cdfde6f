"""What capset's records claim, as the witnesses take it; this module alone needs capset."""

from __future__ import annotations

import os
from typing import Any

from capset import operations

__all__ = ["claims", "same_series"]


def claims() -> dict[str, dict[str, Any]]:
    """Return the claim of every record, by its id."""
    return {
        each.id: {
            "sets": [caps.mask for caps in each.needs],
            "namespace": "" if each.namespace == "none" else each.namespace,
            "refusal": each.refusal,
        }
        for each in operations.table()
    }


def same_series(release: str) -> bool:
    """Say whether a release is of the series of the running kernel, such as 6.18."""
    return release.split(".")[:2] == os.uname().release.split(".")[:2]
