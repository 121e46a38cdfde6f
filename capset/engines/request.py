"""Request: what somebody asks an engine for."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from capset.errors import shown

__all__ = ["Request", "yes_or_no"]


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


@frozen
class Request:
    """What somebody asks a container engine for: names to add, names to drop, or everything.

    The names stand as they were written; what they mean is the engine's matter.

    Attributes:
        add: The names to add, such as ``"NET_ADMIN"`` or ``"ALL"``.
        drop: The names to drop.
        privileged: Whether the container is to be a privileged one.

    Raises:
        TypeError: A list is a single text, or holds something else than texts, or *privileged* is no bool.

    Examples:
        >>> Request(add=["net_admin"], drop=["ALL"])
        Request(add=('net_admin',), drop=('ALL',), privileged=False)
    """

    add: tuple[str, ...] = field(default=(), converter=_texts)
    drop: tuple[str, ...] = field(default=(), converter=_texts)
    privileged: bool = field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        yes_or_no(self.privileged, "privileged")

    @property
    def size(self) -> int:
        """How many entries its lists have, and one more if it is privileged."""
        return len(self.add) + len(self.drop) + self.privileged
