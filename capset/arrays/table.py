"""A table of few distinct masks, in which each is found by one product; and counting by it."""

# NumPy 2.5 tells a checker less of its functions than those before.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import TYPE_CHECKING

from capset.arrays.library import np
from capset.arrays.masks import MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capset.arrays.masks import Given, Masks

__all__ = ["BLOCK", "Table", "counted", "table_of"]

BLOCK = 1 << 16
"""So many masks are looked up at once: more than elsewhere, for each time all counters are added."""

_MOST = 1 << 11  # so many masks are kept in a table; with more, sorting is faster
_NEAR = 1 << 13  # so many places are counted at once; those of a larger table are made few first
_FACTORS = 32
_CROWDED = 3  # how many pairs of masks may be expected to meet in a table: the chance of none is then 5 in 100
_LATER = 1 << 18  # so many masks that are in no table are sorted at once
_MANY = 1 << 17  # with so many distinct ones of these, all masks are sorted


class Table:
    """A place for each of some masks, by the upper bits of a product, with none in the place of another.

    Args:
        keys: The masks, in ascending order.
        factor: What they are multiplied by.
        bits: How many upper bits are looked at.
    """

    def __init__(self, keys: Masks, factor: int, bits: int) -> None:
        self.keys = keys
        self._factor, self._shift = np.array(factor, MASK), np.array(64 - bits, MASK)
        self._at = np.zeros(1 << bits, np.intp)  # where there is none, the first one's, which is elsewhere
        self._at[((keys * self._factor) >> self._shift).astype(np.intp)] = np.arange(len(keys))
        self._direct = self.keys[self._at] if len(self._at) <= _NEAR else None
        self._product, self._key = np.empty(BLOCK, MASK), np.empty(BLOCK, MASK)
        self._index, self._unfit = np.empty(BLOCK, np.intp), np.empty(BLOCK, bool)

    def places(self, block: Masks) -> tuple[NDArray[np.intp], NDArray[np.bool_] | None]:
        """Return the place of each mask of a block among the keys, up to the next call, and which are none of them."""
        index = self._index[: block.size]
        np.take(self._at, self._hashed(block), out=index, mode="clip")  # which no place needs, and which is faster
        return index, self._others(self.keys, index, block)

    def tally(self, block: Masks) -> tuple[NDArray[np.intp], NDArray[np.bool_] | None]:
        """Return the same, or whatever else :attr:`counters` counts."""
        if self._direct is None:
            return self.places(block)
        index = self._hashed(block)
        return index, self._others(self._direct, index, block)

    @property
    def counters(self) -> int:
        """How many different places there are for :meth:`tally`."""
        return len(self.keys) if self._direct is None else len(self._at)

    def totals(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the counts of the keys, of those of all places."""
        return counts if self._direct is None else counts[self._places_of(self.keys)]

    def _places_of(self, masks: Masks) -> NDArray[np.intp]:
        return ((masks * self._factor) >> self._shift).astype(np.intp)

    def _hashed(self, block: Masks) -> NDArray[np.int64]:
        found = self._product[: block.size]
        np.multiply(block, self._factor, out=found)
        np.right_shift(found, self._shift, out=found)
        return found.view(np.int64)

    def _others(self, keys: Masks, index: NDArray[np.intp], block: Masks) -> NDArray[np.bool_] | None:
        key, unfit = self._key[: block.size], self._unfit[: block.size]
        np.take(keys, index, out=key, mode="clip")
        np.not_equal(key, block, out=unfit)
        return unfit if unfit.any() else None


def table_of(keys: Masks) -> Table | None:
    """Find a product by which each key has a place of its own; None where there are none, or too many."""
    if not 0 < len(keys) <= _MOST:
        return None
    drawn = np.random.default_rng(0)  # always the same, so that a run can be repeated
    least = max(4, int(len(keys) ** 2 / 2 / _CROWDED).bit_length())
    for bits in range(least, least + 4):
        factors = drawn.integers(0, 2**63, _FACTORS, MASK) * MASK.type(2) + MASK.type(1)
        places = np.sort((keys * factors[:, np.newaxis]) >> MASK.type(64 - bits), axis=1)
        alone = (places[:, 1:] != places[:, :-1]).all(axis=1)
        if alone.any():
            return Table(keys, int(factors[alone.argmax()]), bits)
    return None


def counted(asked: Given, weights: NDArray[np.int64] | None) -> tuple[Masks, NDArray[np.int64]]:
    """Count the distinct masks, in ascending order: those of a sample by a table, the rest by sorting.

    Args:
        asked: The masks.
        weights: How often each stands for; once, if None.
    """
    table = table_of(asked.sample())
    if table is None:
        return _without_missing(asked, weights, *_sorted(asked.part(slice(None)), weights))
    times = np.zeros(table.counters, np.int64)
    rest = _Rest()
    for at, block in asked.blocks(BLOCK):
        index, unfit = table.tally(block)
        weight = None if weights is None else weights[at]
        if unfit is not None:
            if rest.grown(block[unfit], None if weight is None else weight[unfit]):
                return _without_missing(asked, weights, *_sorted(asked.part(slice(None)), weights))
            index, weight = index[~unfit], None if weight is None else weight[~unfit]
        if weight is None:
            times += np.bincount(index, minlength=table.counters)
        else:
            np.add.at(times, index, weight)
    rest.keys.append(table.keys)
    rest.times.append(table.totals(times))
    return _without_missing(asked, weights, *rest.merged())


class _Rest:
    """Masks that are in no table, with how often there is each."""

    def __init__(self) -> None:
        self.keys: list[Masks] = []
        self.times: list[NDArray[np.int64]] = []
        self._size = 0

    def grown(self, masks: Masks, weights: NDArray[np.int64] | None) -> bool:
        """Add masks; say whether they are too many distinct ones."""
        self.keys.append(masks)
        self.times.append(np.ones(len(masks), np.int64) if weights is None else weights)
        self._size += len(masks)
        if self._size < _LATER:
            return False
        keys, times = self.merged()
        self.keys, self.times, self._size = [keys], [times], len(keys)
        return len(keys) > _MANY

    def merged(self) -> tuple[Masks, NDArray[np.int64]]:
        """Return each once."""
        if len(self.keys) == 1:
            return self.keys[0], self.times[0]
        return _sorted(np.concatenate(self.keys), np.concatenate(self.times))


def _sorted(masks: Masks, weights: NDArray[np.int64] | None) -> tuple[Masks, NDArray[np.int64]]:
    if weights is None:
        keys, times = np.unique(masks, return_counts=True)
        return keys, times.astype(np.int64, copy=False)
    keys, places = np.unique(masks, return_inverse=True)
    times = np.zeros(len(keys), np.int64)
    np.add.at(times, places.reshape(-1), weights)
    return keys, times


def _without_missing(
    asked: Given, weights: NDArray[np.int64] | None, keys: Masks, times: NDArray[np.int64]
) -> tuple[Masks, NDArray[np.int64]]:
    """Leave out what stands for none, as masks that are missing do, each of which was read as 0."""
    if weights is None and asked.absent:
        times[keys == 0] -= asked.absent
    if not len(times) or np.min(times) > 0:
        return keys, times
    there = times > 0
    return keys[there], times[there]
