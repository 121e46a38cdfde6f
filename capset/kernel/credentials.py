"""Credentials and Executable: what a thread is to the kernel, and what a program file is to execve(2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import UnionType
from typing import Any, Protocol

from attrs import Attribute, field, frozen

from capset.capability import Cap
from capset.errors import ArgumentError, require, shown
from capset.filecaps import FileCaps
from capset.ids import Ids
from capset.kernel.namespaces import INITIAL, NO_ID, UserNamespace
from capset.plain import Plain
from capset.securebits import Securebits
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["Credentials", "Executable", "HasCredentials", "Thread", "anywhere", "checked", "texts"]


def _id(number: object, what: str) -> int:
    if type(number) is int and 0 <= number < NO_ID:  # nearly always, so that no message is made before it is needed
        return number
    message = f"{what} is a number from 0 to 2**32 - 2, got {shown(number)}"
    raise ArgumentError(message, number) if type(number) is int else TypeError(message)


def _ids(ids: Iterable[int] | int) -> Ids:
    expected = "expected one id or four (real, effective, saved, fs)"
    if isinstance(ids, str) or not isinstance(ids, int | Iterable):
        raise TypeError(f"{expected}, got {shown(ids)}")
    numbers = (ids,) * 4 if isinstance(ids, int) else tuple(ids)
    if len(numbers) != 4:
        raise ArgumentError(f"{expected}, got {shown(ids)}", ids)
    return Ids(*(_id(number, "an id") for number in numbers))


def _of_type(kind: type | UnionType, what: str) -> Callable[[object, Attribute[Any], object], None]:
    """Make a check that says what was expected in the words of this library."""

    def check(_instance: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, kind):
            raise TypeError(f"{attribute.name} is {what}, got {shown(value)}")

    return check


def texts(texts: Iterable[str]) -> tuple[str, ...]:
    """Return sentences; a single text is none, as it would become its letters."""
    if isinstance(texts, str):
        raise TypeError(f"what is assumed is a list of sentences, got {shown(texts)}; write [{shown(texts)}]")
    sentences = tuple(texts)
    for each in sentences:
        if not isinstance(each, str):
            raise TypeError(f"what is assumed is a list of sentences, got {shown(each)} in it")
    return sentences


def _groups(groups: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(_id(group, "a group") for group in groups))  # as the kernel keeps them


@frozen(kw_only=True)
class Credentials(Plain):
    """What the kernel knows of a thread when it decides what the thread may do.

    Ids are those of the initial user namespace, as the kernel keeps them; ``visible_uids`` and the like are
    what the thread itself sees.

    Attributes:
        uids: The user ids: an :class:`~capset.Ids`, four numbers, or one for all four.
        gids: The group ids, likewise.
        groups: The supplementary groups, in ascending order.
        caps: The five capability sets.
        securebits: The securebits flags; a number is converted.
        no_new_privs: Whether execve(2) can no longer give privileges.
        user_ns: The user namespace in which the capabilities count.
        assumed: What is not known of the thread and was assumed, a sentence each. It does not count when
            two are compared.

    Raises:
        ArgumentError: The sets are some that no thread can have, or an id is none.
        TypeError: A value is of the wrong type.

    Source:
        credentials(7); Linux ``include/linux/cred.h``, ``struct cred``.

    Examples:
        >>> from capset import CapState, kernel
        >>> web = kernel.Credentials(uids=1000, caps=CapState(bounding=["net_bind_service"]))
        >>> web.uids
        Ids(real=1000, effective=1000, saved=1000, fs=1000)
        >>> web.capable("net_bind_service")
        False
    """

    uids: Ids = field(default=Ids(0, 0, 0, 0), converter=_ids)
    gids: Ids = field(default=Ids(0, 0, 0, 0), converter=_ids)
    groups: tuple[int, ...] = field(default=(), converter=_groups)
    caps: CapState = field(factory=CapState, validator=_of_type(CapState, "a CapState"))
    securebits: Securebits = field(default=Securebits(0), converter=Securebits)
    no_new_privs: bool = field(default=False, validator=_of_type(bool, "True or False"))
    user_ns: UserNamespace = field(default=INITIAL, validator=_of_type(UserNamespace, "a UserNamespace"))
    assumed: tuple[str, ...] = field(default=(), converter=texts, eq=False)

    def __attrs_post_init__(self) -> None:
        if broken := self.caps.violations():
            raise ArgumentError(f"no thread can have these sets: {broken[0]}", self.caps)

    @property
    def visible_uids(self) -> Ids:
        """The user ids as the thread sees them; 65534 stands for those that its namespace does not map."""
        return Ids(*map(self.user_ns.visible_uid, self.uids))

    @property
    def visible_gids(self) -> Ids:
        """The group ids as the thread sees them."""
        return Ids(*map(self.user_ns.visible_gid, self.gids))

    @property
    def visible_groups(self) -> tuple[int, ...]:
        """The supplementary groups as the thread sees them."""
        return tuple(map(self.user_ns.visible_gid, self.groups))

    def in_group(self, gid: int) -> bool:
        """Say whether a group is the thread's to file systems: the fs group id, or a supplementary one."""
        return gid == self.gids.fs or gid in self.groups

    def capable(self, cap: Cap | int | str, namespace: UserNamespace | None = None) -> bool:
        """Say whether the thread has a capability where it matters.

        Args:
            cap: The capability that the kernel asks for.
            namespace: The user namespace over which it is asked for: that of the object, such as the
                initial one for mounting a disk or setting the clock. The thread's own if not given.

        Source:
            Linux ``security/commoncap.c``, ``cap_capable()``; user_namespaces(7), *Capabilities*.

        Examples:
            >>> from capset import kernel
            >>> inside = kernel.unshare_user(kernel.Credentials(uids=1000, gids=1000))
            >>> inside.capable("sys_admin"), inside.capable("sys_admin", kernel.INITIAL)
            (True, False)
        """
        require(namespace, UserNamespace | None, "a UserNamespace")
        target = self.user_ns if namespace is None else namespace
        for ancestor in target.ancestors:
            if ancestor == self.user_ns:
                return cap in self.caps.effective
            if ancestor.parent == self.user_ns and ancestor.owner == self.uids.effective:
                return True  # whoever made a namespace has everything in it
        return False


class HasCredentials(Protocol):
    """What was read of a thread and tells its credentials, a ``ProcStatus``; it is taken for :class:`Credentials`."""

    @property
    def caps(self) -> CapState:
        """Its five sets."""
        ...

    def credentials(self) -> Credentials:
        """Return its credentials, with what was assumed."""
        ...


Thread = Credentials | HasCredentials
"""What every function of the kernel takes for the credentials of a thread."""


def checked(cred: Thread) -> Credentials:
    """Return credentials, also those of what was read of a thread, or say where they come from."""
    if isinstance(cred, Credentials):
        return cred
    # An engine has credentials() too, for what is asked of it; those of nothing asked would be a guess.
    if isinstance(getattr(cred, "caps", None), CapState) and hasattr(cred, "credentials"):
        return cred.credentials()
    ways = "live.credentials() reads those of a thread, and an engine's credentials() are those of a container"
    raise TypeError(f"expected Credentials or a ProcStatus, got {shown(cred)}; {ways}")


def anywhere(caps: CapState) -> CapSet:
    """Return every capability that is in any set of a thread; what is effective or ambient is permitted too."""
    return caps.permitted | caps.inheritable | caps.bounding


def _owner(number: int) -> int:
    return _id(number, "the owner or group of a file")


def _mode(mode: int) -> int:
    if type(mode) is int and mode & ~0o7777 in {0, 0o100000}:  # of a regular file, or without a type
        return mode & 0o7777
    message = f"mode is that of a regular file, such as 0o4755 in octal digits, got {shown(mode)}"
    raise ArgumentError(message, mode) if type(mode) is int else TypeError(message)


@frozen(kw_only=True)
class Executable(Plain):
    """A program file, as execve(2) sees it; :func:`capset.live.executable` reads one from a path.

    Ids are those of the initial user namespace. For a script this is its interpreter: of the script itself
    nothing counts but whether the thread may execute it.

    Attributes:
        uid: Its owner.
        gid: Its group.
        mode: Its mode; of a whole ``st_mode`` the type of the file is left out.
        caps: Its capabilities, if it has any; an attribute without any capability is not None.
        nosuid: Whether it lies on a mount with *nosuid*, where neither set-id bits nor capabilities count.
        script: The script whose interpreter it is, if any, of which owner, group and mode count.
        path: Where it was read, for people. This and what follows do not count when two are compared.
        assumed: What could not be read of it and was assumed, a sentence each.

    Raises:
        ArgumentError: An id or the mode is none.
        TypeError: A value is of the wrong type.

    Examples:
        >>> from capset import FileCaps, kernel
        >>> ping = kernel.Executable(caps=FileCaps(permitted=["net_raw"], effective=True))
        >>> print(ping)
        a file of user 0 and group 0, mode 0755, with permitted CAP_NET_RAW, the effective bit
        >>> kernel.Executable(mode=0o104755) == kernel.Executable(mode=0o4755)
        True
    """

    uid: int = field(default=0, converter=_owner)
    gid: int = field(default=0, converter=_owner)
    mode: int = field(default=0o755, converter=_mode)
    caps: FileCaps | None = field(default=None, validator=_of_type(FileCaps | None, "FileCaps or None"))
    nosuid: bool = field(default=False, validator=_of_type(bool, "True or False"))
    script: Executable | None = field(default=None)
    path: str = field(default="", eq=False)
    assumed: tuple[str, ...] = field(default=(), converter=texts, eq=False)

    @property
    def set_user_id(self) -> bool:
        """Whether the mode has the set-user-ID bit."""
        return bool(self.mode & 0o4000)

    @property
    def set_group_id(self) -> bool:
        """Whether the mode has the set-group-ID bit and lets the group execute it, without which it does nothing."""
        return self.mode & 0o2010 == 0o2010

    def __str__(self) -> str:
        with_caps = f"with {_text(self.caps)}" if self.caps else "without capabilities"
        mount = ", on a nosuid mount" if self.nosuid else ""
        name = self.path or "a file"
        name += f", the interpreter of {self.script.path or 'a script'}," if self.script else ""
        return f"{name} of user {self.uid} and group {self.gid}, mode {self.mode:04o}, {with_caps}{mount}"


def _text(caps: FileCaps) -> str:
    parts = [f"{name} {listed}" for name in ("permitted", "inheritable") if (listed := getattr(caps, name))]
    parts += ["the effective bit"] * caps.effective + [f"root id {caps.rootid}"] * bool(caps.rootid)
    return ", ".join(parts) or "an empty attribute"
