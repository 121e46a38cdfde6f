"""A witness: what it prepares, what it does, and how one sees that it was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.live.witnesses.stage import Scene

__all__ = ["ALL", "NotHereError", "Witness", "witness"]

ALL: dict[str, Witness] = {}
"""Every witness by the identifier of its operation."""


class NotHereError(Exception):
    """What a kernel or a machine lacks for it, in words: nothing is decided then."""


class Witness:
    """One operation, as it is tried.

    Attributes:
        id: The identifier of the operation.
        own: The namespaces that may own what it acts on; with one of them in one's own user namespace it may be
            allowed.
        uid: Who acts.
        kept: What the least sets are looked for beside, as a mask: it is always held.
        shared: The namespaces in which it acts with everybody else, as the kernel does it nowhere else.
        outside: Whether root of the initial user namespace prepares it, before one of its own is entered; or the
            namespaces of which one's own user namespace has to have one for it to be prepared inside.
        alone: Whether nothing else of its user may run meanwhile, as it uses up what a user may have.
    """

    def __init__(
        self,
        id: str,
        act: Callable[[Scene], Any],
        own: tuple[str, ...],
        *,
        uid: int = 1000,
        kept: int = 0,
        shared: tuple[str, ...] = (),
        outside: bool | tuple[str, ...] = False,
        alone: bool = False,
    ) -> None:
        self.id = id
        self.act = act
        self.own = own
        self.uid = uid
        self.kept = kept
        self.shared = shared
        self.outside = outside
        self.alone = alone
        self.preparing: Callable[[Scene], None] | None = None
        self.looking: Callable[[Scene], bool] | None = None
        self.undoing: Callable[[Scene], None] | None = None

    def prepare(self, function: Callable[[Scene], None]) -> Callable[[Scene], None]:
        """Take what root does before it."""
        self.preparing = function
        return function

    def effect(self, function: Callable[[Scene], bool]) -> Callable[[Scene], bool]:
        """Take how root sees that it was done; without this, what the act returns says so, or that it was no error."""
        self.looking = function
        return function

    def undo(self, function: Callable[[Scene], None]) -> Callable[[Scene], None]:
        """Take what root does after it, where namespaces do not take it away."""
        self.undoing = function
        return function


def witness(
    id: str,
    *own: str,
    uid: int = 1000,
    kept: int = 0,
    shared: tuple[str, ...] = (),
    outside: bool | tuple[str, ...] = False,
    alone: bool = False,
) -> Callable[[Callable[[Scene], Any]], Witness]:
    """Make a witness of what does the operation."""

    def make(act: Callable[[Scene], Any]) -> Witness:
        assert id not in ALL, f"two witnesses of {id}"
        ALL[id] = Witness(id, act, own, uid=uid, kept=kept, shared=shared, outside=outside, alone=alone)
        return ALL[id]

    return make
