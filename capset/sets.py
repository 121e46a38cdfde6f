"""CapSet: an immutable set of capabilities over one 64-bit integer."""

from __future__ import annotations

import operator
from abc import ABCMeta
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import cache, lru_cache

from capset.capability import CAPS, LAST_CAP, Cap, format_value
from capset.errors import MaskError, UnknownCapabilityError, shown
from capset.shown import Tabular

TYPE_CHECKING = False  # as in capability.py
if TYPE_CHECKING:
    from abc import ABC
    from collections.abc import Container
    from typing import Any, Never, TypeVar

    from capset.diff import CapDiff

    T = TypeVar("T")

    class _Asked(Container[Any], ABC):
        """A container that is asked for names and numbers too: as a Set[Cap] alone, mypy lets it be asked for a Cap."""

    class _Set(_Asked, Set[Cap], ABC):
        pass
else:
    _Set = Set[Cap]

__all__ = ["THREAD_SETS", "CapSet"]

THREAD_SETS = ("effective", "permitted", "inheritable", "bounding", "ambient")
"""The names of the five sets of a thread, in the order in which capset always shows them."""

_FULL = 2**64 - 1
_KNOWN = sum(cap.mask for cap in Cap)
_UNKNOWN = _FULL - _KNOWN
_AFTER_3_8 = _FULL - (1 << Cap.AUDIT_READ) + 1  # what no kernel has that shows sets so
_HEX = frozenset("0123456789abcdefABCDEF")


class _Guesses(ABCMeta):
    """What people look for in CapSet; it stands here, as nothing lists the attributes of the class of a class."""

    @property
    def from_names(cls) -> Never:
        raise AttributeError("CapSet has no from_names(): CapSet(names) takes a list, CapSet.parse(text) a text")


class CapSet(Tabular, _Set, metaclass=_Guesses):
    """An immutable set of capabilities.

    It behaves as a :class:`frozenset` of :class:`~capset.Cap` does and equals one that has the same
    members, with an equal hash. It always iterates in ascending order. Bits that have no name yet
    are kept through every operation and shown as numbers: dropping one would hide a privilege.

    Wherever an operand is not itself a CapSet, its elements may be Cap, numbers or names, and a name
    that is no capability raises an error. ``==`` and ``!=`` alone take strings as they are: a set of
    names never equals a CapSet, because equal objects must have equal hashes. An operator with a
    CapSet on either side gives a CapSet, but for a dict's ``keys()`` and ``items()`` on the left, which answer by
    themselves and read no names: write ``caps & d.keys()``.

    A row (:meth:`to_records`) says what is known of a member: ``number``, ``name``, ``mask`` (unsigned, of 64 bits),
    ``docker`` (whether Docker's default has it), ``since_linux``, ``summary`` and ``risks`` (what published lists say).

    Args:
        caps: The members: Cap, numbers from 0 to 63, or names as :meth:`Cap.parse` takes them.

    Raises:
        UnknownCapabilityError: An element is a name or a number that is no capability.
        TypeError: *caps* is a str (read it with :meth:`parse`) or a number (:meth:`from_mask`), or
            an element is neither a capability, nor a number, nor a name.

    Examples:
        >>> web = CapSet([Cap.NET_BIND_SERVICE, "setuid", 6])
        >>> web
        CapSet.parse('CAP_SETGID,CAP_SETUID,CAP_NET_BIND_SERVICE')
        >>> "CAP_SETUID" in web, Cap.SYS_ADMIN in web
        (True, False)
        >>> print(web - {"setuid"})
        CAP_SETGID,CAP_NET_BIND_SERVICE
        >>> web == {Cap.SETGID, Cap.SETUID, Cap.NET_BIND_SERVICE}
        True
    """

    __slots__ = ("__weakref__", "_cap_bits")
    _cap_bits: int

    def __new__(cls, caps: Iterable[Cap | int | str] = ()) -> CapSet:  # noqa: D102, it is told above
        return caps if type(caps) is CapSet else _of(_mask_of(caps))

    # -- other ways in ---------------------------------------------------------------------------

    @staticmethod
    def from_mask(mask: int) -> CapSet:
        """Make the set of every bit that is raised in *mask*.

        Args:
            mask: Bit *n* stands for capability number *n*; from 0 to 2**64 - 1.

        Raises:
            MaskError: *mask* is outside that range.
            TypeError: *mask* is no integer, or is a bool or a Cap (whose mask is ``cap.mask``).

        Examples:
            >>> CapSet.from_mask(0x401)
            CapSet.parse('CAP_CHOWN,CAP_NET_BIND_SERVICE')
        """
        return _of(mask if type(mask) is int else _as_mask(mask))

    @staticmethod
    def from_hex(text: str) -> CapSet:
        """Decode a mask as ``/proc/<pid>/status`` prints it.

        Args:
            text: 1 to 16 hexadecimal digits, most significant first; no sign, no ``0x``, no
                underscore, no white space.

        Raises:
            MaskError: *text* is anything else.
            TypeError: *text* is no str.

        Source:
            Linux ``fs/proc/array.c``, ``render_cap_t()``; proc(5), *CapEff*.

        Examples:
            >>> CapSet.from_hex("0000000000000401")
            CapSet.parse('CAP_CHOWN,CAP_NET_BIND_SERVICE')
        """
        if not isinstance(text, str):
            raise TypeError(f"expected a mask as str, got {shown(text)}; a number is read by CapSet.from_mask()")
        if not _is_mask(text):
            raise MaskError(text, "1 to 16 hexadecimal digits and nothing else")
        return _of(int(text, 16))

    @staticmethod
    def parse(text: str) -> CapSet:
        """Read a set as people write it.

        Args:
            text: Names and numbers separated by commas or white space, in any case, with or without
                ``CAP_``; ``all`` stands for every capability that capset knows. Or a mask:
                ``0x`` and 1 to 16 hexadecimal digits. An empty text is the empty set.

        Raises:
            UnknownCapabilityError: A word is no capability.
            MaskError: What follows ``0x`` is no mask.
            TypeError: *text* is no str.

        Examples:
            >>> CapSet.parse("net_raw, CAP_KILL 12")
            CapSet.parse('CAP_KILL,CAP_NET_ADMIN,CAP_NET_RAW')
            >>> CapSet.parse("0x401") == CapSet.parse("chown net_bind_service")
            True
        """
        if not isinstance(text, str):
            raise TypeError(f"expected capabilities as str, got {shown(text)}; an iterable goes to CapSet() itself")
        words = text.replace(",", " ").split()
        if len(words) == 1 and words[0][:2] in {"0x", "0X"}:
            if not _is_mask(words[0][2:]):
                raise MaskError(words[0], "1 to 16 hexadecimal digits after 0x")
            return _of(int(words[0], 16))
        mask = 0
        for word in words:
            mask |= _KNOWN if word.lower() == "all" else Cap.parse(word).mask
        return _of(mask)

    @staticmethod
    def all(last_cap: int = LAST_CAP) -> CapSet:
        """Make the set of every capability from 0 to *last_cap*.

        *All* means something only together with a universe: what capset knows (the default), or
        what one kernel has (``CapSet.all(live.last_cap())``, which is ``live.supported()``).

        Args:
            last_cap: The last capability of the universe, a Cap or a number from 0 to 63.

        Raises:
            UnknownCapabilityError: *last_cap* is outside 0 to 63.
            TypeError: *last_cap* is no integer.

        Examples:
            >>> len(CapSet.all()), CapSet.all(last_cap=36).hex()
            (41, '0000001fffffffff')
        """
        if isinstance(last_cap, str):
            raise TypeError(f"expected a Cap or a number from 0 to 63, got {shown(last_cap)}")
        return _of(2 * _bit(last_cap) - 1)

    @staticmethod
    def from_dict(data: Any) -> CapSet:
        """Read what :meth:`as_dict` returns.

        Raises:
            FormatError: *data* is no such dict, or its mask and its names disagree.

        Examples:
            >>> CapSet.from_dict({"mask": "0000020000000020", "names": ["CAP_KILL", "41"]})
            CapSet.parse('CAP_KILL,41')
            >>> CapSet.from_dict({"mask": "0000020000000020", "names": ["CAP_KILL"]})
            Traceback (most recent call last):
            capset.errors.FormatError: names: expected ['CAP_KILL', '41'], as the mask says, got ['CAP_KILL']
        """
        from capset.fields import set_of_dict

        caps: CapSet = set_of_dict(CapSet, data)
        return caps

    # -- other ways out --------------------------------------------------------------------------

    @property
    def mask(self) -> int:
        """The set as a number from 0 to 2**64 - 1, whose bit *n* is raised for capability number *n*."""
        return self._cap_bits

    def hex(self) -> str:
        """Return the mask as ``/proc/<pid>/status`` prints it: 16 lower-case hexadecimal digits."""
        return f"{self._cap_bits:016x}"

    def names(self) -> list[str]:
        """Return the members as text, ascending by number: ``CAP_`` names, numbers where there is none."""
        return list(_names_of(self._cap_bits))

    def as_dict(self) -> dict[str, Any]:
        """Return the set in plain JSON types: its mask as text, as many readers of JSON have 53 bits, and its names.

        Examples:
            >>> CapSet.parse("kill,41").as_dict()
            {'mask': '0000020000000020', 'names': ['CAP_KILL', '41']}

        Where there are some, those that are :attr:`undefined` stand under that name too.
        """
        undefined = {"undefined": self.undefined.names()} if self.undefined else {}
        return {"mask": self.hex(), "names": self.names(), **undefined}

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of what :meth:`as_dict` returns."""
        from capset.fields import set_schema

        return set_schema()

    @property
    def unknown(self) -> CapSet:
        """The members that have no name in this version of capset."""
        return _of(self._cap_bits & _UNKNOWN)

    @property
    def undefined(self) -> CapSet:
        """The members that are no capability where the set comes from: the last ones, if all bits up to 63 are set.

        No kernel has 64 capabilities. Those before 3.8 show sets so, and have none from 37 on (CAP_AUDIT_READ): these
        are undefined, if all of them are here. Those without a name are, if they are here and one of 37 to 40 is not:
        no kernel has made such a set.

        Source:
            Linux 3.8, commit 7b9a7ec565505699f503b4fcf61500dceb36e744 (``fs/proc/array.c``).

        Examples:
            >>> CapSet.from_hex("fffffff0000000c0").undefined.hex()
            'ffffffe000000000'
            >>> CapSet.from_hex("fffff7f0000000c0").undefined
            CapSet()
        """
        return _of(next((last for last in (_AFTER_3_8, _UNKNOWN) if self._cap_bits & last == last), 0))

    def diff(self, other: Iterable[Cap | int | str]) -> CapDiff:
        """Return what turns this set into *other*.

        Examples:
            >>> print(CapSet.parse("kill,chown").diff(CapSet.parse("kill,sys_admin")))
            +CAP_SYS_ADMIN -CAP_CHOWN
        """
        from capset.diff import CapDiff

        after = CapSet(other)
        return CapDiff(added=after - self, dropped=self - after)

    def __str__(self) -> str:
        return ",".join(_names_of(self._cap_bits))

    def __repr__(self) -> str:
        return f"CapSet.parse({str(self)!r})" if self else "CapSet()"

    def __format__(self, spec: str) -> str:
        return format_value(str(self), self._cap_bits, spec)

    # -- what a set can do -----------------------------------------------------------------------

    def __contains__(self, item: object) -> bool:
        # For a Cap, which is a number; asking for its type first takes a quarter longer. A shift by an array makes an
        # array, which is no index, so that the answer is that of frozenset.
        try:
            return (False, True)[self._cap_bits >> item & 1]  # type: ignore[operator]
        except (TypeError, ValueError, OverflowError):
            pass
        # A misspelt name must not look like a capability that is not there.
        return Cap.parse(item) in self if isinstance(item, str) else item in frozenset(self)

    def __iter__(self) -> Iterator[Cap]:
        a, b, c, d, e, f, g, h = self._cap_bits.to_bytes(8, "little")
        return iter((*_A[a], *_B[b], *_C[c], *_D[d], *_E[e], *_F[f], *_G[g], *_H[h]))

    def __len__(self) -> int:
        return self._cap_bits.bit_count()

    def __hash__(self) -> int:
        return _hash_of(self._cap_bits)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CapSet):
            return self._cap_bits == other._cap_bits
        return frozenset(self) == other if isinstance(other, Set) else NotImplemented

    def __le__(self, other: Set[object]) -> bool:
        try:  # asking for its type first takes a quarter longer
            bits: int = other._cap_bits  # type: ignore[attr-defined]
        except AttributeError:
            return frozenset(self) <= _read_names(other) if isinstance(other, Set) else _no_set(other, "issubset")
        return self._cap_bits & bits == self._cap_bits  # pyright: ignore[reportUnknownVariableType]

    def __lt__(self, other: Set[object]) -> bool:
        try:
            bits: int = other._cap_bits  # type: ignore[attr-defined]
        except AttributeError:
            return frozenset(self) < _read_names(other) if isinstance(other, Set) else _no_set(other, "issubset")
        return self._cap_bits & bits == self._cap_bits != bits  # pyright: ignore[reportUnknownVariableType]

    def __ge__(self, other: Set[object]) -> bool:
        try:
            bits: int = other._cap_bits  # type: ignore[attr-defined]
        except AttributeError:
            return frozenset(self) >= _read_names(other) if isinstance(other, Set) else _no_set(other, "issuperset")
        return self._cap_bits & bits == bits  # pyright: ignore[reportUnknownVariableType]

    def __gt__(self, other: Set[object]) -> bool:
        try:
            bits: int = other._cap_bits  # type: ignore[attr-defined]
        except AttributeError:
            return frozenset(self) > _read_names(other) if isinstance(other, Set) else _no_set(other, "issuperset")
        return self._cap_bits & bits == bits != self._cap_bits  # pyright: ignore[reportUnknownVariableType]

    # The base class promises operators for sets of anything; here the operand must hold capabilities.

    def __and__(self, other: Set[Cap | int | str]) -> CapSet:
        if isinstance(other, CapSet):
            return _of(self._cap_bits & other._cap_bits)
        return self.intersection(other) if isinstance(other, Set) else _no_set(other, "intersection")

    def __or__(self, other: Set[Cap | int | str]) -> CapSet:  # type: ignore[override]
        if isinstance(other, CapSet):
            return _of(self._cap_bits | other._cap_bits)
        return self.union(other) if isinstance(other, Set) else _no_set(other, "union")

    def __sub__(self, other: Set[Cap | int | str]) -> CapSet:
        if isinstance(other, CapSet):
            return _of(self._cap_bits & ~other._cap_bits)
        return self.difference(other) if isinstance(other, Set) else _no_set(other, "difference")

    def __xor__(self, other: Set[Cap | int | str]) -> CapSet:  # type: ignore[override]
        if isinstance(other, CapSet):
            return _of(self._cap_bits ^ other._cap_bits)
        return self.symmetric_difference(other) if isinstance(other, Set) else _no_set(other, "symmetric_difference")

    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__

    def __rsub__(self, other: Set[Cap | int | str]) -> CapSet:
        return CapSet(other) - self if isinstance(other, Set) else _no_set(other, "difference")

    def union(self, *others: Iterable[Cap | int | str]) -> CapSet:
        """Return the members of this set and of all the others."""
        mask = self._cap_bits
        for other in others:
            mask |= _mask_of(other)
        return _of(mask)

    def intersection(self, *others: Iterable[Cap | int | str]) -> CapSet:
        """Return the members that this set and all the others have."""
        mask = self._cap_bits
        for other in others:
            mask &= _mask_of(other)
        return _of(mask)

    def difference(self, *others: Iterable[Cap | int | str]) -> CapSet:
        """Return the members of this set that none of the others has."""
        return _of(self._cap_bits & ~_of(0).union(*others)._cap_bits)

    def symmetric_difference(self, other: Iterable[Cap | int | str]) -> CapSet:
        """Return the members that only one of the two sets has."""
        return _of(self._cap_bits ^ _mask_of(other))

    def issubset(self, other: Iterable[Cap | int | str]) -> bool:
        """Say whether *other* has every member of this set."""
        return not self._cap_bits & ~_mask_of(other)

    def issuperset(self, other: Iterable[Cap | int | str]) -> bool:
        """Say whether this set has every member of *other*."""
        return not _mask_of(other) & ~self._cap_bits

    def isdisjoint(self, other: Iterable[Cap | int | str]) -> bool:
        """Say whether this set and *other* have no member in common."""
        return not self._cap_bits & _mask_of(other)

    def copy(self) -> CapSet:
        """Return the set itself: it never changes."""
        return self

    # -- an immutable value ----------------------------------------------------------------------

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a CapSet never changes; cannot set {name!r}")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"a CapSet never changes; cannot delete {name!r}")

    def __init_subclass__(cls) -> Never:
        raise TypeError("CapSet cannot be subclassed: its operators give CapSets")

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return CapSet.from_mask, (self._cap_bits,)

    # -- a field of a model of pydantic ----------------------------------------------------------

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> Any:
        from capset.fields import core_schema, read_set

        return core_schema(lambda value: read_set(cls, value), cls.as_dict)

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: object, handler: Any) -> dict[str, Any]:
        from capset.fields import set_schema

        return set_schema(taken=handler.mode == "validation")


_set_bits = CapSet._cap_bits.__set__  # type: ignore[attr-defined]  # the one way past __setattr__


# Kept by mask, as IntFlag keeps its values (it without bound): a host has few different sets. Making a set anew
# takes three times as long, its hash and its names five times.


@lru_cache(maxsize=1024)
def _of(mask: int) -> CapSet:
    if not 0 <= mask <= _FULL:
        raise MaskError(mask, "a number from 0 to 2**64 - 1")
    caps = object.__new__(CapSet)
    _set_bits(caps, mask)
    return caps


@lru_cache(maxsize=1024)
def _hash_of(mask: int) -> int:
    return hash(frozenset(_of(mask)))  # that of the equal frozenset


@lru_cache(maxsize=1024)
def _names_of(mask: int) -> tuple[str, ...]:
    (a, b, c, d, e, f, g, h), of = mask.to_bytes(8, "little"), _name_tables()
    return (*of[0][a], *of[1][b], *of[2][c], *of[3][d], *of[4][e], *of[5][f], *of[6][g], *of[7][h])


def _as_mask(mask: int) -> int:
    """Return an integer of another type as an int; refuse what only looks like a mask."""
    if isinstance(mask, bool | Cap) or not hasattr(mask, "__index__"):
        remedy = "; the mask of one capability is cap.mask" if isinstance(mask, Cap) else ""
        raise TypeError(f"a mask is an int from 0 to 2**64 - 1, got {shown(mask)}{remedy}")
    return operator.index(mask)


def _is_mask(digits: str) -> bool:
    return 1 <= len(digits) <= 16 and _HEX.issuperset(digits)


def _mask_of(caps: Iterable[Cap | int | str]) -> int:
    if isinstance(caps, CapSet):
        return caps._cap_bits
    if isinstance(caps, str | bytes | bytearray | memoryview):
        raise TypeError(f"expected an iterable of capabilities, got {shown(caps)}: text is read by CapSet.parse()")
    if isinstance(caps, int) and not isinstance(caps, bool):
        way = f"CapSet([{caps!r}])" if isinstance(caps, Cap) else "CapSet.from_mask()"
        raise TypeError(f"expected an iterable of capabilities, got {shown(caps)}: did you mean {way}?")
    try:
        members = iter(caps)
    except TypeError:
        raise TypeError(f"expected an iterable of capabilities, got {shown(caps)}{_instead(caps)}") from None
    mask = 0
    for cap in members:
        mask |= _bit(cap)
    return mask


def _no_set(other: object, method: str) -> Any:
    """Answer for an operator whose other side is no set, and is left to that side unless it is a usual mistake."""
    got, remedy = shown(other), _instead(other)
    if isinstance(other, (list, tuple)):
        remedy = f"; {method}() takes every iterable of capabilities"
    elif isinstance(other, (str, int)):
        remedy = f"; {{{got}}} is a set of one"
    if not remedy:
        return NotImplemented
    raise TypeError(f"an operator takes a set, got {got}{remedy}")


def _instead(value: object) -> str:
    """Say which set is meant, perhaps, by a value that has several."""
    for attribute, first in (("caps", "caps.effective"), ("permitted", "permitted"), ("default", "default")):
        if hasattr(value, attribute):
            return f": it is no single set; take one of those that it has, such as its {first}"
    return ""


def _read_names(items: Set[object]) -> Set[object]:
    """Return what is in *items*, with names turned into the capabilities they stand for."""
    return frozenset(Cap.parse(item) if isinstance(item, str) else item for item in items)


def _bit(cap: Cap | int | str) -> int:
    if isinstance(cap, str):
        return Cap.parse(cap).mask
    if isinstance(cap, bool) or not hasattr(cap, "__index__"):
        raise TypeError(f"expected a Cap, a number from 0 to 63 or a name, got {shown(cap)}")
    number = operator.index(cap)
    if not 0 <= number < 64:
        raise UnknownCapabilityError(number, remedy="capability numbers run from 0 to 63")
    return 1 << number


def _subsets(items: Sequence[T]) -> list[tuple[T, ...]]:
    """List every subset of *items*; a subset's index has bit *i* raised where it holds ``items[i]``."""
    subsets: list[tuple[T, ...]] = [()]
    for item in items:
        subsets += [(*subset, item) for subset in subsets]
    return subsets


# The members of a set are looked up a byte of the mask at a time; going through the bits one by one
# takes five times as long.
_A, _B, _C, _D, _E, _F, _G, _H = (_subsets(CAPS[first : first + 8]) for first in range(0, 64, 8))


@cache  # they are not needed to compute with sets, and importing would take 0.4 ms longer
def _name_tables() -> list[list[tuple[str, ...]]]:
    """Make the same tables with names; asking each member for its own takes four times as long."""
    return [_subsets([str(cap) for cap in CAPS[first : first + 8]]) for first in range(0, 64, 8)]
