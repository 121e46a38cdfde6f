"""Problem: what a document says that its target does not take as it looks."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from capset.errors import clipped
from capset.plain import Plain

__all__ = ["Problem"]


@frozen(kw_only=True)
class Problem(Plain):
    """Something in a document that its target refuses, ignores, or takes otherwise than it looks.

    Attributes:
        rule: What kind of problem it is: an id that stays the same between releases, such as ``unknown-capability``.
            All of them stand in :data:`capset.documents.RULES`.
        place: Where, such as ``cap_add[0]`` or ``line 3``.
        value: What stands there, as written.
        verdict: ``"refused"``: nothing comes of the whole document. ``"ignored"``: the rest counts.
            ``"depends"``: one target takes it and another does not. ``"note"``: nothing is wrong with it, and it was
            not read.
        message: What happens, and what to write instead, in words.
        line: The line in the text that was read, counted from 1; None where only a parsed document was there.
        source: The name of the text, where it is another one than that of the workload whose problem it is, as of
            compose files that are merged.
    """

    rule: str
    place: str
    value: str
    verdict: Literal["refused", "ignored", "depends", "note"]
    message: str
    line: int | None = None
    source: str = ""

    def __str__(self) -> str:
        return f"{clipped(self.place)}: {self.verdict}: {self.message}"
