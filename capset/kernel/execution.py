"""execve(2): what becomes of a thread's credentials when it executes a program.

P is a set of the thread, F one of the file, P' one of the thread afterwards.
"""

from __future__ import annotations

import errno

from capset.capability import Cap
from capset.errors import shown
from capset.filecaps import FileCaps
from capset.kernel.credentials import Executable
from capset.kernel.draft import EVERY, Draft, explainer, system_call, with_id
from capset.kernel.releases import NEWEST, Rules
from capset.securebits import Securebits
from capset.summary import listed

__all__ = ["execve", "explain_execve"]


@system_call
def execve(draft: Draft, executable: Executable, *, rules: Rules | str = NEWEST) -> None:
    """Execute a program: execve(2).

    What the path leads through, access control lists, *noexec*, tracers and other security modules are not
    looked at, and nor is whether the file is a program at all.

    Args:
        cred: The thread's credentials.
        executable: The program; for a script its interpreter.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EACCES: the thread may not execute the file. EPERM: the file's effective bit is set, and
            not all that it permits would be gained. ERANGE: the kernel does not know revision 3 of file capabilities.

    Source:
        Linux ``fs/exec.c``, ``bprm_creds_from_file()``; ``security/commoncap.c``,
        ``cap_bprm_creds_from_file()``; capabilities(7), *Transformation of capabilities during execve()*.

    Examples:
        >>> from capset import CapState, FileCaps, kernel
        >>> user = kernel.Credentials(uids=1000, gids=1000, caps=CapState(bounding=["net_raw", "kill"]))
        >>> ping = kernel.Executable(caps=FileCaps(permitted=["net_raw"], effective=True))
        >>> print(kernel.execve(user, ping).caps.effective)
        CAP_NET_RAW
        >>> kernel.execve(kernel.Credentials(caps=CapState(bounding=["kill"])), ping)
        Traceback (most recent call last):
        capset.errors.KernelError: EPERM: the file's effective bit is set, it permits CAP_NET_RAW, and the bounding \
set lacks that (rule file-enough: with the effective bit, F(permitted) must be gained in full)
    """
    if not isinstance(executable, Executable):
        raise TypeError(f"expected an Executable, got {shown(executable)}; live.executable() reads one from a path")
    draft.notes += [f"assumed: {text}" for text in executable.assumed]
    _check_executable(draft, executable)
    draft.compute("permitted")
    _set_ids(draft, executable)
    caps = _counting_caps(draft, executable)
    _gain_from_file(draft, caps)
    all_effective = bool(caps and caps.effective)
    if _is_for_root(draft, caps):
        _gain_as_root(draft)
        all_effective = all_effective or _is_root(draft, draft.uids.effective)
    change = _change_of_ids(draft)
    if draft.no_new_privs and (change or not draft["permitted"] <= draft.old.caps.permitted):
        _gain_nothing(draft)
    _make_saved_ids(draft)
    _clear_ambient(draft, has_caps=caps is not None, change=change)
    _gain_ambient(draft)
    _make_effective(draft, caps, all_effective=all_effective)
    if draft.securebits & Securebits.KEEP_CAPS:
        draft.notes.append("SECBIT_KEEP_CAPS is cleared, as by every execve(2)")
    draft.securebits &= ~Securebits.KEEP_CAPS
    why = _why_secure(draft, change=change, all_effective=all_effective)
    draft.secure = bool(why)
    draft.notes += [f"AT_SECURE is set, as {why}"] if why else []


explain_execve = explainer(execve)


def _check_executable(draft: Draft, file: Executable) -> None:
    """Refuse a file that the thread may not execute, and so a script, before its interpreter."""
    old = draft.old
    if file.script:
        _check_executable(draft, file.script)
        name = file.script.path or "the file"
        draft.notes.append(f"{name} is a script: its own set-id bits and capabilities do not count")
    if old.uids.fs == file.uid:
        allowed = file.mode & 0o100
    elif old.in_group(file.gid):
        allowed = file.mode & 0o010
    else:
        allowed = file.mode & 0o001
    if allowed:
        return
    ids_are_mapped = old.user_ns.has_uid(file.uid) and old.user_ns.has_gid(file.gid)
    if file.mode & 0o111 and ids_are_mapped and old.capable(Cap.DAC_OVERRIDE):
        return
    name = f" of {file.path}" if file.path else ""
    why = f"the mode {file.mode:04o}{name} does not let user {draft.seen_user(old.uids.fs)} execute it"
    if not file.mode & 0o111:
        draft.refuse(errno.EACCES, "executable", f"{why}, nor anybody else")
    if not ids_are_mapped:
        beyond = "CAP_DAC_OVERRIDE does not count where the owner or group of a file is not mapped"
        draft.refuse(errno.EACCES, "executable", f"{why}, and {beyond}")
    draft.refuse(errno.EACCES, "executable", f"{why}, and CAP_DAC_OVERRIDE is missing", Cap.DAC_OVERRIDE)


def _set_ids(draft: Draft, file: Executable) -> None:
    """Take over the ids of a set-user-ID or set-group-ID file."""
    if not (file.set_user_id or file.set_group_id):
        return
    if why := _why_no_set_ids(draft, file):
        draft.notes.append(why)
        if file.set_user_id and _is_root(draft, file.uid):
            draft.withhold("permitted", EVERY, "set-id", why)
        return
    if file.set_user_id:
        draft.uids = with_id(draft.uids, effective=file.uid)
        draft.notes.append(f"the effective user id becomes {draft.seen_user(file.uid)}, as the file is set-user-ID")
    if file.set_group_id:
        draft.gids = with_id(draft.gids, effective=file.gid)
        draft.notes.append(f"the effective group id becomes {draft.seen_group(file.gid)}, as the file is set-group-ID")


def _why_no_set_ids(draft: Draft, file: Executable) -> str:
    """Say why the set-id bits of a file do not count; nothing if they do."""
    ns = draft.old.user_ns
    if file.nosuid:
        return "the set-id bits do not count on a nosuid mount"
    if draft.no_new_privs:
        return "the set-id bits do not count with no_new_privs"
    if not (ns.has_uid(file.uid) and ns.has_gid(file.gid)):
        return "the set-id bits do not count, as the file's owner or group is not mapped here"
    return ""


def _counting_caps(draft: Draft, file: Executable) -> FileCaps | None:
    """Return the file's capabilities if they count for the thread."""
    if file.caps is None:
        draft.withhold("permitted", EVERY, "file", "the file has no capabilities")
    elif file.nosuid:
        draft.withhold("permitted", EVERY, "file-counts", "the file's capabilities do not count on a nosuid mount")
    elif file.caps.revision > draft.rules.file_revision:
        why = f"the file's capabilities are of revision {file.caps.revision}, which the kernel does not know"
        draft.refuse(errno.ERANGE, "file-revision", why)
    elif not any(namespace.is_root(file.caps.rootid) for namespace in draft.old.user_ns.ancestors):
        why = f"the file's capabilities are for namespaces whose root is user {file.caps.rootid}"
        draft.withhold("permitted", EVERY, "file-counts", why)
    else:
        return file.caps
    return None


def _gain_from_file(draft: Draft, caps: FileCaps | None) -> None:
    """P'(permitted) = (F(permitted) & P(bounding)) | (F(inheritable) & P(inheritable))."""
    if caps is None:
        return
    old, supported = draft.old.caps, draft.supported
    permitted, inheritable = caps.permitted & supported, caps.inheritable & supported
    draft.give("permitted", permitted & old.bounding, "file", "the file permits it, within the bounding set")
    draft.give("permitted", inheritable & old.inheritable, "file", "the file and the thread both have it inheritable")
    lacking = permitted - draft["permitted"]
    if lacking and caps.effective:
        why = f"the file's effective bit is set, it permits {listed(lacking)}, and the bounding set lacks that"
        draft.refuse(errno.EPERM, "file-enough", why, lacking)
    draft.withhold("permitted", lacking, "file", "the file permits it, and the bounding set lacks it")
    offered = inheritable - permitted - draft["permitted"]
    draft.withhold("permitted", offered, "file", "the file has it inheritable, and the thread has not")
    draft.withhold("permitted", EVERY - permitted - inheritable, "file", "the file does not give it")


def _is_root(draft: Draft, uid: int) -> bool:
    return draft.old.user_ns.is_root(uid)


def _is_for_root(draft: Draft, caps: FileCaps | None) -> bool:
    """Say whether root's rule applies."""
    effective, real = (_is_root(draft, uid) for uid in (draft.uids.effective, draft.uids.real))
    if not (effective or real):
        user = draft.seen_user(draft.uids.effective)
        draft.withhold("permitted", EVERY, "root", f"user {user} is not root")
    elif draft.securebits & Securebits.NOROOT:
        draft.withhold("permitted", EVERY, "root", "with SECBIT_NOROOT root gets nothing by being root")
    elif caps is not None and not real:
        why = "as the effective user id is 0 and the real one is not, the file's own capabilities alone count"
        draft.withhold("permitted", EVERY, "root-not-twice", why)
    else:
        return True
    return False


def _gain_as_root(draft: Draft) -> None:
    """P'(permitted) = P(inheritable) | P(bounding), whatever the file says."""
    old = draft.old.caps
    draft.compute("permitted")
    draft.give("permitted", old.bounding, "root", "root gets what is in the bounding set")
    draft.give("permitted", old.inheritable, "root", "root gets what is inheritable, even beyond the bounding set")
    draft.withhold("permitted", EVERY, "root", "root gets only what is in the bounding set or inheritable")


def _change_of_ids(draft: Draft) -> str:
    """Say in which way this counts as an execve that changes ids; nothing if it does not."""
    old = draft.old
    if draft.rules.set_id == "not real":
        if draft.uids.effective != old.uids.real or draft.gids.effective != old.gids.real:
            return "an effective id is not the real one"
    elif draft.uids.effective != old.uids.effective:
        return "the effective user id changes"
    elif not old.in_group(draft.gids.effective):
        return "the effective group is neither the fs group nor a supplementary one"
    return ""


def _gain_nothing(draft: Draft) -> None:
    """Go back to the real ids, and P'(permitted) &= P(permitted)."""
    old = draft.old
    for name, ids, seen in (("user", draft.uids, draft.seen_user), ("group", draft.gids, draft.seen_group)):
        if ids.effective != ids.real:
            draft.notes.append(f"with no_new_privs the effective {name} id becomes the real one, {seen(ids.real)}")
    draft.uids = with_id(draft.uids, effective=draft.uids.real)
    draft.gids = with_id(draft.gids, effective=draft.gids.real)
    beyond = draft["permitted"] - old.caps.permitted
    draft.take("permitted", beyond, "no-new-privs", "with no_new_privs it cannot be gained, and the thread lacks it")


def _make_saved_ids(draft: Draft) -> None:
    """Make the effective ids the saved and the fs ids."""
    for name, old, new, seen in (
        ("user", draft.old.uids, draft.uids, draft.seen_user),
        ("group", draft.old.gids, draft.gids, draft.seen_group),
    ):
        for kind in ("saved", "fs"):  # one that was another already; else it only follows
            if getattr(old, kind) not in {old.effective, new.effective}:
                draft.notes.append(f"the {kind} {name} id becomes the effective one, {seen(new.effective)}")
    draft.uids = with_id(draft.uids, saved=draft.uids.effective, fs=draft.uids.effective)
    draft.gids = with_id(draft.gids, saved=draft.gids.effective, fs=draft.gids.effective)


def _clear_ambient(draft: Draft, *, has_caps: bool, change: str) -> None:
    if has_caps:
        draft.take("ambient", draft["ambient"], "ambient-cleared", "a file with capabilities clears the ambient set")
    elif change:
        draft.take("ambient", draft["ambient"], "ambient-cleared", f"{change}, which clears the ambient set")


def _gain_ambient(draft: Draft) -> None:
    """P'(permitted) |= P'(ambient)."""
    if not draft.rules.ambient:
        return
    ambient = draft["ambient"]
    draft.give("permitted", ambient, "ambient", "it is ambient")
    draft.withhold("permitted", draft.old.caps.ambient - ambient, "ambient", "", as_in="ambient")
    draft.withhold("permitted", EVERY - draft.old.caps.ambient, "ambient", "it is not ambient")


def _make_effective(draft: Draft, caps: FileCaps | None, *, all_effective: bool) -> None:
    """P'(effective) = F(effective) ? P'(permitted) : P'(ambient)."""
    permitted = draft["permitted"]
    draft.compute("effective")
    draft.withhold("effective", EVERY - permitted, "effective", "", as_in="permitted")
    if all_effective:
        rule, why = "root-effective", "for root all that is permitted is effective"
        if caps and caps.effective:
            rule, why = "effective", "the file's effective bit is set"
        draft.give("effective", permitted, rule, why, as_in="permitted")
        return
    draft.give("effective", draft["ambient"], "effective", "what is ambient is effective")
    why = "it is permitted, and the program may make it effective itself, as the file's effective bit is not set"
    draft.withhold("effective", permitted - draft["ambient"], "effective", why)


def _why_secure(draft: Draft, *, change: str, all_effective: bool) -> str:
    """Say why AT_SECURE is set: the program gained something that its starter lacks; nothing if it did not."""
    old = draft.old
    if change and draft.rules.at_secure == "asked":
        return change
    if draft.uids.effective != old.uids.real or draft.gids.effective != old.gids.real:
        return "an effective id is not the real one"
    if _is_root(draft, draft.uids.real):
        return ""
    if all_effective:
        return "the file's effective bit is set"
    return "the file gives what is not ambient" if draft["permitted"] - draft["ambient"] else ""
