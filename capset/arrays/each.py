"""What is asked of each mask by itself: what it holds, how many, and how it differs from another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from capset.arrays.library import np
from capset.arrays.masks import MASK, given, mask_of
from capset.arrays.pair import Pair
from capset.capability import Cap
from capset.errors import ArgumentError, shown
from capset.sets import CapSet
from capset.shown import Tabular, Told

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capset.arrays.masks import Given, Masks

__all__ = ["Diffs", "count", "diff", "holds"]

Asked = Iterable[Cap | int | str]
_NOTHING = np.array(0, MASK)
_LONG = 1 << 16  # so many masks are compared at once: more than elsewhere, as there is little to do with each


class _Diffs(NamedTuple):
    added: Any
    dropped: Any


class Diffs(Pair, Tabular, Told, _Diffs):
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
        TypeError: *masks* holds no whole numbers, or a name is given where a list of them is to be.
        UnknownCapabilityError: A name is none.

    Examples:
        >>> from capset import arrays
        >>> arrays.holds([0b110, 0b100, 0b111], all=[2], none=[0]).tolist()
        [True, True, False]
    """
    required, some, excluded = (_bits_of(names, word) for names, word in ((all, "all"), (any, "any"), (none, "none")))
    asked = given(masks)
    found, flat = asked.empty(bool)
    if some & required:
        some = 0  # as one of them is held by whatever holds all that is required
    elif some and not (some := some & ~excluded):
        required = excluded = 1  # no mask holds it and lacks it
    elif some & (some - 1) == 0:
        required, some = required | some, 0  # one of one is each of it
    _ask(asked, flat, required, some, excluded)
    return asked.marked(found)


def _ask(asked: Given, flat: NDArray[np.bool_], required: int, some: int, excluded: int) -> None:
    """Write which masks hold all of some bits, one of others and none of others again."""
    # what is required and excluded is never seen, and still required
    looked_at, wanted, either = (np.array(bits, MASK) for bits in (required ^ excluded, required, some))
    both = looked_at | either
    size = min(_LONG, asked.size)
    room, truths = np.empty(size, MASK), np.empty(size, bool)
    for at, block in asked.blocks(_LONG):
        kept, one_of, held = room[: block.size], truths[: block.size], flat[at]
        if not some:
            np.bitwise_and(block, looked_at, out=kept)
            np.equal(kept, wanted, out=held)
        elif not required | excluded:
            np.bitwise_and(block, either, out=kept)
            np.not_equal(kept, _NOTHING, out=held)
        else:
            # of what holds all that is required, and nothing else, it is none: asked so, one read of the masks will do
            np.bitwise_and(block, both, out=kept)
            np.not_equal(kept, wanted, out=one_of)
            np.bitwise_and(kept, looked_at, out=kept)
            np.equal(kept, wanted, out=held)
            np.logical_and(held, one_of, out=held)


def _bits_of(names: Asked, word: str) -> int:
    if isinstance(names, str | Cap):
        raise TypeError(f"{word}= takes a list of capabilities, got {shown(names)}: write {word}=[{shown(names)}]")
    return CapSet(names).mask


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
