"""What operations ask of the kernel, as kernels themselves have said, and what a state can still do.

For each operation there are the minimal sets of capabilities that would do, the user namespace in which they count, how
it is refused without them, and the settings that decide. A table that a person wrote would have been shorter: this one
was measured, by trying each operation with ever fewer capabilities.

Examples:
    >>> from capset import engines, operations
    >>> print(operations.get("bpf BPF_PROG_LOAD, tracing").needs)
    CAP_SYS_ADMIN | CAP_PERFMON & CAP_BPF
    >>> root = engines.get("docker").container(add=["NET_ADMIN"])
    >>> operations.can(root, "setsockopt SO_MARK").verdict
    'yes'
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.operations.answering import Answer as Answer
    from capset.operations.answering import allowed as allowed
    from capset.operations.answering import can as can
    from capset.operations.answering import denied as denied
    from capset.operations.answering import gained as gained
    from capset.operations.answering import not_known as not_known
    from capset.operations.catalogue import Operations as Operations
    from capset.operations.catalogue import areas as areas
    from capset.operations.catalogue import by_cap as by_cap
    from capset.operations.catalogue import for_syscall as for_syscall
    from capset.operations.catalogue import get as get
    from capset.operations.catalogue import names as names
    from capset.operations.catalogue import search as search
    from capset.operations.catalogue import table as table
    from capset.operations.condition import Condition as Condition
    from capset.operations.evidence import Evidence as Evidence
    from capset.operations.granting import Grant as Grant
    from capset.operations.granting import grants as grants
    from capset.operations.operation import Operation as Operation
    from capset.operations.reasons import in_words as in_words
    from capset.operations.requirement import MOST_WAYS as MOST_WAYS
    from capset.operations.requirement import MOST_WORDS as MOST_WORDS
    from capset.operations.requirement import Requirement as Requirement
    from capset.operations.userns import INITIAL as INITIAL
    from capset.operations.userns import KINDS as KINDS
    from capset.operations.userns import Scope as Scope
    from capset.operations.userns import scope as scope
    from capset.operations.userns import scopes as scopes
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.operations.answering": ("Answer", "allowed", "can", "denied", "gained", "not_known"),
            "capset.operations.catalogue": (
                "Operations",
                "areas",
                "by_cap",
                "for_syscall",
                "get",
                "names",
                "search",
                "table",
            ),
            "capset.operations.condition": ("Condition",),
            "capset.operations.evidence": ("Evidence",),
            "capset.operations.granting": ("Grant", "grants"),
            "capset.operations.operation": ("Operation",),
            "capset.operations.reasons": ("in_words",),
            "capset.operations.requirement": ("MOST_WAYS", "MOST_WORDS", "Requirement"),
            "capset.operations.userns": ("INITIAL", "KINDS", "Scope", "scope", "scopes"),
        },
    )
