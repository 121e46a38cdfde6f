"""Request: what somebody asks an engine for."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen
from attrs.validators import instance_of

from capset.errors import shown

__all__ = ["Request"]


def _texts(names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str | bytes) or not isinstance(names, Iterable):
        raise TypeError(f"expected a list of names, got {shown(names)}; a single name goes into a list as well")
    texts = tuple(names)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"expected names as they are written for the engine, got {shown(text)} among them")
    return texts


@frozen
class Request:
    """What somebody asks a container engine for: names to add, names to drop, or everything.

    The names stand as they were written; what they mean is the engine's matter.

    Attributes:
        add: The names to add, such as ``"NET_ADMIN"`` or ``"ALL"``.
        drop: The names to drop.
        privileged: Whether the container is to be a privileged one.

    Raises:
        TypeError: A list is a single text, or holds something else than texts.

    Examples:
        >>> Request(add=["net_admin"], drop=["ALL"])
        Request(add=('net_admin',), drop=('ALL',), privileged=False)
    """

    add: tuple[str, ...] = field(default=(), converter=_texts)
    drop: tuple[str, ...] = field(default=(), converter=_texts)
    privileged: bool = field(default=False, kw_only=True, validator=instance_of(bool))

    @property
    def size(self) -> int:
        """How many entries its lists have, and one more if it is privileged."""
        return len(self.add) + len(self.drop) + self.privileged
