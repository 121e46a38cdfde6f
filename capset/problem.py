"""Problem: what a document says that its target does not take as it looks."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

__all__ = ["Problem"]


@frozen(kw_only=True)
class Problem:
    """Something in a document that its target refuses, ignores, or takes otherwise than it looks.

    Attributes:
        place: Where, such as ``cap_add[0]`` or ``line 3``.
        value: What stands there, as written.
        verdict: ``"refused"``: nothing comes of the whole document. ``"ignored"``: the rest counts.
            ``"depends"``: one target takes it and another does not.
        message: What happens, and what to write instead, in words.
    """

    place: str
    value: str
    verdict: Literal["refused", "ignored", "depends"]
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.verdict}: {self.message}"
