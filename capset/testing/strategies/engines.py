"""Strategies of what container engines are asked, and what they give."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from capset import engines as catalogue
from capset.capability import Cap
from capset.engines import (
    Alias,
    Engine,
    Fact,
    Match,
    Matches,
    Placement,
    Release,
    Request,
    Resolution,
    Setting,
    Sysctl,
    Versions,
)
from capset.errors import RequestError, require
from capset.kernel import Credentials
from capset.testing.strategies.values import capsets

__all__ = [
    "aliases",
    "cap_names",
    "credentials_of_containers",
    "engines",
    "facts",
    "listed_matches",
    "matches",
    "placements",
    "releases_of_engines",
    "requests",
    "resolutions",
    "settings",
    "sysctls",
    "versions",
]


@cache
def _eras() -> list[Engine]:
    return [era for name in catalogue.names() for era in catalogue.versions(name)]


def engines(*names: str) -> st.SearchStrategy[Engine]:
    """Draw container engines, as all their releases were.

    Args:
        names: The engines that are drawn, such as ``"docker"``; all that capset knows if none is given.

    Raises:
        UnknownEngineError: There is no such engine.

    Examples:
        >>> from hypothesis import given
        >>> from capset import testing
        >>> @given(testing.engines("docker", "podman"))
        ... def test_neither_gives_all(engine):
        ...     assert "CAP_SYS_ADMIN" not in engine.default
        >>> test_neither_gives_all()
    """
    return st.sampled_from([era for name in names for era in catalogue.versions(name)] if names else _eras())


_SPELLED = [
    *(each for cap in Cap for each in (cap.name, str(cap), str(cap).lower())),
    *["ALL", "all", "CAP_ALL", "12", "", "NET_RAWW", " chown"] * 8,  # a third
]


def cap_names() -> st.SearchStrategy[str]:
    """Draw names of capabilities as people write them: in three spellings, ALL, and such as are none."""
    return st.sampled_from(_SPELLED)


# Where ALL is drawn it stands for a name that was: an example in which any will do shrinks to one that is no ALL.


def _names(names: Sequence[str], word_all: str) -> st.SearchStrategy[list[str]]:
    """Draw lists of names: few, many, and ALL with few beside it."""
    if not names:
        return st.just([])
    few, many = st.lists(st.sampled_from(names), max_size=3), st.lists(st.sampled_from(names))
    return few | many | few.map(lambda few: [word_all] * bool(few) + few[1:]) if word_all in names else few | many


def _lists(add: Sequence[str], drop: Sequence[str], word_all: str) -> st.SearchStrategy[tuple[list[str], list[str]]]:
    """Draw what is added and what is dropped, which is often ALL alone: so people ask most."""
    both = st.tuples(_names(add, word_all), _names(drop, word_all))
    return both | both.map(lambda both: (both[0], [word_all] * bool(both[1]))) if word_all in drop else both


_USERS = ("", "0", "1000", "1000:1000", "root")


def requests(engine: Engine | None = None) -> st.SearchStrategy[Request]:
    """Draw what people ask of engines: few capabilities, many, ALL, and ALL with some others.

    Args:
        engine: Draw only what this engine takes: the names as it spells them, and what it does not refuse. If not
            given, the names are those of :func:`cap_names`, which every engine refuses some of, and the user may be one
            of whom only the image knows the number.

    Examples:
        >>> from hypothesis import given
        >>> from capset import engines, testing
        >>> podman = engines.get("podman")
        >>> @given(testing.requests(podman))
        ... def test_what_it_gives_is_lawful(request):
        ...     assert podman.container(request).violations() == []
        >>> test_what_it_gives_is_lawful()
    """
    if engine is None:
        lists = _lists(_SPELLED, _SPELLED, "ALL")
        return _requests(lists, (*_USERS, "nobody", "1000:web"), st.booleans())
    require(engine, Engine, "an Engine, as engines.get() gives it")
    rules = engine.judge.rules
    spelling, options = rules.family.spelling, rules.options
    names = [rules.spell(cap) for cap in rules.names if cap.known] + [spelling.word_all] * bool(spelling.all)
    may_add = [name for name in names if rules.allowed is None or name in map(rules.spell, rules.allowed)]
    clearing = [""] * spelling.clears  # then what is dropped anyway is dropped no more, as what is kept needs

    def takes(request: Request) -> bool:
        try:
            engine.container(request)
        except RequestError:
            return False
        return True

    # Nothing is thrown away: what an engine does not take beside something else is left out.
    def taken(request: Request) -> Request:
        twice = [name for name in request.drop if name not in request.add]
        changes: list[dict[str, Any]] = [{"drop": twice}, {"privileged": False}, {"drop": clearing}]
        for change in changes:
            if takes(request):
                break
            request = evolve(request, **change)
        return request

    lists = _lists(may_add if options.add else (), clearing * 5 + names if options.drop else (), spelling.word_all)
    return _requests(lists, _USERS, st.booleans() if options.privileged else st.just(False)).map(taken)


def _requests(
    lists: st.SearchStrategy[tuple[list[str], list[str]]], users: Sequence[str], privileged: st.SearchStrategy[bool]
) -> st.SearchStrategy[Request]:
    def made(lists: tuple[list[str], list[str]], **others: Any) -> Request:
        return Request(*lists, **others)

    return st.builds(made, lists, privileged=privileged, user=st.sampled_from(users), no_new_privs=st.booleans())


def _asked() -> st.SearchStrategy[tuple[Engine, Request]]:
    return engines().flatmap(lambda engine: st.tuples(st.just(engine), requests(engine)))


def resolutions() -> st.SearchStrategy[Resolution]:
    """Draw what engines make of requests that they take."""
    return _asked().map(lambda pair: pair[0].resolution(pair[1]))


def credentials_of_containers() -> st.SearchStrategy[Credentials]:
    """Draw the credentials with which a container's first program is executed."""
    return _asked().map(lambda pair: pair[0].credentials(pair[1]))


def listed_matches() -> st.SearchStrategy[Matches]:
    """Draw which engines and requests explain the sets of a container's process."""
    return _asked().map(lambda pair: catalogue.recognise(pair[0].container(pair[1])))


def matches() -> st.SearchStrategy[Match]:
    """Draw one of them."""
    return listed_matches().filter(bool).flatmap(st.sampled_from)


def aliases() -> st.SearchStrategy[Alias]:
    """Draw what else people type for engines."""
    return st.sampled_from(catalogue.aliases())


def facts() -> st.SearchStrategy[Fact]:
    """Draw where facts about engines come from."""
    return engines().flatmap(lambda engine: st.sampled_from(engine.facts))


def placements() -> st.SearchStrategy[Placement]:
    """Draw what engines write into the five sets of a container's configuration."""
    return engines().flatmap(lambda engine: st.sampled_from([*engine.placements.values()]))


def releases_of_engines() -> st.SearchStrategy[Release]:
    """Draw stretches of releases that behave alike."""
    return st.sampled_from([release for era in _eras() for release in era.releases])


def settings() -> st.SearchStrategy[Setting]:
    """Draw what an engine's configuration sets."""
    return st.builds(
        Setting,
        default=capsets(known=True),
        allowed=st.none() | capsets(known=True),
        inheritable=st.none() | st.booleans(),
    )


def sysctls() -> st.SearchStrategy[Sysctl]:
    """Draw what engines make unnecessary by a sysctl."""
    return st.sampled_from([each for era in _eras() for each in catalogue.sysctls(era)])


def versions() -> st.SearchStrategy[Versions]:
    """Draw an engine over time."""
    return st.sampled_from(catalogue.names()).map(catalogue.versions)
