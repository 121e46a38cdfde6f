"""The kernel's rules by name: what each says, where the kernel has it, where the man page has it."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from capset.errors import ArgumentError, shown
from capset.plain import Plain

__all__ = ["RULES", "Rule"]


@frozen
class Rule(Plain):
    """One rule of the kernel about credentials.

    Attributes:
        name: Its name here.
        calls: The functions of :mod:`capset.kernel` that follow it; none for what no call changes.
        says: What it says. P is the thread's and F the file's set; P' is the thread's afterwards.
        function: The kernel's function that has it.
        page: The man page and its section.
    """

    name: str
    calls: tuple[str, ...]
    says: str
    function: str
    page: str

    _plain = ("name",)

    @classmethod
    def _of_plain(cls, **entries: Any) -> Rule:
        if entries["name"] not in RULES:
            raise ArgumentError(f"expected the name of a rule, got {shown(entries['name'])}", entries["name"])
        return RULES[entries["name"]]

    def __str__(self) -> str:
        return self.name


_COMMONCAP, _SYS, _NS = "security/commoncap.c", "kernel/sys.c", "kernel/user_namespace.c"
_EXEC = "capabilities(7), Transformation of capabilities during execve()"
_ROOT = "capabilities(7), Capabilities and execution of programs by root"
_UIDS = "capabilities(7), Effect of user ID changes on capabilities"
_BITS = "capabilities(7), The securebits flags"
_ADJUST = "capabilities(7), Programmatically adjusting capability sets"
_MAPS = "user_namespaces(7), Defining user and group ID mappings"

RULES: dict[str, Rule] = {
    name: Rule(name, tuple(calls.split()), says, function, page)
    for name, calls, says, function, page in (
        # execve(2)
        (
            "executable",
            "execve",
            "the mode lets the thread execute the file, or it has an execute bit and the thread CAP_DAC_OVERRIDE",
            "fs/namei.c generic_permission()",
            "path_resolution(7), Permissions",
        ),
        (
            "set-id",
            "execve",
            "a set-user-ID file gives its owner's id, a set-group-ID file its group's, if both are mapped",
            "fs/exec.c bprm_fill_uid()",
            "execve(2)",
        ),
        (
            "file",
            "execve",
            "P'(permitted) = (F(permitted) & P(bounding)) | (F(inheritable) & P(inheritable))",
            f"{_COMMONCAP} bprm_caps_from_vfs_caps()",
            _EXEC,
        ),
        (
            "file-revision",
            "execve",
            "a file's attribute is of a revision that the kernel knows",
            f"{_COMMONCAP} get_vfs_caps_from_disk()",
            "capabilities(7), File capability extended attribute versioning",
        ),
        (
            "file-counts",
            "execve",
            "file capabilities count on a mount without nosuid, for a root id that is root here or in an ancestor",
            f"{_COMMONCAP} get_file_caps()",
            "capabilities(7), Namespaced file capabilities",
        ),
        (
            "file-enough",
            "execve",
            "with the effective bit, F(permitted) must be gained in full",
            f"{_COMMONCAP} bprm_caps_from_vfs_caps()",
            "capabilities(7), Safety checking for capability-dumb binaries",
        ),
        (
            "root",
            "execve",
            "if the effective or real user id is 0: P'(permitted) = P(inheritable) | P(bounding)",
            f"{_COMMONCAP} handle_privileged_root()",
            _ROOT,
        ),
        (
            "root-effective",
            "execve",
            "if the effective user id is 0, all of P'(permitted) is effective",
            f"{_COMMONCAP} handle_privileged_root()",
            _ROOT,
        ),
        (
            "root-not-twice",
            "execve",
            "if the effective user id is 0 and the real one is not, a file's own capabilities alone count",
            f"{_COMMONCAP} handle_privileged_root()",
            "capabilities(7), Set-user-ID-root programs that have file capabilities",
        ),
        (
            "no-new-privs",
            "execve",
            "where more would be gained, ids become the real ones and P'(permitted) &= P(permitted)",
            f"{_COMMONCAP} cap_bprm_creds_from_file()",
            "prctl(2), PR_SET_NO_NEW_PRIVS",
        ),
        (
            "ambient-cleared",
            "execve",
            "P'(ambient) is empty if the file has capabilities or the ids change",
            f"{_COMMONCAP} cap_bprm_creds_from_file()",
            _EXEC,
        ),
        (
            "ambient",
            "execve",
            "P'(permitted) |= P'(ambient)",
            f"{_COMMONCAP} cap_bprm_creds_from_file()",
            _EXEC,
        ),
        (
            "effective",
            "execve",
            "P'(effective) = F(effective) ? P'(permitted) : P'(ambient)",
            f"{_COMMONCAP} cap_bprm_creds_from_file()",
            _EXEC,
        ),
        (
            "saved-ids",
            "execve",
            "the saved and the fs ids become the effective ones",
            f"{_COMMONCAP} cap_bprm_creds_from_file()",
            "execve(2)",
        ),
        (
            "keep-caps-once",
            "execve",
            "SECBIT_KEEP_CAPS is cleared, locked or not",
            f"{_COMMONCAP} cap_bprm_creds_from_file()",
            _BITS,
        ),
        (
            "secure",
            "execve",
            "AT_SECURE if the ids change, differ from the real ones, or one who is not root gains by the file",
            f"{_COMMONCAP} cap_bprm_creds_from_file()",
            "getauxval(3), AT_SECURE",
        ),
        # capset(2)
        ("capset-permitted", "capset", "P'(permitted) within P(permitted)", f"{_COMMONCAP} cap_capset()", _ADJUST),
        ("capset-effective", "capset", "P'(effective) within P'(permitted)", f"{_COMMONCAP} cap_capset()", _ADJUST),
        (
            "capset-inheritable",
            "capset",
            "without CAP_SETPCAP, P'(inheritable) within P(inheritable) | P(permitted)",
            f"{_COMMONCAP} cap_capset()",
            _ADJUST,
        ),
        (
            "capset-bounding",
            "capset",
            "P'(inheritable) within P(inheritable) | P(bounding)",
            f"{_COMMONCAP} cap_capset()",
            _ADJUST,
        ),
        (
            "capset-ambient",
            "capset",
            "P'(ambient) = P(ambient) & P'(permitted) & P'(inheritable)",
            f"{_COMMONCAP} cap_capset()",
            "capabilities(7), Thread capability sets",
        ),
        # prctl(2)
        (
            "bounding-drop",
            "capbset_drop",
            "dropping from P(bounding) needs CAP_SETPCAP",
            f"{_COMMONCAP} cap_prctl_drop()",
            "prctl(2), PR_CAPBSET_DROP",
        ),
        (
            "ambient-raise",
            "ambient_raise",
            "P(ambient) gains what is in P(permitted) & P(inheritable), without SECBIT_NO_CAP_AMBIENT_RAISE",
            f"{_COMMONCAP} cap_task_prctl()",
            "prctl(2), PR_CAP_AMBIENT",
        ),
        (
            "ambient-set",
            "ambient_raise ambient_lower ambient_clear_all",
            "there is an ambient set since Linux 4.3",
            f"{_COMMONCAP} cap_task_prctl()",
            "prctl(2), PR_CAP_AMBIENT",
        ),
        (
            "ambient-lower",
            "ambient_lower ambient_clear_all",
            "anybody may lower P(ambient)",
            f"{_COMMONCAP} cap_task_prctl()",
            "prctl(2), PR_CAP_AMBIENT",
        ),
        (
            "securebits-locked",
            "set_securebits",
            "a bit whose lock is set cannot change, and a lock stays",
            f"{_COMMONCAP} cap_task_prctl()",
            _BITS,
        ),
        (
            "securebits-known",
            "set_securebits",
            "a bit that the kernel does not know cannot be set",
            f"{_COMMONCAP} cap_task_prctl()",
            _BITS,
        ),
        (
            "securebits-setpcap",
            "set_securebits",
            "without CAP_SETPCAP only the two EXEC_ bits and their locks change, and one of them must",
            f"{_COMMONCAP} cap_task_prctl()",
            _BITS,
        ),
        (
            "keepcaps",
            "set_keepcaps",
            "anybody may set SECBIT_KEEP_CAPS, unless it is locked",
            f"{_COMMONCAP} cap_task_prctl()",
            _BITS,
        ),
        (
            "nnp-stays",
            "set_no_new_privs",
            "no_new_privs stays set",
            "kernel/sys.c prctl()",
            "prctl(2), PR_SET_NO_NEW_PRIVS",
        ),
        (
            "capability",
            "capbset_drop ambient_raise ambient_lower",
            "a number up to the last capability of the kernel",
            f"{_COMMONCAP} cap_task_prctl()",
            "prctl(2), PR_CAP_AMBIENT",
        ),
        # Changing ids
        (
            "mapped",
            "setresuid setreuid setuid setfsuid setresgid setregid setgid setfsgid setgroups",
            "an id must be mapped in the user namespace",
            f"{_SYS}",
            "user_namespaces(7)",
        ),
        (
            "own-ids",
            "setresuid setreuid setuid setfsuid setresgid setregid setgid setfsgid",
            "without CAP_SETUID or CAP_SETGID, only ids that the thread has already",
            f"{_SYS}",
            "setresuid(2), setreuid(2), setuid(2), setfsuid(2)",
        ),
        (
            "groups-allowed",
            "setgroups",
            "setgroups(2) needs CAP_SETGID, a written gid_map, and setgroups not denied",
            "kernel/groups.c may_setgroups()",
            "user_namespaces(7), The /proc/pid/setgroups file",
        ),
        (
            "no-zero-left",
            "setresuid setreuid setuid",
            (
                "once none of the real, effective and saved user ids is 0 any more, P(ambient) is cleared, "
                "and without SECBIT_KEEP_CAPS P(permitted) and P(effective) too"
            ),
            f"{_COMMONCAP} cap_emulate_setxuid()",
            _UIDS,
        ),
        (
            "no-fixup",
            "setresuid setreuid setuid setfsuid",
            "with SECBIT_NO_SETUID_FIXUP a change of user ids leaves the capabilities alone",
            f"{_COMMONCAP} cap_task_fix_setuid()",
            _BITS,
        ),
        (
            "euid-leaves-zero",
            "setresuid setreuid setuid",
            "once the effective user id is not 0 any more, P(effective) is cleared",
            f"{_COMMONCAP} cap_emulate_setxuid()",
            _UIDS,
        ),
        (
            "euid-becomes-zero",
            "setresuid setreuid setuid",
            "once the effective user id is 0, P'(effective) = P(permitted)",
            f"{_COMMONCAP} cap_emulate_setxuid()",
            _UIDS,
        ),
        (
            "fsuid-leaves-zero",
            "setfsuid",
            "once the fs user id is not 0 any more, P(effective) loses the capabilities for files",
            f"{_COMMONCAP} cap_task_fix_setuid()",
            _UIDS,
        ),
        (
            "fsuid-becomes-zero",
            "setfsuid",
            "once the fs user id is 0, P(effective) gains the capabilities for files that are permitted",
            f"{_COMMONCAP} cap_task_fix_setuid()",
            _UIDS,
        ),
        # User namespaces
        (
            "namespace-full",
            "unshare_user",
            "in a new user namespace P(permitted), P(effective) and P(bounding) are full, the others empty",
            f"{_NS} set_cred_user_ns()",
            "user_namespaces(7), Capabilities",
        ),
        (
            "namespace-maker",
            "unshare_user",
            "whoever makes a user namespace has ids that are mapped in the parent",
            f"{_NS} create_user_ns()",
            "user_namespaces(7)",
        ),
        (
            "namespace-depth",
            "unshare_user",
            "33 user namespaces may lie in each other, since Linux 3.11",
            f"{_NS} create_user_ns()",
            "user_namespaces(7)",
        ),
        ("map-once", "write_uid_map write_gid_map", "a map is written once", f"{_NS} map_write()", _MAPS),
        (
            "map-writer",
            "write_uid_map write_gid_map",
            "the writer is in the namespace or its parent and has CAP_SYS_ADMIN over the namespace",
            f"{_NS} proc_uid_map_write(), map_write()",
            _MAPS,
        ),
        (
            "map-lawful",
            "write_uid_map write_gid_map",
            (
                "less than a page of text, 1 to 340 extents (5 before Linux 4.15), none empty or beyond 2**32 - 2, "
                "none overlapping another"
            ),
            f"{_NS} map_write()",
            _MAPS,
        ),
        (
            "map-root",
            "write_uid_map",
            (
                "mapping the parent's user id 0 needs CAP_SETFCAP: of the maker when it made the namespace, or of "
                "a writer outside"
            ),
            f"{_NS} verify_root_map()",
            _MAPS,
        ),
        (
            "map-permitted",
            "write_uid_map write_gid_map",
            (
                "one's own id alone, or CAP_SETUID (CAP_SETGID) in the parent; for a group of one's own "
                "setgroups must be denied first"
            ),
            f"{_NS} new_idmap_permitted()",
            _MAPS,
        ),
        (
            "map-parent",
            "write_uid_map write_gid_map",
            "what is mapped to must be mapped in the parent",
            f"{_NS} map_write()",
            _MAPS,
        ),
        (
            "setgroups-file",
            "write_setgroups",
            "there is such a file since Linux 3.19, and in later releases of earlier series",
            f"{_NS} proc_setgroups_write()",
            "user_namespaces(7), The /proc/pid/setgroups file",
        ),
        (
            "setgroups-writer",
            "write_setgroups",
            "the writer has CAP_SYS_ADMIN over the namespace",
            f"{_NS} proc_setgroups_open()",
            "user_namespaces(7), The /proc/pid/setgroups file",
        ),
        (
            "setgroups-stays",
            "write_setgroups",
            "deny stays, and comes before gid_map is written",
            f"{_NS} proc_setgroups_write()",
            "user_namespaces(7), The /proc/pid/setgroups file",
        ),
        # What no rule changes
        (
            "unchanged",
            "",
            "what a call does not mention stays as it is",
            "kernel/cred.c prepare_creds()",
            "credentials(7)",
        ),
        (
            "asked",
            "capset capbset_drop ambient_raise",
            "the caller asked for it",
            "kernel/capability.c capset()",
            "capset(2)",
        ),
    )
}
