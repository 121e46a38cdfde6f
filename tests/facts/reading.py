"""At which releases a fact was read: what ``read_at`` in the data says, and what can be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.facts.clones import Clone
from tests.facts.walking import Fact, Finding, Walk, fact_at
from tests.facts.watching import KINDS

__all__ = ["EVERY_RELEASE", "check_read_at", "unread_starts"]

EVERY_RELEASE = "every release"


def unread_starts(fact: Fact) -> list[str]:
    """List the releases with which a fact begins to hold by the data, and at which it was not read.

    What its makers say (*documented*) needs no reading, and what names no release claims none.
    """
    read_at = fact.get("read_at", [])
    if fact["confidence"] == "documented" or read_at == EVERY_RELEASE:
        return []
    return [release["since"] for release in fact.get("releases", []) if release["since"] not in read_at]


def check_read_at(document: Mapping[str, Any], result: Walk, clone: Clone) -> Iterator[Finding]:
    """Report what ``read_at`` says, and is not so.

    ``"every release"`` stands where all releases of a fact were walked, and what is watched was found at each. A list
    names releases at which one of the files that the fact cites is as it is at the commit that is cited.
    """
    for kind in KINDS:
        for fact in document[kind]:
            stated = fact.get("read_at", [])
            releases = [version for version in result.releases if fact_at(document, kind, version) is fact]
            watched = result.watched.get(kind, [])
            if stated == EVERY_RELEASE:
                if unwatched := tuple(version for version in releases if version not in watched):
                    told = "read_at says every release, and nothing is watched at these"
                    yield Finding(result.watch.engine, kind, unwatched, told)
                continue
            for version in stated:
                if not _is_as_cited(document, fact, result, clone, version):
                    told = "read_at says that it was read there, and no file that is cited is as it is cited"
                    yield Finding(result.watch.engine, kind, (version,), told)


def _is_as_cited(document: Mapping[str, Any], fact: Fact, result: Walk, clone: Clone, version: str) -> bool:
    tag = result.releases.get(version)
    cited = [document["sources"][name] for name in fact["sources"]]
    here = [(source["commit"], source["path"]) for source in cited if source["project"] == result.watch.project]
    return tag is not None and any(
        (text := clone.text(tag, path)) is not None and text == clone.text(commit, path) for commit, path in here
    )
