"""What tracers saw of capability checks, and the least set that would do.

capset traces nothing itself: it reads what tracers print. They show what the kernel was *asked*, which is not what a
program needs: the kernel asks one of several that would do and stops, and asks for much that makes no difference.

Examples:
    >>> from capset import observed
    >>> use = observed.read(\"\"\"TIME      UID    PID    COMM             CAP  NAME                 AUDIT
    ... 22:11:23  114    2676   snmpd            12   CAP_NET_ADMIN        1
    ... 22:11:23  0      6990   run              21   CAP_SYS_ADMIN        0
    ... \"\"\")
    >>> str(use.least().least), [rule.name for _, rule in use.doubtful()]
    ('CAP_NET_ADMIN,CAP_SYS_ADMIN', ['memory, without stacks'])
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.observed.advice import Advice as Advice
    from capset.observed.advice import Choice as Choice
    from capset.observed.advice import Refused as Refused
    from capset.observed.advice import SetAside as SetAside
    from capset.observed.call import Call as Call
    from capset.observed.check import Check as Check
    from capset.observed.noise import Rule as Rule
    from capset.observed.noise import rules as rules
    from capset.observed.reading import TRACERS as TRACERS
    from capset.observed.reading import read as read
    from capset.observed.reading import tracer_of as tracer_of
    from capset.observed.use import Summed as Summed
    from capset.observed.use import Unread as Unread
    from capset.observed.use import Use as Use
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.observed.advice": ("Advice", "Choice", "Refused", "SetAside"),
            "capset.observed.call": ("Call",),
            "capset.observed.check": ("Check",),
            "capset.observed.noise": ("Rule", "rules"),
            "capset.observed.reading": ("TRACERS", "read", "tracer_of"),
            "capset.observed.use": ("Summed", "Unread", "Use"),
        },
    )
