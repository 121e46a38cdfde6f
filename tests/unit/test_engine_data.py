"""The facts about container engines: complete, without gaps, and agreeing with themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest

from capset import DOCKER_DEFAULT, Cap, CapSet, engines, facts
from capset.engines.process import Placement
from capset.engines.releases import key
from capset.engines.rules import FAMILIES
from capset.sets import THREAD_SETS

DOCUMENTS = {name: facts.load(f"engines/{name}") for name in facts.stems("engines")}
KINDS = ("default", "sets", "rules")
FACTS = [
    pytest.param(document, kind, fact, id=f"{name}-{kind}-{at}")
    for name, document in DOCUMENTS.items()
    for kind in KINDS
    for at, fact in enumerate(document[kind])
]
KEYS = {
    "default": {"mask", "names", "denied_mask", "denied"},
    "sets": {"root", "other", "privileged", "privileged_other", "no_new_privs"},
    "rules": {"family", "all", "last_name", "options", "allowed", "privileged_alone", "withheld"},
}


def test_every_engine_is_there():
    """Those that people ask about, by the names that people use."""
    assert set(engines.names()) >= {
        *("docker", "podman", "containerd", "cri-o", "nerdctl", "buildah", "buildkit", "runc", "crun", "gvisor"),
        *("nomad", "systemd-nspawn", "lxc", "incus", "bubblewrap", "docker-swarm", "aws-ecs"),
    }


@pytest.mark.parametrize(("document", "kind", "fact"), FACTS)
def test_every_fact_says_how_it_is_known(document, kind, fact):
    """Confidence and sources; and no key that nobody reads."""
    assert fact["confidence"] in {"run", "read", "documented"}
    assert fact["sources"]
    assert set(fact["sources"]) <= set(document["sources"])
    assert set(fact) <= {"releases", "read_at", "confidence", "sources", "note", *KEYS[kind]}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_source_is_used(name):
    """A source that no fact names proves nothing."""
    document = DOCUMENTS[name]

    assert set(document) - {"read_to"} == {"schema", "title", "about", "sources", *KINDS}
    assert document["schema"] == 2
    assert document["about"].endswith(".")
    assert {source for kind in KINDS for fact in document[kind] for source in fact["sources"]} == set(
        document["sources"]
    )


def sources_in(value: object, at: str) -> Iterator[tuple[str, dict[str, object]]]:
    """List what a document says it was read from, with the place."""
    if isinstance(value, dict):
        if {"project", "path"} <= set(value):
            yield at, value
        for key, inner in value.items():
            yield from sources_in(inner, f"{at}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from sources_in(inner, f"{at}[{place}]")


EVERY = DOCUMENTS | {
    name: facts.load(name)
    for name in (
        "capabilities",
        "sysctls",
        *(f"{folder}/{stem}" for folder in ("formats", "policies") for stem in facts.stems(folder)),
    )
}
COMMITS = [
    pytest.param(source, id=at)
    for name, document in EVERY.items()
    for at, source in sources_in(document, name)
    if "commit" in source
]


@pytest.mark.parametrize("source", COMMITS)
def test_sources_can_be_followed(source):
    """A commit is written in full, with its day if that could be had, and the address leads to that path in it."""
    assert re.fullmatch("[0-9a-f]{40}", source["commit"])
    assert isinstance(source["date"], date) or source["date"].startswith("read in ")
    assert source["url"].startswith("https://github.com/")
    assert source["url"].endswith(f"/blob/{source['commit']}/{source['path']}")


@pytest.mark.parametrize("fact", [param.values[2] for param in FACTS if param.values[1] == "default"])
def test_masks_are_rebuilt_from_names(fact):
    """The data says every default twice."""
    ((mask, names),) = {("mask", "names"), ("denied_mask", "denied")} & {
        (mask, names) for mask in fact for names in fact
    }
    caps = [Cap.parse(text) for text in fact[names]]

    assert caps == sorted(set(caps))
    assert CapSet.from_hex(fact[mask]) == CapSet(caps)


def follows(before: str, after: str) -> bool:
    """Say whether no release can be between the two: the next patch, or the first of a later series."""
    if before.endswith(".x"):
        return key(before) < key(after, 0) and set(key(after, 0)[2:]) <= {0}
    was, now = key(before, 0), key(after, 0)
    length = before.removesuffix("-ce").count(".")
    next_patch = (*was[:length], was[length] + 1, *was[length + 1 :])
    return now == next_patch or (was < now and length > 1 and now[length] == 0)


def test_follows():
    """The rule itself."""
    assert follows("1.1.2", "1.1.3")
    assert follows("1.1.2", "1.2.0")
    assert follows("18.03.1-ce", "18.04.0-ce")
    assert follows("241", "242")
    assert follows("1.5.x", "1.6.0")
    assert not follows("1.1.2", "1.1.4")
    assert not follows("1.1.2", "1.2.1")
    assert not follows("1.1.2", "1.1.2")
    assert not follows("241", "243")
    assert not follows("1.5.x", "1.5.7")
    assert not follows("2.0.0", "1.0.0")


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_releases_neither_overlap_nor_leave_gaps(name, kind):
    """Every stretch begins where another ends, and only the last is open."""
    stated = DOCUMENTS[name][kind]
    stretches = sorted(
        ((release["since"], release.get("until", "")) for fact in stated for release in fact.get("releases", [])),
        key=lambda stretch: key(stretch[0], 0),
    )
    if not stretches:
        assert len(stated) == 1
        return
    assert all(fact.get("releases") for fact in stated)
    for (since, until), (later, _) in pairwise(stretches):
        assert key(since, 0) <= key(until), (since, until)
        assert follows(until, later), (until, later)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_how_far_releases_were_read(name):
    """Whoever names releases says which was the newest that was read, and no fact begins or ends after it."""
    document = DOCUMENTS[name]
    stated = [r for kind in KINDS for fact in document[kind] for r in fact.get("releases", [])]
    assert ("read_to" in document) is bool(stated)
    assert engines.get(name).read_to == document.get("read_to")
    if stated:
        newest = key(document["read_to"])
        assert all(key(text, 0) <= newest for r in stated for text in r.values())
        run = [text for kind in KINDS for fact in document[kind] for text in RUN.findall(fact.get("note", ""))]
        assert all(key(text, 0) <= newest for text in run)


RUN = re.compile(r"[Rr]un as ([0-9]+(?:\.[0-9]+)*)")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_kinds_of_fact_cover_the_same_releases(name):
    """A default without rules would be half a truth."""
    covered = {
        (min(key(r["since"], 0) for r in releases), max(key(r.get("until", "9999")) for r in releases))
        for kind in KINDS
        if (releases := [release for fact in DOCUMENTS[name][kind] for release in fact.get("releases", [])])
    }

    assert len(covered) <= 1


@pytest.mark.parametrize(("document", "kind", "fact"), [param for param in FACTS if param.values[1] == "sets"])
def test_placements_are_understood(document, kind, fact):
    """Each word has a meaning, and a fixed mask is one."""
    listed, added, held = CapSet([1]), CapSet([2]), CapSet([3])
    words = {"list": listed, "added": added, "held": held}
    masks = {mask.hex(): mask for mask in (CapSet.all(37), DOCKER_DEFAULT)}  # those that stand there as such
    for who in {"root", "other", "privileged", "privileged_other"} & set(fact):
        state = Placement(**fact[who]).fill(listed, added, held)

        assert {name for name in THREAD_SETS if getattr(state, name)} == set(fact[who])
        assert all(getattr(state, name) == (words | masks)[word] for name, word in fact[who].items())
    assert "privileged" in fact or "privileged_other" not in fact


def test_every_family_is_somebodys():
    """A rule that no engine follows would be tested by nothing."""
    assert {fact["family"] for document in DOCUMENTS.values() for fact in document["rules"]} == set(FAMILIES)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_eras_have_the_releases_of_the_data(name):
    """What is read from the data is what stands there, era by era."""
    starts = {r["since"] for kind in KINDS for fact in DOCUMENTS[name][kind] for r in fact.get("releases", [])}
    eras = engines.versions(name)
    newest = max(
        (r["since"] for kind in KINDS for fact in DOCUMENTS[name][kind] for r in fact.get("releases", [])),
        key=lambda since: key(since, 0),
        default="",
    )

    assert [release.since for release in eras[-1].releases[-1:]] == ([newest] if newest else [])
    assert engines.get(name) == eras[-1]
    assert {release.since for era in eras for release in era.releases} == starts
    assert len({(era.facts, str(era._behaviour)) for era in eras}) == len(eras)
    for era in eras:
        for release in era.releases:
            assert engines.get(name, release.since).facts == era.facts
            if release.until:
                assert engines.get(name, release.until).facts == era.facts
