"""Making a user namespace, and writing which ids it maps."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import Literal

from attrs import evolve

from capset.capability import Cap
from capset.errors import ArgumentError, shown
from capset.kernel.credentials import Credentials, Thread, checked
from capset.kernel.draft import Draft, explainer, system_call
from capset.kernel.namespaces import Extent, UserNamespace, are_lawful, made_extents, outside_stretch
from capset.kernel.releases import NEWEST, Rules
from capset.securebits import Securebits
from capset.sets import CapSet
from capset.state import CapState

__all__ = [
    "Writer",
    "explain_unshare_user",
    "explain_write_gid_map",
    "explain_write_setgroups",
    "explain_write_uid_map",
    "unshare_user",
    "write_gid_map",
    "write_setgroups",
    "write_uid_map",
]

_DEEPEST = 33
_PAGE = 4096  # bytes; some kernels for Arm and POWER have larger ones

Writer = Literal["self", "outside"] | Thread
"""Who writes: the thread itself, one in the parent namespace with every capability there, or whose credentials."""


@system_call
def unshare_user(draft: Draft, *, rules: Rules | str = NEWEST) -> None:
    """Make a user namespace and enter it: ``unshare(CLONE_NEWUSER)``.

    What else may be in its way is not looked at: the limits of ``/proc/sys/user`` (ENOSPC, for root too), chroot(2),
    other threads of the process, and what distributions add, such as Debian's ``kernel.unprivileged_userns_clone``
    (EPERM without CAP_SYS_ADMIN) and Ubuntu's ``kernel.apparmor_restrict_unprivileged_userns``.

    Args:
        cred: The thread's credentials.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: the effective user or group id is not mapped in the present namespace. ENOSPC, before
            Linux 4.9 EUSERS: 33 namespaces lie in each other already.

    Source:
        Linux ``kernel/user_namespace.c``, ``create_user_ns()``; user_namespaces(7).

    Examples:
        >>> from capset import kernel
        >>> inside = kernel.unshare_user(kernel.Credentials(uids=1000, gids=1000))
        >>> len(inside.caps.effective), inside.visible_uids.effective
        (41, 65534)
    """
    old, parent = draft.old, draft.old.user_ns
    if parent.level >= _DEEPEST and draft.rules.too_deep != "never":
        number = errno.ENOSPC if draft.rules.too_deep == "ENOSPC" else errno.EUSERS
        draft.refuse(number, "namespace-depth", f"this namespace lies {parent.level} deep")
    for what, id, mapped in (
        ("user", old.uids.effective, parent.has_uid(old.uids.effective)),
        ("group", old.gids.effective, parent.has_gid(old.gids.effective)),
    ):
        if not mapped:
            draft.refuse(errno.EPERM, "namespace-maker", f"the effective {what} id {id} is not mapped", id)
    draft.user_ns = UserNamespace(
        parent=parent,
        owner=old.uids.effective,
        group=old.gids.effective,
        setgroups=parent.setgroups,
        parent_could_setfcap=Cap.SETFCAP in old.caps.effective,
    )
    for name in ("permitted", "effective", "bounding"):
        draft.give(name, draft.supported, "namespace-full", "a new user namespace begins with every capability")
    for name in ("inheritable", "ambient"):
        draft.take(name, draft[name], "namespace-full", f"a new user namespace begins with nothing {name}")
    draft.securebits = Securebits(0)
    draft.notes.append("capabilities count in the new user namespace only, which maps no ids yet")


@system_call
def write_uid_map(
    draft: Draft, extents: Iterable[tuple[int, int, int]], by: Writer = "self", *, rules: Rules | str = NEWEST
) -> None:
    """Write which user ids the thread's user namespace maps: ``/proc/<pid>/uid_map``.

    Args:
        cred: The credentials of a thread in the namespace.
        extents: The map: first id inside, the parent namespace's id that it stands for, and how many ids.
        by: Who writes: ``"self"``, the thread; ``"outside"``, one in the parent namespace with every
            capability there; or another thread's credentials.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EPERM: the map is written already, the writer may not, or the parent does not map what is
            mapped to. EINVAL: the map is none.

    Source:
        Linux ``kernel/user_namespace.c``, ``map_write()``; user_namespaces(7).

    Examples:
        >>> from capset import kernel
        >>> inside = kernel.unshare_user(kernel.Credentials(uids=1000, gids=1000))
        >>> kernel.write_uid_map(inside, [(0, 1000, 1)]).visible_uids.effective
        0
        >>> kernel.write_uid_map(inside, [(0, 1000, 2)])
        Traceback (most recent call last):
        capset.errors.KernelError: EPERM: mapping anything but the writer's own id alone needs CAP_SETUID in the \
parent namespace (rule map-permitted: one's own id alone, or CAP_SETUID (CAP_SETGID) in the parent; for a group of \
one's own setgroups must be denied first)
    """
    asked = made_extents(extents)
    namespace, parent, writer = _ready(draft, by, "uid_map", asked)
    _check_lawful(draft, asked)
    _check_root_mapping(draft, parent, writer, asked)
    own = writer.uids.effective if draft.rules.setgroups_file else writer.uids.fs
    if not (_is_own_alone(draft, writer, asked) and parent.outside_uid(asked[0].outside) == own):
        _check_may_map(draft, parent, writer, Cap.SETUID)
    draft.user_ns = evolve(namespace, uid_map=_as_outside(draft, asked, parent.uid_map))
    draft.notes.append("the user namespace has its user ids")


@system_call
def write_gid_map(
    draft: Draft, extents: Iterable[tuple[int, int, int]], by: Writer = "self", *, rules: Rules | str = NEWEST
) -> None:
    """Write which group ids the thread's user namespace maps: ``/proc/<pid>/gid_map``.

    Args:
        cred: The credentials of a thread in the namespace.
        extents: As in :func:`write_uid_map`.
        by: As in :func:`write_uid_map`.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: As :func:`write_uid_map`; and EPERM for one's own group as long as setgroups is allowed.

    Source:
        Linux ``kernel/user_namespace.c``, ``map_write()``; user_namespaces(7).

    Examples:
        >>> from capset import kernel
        >>> inside = kernel.unshare_user(kernel.Credentials(uids=1000, gids=50))
        >>> kernel.write_gid_map(kernel.write_setgroups(inside, "deny"), [(0, 50, 1)]).visible_gids.effective
        0
    """
    asked = made_extents(extents)
    namespace, parent, writer = _ready(draft, by, "gid_map", asked)
    _check_lawful(draft, asked)
    own = writer.gids.effective if draft.rules.setgroups_file else writer.gids.fs
    alone = _is_own_alone(draft, writer, asked) and parent.outside_gid(asked[0].outside) == own
    if not (alone and (namespace.setgroups == "deny" or not draft.rules.setgroups_file)):
        _check_may_map(draft, parent, writer, Cap.SETGID)
    draft.user_ns = evolve(namespace, gid_map=_as_outside(draft, asked, parent.gid_map))
    draft.notes.append("the user namespace has its group ids")


@system_call
def write_setgroups(
    draft: Draft, word: Literal["allow", "deny"], by: Writer = "self", *, rules: Rules | str = NEWEST
) -> None:
    """Say whether setgroups(2) is allowed in the thread's user namespace: ``/proc/<pid>/setgroups``.

    Args:
        cred: The credentials of a thread in the namespace.
        word: ``"allow"`` or ``"deny"``.
        by: As in :func:`write_uid_map`.
        rules: Which kernel's rules: its release, or :class:`Rules`.

    Raises:
        KernelError: EACCES: the writer lacks CAP_SYS_ADMIN over the namespace. EPERM: it is denied already,
            or gid_map is written. EINVAL: *word* is another one. ENOENT: the kernel has no such file.

    Source:
        Linux ``kernel/user_namespace.c``, ``proc_setgroups_write()``; user_namespaces(7).

    Examples:
        >>> from capset import kernel
        >>> inside = kernel.unshare_user(kernel.Credentials(uids=1000, gids=1000))
        >>> kernel.write_setgroups(inside, "deny").user_ns.setgroups
        'deny'
    """
    if not draft.rules.setgroups_file:
        draft.refuse(errno.ENOENT, "setgroups-file", "the kernel has no /proc/<pid>/setgroups")
    namespace, writer = draft.old.user_ns, _writer(draft.old, by)
    if not writer.capable(Cap.SYS_ADMIN, namespace):
        why = "CAP_SYS_ADMIN is missing over the user namespace"
        draft.refuse(errno.EACCES, "setgroups-writer", why, Cap.SYS_ADMIN)
    if word not in {"allow", "deny"}:
        draft.refuse(errno.EINVAL, "setgroups-stays", f'expected "allow" or "deny", got {shown(word)}')
    if word == "allow" and namespace.setgroups == "deny":
        draft.refuse(errno.EPERM, "setgroups-stays", "it is denied already")
    if word == "deny" and namespace.gid_map:
        draft.refuse(errno.EPERM, "setgroups-stays", "gid_map is written already")
    draft.user_ns = evolve(namespace, setgroups=word)
    draft.notes.append(f"setgroups(2) is {'allowed' if word == 'allow' else 'denied'} in the user namespace")


def _writer(cred: Credentials, by: Writer) -> Credentials:
    if not isinstance(by, str):
        return checked(by)
    if by == "self":
        return cred
    if by != "outside":
        raise ArgumentError(f'by is "self", "outside" or Credentials, got {shown(by)}', by)
    parent = cred.user_ns.parent or cred.user_ns
    root = parent.outside_uid(0) or 0
    everything = CapState(effective=CapSet.all(), permitted=CapSet.all())
    return Credentials(uids=root, caps=everything, user_ns=parent)


def _ready(
    draft: Draft, by: Writer, name: str, asked: tuple[Extent, ...]
) -> tuple[UserNamespace, UserNamespace, Credentials]:
    """Refuse a second map and a writer from elsewhere; return the namespace, its parent and the writer."""
    namespace, writer = draft.old.user_ns, _writer(draft.old, by)
    parent = namespace.parent
    if parent is None:
        draft.refuse(errno.EPERM, "map-once", f"{name} of {namespace} is written already")
    if writer.user_ns not in (namespace, parent):
        draft.refuse(errno.EPERM, "map-writer", "the writer is neither in the user namespace nor in its parent")
    size = len("\n".join(" ".join(map(str, extent)) for extent in asked))
    if size >= _PAGE:
        draft.refuse(errno.EINVAL, "map-lawful", f"{size} bytes of text are not less than a page of {_PAGE}")
    if getattr(namespace, name):
        draft.refuse(errno.EPERM, "map-once", f"{name} of {namespace} is written already")
    if not writer.capable(Cap.SYS_ADMIN, namespace):
        draft.refuse(errno.EPERM, "map-writer", "CAP_SYS_ADMIN is missing over the user namespace", Cap.SYS_ADMIN)
    return namespace, parent, writer


def _check_lawful(draft: Draft, extents: tuple[Extent, ...]) -> None:
    if not are_lawful(extents) or len(extents) > draft.rules.map_extents:
        draft.refuse(
            errno.EINVAL, "map-lawful", f"these are no extents of a map: {shown([tuple(each) for each in extents])}"
        )


def _check_root_mapping(draft: Draft, parent: UserNamespace, writer: Credentials, extents: tuple[Extent, ...]) -> None:
    """Refuse to map the parent's user id 0 for those who could not give a file capabilities there."""
    if not draft.rules.root_map_needs_setfcap or all(extent.outside for extent in extents):
        return
    namespace = draft.old.user_ns
    if writer.user_ns == namespace and not namespace.parent_could_setfcap:
        why = "the parent's user id 0 stays unmapped, as CAP_SETFCAP was not effective when the namespace was made"
        draft.refuse(errno.EPERM, "map-root", why, Cap.SETFCAP)
    if writer.user_ns != namespace and not writer.capable(Cap.SETFCAP, parent):
        draft.refuse(errno.EPERM, "map-root", "mapping the parent's user id 0 needs CAP_SETFCAP there", Cap.SETFCAP)


def _is_own_alone(draft: Draft, writer: Credentials, extents: tuple[Extent, ...]) -> bool:
    """Say whether a map is of one id, written by the owner of the namespace."""
    is_owner = draft.old.user_ns.owner == writer.uids.effective or not draft.rules.setgroups_file
    return len(extents) == 1 and extents[0].size == 1 and is_owner


def _check_may_map(draft: Draft, parent: UserNamespace, writer: Credentials, cap: Cap) -> None:
    if not writer.capable(cap, parent):
        why = f"mapping anything but the writer's own id alone needs {cap} in the parent namespace"
        draft.refuse(errno.EPERM, "map-permitted", why, cap)


def _as_outside(draft: Draft, extents: tuple[Extent, ...], parents: tuple[Extent, ...]) -> list[Extent]:
    """Return a map with the ids of the initial namespace in the place of the parent's."""
    found: list[Extent] = []
    for extent in extents:
        outside = outside_stretch(parents, extent.outside, extent.size)
        if outside is None:
            why = f"{extent.size} ids from {extent.outside} on are not mapped in one piece in the parent"
            draft.refuse(errno.EPERM, "map-parent", why, extent.outside)
        found.append(extent._replace(outside=outside))
    return found


explain_unshare_user = explainer(unshare_user)
explain_write_uid_map = explainer(write_uid_map)
explain_write_gid_map = explainer(write_gid_map)
explain_write_setgroups = explainer(write_setgroups)
