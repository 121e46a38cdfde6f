"""The system calls that change user and group ids, and what changed user ids do to capabilities."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable

from capset.capability import Cap
from capset.ids import Ids
from capset.kernel.draft import Draft, explainer, passed_id, system_call, with_id
from capset.kernel.namespaces import NO_ID
from capset.kernel.releases import NEWEST, Rules
from capset.securebits import Securebits
from capset.sets import CapSet

__all__ = [
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
]

_FOR_FILES = CapSet(
    ["chown", "mknod", "dac_override", "dac_read_search", "fowner", "fsetid", "mac_override", "linux_immutable"]
)
_MOST_GROUPS = 65536


@system_call
def setresuid(draft: Draft, ruid: int, euid: int, suid: int, *, rules: Rules | str = NEWEST) -> None:
    """Set the real, effective and saved user id: setresuid(2).

    The fs user id becomes the effective one, unless nothing changes at all.

    Args:
        cred: The thread's credentials.
        ruid: The new real user id as the thread passes it; -1 leaves it alone.
        euid: The new effective one, likewise.
        suid: The new saved one, likewise.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: an id is none of these three, and CAP_SETUID is not effective. EINVAL: an id
            is not mapped in the user namespace.

    Source:
        Linux ``kernel/sys.c``, ``__sys_setresuid()``.

    Examples:
        >>> from capset import CapState, kernel
        >>> root = kernel.Credentials(caps=CapState(effective=["setuid"], permitted=["setuid", "kill"]))
        >>> kernel.setresuid(root, 1000, 1000, 1000).caps.permitted
        CapSet()
        >>> kernel.setresuid(kernel.set_keepcaps(root, True), 1000, 1000, 1000).caps
        CapState(effective=CapSet(), permitted=CapSet.parse('CAP_KILL,CAP_SETUID'), inheritable=CapSet(), \
bounding=CapSet(), ambient=CapSet())
    """
    real, effective, saved = (draft.user(uid) for uid in (ruid, euid, suid))
    if _nothing_changes(draft, draft.uids, real, effective, saved):
        return
    for uid in (real, effective, saved):
        _check_own(draft, uid, draft.uids[:3], Cap.SETUID)
    uids = with_id(draft.uids, real=real, effective=effective, saved=saved)
    _change_users(draft, with_id(uids, fs=uids.effective))


@system_call
def setreuid(draft: Draft, ruid: int, euid: int, *, rules: Rules | str = NEWEST) -> None:
    """Set the real and effective user id: setreuid(2).

    The saved user id becomes the effective one if the real one is given, or the effective one is not the
    old real one.

    Args:
        cred: The thread's credentials.
        ruid: The new real user id as the thread passes it; -1 leaves it alone.
        euid: The new effective one, likewise.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: the real one is neither the real nor the effective one, or the effective one is
            none of the three, and CAP_SETUID is not effective. EINVAL: an id is not mapped.

    Source:
        Linux ``kernel/sys.c``, ``__sys_setreuid()``.

    Examples:
        >>> from capset import kernel
        >>> kernel.setreuid(kernel.Credentials(uids=(1000, 1001, 1001, 1001)), 1001, 1000).uids
        Ids(real=1001, effective=1000, saved=1000, fs=1000)
    """
    old = draft.uids
    real, effective = draft.user(ruid), draft.user(euid)
    _check_own(draft, real, old[:2], Cap.SETUID)
    _check_own(draft, effective, old[:3], Cap.SETUID)
    _change_users(draft, _as_setre(old, real, effective))


@system_call
def setuid(draft: Draft, uid: int, *, rules: Rules | str = NEWEST) -> None:
    """Set the effective user id, and with CAP_SETUID the real and saved ones too: setuid(2).

    Args:
        cred: The thread's credentials.
        uid: The new user id as the thread passes it.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: it is neither the real nor the saved one, and CAP_SETUID is not effective. EINVAL:
            it is not mapped, or is -1.

    Source:
        Linux ``kernel/sys.c``, ``__sys_setuid()``.

    Examples:
        >>> from capset import kernel
        >>> kernel.setuid(kernel.Credentials(uids=(1000, 0, 0, 0)), 1000).uids
        Ids(real=1000, effective=1000, saved=0, fs=1000)
    """
    user = draft.user(uid)
    if user is None:
        draft.refuse(errno.EINVAL, "mapped", "-1 is no user id", uid)
    uids = with_id(draft.uids, effective=user, fs=user)
    if draft.old.capable(Cap.SETUID):
        uids = with_id(uids, real=user, saved=user)
    else:
        _check_own(draft, user, (draft.uids.real, draft.uids.saved), Cap.SETUID)
    _change_users(draft, uids)


@system_call
def setfsuid(draft: Draft, uid: int, *, rules: Rules | str = NEWEST) -> None:
    """Set the fs user id: setfsuid(2).

    It has no way of telling an error: where it may not, the credentials stay as they are, and an
    explanation says why.

    Args:
        cred: The thread's credentials.
        uid: The new fs user id as the thread passes it.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Source:
        Linux ``kernel/sys.c``, ``__sys_setfsuid()``.

    Examples:
        >>> from capset import CapState, kernel
        >>> caps = CapState(effective=["setuid", "chown"], permitted=["setuid", "chown"])
        >>> kernel.setfsuid(kernel.Credentials(caps=caps), 1000).caps.effective
        CapSet.parse('CAP_SETUID')
    """
    old = draft.uids
    user = _fs_id(draft, passed_id(uid), draft.old.user_ns.outside_uid, old, Cap.SETUID)
    if user is None or user == old.fs:
        return
    draft.uids = with_id(old, fs=user)
    _note_ids(draft, "user", old, draft.uids)
    if _fixup_is_off(draft, "effective"):
        return
    is_root = draft.old.user_ns.is_root
    if is_root(old.fs) and not is_root(user):
        why = f"the fs user id became {draft.seen_user(user)}, and this one is for files"
        draft.take("effective", _FOR_FILES, "fsuid-leaves-zero", why)
    if not is_root(old.fs) and is_root(user):
        why = "the fs user id became 0, and this one is for files and permitted"
        draft.give("effective", _FOR_FILES & draft["permitted"], "fsuid-becomes-zero", why)


@system_call
def setresgid(draft: Draft, rgid: int, egid: int, sgid: int, *, rules: Rules | str = NEWEST) -> None:
    """Set the real, effective and saved group id: setresgid(2).

    Args:
        cred: The thread's credentials.
        rgid: The new real group id as the thread passes it; -1 leaves it alone.
        egid: The new effective one, likewise.
        sgid: The new saved one, likewise.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: an id is none of these three, and CAP_SETGID is not effective. EINVAL: an id
            is not mapped in the user namespace.

    Source:
        Linux ``kernel/sys.c``, ``__sys_setresgid()``.

    Examples:
        >>> from capset import kernel
        >>> kernel.setresgid(kernel.Credentials(gids=(5, 6, 7, 6)), -1, 7, -1).gids
        Ids(real=5, effective=7, saved=7, fs=7)
    """
    real, effective, saved = (draft.group(gid) for gid in (rgid, egid, sgid))
    if _nothing_changes(draft, draft.gids, real, effective, saved):
        return
    for gid in (real, effective, saved):
        _check_own(draft, gid, draft.gids[:3], Cap.SETGID)
    gids = with_id(draft.gids, real=real, effective=effective, saved=saved)
    _change_groups(draft, with_id(gids, fs=gids.effective))


@system_call
def setregid(draft: Draft, rgid: int, egid: int, *, rules: Rules | str = NEWEST) -> None:
    """Set the real and effective group id: setregid(2).

    Args:
        cred: The thread's credentials.
        rgid: The new real group id as the thread passes it; -1 leaves it alone. Unlike a real user id it
            may not be the saved one.
        egid: The new effective one, likewise.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: an id is none of the thread's, and CAP_SETGID is not effective. EINVAL: an id is
            not mapped.

    Source:
        Linux ``kernel/sys.c``, ``__sys_setregid()``.

    Examples:
        >>> from capset import kernel
        >>> kernel.setregid(kernel.Credentials(gids=(5, 6, 6, 6)), 6, -1).gids
        Ids(real=6, effective=6, saved=6, fs=6)
    """
    old = draft.gids
    real, effective = draft.group(rgid), draft.group(egid)
    _check_own(draft, real, old[:2], Cap.SETGID)
    _check_own(draft, effective, old[:3], Cap.SETGID)
    _change_groups(draft, _as_setre(old, real, effective))


@system_call
def setgid(draft: Draft, gid: int, *, rules: Rules | str = NEWEST) -> None:
    """Set the effective group id, and with CAP_SETGID the real and saved ones too: setgid(2).

    Args:
        cred: The thread's credentials.
        gid: The new group id as the thread passes it.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: it is neither the real nor the saved one, and CAP_SETGID is not effective. EINVAL:
            it is not mapped, or is -1.

    Source:
        Linux ``kernel/sys.c``, ``__sys_setgid()``.

    Examples:
        >>> from capset import kernel
        >>> kernel.setgid(kernel.Credentials(uids=7, gids=(5, 6, 6, 6)), 5).gids
        Ids(real=5, effective=5, saved=6, fs=5)
    """
    group = draft.group(gid)
    if group is None:
        draft.refuse(errno.EINVAL, "mapped", "-1 is no group id", gid)
    gids = with_id(draft.gids, effective=group, fs=group)
    if draft.old.capable(Cap.SETGID):
        gids = with_id(gids, real=group, saved=group)
    else:
        _check_own(draft, group, (draft.gids.real, draft.gids.saved), Cap.SETGID)
    _change_groups(draft, gids)


@system_call
def setfsgid(draft: Draft, gid: int, *, rules: Rules | str = NEWEST) -> None:
    """Set the fs group id: setfsgid(2), which tells no errors, as :func:`setfsuid`.

    Args:
        cred: The thread's credentials.
        gid: The new fs group id as the thread passes it.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Source:
        Linux ``kernel/sys.c``, ``__sys_setfsgid()``.

    Examples:
        >>> from capset import kernel
        >>> kernel.setfsgid(kernel.Credentials(gids=(5, 6, 6, 6)), 5).gids.fs
        5
    """
    old = draft.gids
    group = _fs_id(draft, passed_id(gid), draft.old.user_ns.outside_gid, old, Cap.SETGID)
    if group is not None:
        _change_groups(draft, with_id(old, fs=group))


@system_call
def setgroups(draft: Draft, gids: Iterable[int], *, rules: Rules | str = NEWEST) -> None:
    """Set the supplementary groups: setgroups(2).

    Args:
        cred: The thread's credentials.
        gids: The groups as the thread passes them.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: CAP_SETGID is not effective, or the user namespace does not allow it. EINVAL: there
            are more than 65,536, or one is not mapped.

    Source:
        Linux ``kernel/groups.c``; user_namespaces(7).

    Examples:
        >>> from capset import CapState, kernel
        >>> root = kernel.Credentials(caps=CapState(effective=["setgid"], permitted=["setgid"]))
        >>> kernel.setgroups(root, [50, 7]).groups
        (7, 50)
    """
    groups = list(gids)
    draft.needs(Cap.SETGID, "groups-allowed", "setting groups")
    namespace = draft.old.user_ns
    if draft.rules.setgroups_file and not namespace.gid_map:
        draft.refuse(errno.EPERM, "groups-allowed", "the user namespace maps no group id yet")
    if draft.rules.setgroups_file and namespace.setgroups == "deny":
        draft.refuse(errno.EPERM, "groups-allowed", "the user namespace denies it")
    if len(groups) > _MOST_GROUPS:
        draft.refuse(errno.EINVAL, "groups-allowed", f"{len(groups)} groups are more than {_MOST_GROUPS}")
    found: list[int] = []
    for gid in groups:
        if (group := draft.group(gid)) is None:
            draft.refuse(errno.EINVAL, "mapped", "-1 is no group id", gid)
        found.append(group)
    draft.groups = tuple(sorted(found))
    seen = ", ".join(map(draft.seen_group, draft.groups))
    draft.notes.append(f"the supplementary groups become {seen or 'none'}")


def _nothing_changes(draft: Draft, old: Ids, real: int | None, effective: int | None, saved: int | None) -> bool:
    """Say whether the kernel returns at once, which leaves the fs id alone."""
    return draft.rules.idle_setres == "keeps fs" and (
        real in {None, old.real}
        and saved in {None, old.saved}
        and (effective is None or effective == old.effective == old.fs)
    )


def _check_own(draft: Draft, id: int | None, own: tuple[int, ...], cap: Cap) -> None:
    """Refuse an id that the thread does not have already, unless it has the capability."""
    if id is not None and id not in own and not draft.old.capable(cap):
        seen = _seen_by(draft, cap)
        listed = ", ".join(map(seen, dict.fromkeys(own)))
        why = f"{seen(id)} is none of the ids that may be taken without {cap}, which is not effective ({listed})"
        draft.refuse(errno.EPERM, "own-ids", why, cap)


def _seen_by(draft: Draft, cap: Cap) -> Callable[[int], str]:
    """Return how ids of the kind that a capability is about are written."""
    return draft.seen_user if cap is Cap.SETUID else draft.seen_group


def _as_setre(old: Ids, real: int | None, effective: int | None) -> Ids:
    """Return the ids after setreuid() or setregid()."""
    ids = with_id(old, real=real, effective=effective)
    saved = real is not None or (effective is not None and effective != old.real)
    return ids._replace(saved=ids.effective if saved else ids.saved, fs=ids.effective)


def _fs_id(draft: Draft, id: int, outside: Callable[[int], int | None], own: Ids, cap: Cap) -> int | None:
    """Return the new fs id; None, with a note, where the kernel passes over it without an error."""
    found = None if id == NO_ID else outside(id)
    if found is None:
        draft.notes.append(f"nothing changes, as id {id if id != NO_ID else -1} is not mapped here")
    elif found not in own and not draft.old.capable(cap):
        draft.notes.append(
            f"nothing changes, as {_seen_by(draft, cap)(found)} is none of the thread's ids and {cap} is not effective"
        )
    else:
        return found
    return None


def _note_ids(draft: Draft, what: str, old: Ids, new: Ids) -> None:
    seen = draft.seen_user if what == "user" else draft.seen_group
    ids = zip(Ids._fields, old, new, strict=True)
    if changed := [f"{name} {seen(before)} to {seen(after)}" for name, before, after in ids if before != after]:
        draft.notes.append(f"the {what} ids change: {', '.join(changed)}")


def _change_groups(draft: Draft, gids: Ids) -> None:
    _note_ids(draft, "group", draft.gids, gids)
    draft.gids = gids


def _fixup_is_off(draft: Draft, *sets: str) -> bool:
    """Say whether capabilities do not follow user ids, and that this is why *sets* stay as they are."""
    if not draft.securebits & Securebits.NO_SETUID_FIXUP:
        return False
    why = "with SECBIT_NO_SETUID_FIXUP a change of user ids leaves the capabilities alone"
    draft.notes.append(why)
    for name in sets:
        draft.give(name, draft[name], "no-fixup", why)
    return True


def _change_users(draft: Draft, uids: Ids) -> None:
    """Take over user ids, and let the capabilities follow them."""
    old = draft.uids
    _note_ids(draft, "user", old, uids)
    draft.uids = uids
    if old == uids or _fixup_is_off(draft, "permitted", "effective", "ambient"):
        return
    is_root = draft.old.user_ns.is_root
    if any(map(is_root, old[:3])):
        if any(map(is_root, uids[:3])):
            for name in ("permitted", "ambient"):
                draft.give(
                    name, draft[name], "no-zero-left", "one of the real, effective and saved user ids is 0 still"
                )
        else:
            _leave_root(draft)
    if is_root(old.effective) and not is_root(uids.effective):
        draft.take("effective", draft["effective"], "euid-leaves-zero", "the effective user id is not 0 any more")
    if not is_root(old.effective) and is_root(uids.effective):
        draft.compute("effective")
        draft.give("effective", draft["permitted"], "euid-becomes-zero", "the effective user id became 0")


def _leave_root(draft: Draft) -> None:
    """Take what only root keeps, once none of the real, effective and saved user ids is 0 any more."""
    why = "none of the real, effective and saved user ids is 0 any more"
    draft.take("ambient", draft["ambient"], "no-zero-left", why)
    if draft.securebits & Securebits.KEEP_CAPS:
        draft.give("permitted", draft["permitted"], "no-zero-left", f"{why}, and keepcaps was set")
        return
    for name in ("permitted", "effective"):
        draft.take(name, draft[name], "no-zero-left", f"{why}, and keepcaps was not set")


explain_setresuid = explainer(setresuid)
explain_setreuid = explainer(setreuid)
explain_setuid = explainer(setuid)
explain_setfsuid = explainer(setfsuid)
explain_setresgid = explainer(setresgid)
explain_setregid = explainer(setregid)
explain_setgid = explainer(setgid)
explain_setfsgid = explainer(setfsgid)
explain_setgroups = explainer(setgroups)
