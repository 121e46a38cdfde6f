"""UserNamespace: which ids a user namespace has, and whom they stand for outside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from attrs import Factory, field, frozen

from capset.errors import ArgumentError, shown
from capset.plain import Plain

__all__ = ["INITIAL", "NO_ID", "OVERFLOW_ID", "Extent", "UserNamespace"]

NO_ID = 2**32 - 1
"""What is no id: in a system call it means *leave this one alone*."""

OVERFLOW_ID = 65534
"""What a thread sees in the place of an id that its namespace does not map."""

_MOST_EXTENTS = 340


class Extent(NamedTuple):
    """A stretch of ids that a user namespace maps.

    Attributes:
        first: The first id inside the namespace.
        outside: The id that it stands for outside. In a map that is written that is an id of the parent
            namespace; in a :class:`UserNamespace` it is one of the initial namespace.
        size: How many ids there are.
    """

    first: int
    outside: int
    size: int


def made_extents(extents: Iterable[tuple[int, int, int]]) -> tuple[Extent, ...]:
    made: list[Extent] = []
    for extent in extents:
        numbers = tuple(extent)
        if len(numbers) != 3 or not all(type(number) is int and 0 <= number < 2**32 for number in numbers):
            raise ArgumentError(f"an extent is three numbers from 0 to 2**32 - 1, got {shown(extent)}", extent)
        made.append(Extent(*numbers))
    return tuple(made)


def are_lawful(extents: Iterable[Extent]) -> bool:
    """Say whether the kernel takes a map for one: no empty, endless or overlapping extents, not too many."""
    seen: list[Extent] = []
    for extent in extents:
        ends = (extent.first + extent.size, extent.outside + extent.size)
        if extent.size == 0 or max(ends) > NO_ID:
            return False
        for other in seen:
            for mine, theirs in ((extent.first, other.first), (extent.outside, other.outside)):
                if mine < theirs + other.size and theirs < mine + extent.size:
                    return False
        seen.append(extent)
    return 0 < len(seen) <= _MOST_EXTENTS


_EVERY_ID = (Extent(0, 0, NO_ID),)


def _default_map(namespace: UserNamespace) -> tuple[Extent, ...]:
    return _EVERY_ID if namespace.parent is None else ()


@frozen(kw_only=True)
class UserNamespace(Plain):
    """A user namespace: its place in the tree, and the ids that it maps.

    All ids are those of the initial user namespace, as the kernel keeps them. Two namespaces of the same
    shape are equal, though not the same to the kernel; a system call that makes one makes a new object.

    Attributes:
        parent: The namespace in which it was made; None for the initial one.
        owner: The effective user id of the thread that made it. In the parent, that user has every
            capability over it.
        group: The effective group id of that thread.
        uid_map: The user ids that it maps; empty as long as the map is not written. The initial namespace
            maps every id to itself.
        gid_map: The group ids that it maps.
        setgroups: Whether setgroups(2) is allowed: ``"allow"`` or ``"deny"``.
        parent_could_setfcap: Whether its maker had CAP_SETFCAP effective, without which a thread inside
            cannot map the parent's user id 0.

    Raises:
        ArgumentError: A map is none, or *setgroups* is another word.

    Source:
        user_namespaces(7); Linux ``kernel/user_namespace.c``.

    Examples:
        >>> from capset import kernel
        >>> maps = [(0, 1000, 1), (1, 100000, 65536)]
        >>> rootless = kernel.UserNamespace(parent=kernel.INITIAL, owner=1000, uid_map=maps)
        >>> rootless.outside_uid(0), rootless.visible_uid(100041), rootless.visible_uid(0)
        (1000, 42, 65534)
    """

    parent: UserNamespace | None = None
    owner: int = 0
    group: int = 0
    uid_map: tuple[Extent, ...] = field(default=Factory(_default_map, takes_self=True), converter=made_extents)
    gid_map: tuple[Extent, ...] = field(default=Factory(_default_map, takes_self=True), converter=made_extents)
    setgroups: Literal["allow", "deny"] = "allow"
    parent_could_setfcap: bool = False

    def __attrs_post_init__(self) -> None:
        if self.setgroups not in {"allow", "deny"}:
            raise ArgumentError(f'setgroups is "allow" or "deny", got {shown(self.setgroups)}', self.setgroups)
        if self.parent is not None and not isinstance(self.parent, UserNamespace):
            raise TypeError(f"parent is a UserNamespace, got {shown(self.parent)}")
        for name in ("owner", "group"):
            if type(id := getattr(self, name)) is not int or not 0 <= id < NO_ID:
                raise ArgumentError(f"{name} is a number from 0 to 2**32 - 2, got {shown(id)}", id)
        for name in ("uid_map", "gid_map"):
            extents: tuple[Extent, ...] = getattr(self, name)
            if extents and not are_lawful(extents):
                raise ArgumentError(f"{name} is no map that the kernel takes: {shown(extents)}", extents)
            if self.parent is None and extents != _EVERY_ID:
                advice = f"the initial namespace maps every id to itself; give a parent beside {name}"
                raise ArgumentError(advice, extents)

    @property
    def level(self) -> int:
        """How deep it lies: 0 for the initial namespace."""
        return 0 if self.parent is None else self.parent.level + 1

    @property
    def ancestors(self) -> Iterator[UserNamespace]:
        """The namespace itself, its parent and so on, to the initial one."""
        yield self
        if self.parent is not None:
            yield from self.parent.ancestors

    def outside_uid(self, uid: int) -> int | None:
        """Return the user whom a user id of this namespace stands for; None if it is not mapped."""
        return _outside(self.uid_map, uid)

    def outside_gid(self, gid: int) -> int | None:
        """Return the group that a group id of this namespace stands for; None if it is not mapped."""
        return _outside(self.gid_map, gid)

    def visible_uid(self, uid: int) -> int:
        """Return the id by which a user is seen in this namespace: 65534 if there is none."""
        inside = _inside(self.uid_map, uid)
        return OVERFLOW_ID if inside is None else inside

    def visible_gid(self, gid: int) -> int:
        """Return the id by which a group is seen in this namespace: 65534 if there is none."""
        inside = _inside(self.gid_map, gid)
        return OVERFLOW_ID if inside is None else inside

    def has_uid(self, uid: int) -> bool:
        """Say whether a user has an id in this namespace."""
        return _inside(self.uid_map, uid) is not None

    def has_gid(self, gid: int) -> bool:
        """Say whether a group has an id in this namespace."""
        return _inside(self.gid_map, gid) is not None

    def is_root(self, uid: int) -> bool:
        """Say whether a user has the id 0 in this namespace."""
        return _inside(self.uid_map, uid) == 0

    def __str__(self) -> str:
        if self.parent is None:
            return "the initial user namespace"
        maps = ", ".join(f"{e.first} to {e.outside}" + (f" ({e.size} ids)" if e.size > 1 else "") for e in self.uid_map)
        return f"a user namespace of user {self.owner} that maps {maps or 'no user id yet'}"


def outside_stretch(extents: Iterable[Extent], first: int, size: int) -> int | None:
    """Return where a stretch of ids lies outside; None unless one extent has all of it."""
    for extent in extents:
        if extent.first <= first and first + size <= extent.first + extent.size:
            return extent.outside + first - extent.first
    return None


def _outside(extents: Iterable[Extent], id: int) -> int | None:
    return outside_stretch(extents, id, 1)


def _inside(extents: Iterable[Extent], id: int) -> int | None:
    for extent in extents:
        if extent.outside <= id < extent.outside + extent.size:
            return extent.first + id - extent.outside
    return None


INITIAL = UserNamespace()
"""The initial user namespace, in which the system was started."""
