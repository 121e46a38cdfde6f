"""What capset/data cites: whether the commit and the path are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from capset import facts
from tests.facts.clones import Clone

__all__ = ["Citation", "check", "citations", "every_document"]

_ADDRESS = re.compile(r"https://github\.com/([^/]+/[^/]+)/blob/")


@frozen
class Citation:
    """A place in a repository that a fact was read at.

    Attributes:
        where: The place in ``capset/data`` that cites it.
        project: ``owner/name``, from the address.
        path: The file in it; empty where it is a release as a whole.
        commit: The commit.
        date: The day of the commit, as the data has it; other words where only those are known.
    """

    where: str
    project: str
    path: str
    commit: str
    date: str


def every_document(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return every document of the data by its name."""
    root = folder or Path(facts.__file__).with_name("data")
    names = sorted(str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.toml"))
    return {name: facts.load(name) for name in names}


def citations(value: object, where: str) -> Iterator[Citation]:
    """List what a document cites by its commit."""
    if isinstance(value, Mapping):
        if value.get("commit") and (address := _ADDRESS.match(value.get("url", ""))):
            yield Citation(where, address[1], value["path"], value["commit"], str(value["date"]))
        for tag, each in value.get("tags", {}).items():  # of releases of the one project that the document is about
            yield Citation(f"{where}.tags.{tag}", value["source"]["project"], "", each["commit"], str(each["date"]))
        for name, inner in value.items():
            yield from citations(inner, f"{where}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from citations(inner, f"{where}[{place}]")


def check(citation: Citation, clone: Clone) -> str:
    """Say what is wrong with a citation; nothing where it can be followed."""
    day = clone.day(citation.commit)
    if day is None:
        return f"{citation.project} has no commit {citation.commit}"
    if not clone.has_path(citation.commit, citation.path):
        return f"{citation.project} has no {citation.path} at {citation.commit[:12]}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", citation.date) and citation.date != day:
        return f"{citation.project}@{citation.commit[:12]} is of {day}, and not of {citation.date}"
    return ""
