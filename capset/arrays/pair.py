"""Pairs of arrays, as values."""

# NumPy 2.5 tells a checker less of its functions than those before.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

from capset.arrays.library import np

__all__ = ["Pair"]


class Pair:  # noqa: PLW1641, as it has none
    """What makes a pair of arrays a value: it equals one of its kind that has the same, missing masks too.

    Two tuples of arrays cannot be compared, as two arrays give one answer for each of their members.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and all(map(_alike, self, other))  # type: ignore[call-overload]

    def __ne__(self, other: object) -> bool:
        return not self == other


def _alike(one: Any, other: Any) -> bool:
    gone = np.ma.getmaskarray(one)
    return np.array_equal(gone, np.ma.getmaskarray(other)) and bool(((one == other) | gone).all())
