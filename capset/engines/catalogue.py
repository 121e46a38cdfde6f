"""The engines that capset has facts about, from ``data/engines``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import evolve

from capset.capability import LAST_CAP, Cap
from capset.engines.behaviour import Behaviour, Fact
from capset.engines.engine import Engine
from capset.engines.process import Placement
from capset.engines.releases import Release, divide, key
from capset.engines.rules import FAMILIES, Options, Rules
from capset.engines.setting import Setting
from capset.errors import UnknownEngineError, UnknownVersionError, shown
from capset.facts import load, stems
from capset.listed import Listed
from capset.sets import CapSet
from capset.shown import Plotted
from capset.source import Source

if TYPE_CHECKING:
    from capset.engines.alias import Alias

__all__ = ["Versions", "get", "is_engine", "names", "place", "versions"]

_KINDS = ("default", "sets", "rules")


class Versions(Listed[Engine], Plotted):
    """An engine over time: a list with an entry for all releases that behave alike, the newest last.

    Returned by :func:`versions`; in a notebook it is a table, and so is a slice of it. Each entry is a row of
    :meth:`to_records`: ``engine``, ``title``, ``releases``, ``held``, ``default`` (a mask, unsigned, of 64 bits),
    ``names`` and ``source``. The plot is the default by releases.
    """

    __slots__ = ()


def names() -> list[str]:
    """List the engines that capset has facts about."""
    return list(_names())


def get(name: str, version: str | None = None) -> Engine:
    """Return an engine as one of its versions behaves.

    Args:
        name: One of :func:`names`, or what people type for one, as :func:`aliases` lists it:
            ``"moby"`` is ``"docker"``, and so is ``"Docker"``.
        version: Such as ``"20.10.24"``; ``"20.10"`` is the newest release of that series. What follows
            the numbers, such as ``-ce`` or ``+dfsg1``, does not count. None stands for the newest
            release that there are facts about. One that is newer than all that was read is taken to do
            the same, which its ``assumed`` says. It is the version of the engine: those of OpenShift, say, are not
            those of CRI-O.

    Raises:
        UnknownEngineError: There is no engine of that name, and the error lists the names; or it may be several, as
            Kubernetes may be, and the error says which and why.
        UnknownVersionError: There are no facts about that version, or it is no version; or *name* has versions of its
            own.
        TypeError: *name* or *version* is no str.

    Examples:
        >>> get("docker", "20.10.24").resolve(add=["ALL"]).hex()
        '0000003fffffffff'
        >>> get("docker", "23.0").resolve(add=["ALL"]).hex()
        '000001ffffffffff'
    """
    eras = _eras_of(name)
    if version is None:
        return eras[-1]
    if not isinstance(version, str):
        raise TypeError(f"expected a version as str, got {shown(version)}")
    if name not in _names() and (alias := _alias(name)) and alias.own_versions:
        engine = eras[-1]
        remedy = f"it has versions of its own; give that of {engine.title}, with the name {engine.name}. {alias.why}"
        raise UnknownVersionError(name, version, remedy.removesuffix("."))
    try:
        wanted = key(version)
    except ValueError as error:
        raise UnknownVersionError(name, version, str(error)) from None
    stretches = sorted(((release, era) for era in eras for release in era.releases), key=_start)
    if not stretches:
        remedy = "they were read at one commit only, and name no release; leave the version out"
        raise UnknownVersionError(name, version, remedy)
    before = [(release, era) for release, era in stretches if key(release.since, 0) <= wanted]
    if not before:
        raise UnknownVersionError(name, version, f"they begin with {stretches[0][0].since}")
    release, era = before[-1]
    if release.until and len(before) == len(stretches) and wanted > key(release.until):
        raise UnknownVersionError(name, version, f"they end with {release.until}")
    return evolve(era, version=version)


def versions(name: str) -> Versions:
    """Return an engine as it was over time: one entry for all releases that behave alike, the newest last.

    Raises:
        UnknownEngineError: There is no engine of that name.
        TypeError: *name* is no str.

    Examples:
        >>> for engine in versions("nomad-docker"):
        ...     print(len(engine.default), *engine.releases, sep=", ")
        14, 0.9.0 to 0.12.11, 1.0.0 to 1.0.4
        13, 0.12.12 to 0.12.x, 1.0.5 and later
    """
    return Versions(_eras_of(name))


def is_engine(text: str) -> bool:
    """Say whether a text is the name of an engine, or one that people type for one or for several.

    Examples:
        >>> from capset import engines
        >>> [engines.is_engine(text) for text in ("docker", "Moby", "k8s", "dokcer")]
        [True, True, True, False]
    """
    if not isinstance(text, str):
        raise TypeError(f"expected the name of an engine as str, got {shown(text)}")
    try:
        return bool(_name(text))
    except UnknownEngineError as error:
        return bool(error.why)


def place(engine: Engine) -> str | None:
    """Write where an engine is to be found, in Python; None if it was made elsewhere."""
    if engine.setting is not None:
        return _place_of_set(engine, engine.setting)
    eras = _eras_of(engine.name) if engine.name in _names() else ()
    if engine.version:
        return f"engines.get({engine.name!r}, {engine.version!r})" if evolve(engine, version="") in eras else None
    if engine not in eras:
        return None
    at = eras.index(engine)
    return f"engines.get({engine.name!r})" if at == len(eras) - 1 else f"engines.versions({engine.name!r})[{at}]"


def find(name: str, version: str, releases: tuple[Release, ...]) -> Engine:
    """Return the engine of that name and version that has these releases.

    Raises:
        UnknownEngineError: There is no such engine.
        UnknownVersionError: There is none with these releases: the facts have changed since they were written down.
    """
    found = [get(name, version)] if version else list(_eras_of(name))
    for engine in found:
        if engine.releases == releases:
            return engine
    written = ", ".join(map(str, releases)) or "no release"
    remedy = "this version of capset divides its releases in another way; engines.get() takes a version of the engine"
    raise UnknownVersionError(name, written, remedy)


def _place_of_set(engine: Engine, setting: Setting) -> str | None:
    """Write where an engine as it is configured is to be found."""
    try:
        released = find(engine.name, engine.version, engine.releases)
    except (UnknownEngineError, UnknownVersionError):
        return None
    return f"{place(released)}.with_default({setting})" if released._as_set(setting) == engine else None


@cache
def _names() -> tuple[str, ...]:
    return tuple(stems("engines"))


def _start(stretch: tuple[Release, Engine]) -> tuple[int, ...]:
    return key(stretch[0].since, 0)


def _eras_of(name: str) -> tuple[Engine, ...]:
    if not isinstance(name, str):
        raise TypeError(f"expected the name of an engine as str, got {shown(name)}")
    return _read(_name(name))


def _name(text: str) -> str:
    """Return the name of the engine that a text stands for."""
    if text in _names():
        return text
    from capset.engines.alias import plain

    if plain(text) in _names():
        return plain(text)
    alias = _alias(text)
    if alias is None:
        from difflib import get_close_matches

        raise UnknownEngineError(text, _names(), tuple(get_close_matches(text.lower(), _names())))
    name, *others = alias.engines
    if others:
        raise UnknownEngineError(text, _names(), alias.engines, alias.why)
    return name


def _alias(text: str) -> Alias | None:
    from capset.engines.alias import find_alias

    return find_alias(text)


@cache
def _read(name: str) -> tuple[Engine, ...]:
    document = load(f"engines/{name}")
    kinds = [
        [[Release(**release) for release in fact.get("releases", [])] for fact in document[kind]] for kind in _KINDS
    ]
    eras: dict[tuple[int, ...], list[Release]] = {}
    stretches = divide(kinds)
    for release, places in stretches:
        eras.setdefault(places, []).append(release)
    if stretches:
        newest = stretches[-1][1]
        eras[newest] = eras.pop(newest)  # last, also where the newest release behaves as an older one did
    else:
        eras[tuple(0 for _ in _KINDS)] = []
    return tuple(
        _engine(name, document, tuple(releases), *(document[kind][at] for kind, at in zip(_KINDS, places, strict=True)))
        for places, releases in eras.items()
    )


def _engine(
    name: str,
    document: Mapping[str, Any],
    releases: tuple[Release, ...],
    default: Mapping[str, Any],
    sets: Mapping[str, Any],
    rules: Mapping[str, Any],
) -> Engine:
    def fact(about: Any, entry: Mapping[str, Any]) -> Fact:
        sources = tuple(Source(**document["sources"][source]) for source in entry["sources"])
        return Fact(about=about, confidence=entry["confidence"], sources=sources, note=entry.get("note", ""))

    return Engine(
        name=name,
        title=document["title"],
        about=document["about"],
        version="",
        releases=releases,
        read_to=document.get("read_to"),
        facts=(fact("default", default), fact("sets", sets), fact("rules", rules)),
        behaviour=Behaviour(
            allowed=CapSet(default["names"]) if "names" in default else None,
            denied=CapSet(default.get("denied", ())),
            rules=Rules(
                family=FAMILIES[rules["family"]],
                names=CapSet.all(Cap.parse(rules.get("last_name", str(LAST_CAP)))),
                all=rules.get("all", "held"),
                options=Options(**rules.get("options", {})),
                allowed=CapSet(rules["allowed"]) if "allowed" in rules else None,
                privileged_alone=rules.get("privileged_alone", False),
                withheld=CapSet(rules.get("withheld", ())),
            ),
            root=Placement(**sets["root"]),
            other=Placement(**sets["other"]),
            privileged=Placement(**sets["privileged"]) if "privileged" in sets else None,
            privileged_other=Placement(**sets["privileged_other"]) if "privileged_other" in sets else None,
            no_new_privs=sets.get("no_new_privs", False),
        ),
    )
