"""Evidence: what one kernel said of an operation."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from capset.operations.requirement import Requirement
from capset.plain import Plain

__all__ = ["Evidence"]


@frozen(kw_only=True)
class Evidence(Plain):
    """What one kernel said of an operation.

    Attributes:
        release: The kernel, as ``uname -r`` prints it.
        date: When it was asked, such as ``2026-11-28``.
        how: Whether every minimal set was searched for (``searched``), or those of the record were ``confirmed``: each
            does, and what lacks one of each does not; ``not decided`` where the kernel or the machine lacks
            what it takes.
        needs: What that kernel asks for, where it is another than the record says; None where it is the same.
        namespace: In which user namespace alone they count there, where it is another than the record says; empty where
            it is the same.
        why: Why it is not decided; empty where it is.
    """

    release: str
    date: str
    how: Literal["searched", "confirmed", "not decided"]
    needs: Requirement | None = None
    namespace: Literal["", "initial"] = ""
    why: str = ""

    @property
    def said(self) -> str:
        """What the kernel said, in words."""
        if self.how == "not decided":
            return f"not decided: {self.why}"
        needs = "" if self.needs is None else f", and it needs {self.needs} there"
        counts = f", in the {self.namespace} user namespace alone" if self.namespace else ""
        return f"{self.how}{needs}{counts}"

    def __str__(self) -> str:
        return f"Linux {self.release}: {self.said}"
