"""The kernel's own rules about credentials, as pure functions: what Linux would do, and why.

A function a system call, named after it, from :class:`Credentials` to new ones, or
:class:`~capset.errors.KernelError`. For each there is another one that explains: ``explain_execve()`` and so on.
Nothing is done to any thread.
"""

from __future__ import annotations

from capset.errors import (
    KernelError,
)
from capset.ids import (
    Ids,
)
from capset.kernel.adjusting import (
    ambient_clear_all,
    ambient_lower,
    ambient_raise,
    capbset_drop,
    capset,
    explain_ambient_clear_all,
    explain_ambient_lower,
    explain_ambient_raise,
    explain_capbset_drop,
    explain_capset,
    explain_set_keepcaps,
    explain_set_no_new_privs,
    explain_set_securebits,
    set_keepcaps,
    set_no_new_privs,
    set_securebits,
)
from capset.kernel.answer import (
    Answer,
    Way,
    why,
)
from capset.kernel.credentials import (
    Credentials,
    Executable,
)
from capset.kernel.execution import (
    execve,
    explain_execve,
)
from capset.kernel.explanation import (
    Decision,
    Explanation,
    Group,
    Reason,
)
from capset.kernel.history import (
    Histories,
    History,
    histories,
)
from capset.kernel.identity import (
    explain_setfsgid,
    explain_setfsuid,
    explain_setgid,
    explain_setgroups,
    explain_setregid,
    explain_setresgid,
    explain_setresuid,
    explain_setreuid,
    explain_setuid,
    setfsgid,
    setfsuid,
    setgid,
    setgroups,
    setregid,
    setresgid,
    setresuid,
    setreuid,
    setuid,
)
from capset.kernel.namespaces import (
    INITIAL,
    Extent,
    UserNamespace,
)
from capset.kernel.rules import (
    NEWEST,
    RULES,
    Rule,
    Rules,
)
from capset.kernel.userns import (
    Writer,
    explain_unshare_user,
    explain_write_gid_map,
    explain_write_setgroups,
    explain_write_uid_map,
    unshare_user,
    write_gid_map,
    write_setgroups,
    write_uid_map,
)

__all__ = [
    "INITIAL",
    "NEWEST",
    "RULES",
    "Answer",
    "Credentials",
    "Decision",
    "Executable",
    "Explanation",
    "Extent",
    "Group",
    "Histories",
    "History",
    "Ids",
    "KernelError",
    "Reason",
    "Rule",
    "Rules",
    "UserNamespace",
    "Way",
    "Writer",
    "ambient_clear_all",
    "ambient_lower",
    "ambient_raise",
    "capbset_drop",
    "capset",
    "execve",
    "explain_ambient_clear_all",
    "explain_ambient_lower",
    "explain_ambient_raise",
    "explain_capbset_drop",
    "explain_capset",
    "explain_execve",
    "explain_set_keepcaps",
    "explain_set_no_new_privs",
    "explain_set_securebits",
    "explain_setfsgid",
    "explain_setfsuid",
    "explain_setgid",
    "explain_setgroups",
    "explain_setregid",
    "explain_setresgid",
    "explain_setresuid",
    "explain_setreuid",
    "explain_setuid",
    "explain_unshare_user",
    "explain_write_gid_map",
    "explain_write_setgroups",
    "explain_write_uid_map",
    "histories",
    "set_keepcaps",
    "set_no_new_privs",
    "set_securebits",
    "setfsgid",
    "setfsuid",
    "setgid",
    "setgroups",
    "setregid",
    "setresgid",
    "setresuid",
    "setreuid",
    "setuid",
    "unshare_user",
    "why",
    "write_gid_map",
    "write_setgroups",
    "write_uid_map",
]
