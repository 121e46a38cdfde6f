"""The kernel's own rules about credentials, as pure functions: what Linux would do, and why.

A function a system call, named after it, from :class:`Credentials` to new ones, or :class:`KernelError`. For
each there is another one that explains: ``explain_execve()`` and so on. Nothing is done to any thread.
"""

from __future__ import annotations

from capset.errors import KernelError
from capset.ids import Ids
from capset.kernel import adjusting, identity, userns
from capset.kernel.adjusting import *  # noqa: F403
from capset.kernel.credentials import Credentials, Executable
from capset.kernel.execution import execve, explain_execve
from capset.kernel.explanation import Explanation, Reason
from capset.kernel.identity import *  # noqa: F403
from capset.kernel.namespaces import INITIAL, Extent, UserNamespace
from capset.kernel.rules import NEWEST, RULES, Rule, Rules
from capset.kernel.userns import *  # noqa: F403

__all__ = [
    "INITIAL",
    "NEWEST",
    "RULES",
    "Credentials",
    "Executable",
    "Explanation",
    "Extent",
    "Ids",
    "KernelError",
    "Reason",
    "Rule",
    "Rules",
    "UserNamespace",
    "execve",
    "explain_execve",
    *adjusting.__all__,
    *identity.__all__,
    *userns.__all__,
]
