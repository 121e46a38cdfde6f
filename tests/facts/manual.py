"""The sections of capabilities(7): whether one of them is another than when it was last read."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from tests.facts.clones import Clone
from tests.facts.watching import digest

__all__ = ["RECORD", "changed_sections", "sections", "write_record"]

RECORD = Path(__file__).with_name("manual.toml")
_COMMENT = re.compile(r"^[.']\\\".*\n?", re.MULTILINE)
_HEAD = re.compile(r"^\.S[HS] +(.*)$", re.MULTILINE)
_MARK = re.compile(r"^\.(?:IP|TP|PD|RS|RE|PP|in).*$|^\.[A-Z]+|\\(?:f.|\[\w+\]|\(..|&|,|/)", re.MULTILINE)
_WORD = re.compile(r"[\w'.:-]*\w(?:\(\))?")


def sections(page: str) -> dict[str, str]:
    """Return the digest of each section of a page in man(7): of its words, without comments and marks."""
    page = _COMMENT.sub("", page)
    heads = list(_HEAD.finditer(page))
    ends = [head.start() for head in heads[1:]] + [len(page)]
    return {
        " ".join(_WORD.findall(head[1])): digest([_words(page[head.end() : end])])
        for head, end in zip(heads, ends, strict=True)
    }


def _words(text: str) -> str:
    return " ".join(_WORD.findall(_MARK.sub(" ", text)))


def read_page(clone: Clone, record: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the newest release of the manual pages that a clone has, and the sections of the page there.

    Raises:
        LookupError: There is no such release, or it has no such page.
    """
    releases = clone.releases(record["tags"])
    if not releases:
        raise LookupError(f"{record['project']} has no tag like {record['tags']}")
    release, tag = list(releases.items())[-1]
    for path in record["paths"]:
        if (page := clone.text(tag, path)) is not None:
            return release, sections(page)
    raise LookupError(f"{record['project']} has none of {', '.join(record['paths'])} at {tag}")


def changed_sections(clone: Clone, record: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the newest release of the manual pages, and what is another there than what was recorded."""
    release, found = read_page(clone, record)
    known: dict[str, str] = record["sections"]
    told = [
        *(f"the section {name!r} is new" for name in found.keys() - known.keys()),
        *(f"the section {name!r} is gone" for name in known.keys() - found.keys()),
        *(f"the section {name!r} is another" for name in found.keys() & known.keys() if found[name] != known[name]),
    ]
    return release, sorted(told)


def read_record(path: Path) -> dict[str, Any]:
    """Read which page is watched, and how its sections were when they were last read."""
    return tomllib.loads(path.read_text("utf-8"))


def write_record(clone: Clone, path: Path) -> None:
    """Write down how the sections are in the newest release: somebody read them."""
    text = path.read_text("utf-8")
    release, found = read_page(clone, tomllib.loads(text))
    head = text.partition("[sections]")[0]
    head = re.sub(r"^release = .*$", f'release = "{release}"', head, flags=re.MULTILINE)
    rows = "".join(f'{json.dumps(name)} = "{value}"\n' for name, value in found.items())
    path.write_text(f"{head}[sections]\n{rows}", "utf-8")
