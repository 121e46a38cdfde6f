"""ProcStatus: what ``/proc/<pid>/status`` says of a thread's credentials. No file is opened here."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

from capset.errors import StatusError, shown
from capset.ids import Ids
from capset.sets import CapSet
from capset.shown import Tabular
from capset.state import CapState, HasCaps

if TYPE_CHECKING:
    from capset.diff import StateDiff
    from capset.kernel import Credentials

__all__ = ["ProcStatus", "parse_status"]


@frozen(kw_only=True, slots=False)  # made in half the time that slots take
class ProcStatus(Tabular):
    """The credentials of one thread at one moment, as ``/proc/<pid>/status`` shows them.

    Ids are those of the pid and user namespace from which the file was read.

    Wherever capset wants five sets, or credentials, a ProcStatus is taken as it is. Where one set is wanted, one of
    its five has to be chosen: ``DOCKER_DEFAULT.diff(status.caps.effective)``.

    Attributes:
        pid: The id of the thread; for the main thread that is the id of the process.
        tgid: The id of the process.
        ppid: The id of the parent process; 0 where there is none to be seen.
        name: The name of the thread, at most 15 bytes for a user process, chosen by the process
            itself: it may hold any character. Bytes that are no UTF-8 appear as lone surrogates.
        uids: The user ids.
        gids: The group ids.
        groups: The supplementary groups. Old kernels (2.6.32, no longer 3.10) print the first 32 only.
        caps: The five capability sets. Ambient is empty before Linux 4.3, which has none.
        no_new_privs: Whether execve(2) can no longer give privileges; None before Linux 4.10, which
            does not say.
        seccomp: The seccomp mode: 0 disabled, 1 strict, 2 filter; None where the kernel does not say
            (before Linux 3.8, or built without seccomp).
        user_ns: The inode number of the thread's user namespace; None where it was not asked for or
            may not be read. Capabilities count in that namespace and its descendants only.

    Source:
        Linux ``fs/proc/array.c``; proc(5).
    """

    pid: int
    tgid: int
    ppid: int
    name: str
    uids: Ids
    gids: Ids
    groups: tuple[int, ...]
    caps: CapState
    no_new_privs: bool | None
    seccomp: int | None
    user_ns: int | None = None

    def credentials(self) -> Credentials:
        """Return them as :mod:`capset.kernel` takes them, for what a status file tells.

        What it does not tell is assumed, and ``assumed`` says so: the securebits, and the user namespace, which
        is taken for the initial one. :func:`capset.live.credentials` finds out more of a running thread.

        Examples:
            >>> from capset import live
            >>> live.read(proc="examples/host", pid=1).credentials().assumed[0]
            'the securebits are 0, as a status file does not have them'
        """
        from capset.kernel import Credentials

        assumed = [
            "the securebits are 0, as a status file does not have them",
            "the user namespace is the initial one, as a status file does not say",
        ]
        if self.no_new_privs is None:
            assumed.append("no_new_privs is not set, as this kernel does not say")
        return Credentials(
            uids=self.uids,
            gids=self.gids,
            groups=self.groups,
            caps=self.caps,
            no_new_privs=bool(self.no_new_privs),
            assumed=assumed,
        )

    def diff(self, other: CapState | HasCaps) -> StateDiff:
        """Return what turns the five sets of this thread into those of *other*: :meth:`capset.CapState.diff`.

        Examples:
            >>> from capset import live
            >>> shell, reader = live.scan(proc="examples/host").snapshot()
            >>> print(shell.diff(reader))
            effective: +CAP_NET_RAW
        """
        return self.caps.diff(other)


def parse_status(text: bytes | str, *, source: str = "<status>") -> ProcStatus:
    r"""Read the text of one ``/proc/<pid>/status``.

    The lines may stand in any order, and lines that capset does not know are ignored. A missing
    CapAmb line is an empty ambient set (Linux before 4.3 has none); CapInh, CapPrm, CapEff and CapBnd
    must be there.

    Args:
        text: The whole file, best as bytes: a process name need not be valid text.
        source: What error messages call it, such as its path.

    Raises:
        StatusError: A line is missing or holds what no kernel prints, or there is more than one file
            in *text*. The error names source, line and value.

    Examples:
        >>> from capset import live
        >>> status = live.parse_status(
        ...     b"Name:\tweb\nTgid:\t7\nPid:\t7\nPPid:\t1\n"
        ...     b"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \n"
        ...     b"CapInh:\t0000000000000000\nCapPrm:\t0000000000000400\n"
        ...     b"CapEff:\t0000000000000400\nCapBnd:\t00000000a80425fb\n"
        ... )
        >>> status.name, status.caps.effective, status.no_new_privs
        ('web', CapSet.parse('CAP_NET_BIND_SERVICE'), None)
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    elif not isinstance(text, str):
        raise TypeError(f"expected a status file as bytes or str, got {shown(text)}")
    # A label begins its line. The kernel writes a line break in a process name as two other
    # characters, so no process can call itself "CapEff:".
    found: dict[str, Any] = {}
    for number, line in enumerate(text.split("\n"), 1):
        label, _, value = line.partition(":")
        if label not in _LINES:
            continue
        expected, convert = _LINES[label]
        if label in found:
            raise StatusError(source, label, "one such line, of one status file", number, value.strip(" \t"))
        try:
            found[label] = convert(value if label == "Name" else value.strip(" \t"))
        except ValueError:
            raise StatusError(source, label, expected, number, value.strip(" \t")) from None
    for label, (expected, _) in _LINES.items():
        if label not in found and label not in _LATER:
            raise StatusError(source, label, expected)
    return ProcStatus(
        pid=found["Pid"],
        tgid=found["Tgid"],
        ppid=found["PPid"],
        name=found["Name"],
        uids=found["Uid"],
        gids=found["Gid"],
        groups=found["Groups"],
        caps=CapState(
            effective=found["CapEff"],
            permitted=found["CapPrm"],
            inheritable=found["CapInh"],
            bounding=found["CapBnd"],
            ambient=found.get("CapAmb", CapSet()),
        ),
        no_new_privs=found.get("NoNewPrivs"),
        seccomp=found.get("Seccomp"),
    )


def _name(value: str) -> str:
    # Line breaks and backslashes are escapes, and nothing else is.
    value = value.removeprefix("\t")
    return re.sub(r"\\([\\n])", lambda escape: "\n" if escape[1] == "n" else "\\", value)


def _number(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", value):  # int() alone takes signs, underscores and more
        raise ValueError
    return int(value)


def _id(value: str) -> int:
    # Old kernels print ids as signed numbers: -2 is the id 4294967294.
    number = -_number(value[1:]) if value.startswith("-") else _number(value)
    if not -(2**31) <= number < 2**32:
        raise ValueError
    return number % 2**32


def _ids(value: str) -> Ids:
    ids = _groups(value)
    if len(ids) != 4:
        raise ValueError
    return Ids(*ids)


def _groups(value: str) -> tuple[int, ...]:
    return tuple(map(_id, re.split("[ \t]+", value))) if value else ()


def _flag(value: str) -> bool:
    if value not in {"0", "1"}:
        raise ValueError
    return value == "1"


_HEX = "1 to 16 hexadecimal digits"

# What the value of a line should be, and how it is checked and converted.
_LINES: dict[str, tuple[str, Callable[[str], object]]] = {
    "Name": ("the name of the thread", _name),
    "Tgid": ("a number", _number),
    "Pid": ("a number", _number),
    "PPid": ("a number", _number),
    "Uid": ("four numbers", _ids),
    "Gid": ("four numbers", _ids),
    "Groups": ("numbers", _groups),
    "CapInh": (_HEX, CapSet.from_hex),
    "CapPrm": (_HEX, CapSet.from_hex),
    "CapEff": (_HEX, CapSet.from_hex),
    "CapBnd": (_HEX, CapSet.from_hex),
    "CapAmb": (_HEX, CapSet.from_hex),
    "NoNewPrivs": ("0 or 1", _flag),
    "Seccomp": ("a number", _number),
}
_LATER = {"CapAmb", "NoNewPrivs", "Seccomp"}  # not every kernel prints these


def parse_fresh(text: bytes, source: str) -> ProcStatus:
    """Do what :func:`parse_status` does, several times as fast, for what this kernel has just printed.

    The kernel prints every line once and in its order, so finding a line is enough. Whatever does not
    look like that goes through :func:`parse_status`.
    """
    head = _HEAD.match(text)
    tail = _TAIL.search(text)
    if not head or not tail:
        return parse_status(text, source=source)
    name, tgid, pid, ppid, uids, gids, groups = head.groups()
    masks, no_new_privs, seccomp = tail.groups()
    status = object.__new__(ProcStatus)
    status.__dict__.update(  # past __init__, which takes twice as long
        {
            "pid": int(pid),
            "tgid": int(tgid),
            "ppid": int(ppid),
            "name": name.decode("utf-8", "surrogateescape"),
            "uids": _fresh_ids(uids),
            "gids": _fresh_ids(gids),
            "groups": tuple(map(int, groups.split())),
            "caps": _fresh_state(masks),
            "no_new_privs": no_new_privs == b"1",
            "seccomp": int(seccomp),
            "user_ns": None,
        }
    )
    return status


# The lines as Linux prints them since 4.10. Each (?>…) passes over other lines and settles for the first
# that fits, so that no text makes the search long. A name with escapes in it is left to parse_status().
_HEAD = re.compile(
    rb"Name:\t([^\n\\]*)\n"
    rb"(?>(?:.*\n)*?Tgid:\t(\d{1,10})\n)"
    rb"(?>(?:.*\n)*?Pid:\t(\d{1,10})\n)"
    rb"(?>(?:.*\n)*?PPid:\t(\d{1,10})\n)"
    rb"(?>(?:.*\n)*?Uid:\t(\d{1,10}\t\d{1,10}\t\d{1,10}\t\d{1,10})\n)"
    rb"(?>(?:.*\n)*?Gid:\t(\d{1,10}\t\d{1,10}\t\d{1,10}\t\d{1,10})\n)"
    rb"(?>(?:.*\n)*?Groups:\t((?:\d{1,10} )* ?)\n)"
)
_TAIL = re.compile(
    rb"\nCapInh:\t("
    rb"[0-9a-f]{16}\nCapPrm:\t"
    rb"[0-9a-f]{16}\nCapEff:\t"
    rb"[0-9a-f]{16}\nCapBnd:\t"
    rb"[0-9a-f]{16}\nCapAmb:\t"
    rb"[0-9a-f]{16})\n"
    rb"NoNewPrivs:\t([01])\n"
    rb"Seccomp:\t(\d{1,10})\n"
)


# A host has a handful of different lines of ids and blocks of masks; what is kept by its text here
# would otherwise take longer than all the rest.


@lru_cache(maxsize=1024)
def _fresh_ids(value: bytes) -> Ids:
    real, effective, saved, fs = map(int, value.split())
    return Ids(real, effective, saved, fs)


@lru_cache(maxsize=1024)
def _fresh_state(masks: bytes) -> CapState:
    inheritable, permitted, effective, bounding, ambient = (
        CapSet.from_mask(int(line[-16:], 16)) for line in masks.split(b"\n")
    )
    return CapState(
        effective=effective, permitted=permitted, inheritable=inheritable, bounding=bounding, ambient=ambient
    )
