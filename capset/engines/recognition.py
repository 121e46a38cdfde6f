"""Which engine, and which request, explains the sets of a running process."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from capset.engines.catalogue import names, versions
from capset.engines.engine import Engine, user_id
from capset.engines.releases import Release, join
from capset.engines.request import Request
from capset.errors import RequestError
from capset.listed import Listed
from capset.sets import CapSet
from capset.shown import Shown, Tabular
from capset.state import CapState, HasCaps, five_sets

__all__ = ["Match", "Matches", "recognise"]

_NOBODY = 65534


@frozen(kw_only=True)
class Match(Shown):
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
        ValueError: *uid* is negative or larger than 2**32 - 2.
        TypeError: *state* has no five sets, or *uid* no number.

    Examples:
        >>> from capset import CapState, DOCKER_DEFAULT
        >>> caps = DOCKER_DEFAULT | {"net_admin"}
        >>> best = recognise(CapState(bounding=caps, permitted=caps, effective=caps))[0]
        >>> best.engine.name, best.flags, best.root
        ('aws-ecs', ['linuxParameters.capabilities.add=NET_ADMIN'], True)
    """
    state = five_sets(state)
    users = (0, _NOBODY) if uid is None else (user_id(uid),)
    matches = [match for name in names() for user in users for match in _of_engine(name, state, user, available)]
    return Matches(sorted(matches, key=lambda match: match.request.size))


def _of_engine(name: str, state: CapState, uid: int, available: CapSet | None) -> Iterator[Match]:
    """Explain the sets by one engine, with one match for all neighbouring releases that do so alike."""
    found: list[tuple[Request, bool, list[Engine]]] = []
    for engine in versions(name):
        asked = engine._candidates((state.bounding, state.permitted), state.ambient, available=available)
        fitting = [request for request in dict.fromkeys(asked) if _gives(engine, request, uid, available) == state]
        if not fitting:
            continue
        best = min(fitting, key=lambda request: (request.privileged, request.size))
        privileged = not best.privileged and Request(privileged=True) in fitting
        if found and found[-1][:2] == (best, privileged):
            found[-1][2].append(engine)
        else:
            found.append((best, privileged, [engine]))
    for request, privileged, engines in reversed(found):
        yield Match(engines=tuple(engines), request=request, root=uid == 0, also_privileged=privileged)


def _gives(engine: Engine, request: Request, uid: int, available: CapSet | None) -> CapState | None:
    try:
        return engine.container(request, uid=uid, available=available)
    except RequestError:
        return None
