"""What trials of masks say of other masks, where more bits never hurt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["Known", "bits", "hitting"]


def bits(mask: int) -> list[int]:
    """List the bits of a mask, each as a mask, ascending."""
    return [1 << number for number in range(mask.bit_length()) if mask >> number & 1]


class Known:
    """What is known from trials.

    Attributes:
        tried: What each trial said; None where its answers differed.
        working: The minimal of the masks that worked.
        failing: The masks that failed, but for those of which a part worked: they say nothing of their parts.
    """

    def __init__(self) -> None:
        self.tried: dict[int, bool | None] = {}
        self.working: list[int] = []
        self.failing: list[int] = []

    def add(self, mask: int, works: bool | None) -> None:
        """Take down a trial of a mask that was not tried before."""
        self.tried[mask] = works
        if works and all(each & ~mask for each in self.working):
            self.working = [*(each for each in self.working if mask & ~each), mask]
            self.failing = [each for each in self.failing if mask & ~each]
        if works is False and all(each & ~mask for each in self.working):
            self.failing.append(mask)

    def says(self, mask: int) -> bool | None:
        """Say whether a mask works, by its own trial or by those of its parts and of what it is part of."""
        if mask in self.tried:
            return self.tried[mask]
        if any(not each & ~mask for each in self.working):
            return True
        if any(not mask & ~each for each in self.failing):
            return False
        return None

    def is_open(self, mask: int) -> bool:
        """Say whether a trial of a mask would tell something: neither its own nor others have."""
        return mask not in self.tried and self.says(mask) is None

    def is_minimal(self, mask: int) -> bool:
        """Say whether of a minimal working mask each smaller one was tried, or is decided."""
        return not any(self.is_open(mask ^ bit) for bit in bits(mask))


def hitting(sets: Sequence[int], *, chosen: int = 0, within: int = -1) -> Iterator[int]:
    """Yield each minimal mask that has a bit of each of some sets, one after the other, as there may be very many.

    Args:
        sets: The sets that are to be hit.
        chosen: The bits that are taken already.
        within: The bits that may be taken.

    Source:
        K. Murakami and T. Uno, *Efficient algorithms for dualizing large-scale hypergraphs* (2014), algorithm MMCS.
    """
    left = [each for each in sets if not each & chosen]
    if not left:
        yield chosen
        return
    first = min((each & within for each in left), key=int.bit_count)
    within &= ~first
    for bit in bits(first):
        longer = chosen | bit
        hit = {each & longer for each in sets}
        if all(one in hit for one in bits(longer)):  # each bit is the only one in some set, or could be left out
            yield from hitting(sets, chosen=longer, within=within)
            within |= bit
