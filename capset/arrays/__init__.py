"""The questions of :class:`~capset.CapSet` asked of millions of masks at once: it needs the extra ``arrays``, NumPy.

Every function takes an array of masks of any shape, or what gives one: a column of pandas, polars or Arrow, or a list
of :class:`~capset.CapSet` and numbers. All 64 bits count, whatever has a name, and nothing is rounded: what could have
been, such as a column of floats, is refused.

Examples:
    >>> from capset import arrays
    >>> masks = [0xa80425fb, 0xa80425fb, 0x1ffffffffff, 0]
    >>> arrays.prevalence(masks)["net_raw"], arrays.holds(masks, all=["sys_admin"]).tolist()
    (3, [False, False, True, False])
    >>> [(len(caps), times) for caps, times in arrays.unique(masks)]
    [(14, 2), (0, 1), (41, 1)]
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.arrays.distinct import Names as Names
    from capset.arrays.distinct import Unique as Unique
    from capset.arrays.distinct import names as names
    from capset.arrays.distinct import unique as unique
    from capset.arrays.each import Diffs as Diffs
    from capset.arrays.each import count as count
    from capset.arrays.each import diff as diff
    from capset.arrays.each import holds as holds
    from capset.arrays.prevalent import Prevalence as Prevalence
    from capset.arrays.prevalent import prevalence as prevalence
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.arrays.distinct": ("Names", "Unique", "names", "unique"),
            "capset.arrays.each": ("Diffs", "count", "diff", "holds"),
            "capset.arrays.prevalent": ("Prevalence", "prevalence"),
        },
    )
