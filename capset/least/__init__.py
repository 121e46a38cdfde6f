"""The least sets of capabilities with which something works, found by trying, in few trials.

The caller's own function tries a set: it starts a container, runs a test, asks a model. Nothing is run here; which set
is tried next is all that is computed. It is taken for granted that more capabilities never hurt (that what works
with a set works with more); what contradicts that is told.

Examples:
    >>> from capset import CapSet, least, operations
    >>> def works(caps):
    ...     return operations.get("bpf BPF_PROG_LOAD, network").needs.satisfied_by(caps)
    >>> found = least.minimal_sets(works, universe=CapSet.all())
    >>> print(found.requirement)
    CAP_SYS_ADMIN | CAP_NET_ADMIN & CAP_BPF
    >>> len(found.trials)
    28
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.least.search import MOST_UNDECIDED as MOST_UNDECIDED
    from capset.least.search import Counterexample as Counterexample
    from capset.least.search import Search as Search
    from capset.least.search import Trial as Trial
    from capset.least.searching import minimal_sets as minimal_sets
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.least.search": ("MOST_UNDECIDED", "Counterexample", "Search", "Trial"),
            "capset.least.searching": ("minimal_sets",),
        },
    )
