"""What is watched in a project, and what it says at one of its releases."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from capset import Cap, CapSet
from capset.engines.releases import key
from tests.facts.clones import Clone

__all__ = ["KINDS", "Place", "Watch", "digest", "last_in", "names_in", "read_watches"]

KINDS = ("default", "sets", "rules")
_WORD = re.compile(r"[A-Za-z_]+")
_CAPS = {name.lower(): Cap[name] for name in Cap.__members__}
# A text or character in quotes is matched so that no comment begins within it; it is kept.
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*"|`[^`]*`)|//[^\n]*|/\*.*?\*/', re.DOTALL)


@frozen(kw_only=True)
class Place:
    """One thing to look at: where it stands, and what is to be found there.

    ``watched.toml`` says what the words mean.
    """

    find: Literal["allowed", "denied", "last", "text"]
    files: tuple[str, ...] = field(converter=tuple)
    start: str = ""
    to: str = ""
    skip: str = ""
    begins: str = ""
    ends: str = ""
    boundaries: bool = True

    def is_for(self, version: str) -> bool:
        """Say whether it is to be found at that release."""
        if self.begins and key(version, 0) < key(self.begins, 0):
            return False
        return not self.ends or key(version, 0) <= key(self.ends, 0)

    def read(self, clone: Clone, tag: str) -> str | None:
        """Return what stands there at a tag, without comments; None if it is not found."""
        for file in self.files:
            text = clone.text(tag, file)
            if text is not None and (part := self._part(text, file)) is not None:
                return re.sub(self.skip, "", part) if self.skip else part
        return None

    def _part(self, text: str, file: str) -> str | None:
        if not self.start:
            return without_comments(text, file)
        begin = re.search(self.start, text, re.MULTILINE)
        if begin is None:
            return None
        end = re.compile(self.to, re.MULTILINE).search(text, begin.end())
        return without_comments(text[begin.start() : end.end()], file) if end else None


@frozen(kw_only=True)
class Watch:
    """What is watched for one engine: in which project, at which tags, and for each kind of fact the places."""

    engine: str
    project: str
    tags: str
    places: dict[str, list[Place]]


def read_watches() -> list[Watch]:
    """Read what is to be watched."""
    document = tomllib.loads(Path(__file__).with_name("watched.toml").read_text("utf-8"))
    watches = []
    for name, entry in document.items():
        like = document[entry["like"]] if "like" in entry else {}
        taken = {kind: like[kind] for kind in entry.get("kinds", KINDS) if kind in like}
        kinds = taken | {kind: entry[kind] for kind in KINDS if kind in entry}
        watches.append(
            Watch(
                engine=entry.get("engine", name),
                project=(like | entry)["project"],
                tags=(like | entry)["tags"],
                places={kind: [_place(place) for place in places] for kind, places in kinds.items()},
            )
        )
    return watches


def _place(entry: dict[str, Any]) -> Place:
    return Place(start=entry.get("from", ""), **{name: value for name, value in entry.items() if name != "from"})


def without_comments(text: str, file: str) -> str:
    """Leave out comments, and blanks at the ends of lines, so that only what a machine reads counts as a change."""
    if file.endswith((".go", ".c", ".h", ".rs")):
        text = _COMMENT.sub(lambda match: match[1] or " ", text)
    else:
        text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def names_in(text: str) -> CapSet:
    """Return the capabilities that are named in a text, with or without ``CAP_``, in either case."""
    words = (word.lower().removeprefix("cap_") for word in _WORD.findall(text))
    return CapSet(_CAPS[word] for word in words if word in _CAPS)


def last_in(text: str) -> Cap | None:
    """Return the newest capability that is named in a text; None if none is."""
    return max(names_in(text), default=None)


def digest(texts: Iterable[str]) -> str:
    """Return a short name of code, in which white space and empty lines do not count."""
    return sha256("\0".join(" ".join(text.split()) for text in texts).encode()).hexdigest()[:16]
