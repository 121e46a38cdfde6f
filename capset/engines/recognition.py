"""Which engine, and which request, explains the sets of a running process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from attrs import frozen

from capset.engines.catalogue import names, versions
from capset.engines.engine import Engine, user_id
from capset.engines.process import first_process
from capset.engines.releases import Release, join
from capset.engines.request import Request
from capset.errors import RequestError
from capset.listed import Listed
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Shown, Tabular
from capset.state import CapState, HasCaps, five_sets

__all__ = ["Match", "Matches", "recognise"]

_NOBODY = 65534


@frozen(kw_only=True)
class Match(Plain, Shown):
    """An explanation of the five sets of a process.

    Attributes:
        engines: One engine in all its releases that give these sets for this request, the newest last.
        request: The shortest request for which they do.
        root: Whether the process then has user id 0 in its user namespace.
        also_privileged: Whether a privileged container has the same sets.
    """

    engines: tuple[Engine, ...]
    request: Request
    root: bool
    also_privileged: bool

    @property
    def engine(self) -> Engine:
        """The newest of them."""
        return self.engines[-1]

    @property
    def releases(self) -> tuple[Release, ...]:
        """All those releases, in as few stretches as there are; empty where the facts name no release."""
        every = [release for engine in versions(self.engine.name) for release in engine.releases]
        return join(every, {release for engine in self.engines for release in engine.releases})

    @property
    def flags(self) -> list[str]:
        """The request as it is written for the engine."""
        return self.engine.write(self.request)


class Matches(Listed[Match], Tabular):
    """What explains the five sets of a process: a list, the fewest options first.

    Returned by :func:`recognise`; in a notebook it is a table, and so is a slice of it. Each match is a row of
    :meth:`to_records`: ``engine``, ``title``, ``releases``, ``flags``, ``size``, ``root`` and ``also_privileged``.
    """

    __slots__ = ()


def recognise(state: CapState | HasCaps, *, uid: int | None = None, available: CapSet | None = None) -> Matches:
    """Name the engines and requests that give a container's first process exactly these sets.

    The five sets are all there is to go by. They cannot tell apart:

    - engines that give the same, and the releases of one of them: every one is a match of its own, or
      in :attr:`Match.engines`;
    - the shortest request and a longer one with the same effect, such as one that adds what is in the
      default anyway; a privileged container is told by :attr:`Match.also_privileged`;
    - one user id other than 0 and another, and whether no_new_privs is set;
    - a container and a process outside any that has the same sets, or a process that has itself
      dropped what it had.

    Args:
        state: The sets, a CapState or what has one as ``caps``, such as ``live.read(pid)``.
        uid: The user id of the process in its user namespace, if it is known.
        available: What the engines hold themselves, by default all that capset knows.

    Returns:
        The matches, the fewest options first, then by name, the newest releases first; none where no
        request explains the sets.

    Raises:
        ArgumentError: *uid* is negative or larger than 2**32 - 2.
        TypeError: *state* has no five sets, or *uid* no number.

    Examples:
        >>> from capset import CapState, DOCKER_DEFAULT
        >>> caps = DOCKER_DEFAULT | {"net_admin"}
        >>> best = recognise(CapState(bounding=caps, permitted=caps, effective=caps))[0]
        >>> best.engine.name, best.flags, best.root
        ('aws-ecs', ['linuxParameters.capabilities.add=NET_ADMIN'], True)
    """
    state = five_sets(state)
    users = (0, _NOBODY) if uid is None else (_NOBODY if user_id(uid) else 0,)  # one user who is not root is as another
    held = CapSet.all() if available is None else CapSet(available)
    return Matches(_matches(state, users, held))


# A host has a handful of different states, and trying every request on every engine takes as long as reading some
# thousand processes.
@lru_cache(maxsize=256)
def _matches(state: CapState, users: tuple[int, ...], held: CapSet) -> tuple[Match, ...]:
    matches = [match for name in names() for match in _of_engine(name, state, users, held)]
    return tuple(sorted(matches, key=lambda match: match.request.size))


def _of_engine(name: str, state: CapState, users: tuple[int, ...], held: CapSet) -> Iterator[Match]:
    """Explain the sets by one engine, with one match for all neighbouring releases that do so alike."""
    found: dict[int, list[tuple[Request, bool, list[Engine]]]] = {user: [] for user in users}
    for engine in versions(name):
        candidates = engine._candidates((state.bounding, state.permitted), state.ambient, available=held)
        asked = list(dict.fromkeys(candidates))
        for user, matches in found.items():
            fitting = [request for request in asked if _gives(engine, request, state, user, held)]
            if not fitting:
                continue
            best = min(fitting, key=lambda request: (request.privileged, request.size))
            privileged = not best.privileged and Request(privileged=True) in fitting
            if matches and matches[-1][:2] == (best, privileged):
                matches[-1][2].append(engine)
            else:
                matches.append((best, privileged, [engine]))
    for user, matches in found.items():
        for request, privileged, engines in reversed(matches):
            yield Match(engines=tuple(engines), request=request, root=user == 0, also_privileged=privileged)


def _gives(engine: Engine, request: Request, state: CapState, uid: int, held: CapSet) -> bool:
    """Say whether :meth:`Engine.container` gives these sets."""
    try:
        configured = engine.configured(request, uid=uid, available=held)
    except RequestError:
        return False
    if configured.bounding & held != state.bounding:  # which the execve(2) leaves alone; most requests end here
        return False
    gains_nothing = engine._behaviour.no_new_privs
    return first_process(configured, held=held, root=uid == 0, no_new_privs=gains_nothing) == state
