"""Masks: whatever has them, as an array of whole numbers that is read a block at a time."""

# NumPy 2.5 tells a checker less of its functions than those before.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from capset.arrays.library import np
from capset.arrays.taken import COUNTS, MASKS, array_of, is_missing, kind_of, refused, whole
from capset.errors import ArgumentError
from capset.sets import CapSet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Masks = NDArray[np.uint64]

__all__ = ["BLOCK", "MASK", "Given", "counts_of", "given", "mask_of"]

MASK = np.dtype(np.uint64)
BLOCK = 1 << 15
"""So many masks are worked on at once: what a processor keeps near."""

_SAMPLED = 1 << 11  # places from which masks are looked at first
_TOGETHER = 8  # which one read of the memory brings
_NONE = MASK.type(0)
_MOST = 2**63 - 1  # that counts may be together


class Given:
    """Masks as they were given: nothing is copied of an array.

    Attributes:
        array: The masks, as whole numbers of any width and order of bytes.
        missing: Where one is missing, flat; None where none is.
    """

    __slots__ = ("_flat", "array", "missing")

    def __init__(self, array: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> None:
        self.array = array
        self.missing = missing.reshape(-1) if missing is not None and missing.any() else None
        # of any other array this would be a copy
        self._flat = array.reshape(-1) if array.ndim < 2 or array.flags.c_contiguous else array.flat

    @property
    def size(self) -> int:
        """How many masks there are, those that are missing too."""
        return self.array.size

    @property
    def absent(self) -> int:
        """How many are missing."""
        return 0 if self.missing is None else int(np.count_nonzero(self.missing))

    def part(self, at: slice | NDArray[np.intp]) -> Masks:
        """Return some of the masks in the order of their places, as numbers of this machine; a missing one is 0."""
        part: Masks = self._flat[at].astype(MASK, copy=False)
        return part if self.missing is None else np.where(self.missing[at], _NONE, part)

    def blocks(self, size: int = BLOCK) -> Iterator[tuple[slice, Masks]]:
        """Yield all masks in flat blocks, each with its place."""
        for start in range(0, self.size, size):
            at = slice(start, min(start + size, self.size))
            yield at, self.part(at)

    def sample(self) -> Masks:
        """Return the distinct ones of some masks, a few beside each other from all over, in ascending order."""
        step = max(_TOGETHER, self.size // _SAMPLED)
        places = np.arange(0, self.size, step)[:, np.newaxis] + np.arange(_TOGETHER)
        found: Masks = np.unique(self.part(places[places < self.size]))
        return found

    def empty(self, kind: Any) -> tuple[Any, Any]:
        """Return an array of the same shape for what is found, and the same seen flat."""
        found = np.empty(self.array.shape, kind)
        return found, found.reshape(-1)

    def marked(self, found: Any, *, also: NDArray[np.bool_] | None = None) -> Any:
        """Return what was found, masked where a mask is missing, or *also* says so."""
        gone = self.missing if also is None else also if self.missing is None else self.missing | also
        return found if gone is None else np.ma.MaskedArray(found, gone.reshape(self.array.shape))


def given(values: Any) -> Given:
    """Return masks as an array.

    Raises:
        ArgumentError: One is less than 0 or needs more than 64 bits.
        TypeError: They are no whole numbers.
    """
    if isinstance(values, CapSet):
        raise TypeError(f"expected {MASKS}, got one set: write [{values!r}]")
    array, missing = array_of(values, MASKS)
    if array.dtype == object:
        return Given(*_one_by_one(array, missing, mask_of))
    return _whole(array, missing)


def _whole(array: NDArray[Any], missing: NDArray[np.bool_] | None) -> Given:
    kind = array.dtype
    if not array.size:  # which is one of floats, if nobody says what else
        return Given(np.empty(array.shape, MASK))
    if kind.kind not in "ui":
        raise TypeError(f"expected {MASKS}, got {kind_of(array, MASKS)}")
    # of 64 bits the sign is one: engines that know no others write masks so
    if kind.kind == "i" and kind.itemsize < MASK.itemsize:
        flat = array.reshape(-1) if missing is None else np.where(missing, 0, array).reshape(-1)
        if (least := int(flat.min())) < 0:
            raise refused(least, MASKS, f" at place {int(np.argmin(flat))} in an array of {kind}")
    return Given(array, missing)


def _one_by_one(
    values: NDArray[Any], missing: NDArray[np.bool_] | None, number_of: Callable[[Any, str], int]
) -> tuple[Masks, NDArray[np.bool_]]:
    """Read objects, and say which are missing: None, and what pandas and NumPy have for it."""
    numbers = np.zeros(values.shape, MASK)
    gone = np.zeros(values.shape, bool) if missing is None else missing.copy()
    flat, flat_gone = numbers.reshape(-1), gone.reshape(-1)
    for at, value in enumerate(values.reshape(-1)):
        if flat_gone[at] or is_missing(value):
            flat_gone[at] = True
        else:
            flat[at] = number_of(value, f" at place {at}")
    return numbers, gone


def mask_of(value: Any, where: str = "") -> int:
    """Return the mask of a set or of a number, of which a Decimal may be one; *where* it is, is for messages.

    Raises:
        ArgumentError: It is less than 0 or needs more than 64 bits.
        TypeError: It is neither.
    """
    if isinstance(value, CapSet):
        return value.mask
    number = whole(value, MASKS, where)
    if not 0 <= number < 1 << 64:
        raise refused(value, MASKS, where)
    return number


def _count_of(value: Any, where: str) -> int:
    number = whole(value, COUNTS, where)
    if not 0 <= number <= _MOST:
        raise refused(value, COUNTS, where)
    return number


def counts_of(counts: Any, masks: Given) -> NDArray[np.int64]:
    """Return how often each mask stands for, flat; one that is missing stands for none.

    Raises:
        ArgumentError: There is another number of them, one is missing or less than 0, or together they are too many.
        TypeError: They are no whole numbers.
    """
    found, missing = array_of(counts, COUNTS)
    if found.dtype == object:
        found, missing = _one_by_one(found, missing, _count_of)
    if found.dtype.kind not in "ui" and found.size:
        raise TypeError(f"expected {COUNTS}, got {kind_of(found, COUNTS)}")
    if found.shape != masks.array.shape:
        expected = f"expected as many counts as masks, in the shape {masks.array.shape}"
        raise ArgumentError(f"{expected}, got {found.shape}", found.shape)
    if missing is not None and missing.any():
        place = int(np.argmax(missing))
        raise ArgumentError(f"no count at place {place}: fill in 0 where a mask is not to count", place)
    flat = found.reshape(-1) if masks.missing is None else np.where(masks.missing, 0, found.reshape(-1))
    if flat.size and (least := int(flat.min())) < 0:
        raise refused(least, COUNTS, f" at place {int(np.argmin(flat))}")
    if flat.size and int(flat.max()) > _MOST // flat.size and (total := _sum(flat.astype(MASK))) > _MOST:
        raise ArgumentError(f"the counts together are to be less than 2**63, got {total}", total)
    return flat.astype(np.int64, copy=False)


def _sum(numbers: Masks) -> int:
    """Add numbers whose sum may need more than 64 bits."""
    low, high = numbers & MASK.type(0xFFFFFFFF), numbers >> MASK.type(32)
    return int(low.sum()) + (int(high.sum()) << 32)
