"""Walking the releases of a project: where the data about an engine and the project's code disagree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import Factory, define, frozen

from capset import LAST_CAP, Cap, CapSet
from capset.engines.releases import key
from tests.facts.clones import Clone
from tests.facts.watching import KINDS, Place, Watch, digest, last_in, names_in

__all__ = ["Fact", "Finding", "Walk", "fact_at", "walk"]

Fact = Mapping[str, Any]
_PRIVILEGED = re.compile("privileged|insecure", re.IGNORECASE)
"""What the makers of engines call a container that has everything."""
_UNWATCHED = "nothing that is watched says what a privileged container gets"


@frozen
class Finding:
    """What somebody has to look at: what is found at some releases of an engine."""

    engine: str
    kind: str
    releases: tuple[str, ...]
    what: str

    def __str__(self) -> str:
        runs = self.releases[0] if len(self.releases) == 1 else f"{self.releases[0]} to {self.releases[-1]}"
        return f"{self.engine} {self.kind} {runs}: {self.what}"


@define
class Walk:
    """What came of walking one engine's releases.

    Attributes:
        watch: What was watched.
        releases: The tag of each release that the data has facts about, ascending.
        findings: What somebody has to look at.
        codes: For each kind of fact, each code that was met and the first release that has it.
        watched: For each kind of fact, the releases at which there was something to look at, and it was found.
    """

    watch: Watch
    releases: dict[str, str]
    findings: list[Finding] = Factory(list)
    codes: dict[str, dict[str, str]] = Factory(dict)
    watched: dict[str, list[str]] = Factory(dict)


def fact_at(document: Mapping[str, Any], kind: str, version: str) -> Fact | None:
    """Return the fact of a kind that the data has for a release; None if it has none for it."""
    facts: list[Fact] = document[kind]
    if not any("releases" in fact for fact in facts):
        return facts[0]
    before = [
        (key(release["since"], 0), at)
        for at, fact in enumerate(facts)
        for release in fact["releases"]
        if key(release["since"], 0) <= key(version, 0)
    ]
    if not before:
        return None
    since, at = max(before)
    [until] = [r.get("until", "") for r in facts[at]["releases"] if key(r["since"], 0) == since]
    return None if until and key(version, 0) > key(until) else facts[at]


def walk(watch: Watch, clone: Clone, document: Mapping[str, Any], looked_at: Mapping[str, Iterable[str]]) -> Walk:
    """Compare what is watched with the data, at every release that the data has facts about.

    Args:
        watch: What is watched.
        clone: The project.
        document: The data about the engine.
        looked_at: For each kind of fact, the codes (:func:`~tests.facts.watching.digest`) that somebody looked at.
    """
    releases = {
        version: tag
        for version, tag in clone.releases(watch.tags).items()
        if any(fact_at(document, kind, version) is not None for kind in KINDS)
    }
    result = Walk(watch, releases)
    silent = set(releases)
    for kind, places in watch.places.items():
        notes = dict.fromkeys(releases, "")
        met: dict[tuple[object, ...], Fact] = {}
        for version, tag in releases.items():
            fact = fact_at(document, kind, version)
            here = [place for place in places if place.is_for(version)]
            if fact is None or not here:
                continue
            found = [place.read(clone, tag) for place in here]
            if None in found:
                lost = here[found.index(None)]
                notes[version] = f"nothing is found of {lost.start or 'what is watched'!r} in {', '.join(lost.files)}"
                continue
            result.watched.setdefault(kind, []).append(version)
            read = [(place, text) for place, text in zip(here, found, strict=True) if text is not None]
            if kind == "sets" and any(_PRIVILEGED.search(text) for _, text in read):
                silent.discard(version)
            notes[version] = "; ".join(filter(None, (_differs(place, text, fact) for place, text in read)))
            if codes := [text for place, text in read if place.find == "text"]:
                code = digest(codes)
                result.codes.setdefault(kind, {}).setdefault(code, version)
                if code not in looked_at.get(kind, ()):
                    notes[version] = notes[version] or f"code that nobody looked at ({code})"
                sign = (code, *(last_in(text) for place, text in read if place.find == "last"))
                other = met.setdefault(sign, fact)
                if other is not fact and all(place.boundaries for place in here) and not _is_told((fact, other)):
                    notes[version] = notes[version] or (
                        f"the code is that of {result.codes[kind][code]}, and the data has another fact for it"
                    )
        result.findings += [Finding(watch.engine, kind, run, note) for run, note in _runs(notes) if note]
    if "sets" in watch.places:
        asked = _with_privileged(document, releases)
        notes = {version: _UNWATCHED * (version in silent & asked) for version in releases}
        result.findings += [Finding(watch.engine, "sets", run, note) for run, note in _runs(notes) if note]
    return result


def _with_privileged(document: Mapping[str, Any], releases: Iterable[str]) -> set[str]:
    """Return the releases whose privileged containers the data knows: the newest alone, where it names no release."""
    by_release = any("releases" in fact for fact in document["rules"])
    asked = [*releases] if by_release else [*releases][-1:]
    rules = {version: fact_at(document, "rules", version) or {} for version in asked}
    return {version for version, fact in rules.items() if "privileged" in fact.get("options", {})}


def _is_told(facts: tuple[Fact, Fact]) -> bool:
    """Say whether one of two facts is known from what its makers say alone, not from their code."""
    return any(fact["confidence"] == "documented" for fact in facts)


def _differs(place: Place, text: str, fact: Fact) -> str:
    """Say what is another in the code than in the data; nothing where they agree."""
    if place.find == "text":
        return ""
    if place.find == "last":
        found, stated = last_in(text), Cap.parse(fact.get("last_name", str(LAST_CAP)))
        return "" if found is stated else f"the last name in the code is {found}, in the data {stated}"
    names = "names" if place.find == "allowed" else "denied"
    if names not in fact:
        return f"the code lists what is {place.find}, and the data does not"
    diff = CapSet(fact[names]).diff(names_in(text))
    return f"what is {place.find} in the code is what is in the data {diff}" if diff else ""


def _runs(notes: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Join the releases that follow each other and have the same note."""
    run: list[str] = []
    last = ""
    for version, note in notes.items():
        if run and note != last:
            yield tuple(run), last
            run = []
        run.append(version)
        last = note
    if run:
        yield tuple(run), last
