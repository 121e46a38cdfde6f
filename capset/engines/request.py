"""Request: what somebody asks an engine for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import field, frozen

from capset.errors import shown
from capset.plain import Plain
from capset.problem import Problem
from capset.shown import Shown

__all__ = ["Request", "named_uid", "yes_or_no"]

_NUMBER = re.compile(r"([+-]?)0*([0-9]{1,19})")  # as engines read it, with Go's strconv.Atoi()


def _texts(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str | bytes) or not isinstance(names, Iterable):
        raise TypeError(f"expected a list of names, got {shown(names)}; a single name goes into a list as well")
    texts = tuple(names)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"expected names as they are written for the engine, got {shown(text)} among them")
    return texts


def yes_or_no(value: object, name: str) -> None:
    """Refuse what only looks like a bool: the text ``"false"`` would be true."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} is True or False, got {shown(value)}")


def named_uid(user: str) -> int | None:
    """Return the number of a user, 0 for root and where none is named; None for another name."""
    if user in {"", "root"}:
        return 0
    number = _NUMBER.fullmatch(user)
    return int(number[1] + number[2]) if number else None


@frozen(repr=False)
class Request(Plain, Shown):
    """What somebody asks a container engine for: names to add, names to drop, or everything, and as whom.

    The names stand as they were written; what they mean is the engine's matter.

    Attributes:
        add: The names to add, such as ``"NET_ADMIN"`` or ``"ALL"``.
        drop: The names to drop.
        privileged: Whether the container is to be a privileged one.
        user: The user that the container's process runs as, such as ``"1000"``, ``"1000:1000"`` or
            ``"nobody"``; empty for the image's own, which is root unless the image says otherwise.
        no_new_privs: Whether that process is to gain no privileges.
        problems: What the document from which this was read says and its target does not take. It does
            not count when two requests are compared.

    Raises:
        TypeError: A list is a single text, or holds something else than texts, or another value is of
            the wrong type.

    Examples:
        >>> Request(add=["net_admin"], drop=["ALL"])
        Request(add=('net_admin',), drop=('ALL',))
        >>> Request(add=["net_admin"], user="1000:50").uid
        1000
    """

    add: tuple[str, ...] = field(default=(), converter=_texts)
    drop: tuple[str, ...] = field(default=(), converter=_texts)
    privileged: bool = field(default=False, kw_only=True)
    user: str = field(default="", kw_only=True)
    no_new_privs: bool = field(default=False, kw_only=True)
    problems: tuple[Problem, ...] = field(default=(), kw_only=True, eq=False)

    def __attrs_post_init__(self) -> None:
        yes_or_no(self.privileged, "privileged")
        yes_or_no(self.no_new_privs, "no_new_privs")
        if not isinstance(self.user, str):
            raise TypeError(f'user is a text such as "1000" or "nobody", got {shown(self.user)}')

    @property
    def size(self) -> int:
        """How many entries its lists have, and one more if it is privileged."""
        return len(self.add) + len(self.drop) + self.privileged

    @property
    def uid(self) -> int | None:
        """The number of the user, 0 where none is named; None for a name, whose number only the image knows."""
        return named_uid(self.user.partition(":")[0])

    def __repr__(self) -> str:
        names = ("add", "drop", "privileged", "user", "no_new_privs", "problems")
        return f"Request({', '.join(f'{name}={value!r}' for name in names if (value := getattr(self, name)))})"
