"""Prevalence: how many of many masks hold each capability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from capset.arrays.library import np
from capset.arrays.masks import BLOCK, MASK, counts_of, given
from capset.arrays.worded import plural
from capset.capability import Cap
from capset.errors import require
from capset.shown import Plotted, Told

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capset.arrays.masks import Given, Masks

__all__ = ["Prevalence", "prevalence"]

_BITS = 64
_ROW = 1 << 12  # so many masks are added at once; eight of these make a block
_ROWS = BLOCK // _ROW


class Prevalence(Mapping[Cap, int], Plotted, Told):
    """How many of many masks hold each capability: a mapping from each that any holds.

    In a notebook it is a table, :meth:`plot` draws bars, and ``str()`` has a line for each capability, those first that
    most hold. Each capability is a row of :meth:`to_records`: ``cap``, ``number``, ``count``, ``total`` and ``note``,
    which is None. What is not known has rows of its own after these, without a capability: how many are missing, whose
    note is ``"missing"``, and of how many not all was understood, whose note is ``"partly"``. What nobody holds has no
    row, and counts 0: ``found["sys_admin"]``.

    Attributes:
        total: How many masks there are.
        missing: How many more are missing, of which nothing is known.
        partly: Of how many of those that are counted not all was understood, so that they may hold more.
        what: What is counted, in the plural, for texts, tables and plots; it is no part of what is compared.

    Examples:
        >>> from capset import arrays
        >>> print(arrays.prevalence([0b100001, 0b1, None]))
        no. capability  masks  share
          0 CAP_CHOWN       2   100%
          5 CAP_KILL        1  50.0%
        of 2 masks
        1 mask more is missing, of which nothing is known
    """

    __slots__ = ("_counts", "missing", "partly", "total", "what")

    def __init__(
        self, counts: Mapping[Cap, int], total: int, missing: int = 0, *, partly: int = 0, what: str = "masks"
    ) -> None:
        require(what, str, "what is counted as a text, such as 'masks'")
        self._counts = dict(counts)
        self.total = total
        self.missing = missing
        self.partly = partly
        self.what = what

    def __getitem__(self, cap: Cap | int | str) -> int:
        """Return how many hold a capability, none where none does."""
        return self._counts.get(_cap(cap), 0)

    def __contains__(self, cap: object) -> bool:
        """Say whether any holds it."""
        return isinstance(cap, int | str) and not isinstance(cap, bool) and self[cap] > 0

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, Prevalence) and self._of() != other._of():
            return False
        return self._counts == dict(other) if hasattr(other, "keys") else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[Cap]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def share(self, cap: Cap | int | str) -> float:
        """Return which part of the masks hold a capability, from 0 to 1; not a number where there are no masks."""
        return self[cap] / self.total if self.total else float("nan")

    def __repr__(self) -> str:
        held = ", ".join(f"{cap.name if cap.known else int(cap)}: {times}" for cap, times in self._counts.items())
        more = f", {self.missing} missing" if self.missing else ""
        more += f", {self.partly} partly understood" if self.partly else ""
        return f"<Prevalence of {plural(self.total, self.what)}{more}: {held or 'nothing is held'}>"

    def _of(self) -> tuple[int, int, int]:
        return self.total, self.missing, self.partly


def _cap(cap: Cap | int | str) -> Cap:
    if isinstance(cap, bool):
        raise TypeError(f"expected a capability, its name or its number, got {cap}")
    return Cap.parse(cap) if isinstance(cap, str) else Cap(cap)


def prevalence(masks: object, counts: object = None) -> Prevalence:
    """Count how many masks hold each capability.

    Args:
        masks: An array of masks, of any shape.
        counts: How often each stands for, of the same shape; once, if not given.

    Raises:
        ArgumentError: A mask needs more than 64 bits, or *counts* has another shape or a negative number.
        TypeError: *masks* or *counts* holds no whole numbers.

    Examples:
        >>> from capset import arrays
        >>> found = arrays.prevalence([0b11, 0b01, 1 << 63], counts=[10, 1, 1])
        >>> found["chown"], found[1], found[63], found.total
        (11, 10, 1, 12)
    """
    asked = given(masks)
    if counts is None:
        found, total = _counted(asked), asked.size - asked.absent
    else:
        times = counts_of(counts, asked)
        found, total = _weighed(asked, times), int(times.sum())
    return Prevalence({Cap(bit): int(found[bit]) for bit in range(_BITS) if found[bit]}, total, asked.absent)


def _weighed(asked: Given, times: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.zeros(_BITS, np.int64)
    for at, block in asked.blocks(_ROW):
        found += times[at] @ _bits(block)
    return found


def _bits(block: Masks) -> NDArray[np.uint8]:
    """Return the bits of masks, a row each."""
    as_bytes = np.ascontiguousarray(block, "<u8").view(np.uint8).reshape(-1, 8)
    return np.unpackbits(as_bytes, axis=1, bitorder="little")


def _counted(asked: Given) -> NDArray[np.int64]:
    """Count each bit: eight rows of masks at once by carry-save adders, whose carries are planes of higher value."""
    found = np.zeros(_BITS, np.int64)
    planes = _Planes()
    for _, block in asked.blocks():
        if block.size == BLOCK:
            planes.add(block.reshape(_ROWS, _ROW))
        else:
            found += _bits(block).sum(axis=0, dtype=np.int64)
    return found + planes.counted()


class _Planes:
    """Counters of bits, a bit of each counter in a plane: the masks of plane *n* stand for 2**n each."""

    def __init__(self) -> None:
        self._planes = [np.zeros(_ROW, MASK) for _ in range(3)]
        self._higher: list[Masks] = []  # those from the fourth on; the carries of eight rows go there
        self._carries = [np.empty(_ROW, MASK) for _ in range(7)]
        self._left, self._right = np.empty(_ROW, MASK), np.empty(_ROW, MASK)

    def add(self, rows: Masks) -> None:
        """Add eight rows."""
        ones, twos, fours = self._planes
        two_a, two_b, four_a, two_c, two_d, four_b, eight = self._carries
        self._sum(ones, rows[0], rows[1], two_a)
        self._sum(ones, rows[2], rows[3], two_b)
        self._sum(twos, two_a, two_b, four_a)
        self._sum(ones, rows[4], rows[5], two_c)
        self._sum(ones, rows[6], rows[7], two_d)
        self._sum(twos, two_c, two_d, four_b)
        self._sum(fours, four_a, four_b, eight)
        self._ripple(eight)

    def _sum(self, plane: Masks, one: Masks, other: Masks, carry: Masks) -> None:
        """Add two to a plane, and give what is carried."""
        np.bitwise_xor(plane, one, out=self._left)
        np.bitwise_and(plane, one, out=carry)
        np.bitwise_and(self._left, other, out=self._right)
        np.bitwise_or(carry, self._right, out=carry)
        np.bitwise_xor(self._left, other, out=plane)

    def _ripple(self, carry: Masks) -> None:
        """Add what is carried to the higher planes, as far as it goes on."""
        spare = self._left
        for plane in self._higher:
            np.bitwise_and(plane, carry, out=spare)
            np.bitwise_xor(plane, carry, out=plane)
            carry, spare = spare, carry
            if not carry.any():
                return
        self._higher.append(carry.copy())

    def counted(self) -> NDArray[np.int64]:
        """Return how often each bit was there."""
        found = np.zeros(_BITS, np.int64)
        for at, plane in enumerate([*self._planes, *self._higher]):
            found += _bits(plane).sum(axis=0, dtype=np.int64) << at
        return found
