"""What texts, tables and plots tell alike of many masks."""

# NumPy 2.5 tells a checker less of its functions than those before.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator

from capset.arrays.distinct import Names, Unique
from capset.arrays.each import Diffs
from capset.arrays.library import np
from capset.arrays.prevalent import Prevalence
from capset.arrays.worded import plural
from capset.capability import Cap
from capset.sets import CapSet

__all__ = [
    "by_count",
    "caps_at",
    "differ",
    "distinct",
    "missing",
    "named",
    "not_known",
    "places",
    "texts_at",
]


def missing(count: int, what: str = "masks") -> list[str]:
    """Say how many masks, or whatever is counted, are missing, if any are."""
    more = f"{plural(count, what)} more {'is' if count == 1 else 'are'} missing, of which nothing is known"
    return [more] if count else []


def not_known(found: Prevalence) -> list[str]:
    """Say what is not known of what was counted, a sentence each."""
    told = missing(found.missing, found.what)
    if found.partly:
        they = "it" if found.partly == 1 else "they"
        told.append(f"! of {plural(found.partly, found.what)} not all was understood: {they} may hold more")
    return told


def by_count(found: Prevalence) -> list[tuple[Cap, int]]:
    """Return the capabilities that most hold first."""
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def places(found: Diffs | Names) -> int:
    """Return of how many masks it tells."""
    return int(found[0].size)


def caps_at(found: Diffs, first: int | None) -> Iterator[tuple[CapSet, CapSet] | None]:
    """Yield what the first masks have and lack; None for what is missing."""
    added, dropped = (array.reshape(-1)[:first] for array in found)
    for gone, more, less in zip(np.ma.getmaskarray(added), np.ma.getdata(added), np.ma.getdata(dropped), strict=True):
        yield None if gone else (CapSet.from_mask(int(more)), CapSet.from_mask(int(less)))


def differ(found: Diffs) -> tuple[str, int]:
    """Say how many masks differ, and count those that are missing."""
    added, dropped = (np.ma.filled(array, 0) for array in found)
    gone = int(np.ma.getmaskarray(found.added).sum())
    more, less, same = (int(each.sum()) for each in (added != 0, dropped != 0, (added | dropped) == 0))
    return f"{plural(places(found) - gone)}: {more} with more, {less} with less, {same - gone} the same", gone


def texts_at(found: Names, first: int | None) -> Iterator[str | None]:
    """Yield the names of the first masks; None for what is missing."""
    codes: list[int] = found.codes.reshape(-1)[:first].tolist()
    return (None if code < 0 else found.labels[code] for code in codes)


def named(found: Names) -> tuple[str, int]:
    """Say how many masks there are and how many names, and count those that are missing."""
    gone = int((found.codes < 0).sum())
    return f"{plural(places(found) - gone)}, {len(found.labels)} distinct", gone


def distinct(found: Unique) -> str:
    """Say how many masks there are, and how many distinct ones."""
    return f"{len(found)} distinct of {plural(found.total)}"
