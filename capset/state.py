"""CapState: the five capability sets of a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

from capset.errors import ArgumentError, shown
from capset.plain import Plain
from capset.sets import THREAD_SETS, CapSet
from capset.shown import Tabular

if TYPE_CHECKING:
    from capset.diff import StateDiff

__all__ = ["CapState", "HasCaps", "check_set", "five_sets"]


def check_set(name: object) -> None:
    """Refuse what is no name of one of the five sets of a thread.

    Raises:
        ArgumentError: There is no such set.
        TypeError: *name* is no str.
    """
    if isinstance(name, str) and name in THREAD_SETS:
        return
    message = f"expected one of {', '.join(THREAD_SETS)}, got {shown(name)}"
    raise ArgumentError(message, name) if isinstance(name, str) else TypeError(message)


@frozen(kw_only=True)
class CapState(Plain, Tabular):
    """The five capability sets of a thread; a set that is not given is empty.

    Each may be given as anything that :class:`~capset.CapSet` takes. Each is a row of :meth:`to_records`: ``set``,
    ``held``, ``mask`` (unsigned, of 64 bits) and ``names``.

    Attributes:
        effective: What the kernel checks now.
        permitted: What the thread may make effective.
        inheritable: What execve(2) may hand on, through the inheritable set of the file.
        bounding: The limit of what execve(2) can give through the permitted set of the file.
        ambient: What execve(2) of an ordinary program hands on (since Linux 4.3).

    Source:
        capabilities(7), *Thread capability sets*.

    Examples:
        >>> state = CapState(permitted=["kill"], bounding=CapSet.parse("kill,chown"))
        >>> state.bounding
        CapSet.parse('CAP_CHOWN,CAP_KILL')
        >>> print(state)
        effective:
        permitted: CAP_KILL
        inheritable:
        bounding: CAP_CHOWN,CAP_KILL
        ambient:
    """

    effective: CapSet = field(default=CapSet(), converter=CapSet)
    permitted: CapSet = field(default=CapSet(), converter=CapSet)
    inheritable: CapSet = field(default=CapSet(), converter=CapSet)
    bounding: CapSet = field(default=CapSet(), converter=CapSet)
    ambient: CapSet = field(default=CapSet(), converter=CapSet)

    def diff(self, other: CapState | HasCaps) -> StateDiff:
        """Return what turns this state into *other*, a CapState or what has one as ``caps``, set by set.

        Raises:
            TypeError: *other* has no five sets.
        """
        from capset.diff import StateDiff

        after = five_sets(other)
        return StateDiff(**{name: getattr(self, name).diff(getattr(after, name)) for name in THREAD_SETS})

    def __str__(self) -> str:
        return "\n".join(f"{name}: {getattr(self, name)}".rstrip() for name in THREAD_SETS)

    def violations(self) -> list[str]:
        """Say in words which rules of capabilities(7) these sets break; empty when they break none.

        The kernel keeps every thread within these rules, so a violation means that the sets were
        made up or read wrongly. The bounding set limits what execve(2) can add, not what a thread
        holds already: a permitted set beyond it is lawful.

        Examples:
            >>> CapState(effective=["kill"]).violations()
            ['effective holds CAP_KILL, which permitted lacks: effective is always a subset of permitted']
        """
        return [
            f"{part} holds {', '.join(lacking.names())}, which {whole} lacks: {part} is always a subset of {whole}"
            for part, whole in (("effective", "permitted"), ("ambient", "permitted"), ("ambient", "inheritable"))
            if (lacking := getattr(self, part) - getattr(self, whole))
        ]


class HasCaps(Protocol):
    """What has the five sets of a thread, such as a ``ProcStatus`` or ``kernel.Credentials``.

    Wherever five sets are wanted, it is taken as well as a CapState. Where one set is wanted it is not, because
    one of the five has to be chosen.
    """

    @property
    def caps(self) -> CapState:
        """Its five sets."""
        ...


def five_sets(value: CapState | HasCaps) -> CapState:
    """Return the five sets of a thread.

    Raises:
        TypeError: *value* is neither a CapState nor has one as ``caps``.
    """
    caps = value if isinstance(value, CapState) else getattr(value, "caps", None)
    if isinstance(caps, CapState):
        return caps
    remedy = ""
    if isinstance(value, CapSet):
        remedy = "; a CapSet may be one of them, as in CapState(effective=caps)"
    elif hasattr(value, "container"):
        remedy = "; its container() are those of a container's first process"
    elif hasattr(value, "state"):
        remedy = "; its state has them"
    raise TypeError(f"expected five sets, a CapState or what has one as caps, got {shown(value)}{remedy}")
