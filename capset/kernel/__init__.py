"""The kernel's own rules about credentials, as pure functions: what Linux would do, and why.

A function a system call, named after it, from :class:`Credentials` to new ones, or
:class:`~capset.errors.KernelError`. For each there is another one that explains: ``explain_execve()`` and so on.
Nothing is done to any thread.

Kernels differ: each function takes ``rules=``, a release as ``uname -r`` prints it, or :class:`Rules`. If it is not
given, the rules are the newest that capset knows.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from capset.errors import KernelError as KernelError
    from capset.ids import Ids as Ids
    from capset.kernel.adjusting import ambient_clear_all as ambient_clear_all
    from capset.kernel.adjusting import ambient_lower as ambient_lower
    from capset.kernel.adjusting import ambient_raise as ambient_raise
    from capset.kernel.adjusting import capbset_drop as capbset_drop
    from capset.kernel.adjusting import capset as capset
    from capset.kernel.adjusting import explain_ambient_clear_all as explain_ambient_clear_all
    from capset.kernel.adjusting import explain_ambient_lower as explain_ambient_lower
    from capset.kernel.adjusting import explain_ambient_raise as explain_ambient_raise
    from capset.kernel.adjusting import explain_capbset_drop as explain_capbset_drop
    from capset.kernel.adjusting import explain_capset as explain_capset
    from capset.kernel.adjusting import explain_set_keepcaps as explain_set_keepcaps
    from capset.kernel.adjusting import explain_set_no_new_privs as explain_set_no_new_privs
    from capset.kernel.adjusting import explain_set_securebits as explain_set_securebits
    from capset.kernel.adjusting import set_keepcaps as set_keepcaps
    from capset.kernel.adjusting import set_no_new_privs as set_no_new_privs
    from capset.kernel.adjusting import set_securebits as set_securebits
    from capset.kernel.answer import Answer as Answer
    from capset.kernel.answer import Way as Way
    from capset.kernel.answer import why as why
    from capset.kernel.credentials import Credentials as Credentials
    from capset.kernel.credentials import Executable as Executable
    from capset.kernel.execution import execve as execve
    from capset.kernel.execution import explain_execve as explain_execve
    from capset.kernel.explanation import Decision as Decision
    from capset.kernel.explanation import Explanation as Explanation
    from capset.kernel.explanation import Group as Group
    from capset.kernel.explanation import Reason as Reason
    from capset.kernel.history import Histories as Histories
    from capset.kernel.history import History as History
    from capset.kernel.history import histories as histories
    from capset.kernel.identity import explain_setfsgid as explain_setfsgid
    from capset.kernel.identity import explain_setfsuid as explain_setfsuid
    from capset.kernel.identity import explain_setgid as explain_setgid
    from capset.kernel.identity import explain_setgroups as explain_setgroups
    from capset.kernel.identity import explain_setregid as explain_setregid
    from capset.kernel.identity import explain_setresgid as explain_setresgid
    from capset.kernel.identity import explain_setresuid as explain_setresuid
    from capset.kernel.identity import explain_setreuid as explain_setreuid
    from capset.kernel.identity import explain_setuid as explain_setuid
    from capset.kernel.identity import setfsgid as setfsgid
    from capset.kernel.identity import setfsuid as setfsuid
    from capset.kernel.identity import setgid as setgid
    from capset.kernel.identity import setgroups as setgroups
    from capset.kernel.identity import setregid as setregid
    from capset.kernel.identity import setresgid as setresgid
    from capset.kernel.identity import setresuid as setresuid
    from capset.kernel.identity import setreuid as setreuid
    from capset.kernel.identity import setuid as setuid
    from capset.kernel.namespaces import INITIAL as INITIAL
    from capset.kernel.namespaces import Extent as Extent
    from capset.kernel.namespaces import UserNamespace as UserNamespace
    from capset.kernel.releases import NEWEST as NEWEST
    from capset.kernel.releases import Backport as Backport
    from capset.kernel.releases import Change as Change
    from capset.kernel.releases import Rules as Rules
    from capset.kernel.releases import changes as changes
    from capset.kernel.rules import RULES as RULES
    from capset.kernel.rules import Rule as Rule
    from capset.kernel.userns import Writer as Writer
    from capset.kernel.userns import explain_unshare_user as explain_unshare_user
    from capset.kernel.userns import explain_write_gid_map as explain_write_gid_map
    from capset.kernel.userns import explain_write_setgroups as explain_write_setgroups
    from capset.kernel.userns import explain_write_uid_map as explain_write_uid_map
    from capset.kernel.userns import unshare_user as unshare_user
    from capset.kernel.userns import write_gid_map as write_gid_map
    from capset.kernel.userns import write_setgroups as write_setgroups
    from capset.kernel.userns import write_uid_map as write_uid_map
else:
    from capset.lazy import lazily

    __getattr__, __dir__, __all__ = lazily(
        __name__,
        {
            "capset.errors": ("KernelError",),
            "capset.ids": ("Ids",),
            "capset.kernel.adjusting": (
                "ambient_clear_all",
                "ambient_lower",
                "ambient_raise",
                "capbset_drop",
                "capset",
                "explain_ambient_clear_all",
                "explain_ambient_lower",
                "explain_ambient_raise",
                "explain_capbset_drop",
                "explain_capset",
                "explain_set_keepcaps",
                "explain_set_no_new_privs",
                "explain_set_securebits",
                "set_keepcaps",
                "set_no_new_privs",
                "set_securebits",
            ),
            "capset.kernel.answer": ("Answer", "Way", "why"),
            "capset.kernel.credentials": ("Credentials", "Executable"),
            "capset.kernel.execution": ("execve", "explain_execve"),
            "capset.kernel.explanation": ("Decision", "Explanation", "Group", "Reason"),
            "capset.kernel.history": ("Histories", "History", "histories"),
            "capset.kernel.identity": (
                "explain_setfsgid",
                "explain_setfsuid",
                "explain_setgid",
                "explain_setgroups",
                "explain_setregid",
                "explain_setresgid",
                "explain_setresuid",
                "explain_setreuid",
                "explain_setuid",
                "setfsgid",
                "setfsuid",
                "setgid",
                "setgroups",
                "setregid",
                "setresgid",
                "setresuid",
                "setreuid",
                "setuid",
            ),
            "capset.kernel.namespaces": ("INITIAL", "Extent", "UserNamespace"),
            "capset.kernel.releases": ("NEWEST", "Backport", "Change", "Rules", "changes"),
            "capset.kernel.rules": ("RULES", "Rule"),
            "capset.kernel.userns": (
                "Writer",
                "explain_unshare_user",
                "explain_write_gid_map",
                "explain_write_setgroups",
                "explain_write_uid_map",
                "unshare_user",
                "write_gid_map",
                "write_setgroups",
                "write_uid_map",
            ),
        },
    )
