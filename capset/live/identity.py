"""The credentials of threads, with the user namespace in which they count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from attrs import evolve

from capset.errors import MissingExtraError, ProcUnavailableError
from capset.kernel.credentials import Credentials
from capset.kernel.namespaces import INITIAL, OVERFLOW_ID, Extent, UserNamespace
from capset.kernel.releases import Rules
from capset.live.reading import Pid, Root, contents, explain, kernel_release, last_cap, read, root_folder
from capset.live.status import ProcStatus
from capset.live.user_ns import INITIAL_USER_NS
from capset.securebits import Securebits

__all__ = ["credentials", "kernel_rules", "own_namespace", "securebits"]


def securebits() -> Securebits:
    """Return the securebits of the calling thread; it needs the extra ``prctl``.

    They are in no file of ``/proc``, so those of another thread cannot be read.

    Raises:
        ModuleNotFoundError: python-prctl is not installed.

    Source:
        prctl(2), PR_GET_SECUREBITS.

    Examples:
        >>> from capset import live
        >>> print(live.securebits())
        0
    """
    try:
        prctl: Any = import_module("prctl")
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "prctl", "reading securebits") from None
    return Securebits(prctl.get_securebits())


def credentials(pid: Pid = "thread-self", *, tid: int | None = None, proc: Root = "/proc") -> Credentials:
    """Return the credentials of a thread, as :mod:`capset.kernel` takes them.

    Of the calling thread, which is the default, all is read. Of another one the securebits cannot be read; they
    are assumed to be 0, and ``assumed`` says so.

    Ids are those that this process sees. In a user namespace other than the initial one, its parent is taken
    for the initial one, and ``assumed`` says so too: what lies further out cannot be seen from inside.

    Args:
        pid: As in :func:`read`.
        tid: As in :func:`read`.
        proc: As in :func:`read`.

    Raises:
        OSError: As :func:`read`.
        StatusError: As :func:`read`.
        ModuleNotFoundError: Of the calling thread, and python-prctl is not installed.

    Examples:
        >>> from capset import live
        >>> me = live.credentials()
        >>> me.caps == live.read("thread-self").caps
        True
    """
    status = read(pid, tid=tid, proc=proc, user_ns=True)
    found = status.credentials()
    if root_folder(proc) != "/proc":
        return found
    is_own = pid == "thread-self"
    own = own_namespace()
    assumed = [text for text in found.assumed if "no_new_privs" in text]
    if own != INITIAL:
        assumed.append(
            "the parent of this process's user namespace is the initial one, and who is root in it made it; ids that "
            f"it does not map, and shows as {OVERFLOW_ID}, are that"
        )
    if not is_own:
        assumed.append("the securebits are 0, as only a thread itself can read its own, with the extra prctl")
    return evolve(
        found,
        uids=[_outside(own.outside_uid, uid) for uid in status.uids],
        gids=[_outside(own.outside_gid, gid) for gid in status.gids],
        groups=[_outside(own.outside_gid, gid) for gid in status.groups],
        securebits=securebits() if is_own else 0,
        user_ns=own if is_own else _namespace(status, own, assumed),
        assumed=assumed,
    )


def kernel_rules(*, proc: Root = "/proc") -> Rules:
    """Return the rules of the running kernel, by its release and its last capability.

    Args:
        proc: Where the proc file system is; of a saved tree, as :func:`kernel_release` reads it.

    Raises:
        ProcUnavailableError: As :func:`kernel_release`.
        UnknownReleaseError: The kernel is older than Linux 2.6.25.

    Examples:
        >>> from capset import live
        >>> live.kernel_rules().last_cap == live.last_cap()
        True
    """
    release = kernel_release(proc=proc)
    try:
        last = last_cap(proc=proc)
    except ProcUnavailableError:  # of a saved tree that has the release alone
        last = None
    return Rules.of(release, last_cap=last)


def own_namespace() -> UserNamespace:
    """Return the user namespace of this process, as a child of the initial one if it is another."""
    inode = read("self", user_ns=True).user_ns
    return INITIAL if inode in {None, INITIAL_USER_NS} else _mapped("/proc/self", INITIAL)


def _namespace(status: ProcStatus, own: UserNamespace, assumed: list[str]) -> UserNamespace:
    """Return the user namespace of another thread, as far as its maps tell."""
    inode = status.user_ns
    if inode is None:
        assumed.append("the user namespace is that of this process, as it cannot be read")
        return own
    if inode == read("self", user_ns=True).user_ns:
        return own
    if inode == INITIAL_USER_NS:
        return INITIAL
    assumed.append("the user namespace is a child of that of this process, made by the user who is root in it")
    folder = f"/proc/{status.pid}"
    try:
        return _mapped(folder, own)
    except OSError as error:  # it may have ended meanwhile
        raise explain(error, folder, status.pid, None, "/proc") from None


def _mapped(folder: str, parent: UserNamespace) -> UserNamespace:
    """Make a namespace of the maps of a thread."""
    uids = [_as_outside(extent, parent.outside_uid) for extent in _extents(f"{folder}/uid_map")]
    gids = [_as_outside(extent, parent.outside_gid) for extent in _extents(f"{folder}/gid_map")]
    roots = [extent.outside for extent in uids if extent.first == 0]
    denied = contents(f"{folder}/setgroups").strip() == b"deny"
    return UserNamespace(
        parent=parent,
        owner=roots[0] if roots else 0,
        uid_map=uids,
        gid_map=gids,
        setgroups="deny" if denied else "allow",
    )


def _extents(path: str) -> Iterable[Extent]:
    return [Extent(*map(int, line.split())) for line in contents(path).splitlines()]


def _as_outside(extent: Extent, outside: Callable[[int], int | None]) -> Extent:
    return extent._replace(outside=_outside(outside, extent.outside))


def _outside(outside: Callable[[int], int | None], id: int) -> int:
    """Return the outer id; an id that is not mapped, which shows as 65534, is kept as it shows."""
    found = outside(id)
    return id if found is None else found
