"""What is asked of each mask by itself: what it holds, how many, and how it differs from another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from capset.arrays.library import np
from capset.arrays.masks import BLOCK, MASK, given, mask_of
from capset.arrays.pair import Pair
from capset.capability import Cap
from capset.errors import ArgumentError
from capset.sets import CapSet
from capset.shown import Tabular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capset.arrays.masks import Masks

__all__ = ["Diffs", "count", "diff", "holds"]

Asked = Iterable[Cap | int | str]
_NOTHING = np.array(0, MASK)


class _Diffs(NamedTuple):
    added: Any
    dropped: Any


class Diffs(Pair, Tabular, _Diffs):
    """What each mask has beyond another, and what it lacks of it: a pair of arrays of masks.

    In a notebook the first are a table. Each is a row of :meth:`to_records`: ``place``, as in an array of one
    dimension, ``added`` and ``dropped``, which are both None where a mask is missing.

    Attributes:
        added: What it has, as masks.
        dropped: What it lacks.
    """

    __slots__ = ()


def diff(masks: object, base: object) -> Diffs:
    """Say what each mask has beyond another, and what it lacks of it.

    Args:
        masks: An array of masks, of any shape.
        base: A set or a mask with which all are compared; or an array of the same shape, each with its own.

    Raises:
        ArgumentError: A mask needs more than 64 bits, or *base* has another shape.
        TypeError: *masks* holds no whole numbers.

    Examples:
        >>> from capset import DOCKER_DEFAULT, arrays
        >>> added, dropped = arrays.diff([0x1ffffffffff, 0], DOCKER_DEFAULT)
        >>> arrays.count(added).tolist(), arrays.count(dropped).tolist()
        ([27, 0], [0, 14])
    """
    asked = given(masks)
    added, more = asked.empty(MASK)
    dropped, less = asked.empty(MASK)
    if isinstance(base, CapSet | int | np.generic):
        held = np.array(mask_of(base), MASK)
        lacked = ~held
        for at, block in asked.blocks():
            np.bitwise_and(block, lacked, out=more[at])
            np.bitwise_and(~block, held, out=less[at])
        return Diffs(asked.marked(added), asked.marked(dropped))
    other = given(base)
    if other.array.shape != asked.array.shape:
        raise ArgumentError(
            f"expected one set, or a base of the same shape, {asked.array.shape}, got {other.array.shape}",
            other.array.shape,
        )
    for at, block in asked.blocks():
        against = other.part(at)
        np.bitwise_and(block, ~against, out=more[at])
        np.bitwise_and(~block, against, out=less[at])
    return Diffs(asked.marked(added, also=other.missing), asked.marked(dropped, also=other.missing))


def holds(masks: object, *, all: Asked = (), any: Asked = (), none: Asked = ()) -> Any:
    """Say of each mask whether it holds some capabilities.

    Args:
        masks: An array of masks, of any shape.
        all: Each of these has to be held.
        any: At least one of these has to be held, where any is given.
        none: None of these may be held.

    Returns:
        An array of bools of the same shape, masked where a mask is missing.

    Raises:
        ArgumentError: A mask needs more than 64 bits.
        TypeError: *masks* holds no whole numbers.
        UnknownCapabilityError: A name is none.

    Examples:
        >>> from capset import arrays
        >>> arrays.holds([0b110, 0b100, 0b111], all=[2], none=[0]).tolist()
        [True, True, False]
    """
    required, some, excluded = (np.array(CapSet(names).mask, MASK) for names in (all, any, none))
    looked_at = required ^ excluded  # what is both is never seen, and still required: no mask holds it and lacks it
    asked = given(masks)
    found, flat = asked.empty(bool)
    room, truths = np.empty(min(BLOCK, asked.size), MASK), np.empty(min(BLOCK, asked.size), bool)
    for at, block in asked.blocks():
        kept, held = room[: block.size], flat[at]
        np.bitwise_and(block, looked_at, out=kept)
        np.equal(kept, required, out=held)
        if some:
            one_of = truths[: block.size]
            np.bitwise_and(block, some, out=kept)
            np.not_equal(kept, _NOTHING, out=one_of)
            np.logical_and(held, one_of, out=held)
    return asked.marked(found)


def count(masks: object) -> Any:
    """Count the capabilities of each mask.

    Args:
        masks: An array of masks, of any shape.

    Returns:
        An array of numbers of the same shape, masked where a mask is missing.

    Raises:
        ArgumentError: A mask needs more than 64 bits.
        TypeError: *masks* holds no whole numbers.

    Examples:
        >>> from capset import arrays
        >>> arrays.count([[0, 1], [0xa80425fb, 2**64 - 1]]).tolist()
        [[0, 1], [14, 64]]
    """
    asked = given(masks)
    found, flat = asked.empty(np.uint8)
    for at, block in asked.blocks():
        flat[at] = _count(block)
    return asked.marked(found)


def _count(block: Masks) -> NDArray[np.uint8]:
    if hasattr(np, "bitwise_count"):  # since NumPy 2.0
        return np.bitwise_count(block)
    as_bytes = np.ascontiguousarray(block).view(np.uint8).reshape(-1, 8)
    counted: NDArray[np.uint8] = np.unpackbits(as_bytes, axis=1).sum(axis=1, dtype=np.uint8)
    return counted
