"""Facts that capset ships as data, and the source that each of them names."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

from attrs import frozen

__all__ = ["Source", "load", "stems"]


@frozen(kw_only=True)
class Source:
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


def load(name: str) -> dict[str, Any]:
    """Read one document of ``capset/data``, such as ``"capabilities"`` or ``"engines/docker"``."""
    return tomllib.loads(files("capset").joinpath("data", *f"{name}.toml".split("/")).read_text("utf-8"))


def stems(folder: str) -> list[str]:
    """List the names of the documents in one folder of ``capset/data``."""
    entries = files("capset").joinpath("data", folder).iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))
