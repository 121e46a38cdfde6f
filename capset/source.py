"""Source: where a fact was read."""

from __future__ import annotations

from datetime import date

from attrs import frozen

from capset.plain import Plain

__all__ = ["Source"]


@frozen(kw_only=True)
class Source(Plain):
    """Where a fact was read.

    Attributes:
        project: The repository (``owner/name``) or the publisher.
        path: The file in it, or the title of the document.
        commit: The commit, 12 digits of it or all 40; empty for what is no repository.
        date: The day of the commit or of the document; where that is not known, in words when it was
            read.
        url: Where a person can read it.
    """

    project: str
    path: str
    date: date | str
    commit: str = ""
    url: str = ""

    def __str__(self) -> str:
        at = f"@{self.commit[:12]}" if self.commit else ""
        return f"{self.project}{at} {self.path} ({self.date})"
