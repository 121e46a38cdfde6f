"""Distinct masks: which there are, how often, and the names of each."""

# NumPy 2.5 tells a checker less of its functions than those before.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from capset.arrays.library import np
from capset.arrays.masks import counts_of, given
from capset.arrays.pair import Pair
from capset.arrays.table import BLOCK, counted, table_of
from capset.arrays.worded import plural
from capset.sets import CapSet
from capset.shown import Tabular, Told

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capset.arrays.masks import Given, Masks

__all__ = ["Names", "Unique", "names", "unique"]


class Unique(Tabular, Told):
    """Distinct masks, and how often there is each; the most frequent come first, then the smaller.

    Iterating gives each as a :class:`~capset.CapSet` with how often there is one; a slice is of the same kind, and its
    shares are of all masks. In a notebook the first are a table. Each is a row of :meth:`to_records`: ``mask``,
    ``count``, ``total`` and ``names``; where masks are missing, the last row has their number, and no mask.

    Attributes:
        masks: The masks, an array.
        counts: How often there is each, an array.
        total: How many there are together.
        missing: How many more are missing, of which nothing is known.
    """

    __slots__ = ("counts", "masks", "missing", "total")

    def __init__(self, masks: Any, counts: Any, missing: int = 0) -> None:
        self.masks, self.counts = masks, counts
        self.total = int(counts.sum())
        self.missing = missing

    def __len__(self) -> int:
        return len(self.masks)

    def __iter__(self) -> Iterator[tuple[CapSet, int]]:
        return ((CapSet.from_mask(int(mask)), int(times)) for mask, times in zip(self.masks, self.counts, strict=True))

    @overload
    def __getitem__(self, at: int) -> tuple[CapSet, int]: ...
    @overload
    def __getitem__(self, at: slice) -> Unique: ...
    def __getitem__(self, at: int | slice) -> tuple[CapSet, int] | Unique:
        if isinstance(at, slice):
            part = Unique.__new__(Unique)
            part.masks, part.counts = self.masks[at], self.counts[at]
            part.total, part.missing = self.total, self.missing
            return part
        return CapSet.from_mask(int(self.masks[at])), int(self.counts[at])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unique):
            return NotImplemented
        alike = np.array_equal(self.masks, other.masks) and np.array_equal(self.counts, other.counts)
        return alike and (self.total, self.missing) == (other.total, other.missing)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        more = f", {self.missing} missing" if self.missing else ""
        return f"<Unique: {len(self)} distinct of {plural(self.total)}{more}>"


class _Names(NamedTuple):
    codes: Any
    labels: list[str]


class Names(Pair, Tabular, Told, _Names):
    """The names of each mask, written once for each distinct one, as dictionaries of Arrow and pandas' categories are.

    It is a pair, which ``pandas.Categorical.from_codes(*found)`` takes as it is. In a notebook the first are a table.
    Each mask is a row of :meth:`to_records`: ``place``, as in an array of one dimension, and ``names``, which is None
    where the mask is missing.

    Attributes:
        codes: For each mask the place of its names, an array of its shape; -1 where the mask is missing.
        labels: The names of each distinct mask, with commas, in ascending order of the masks.
    """

    __slots__ = ()


def unique(masks: object, counts: object = None) -> Unique:
    """Find the distinct masks, and how often there is each.

    It takes a few blocks of memory beside the masks, as long as few of them are distinct (up to some thousands); where
    most are, they are sorted, which takes a few times as much memory as they do.

    Args:
        masks: An array of masks, of any shape.
        counts: How often each stands for, of the same shape; once, if not given. One that stands for none is left out.

    Raises:
        ArgumentError: A mask needs more than 64 bits, or *counts* has another shape or a negative number.
        TypeError: *masks* or *counts* holds no whole numbers.

    Examples:
        >>> from capset import arrays
        >>> found = arrays.unique([1, 1, 0x20])
        >>> found, str(found[0][0]), found.counts.tolist()
        (<Unique: 2 distinct of 3 masks>, 'CAP_CHOWN', [2, 1])
    """
    asked = given(masks)
    keys, times = counted(asked, None if counts is None else counts_of(counts, asked))
    if len(times) and np.min(times) != np.max(times):  # else they are in order
        order = np.argsort(-times, kind="stable")
        keys, times = keys[order], times[order]
    return Unique(keys, times, asked.absent)


def names(masks: object) -> Names:
    """Write the names of each mask, in ascending order with commas, once for each distinct one.

    Args:
        masks: An array of masks, of any shape.

    Raises:
        ArgumentError: A mask needs more than 64 bits.
        TypeError: *masks* holds no whole numbers.

    Examples:
        >>> from capset import arrays
        >>> found = arrays.names([0x21, 0, 0x21])
        >>> found.codes.tolist(), found.labels
        ([1, 0, 1], ['', 'CAP_CHOWN,CAP_KILL'])
    """
    asked = given(masks)
    codes, flat = asked.empty(np.int32)
    keys = None if asked.absent else asked.sample()
    if keys is None or not _coded(asked, keys, flat, all=False):
        keys, _ = counted(asked, None)
        _coded(asked, keys, flat, all=True)
    if asked.missing is not None:
        flat[asked.missing] = -1
    return Names(codes, [str(CapSet.from_mask(int(key))) for key in keys])


def _coded(asked: Given, keys: Masks, codes: NDArray[np.int32], *, all: bool) -> bool:
    """Write the place of each mask among some, in ascending order, as long as it has one.

    Args:
        asked: The masks.
        keys: Those that have a place.
        codes: Where the places are written.
        all: Whether every mask that is not missing has one, which is known.

    Returns:
        Whether all are written.
    """
    table = table_of(keys)
    if table is None and not all:
        return False
    for at, block in asked.blocks(BLOCK):
        if table is None:
            codes[at] = np.searchsorted(keys, block)
            continue
        codes[at], unfit = table.places(block)
        if unfit is not None and not all:
            return False
    return True
