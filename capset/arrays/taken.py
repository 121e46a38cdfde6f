"""Taken: whatever people have numbers in, as an array of NumPy; what has none is refused, with the remedy."""

# NumPy 2.5 tells a checker less of its functions than those before.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import frozen

from capset.arrays.columns import BYTES, FLOATS, TEXTS, is_column, read
from capset.arrays.library import np
from capset.capability import Cap
from capset.errors import ArgumentError, clipped, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capset.arrays.columns import Read

__all__ = ["COUNTS", "MASKS", "Wanted", "array_of", "is_missing", "kind_of", "refused", "whole"]

_DEEPEST = 32
"""So many dimensions an array has with every version of NumPy."""

_LAZY = "a lazy table: give one column of what its collect() gives"
_TABLE = "a table: give one column of it, or to_numpy() of several"
_LARGEST = 20  # so many digits has a number of 64 bits
# Types of no parameters, for a checker that would have them known.
_NO_NUMBERS: tuple[type[Any], ...] = (bool, np.bool_, Cap)
_NUMBERS: tuple[type[Any], ...] = (int, np.integer, Decimal)
_PAIRS: tuple[type, ...] = (Mapping, ItemsView)
_ITERABLE: type = Iterable
_SCALARS: tuple[type[Any], ...] = (np.generic,)
_FLOATS: tuple[type[Any], ...] = (float, np.floating)
_SEQUENCES: tuple[type[Any], ...] = (list, tuple)


@frozen
class Wanted:
    """What numbers are wanted: in words, and what to do where something else is given, by its type."""

    words: str
    pairs: str
    remedies: tuple[tuple[tuple[type, ...], str], ...]

    def __str__(self) -> str:
        return self.words

    def remedy(self, value: Any) -> str:
        """Return what to do with a value that is none."""
        if _has(value, "as_py"):
            return ": give the column itself, or its to_pylist()"
        if is_column(value) and not isinstance(value, _SCALARS):
            return ": make one array of all, by numpy.stack() or numpy.concatenate()"
        return next((remedy for kinds, remedy in self.remedies if isinstance(value, kinds)), "")


MASKS = Wanted(
    "masks as whole numbers from 0 to 2**64 - 1, or as CapSets",
    ": give its keys, and its values as counts=",
    (
        ((Cap,), ": a capability is no mask, but CapSet([it]) is a set of it"),
        (_FLOATS, FLOATS),
        ((str,), TEXTS),
        ((bytes, bytearray, memoryview), BYTES),
        ((dict,), ": give one of its fields"),
        (
            (list, tuple, set, frozenset),
            ": CapSet(it) makes a set of a list of capabilities; of lists of masks make one flat column first",
        ),
    ),
)
COUNTS = Wanted(
    "counts as whole numbers from 0 to 2**63 - 1",
    ": give its values, in the order of the masks",
    ((_FLOATS, FLOATS),),
)


def array_of(values: Any, wanted: Wanted) -> Read:
    """Return what was given as an array, and where something is missing in it.

    The array is one of numbers, of which nothing was copied where it was one, or of objects; what is in it is not
    looked at.

    Raises:
        ArgumentError: There are lists in lists that are of other lengths, or too deep.
        TypeError: It is nothing that has numbers; *wanted* says what it should have.
    """
    if problem := _problem(values, wanted):
        raise TypeError(f"expected {wanted}, got {problem}")
    if is_column(values):
        return read(values)
    return (_nested([*values], values) if _memory(values) is None else np.asarray(values)), None


def _problem(values: Any, wanted: Wanted) -> str:
    """Say what it is, and what to do, where it has no numbers by itself; nothing where it may have some.

    Its class is asked, as a column of an engine has whatever attribute it is asked for, and a lazy table asks its
    source.
    """
    if isinstance(values, _PAIRS):
        return f"{shown(values)}{wanted.pairs}"
    if _has(values, "columns", "levels"):
        return _LAZY if _has(values, "collect") else _TABLE
    if _has(values, "masks") and _has(values, "counts"):
        return f"{values!r}: give its masks, and its counts as counts="
    if is_column(values):
        return ""
    if _has(values, "alias"):
        return f"the expression {shown(values)}, which has no values: ask its table for it, and give that column"
    if _has(values, "as_py") or (isinstance(values, _NUMBERS) and not isinstance(values, _NO_NUMBERS)):
        return f"one number, {shown(values)}: give a list of it"
    memory = _memory(values)
    if memory is not None:
        return f"{shown(values)}{wanted.remedy(memory)}" if memory.itemsize == 1 else ""
    there = isinstance(values, _ITERABLE) and not isinstance(values, str)
    return "" if there else f"{shown(values)}{wanted.remedy(values)}"


def _has(value: object, *names: str) -> bool:
    return any(hasattr(type(value), name) for name in names)


def _memory(values: Any) -> memoryview | None:
    """Return the piece of memory that it is, such as an array.array; None if it is none."""
    try:
        return memoryview(values)
    except TypeError:
        return None


def _nested(rows: list[Any], whole: Any, depth: int = 1) -> NDArray[Any]:
    """Return the rows of a list, or of lists in it, as an array of objects."""
    if not any(isinstance(row, list | tuple) for row in rows):
        return np.fromiter(rows, dtype=object, count=len(rows))
    if depth == _DEEPEST:
        raise ArgumentError(f"expected at most {_DEEPEST} lists in each other, got {shown(whole)}", whole)
    parts = [
        _nested([*row], whole, depth + 1) if isinstance(row, list | tuple) else np.empty((), object) for row in rows
    ]
    if len({part.shape for part in parts}) != 1:
        raise ArgumentError(f"expected rows of the same length, got {shown(rows)}", rows)
    return np.stack(parts)


def is_missing(value: Any) -> bool:
    """Say whether a value stands for one that is missing: None, NumPy's and that of pandas."""
    return value is None or value is np.ma.masked or type(value).__name__ == "NAType"


def whole(value: Any, wanted: Wanted, where: str) -> int:
    """Return a whole number, of whichever type, -1 for one that is no number or much too large.

    Raises:
        TypeError: It is of a type that has other numbers, or none.
    """
    if isinstance(value, _NO_NUMBERS) or not isinstance(value, _NUMBERS):
        raise TypeError(f"expected {wanted}, got {_what(value)}{where}{wanted.remedy(value)}")
    if not isinstance(value, Decimal):
        return int(value)
    # to be a number of 10**8 digits takes one minutes
    small = value.is_finite() and value.adjusted() < _LARGEST
    return int(value) if small and value == value.to_integral_value() else -1


def refused(value: Any, wanted: Wanted, where: str) -> ArgumentError:
    """Return the error of a number that is out of bounds."""
    told = clipped(str(value)) if isinstance(value, Decimal) else shown(value)
    return ArgumentError(f"expected {wanted}, got {told}{where}", value)


def kind_of(array: NDArray[Any], wanted: Wanted) -> str:
    """Say what an array has that has no whole numbers, with the first of it, and what to do."""
    first = array.reshape(-1)[:1].tolist()[0]
    if array.dtype.names:
        remedy = f": give one of its fields, such as values[{array.dtype.names[0]!r}]"
    else:
        remedy = FLOATS if array.dtype.kind == "f" else wanted.remedy(first)
    return f"an array of {array.dtype} with {shown(first)}{remedy}"


def _what(value: Any) -> str:
    """Write a value, of an array or a table its kind alone."""
    several = _has(value, "columns") or (is_column(value) and not isinstance(value, _SCALARS))
    return f"one {type(value).__name__}" if several else shown(value)
