"""All minimal sets with which something works: of a property that stays true as capabilities are added."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["cuts", "minimal_sets"]


def minimal_sets(works: Callable[[int], bool], universe: int) -> list[int]:
    """Find every minimal mask within a universe with which it works; none where it does not work with all.

    What is found is complete as soon as nothing works that lacks one capability of each of them: whatever works has
    all of one of them then.
    """
    found: list[int] = []
    while True:
        for cut in cuts(found):
            if works(universe & ~cut):
                found.append(_shrunk(works, universe & ~cut))
                break
        else:
            return sorted(found, key=lambda mask: (mask.bit_count(), mask))
        if found[-1] == 0:
            return found


def cuts(sets: list[int]) -> list[int]:
    """List the minimal masks that have a capability of each of the sets."""
    found = [0]
    for each in sets:
        longer = {cut if cut & each else cut | bit for cut in found for bit in ([0] if cut & each else _bits(each))}
        found = [cut for cut in longer if not any(other != cut and other & ~cut == 0 for other in longer)]
    return sorted(found)


def _bits(mask: int) -> list[int]:
    return [1 << number for number in range(mask.bit_length()) if mask >> number & 1]


def _shrunk(works: Callable[[int], bool], caps: int) -> int:
    """Find one minimal mask of those with which it works, halving what may be left out."""

    def needed(kept: int, some: list[int], tried: bool) -> int:
        if tried and works(kept):
            return 0
        if len(some) == 1:
            return some[0]
        half = len(some) // 2
        one, two = some[:half], some[half:]
        right = needed(kept | sum(one), two, True)
        return needed(kept | right, one, bool(right)) | right

    return 0 if works(0) else needed(0, _bits(caps), False)
