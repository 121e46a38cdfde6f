"""Releases: which versions of an engine a fact holds for, and which facts hold for a version."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from itertools import groupby

from attrs import frozen

from capset.errors import shown
from capset.plain import Plain

__all__ = ["Release", "divide", "join", "key", "releases_text"]

_ANY = 1 << 32  # after every number that a version has
_VERSION = re.compile(r"(?:[0-9]{1,9}:)?v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,5})(?:\.x)?(?:[-+~^_][0-9A-Za-z.+~^_-]*)?")


def key(version: str, rest: int = _ANY) -> tuple[int, ...]:
    """Return what versions are compared by: their numbers, six of them.

    A version with fewer numbers stands for the newest release of its series. What follows the numbers,
    such as ``-ce``, ``-rc1`` or a distribution's ``+dfsg1``, does not count, nor does the epoch of a package before it.

    Raises:
        ValueError: *version* is none.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{shown(version)} is no version such as 20.10.24 or 20.10")
    numbers = tuple(map(int, match[1].split(".")))
    return (*numbers, *[rest] * (6 - len(numbers)))


@frozen
class Release(Plain):
    """A stretch of releases.

    Attributes:
        since: The first of them.
        until: The last of them, or ``3.4.x`` for the last of a series; empty where it goes on.
    """

    since: str
    until: str = ""

    def __str__(self) -> str:
        if self.since == self.until:
            return self.since
        return f"{self.since} to {self.until}" if self.until else f"{self.since} and later"


def divide(kinds: Sequence[Sequence[Sequence[Release]]]) -> list[tuple[Release, tuple[int, ...]]]:
    """Divide an engine's releases into stretches within which no fact changes.

    Args:
        kinds: For every kind of fact, for every fact of that kind: the releases for which it holds. A
            lone fact without releases holds for all.

    Returns:
        The stretches, ascending, each with the place of the fact that holds, kind by kind; nothing
        where no fact names a release.
    """
    stretches = sorted(
        (key(release.since, 0), kind, at, release)
        for kind, facts in enumerate(kinds)
        for at, releases in enumerate(facts)
        for release in releases
    )
    places, untils = [0] * len(kinds), [""] * len(kinds)
    found: list[tuple[str, tuple[int, ...]]] = []
    ends: list[str] = []
    for _, group in groupby(stretches, key=lambda stretch: stretch[0]):
        beginning = [(kind, at, release) for _, kind, at, release in group]
        ends.append(untils[beginning[0][0]])  # what begins here ends the stretch before it
        for kind, at, release in beginning:
            places[kind], untils[kind] = at, release.until
        found.append((beginning[0][2].since, tuple(places)))
    ends.append(next(filter(None, untils), ""))
    return [(Release(since, until), at) for (since, at), until in zip(found, ends[1:], strict=True)]


def join(every: Iterable[Release], chosen: Container[Release]) -> tuple[Release, ...]:
    """Join the stretches in *chosen* that follow each other among *every* stretch."""
    ordered = sorted(every, key=lambda release: key(release.since, 0))
    runs = [list(run) for taken, run in groupby(ordered, key=chosen.__contains__) if taken]
    return tuple(Release(run[0].since, run[-1].until) for run in runs)


def releases_text(releases: Iterable[Release]) -> str:
    """Name stretches of releases; what was read at one commit only has none."""
    return ", ".join(map(str, releases)) or "as read"
