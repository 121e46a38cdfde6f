"""ProcStatus: what ``/proc/<pid>/status`` says of a thread's credentials. No file is opened here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

from capset.bounds import bounded
from capset.errors import StatusError, shown
from capset.ids import Ids
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Tabular
from capset.state import CapState, HasCaps

if TYPE_CHECKING:
    from capset.diff import StateDiff
    from capset.kernel import Credentials

__all__ = ["LINES", "ProcStatus", "credentials_of", "parse_status"]


@frozen(kw_only=True)
class ProcStatus(Plain, Tabular):
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
        return credentials_of(
            uids=self.uids,
            gids=self.gids,
            groups=self.groups,
            caps=self.caps,
            no_new_privs=self.no_new_privs,
            unsaid="this kernel does not say",
        )

    def diff(self, other: CapState | HasCaps) -> StateDiff:
        """Return what turns the five sets of this thread into those of *other*: :meth:`capset.CapState.diff`.

        Examples:
            >>> from capset import live
            >>> shell, reader = live.scan(proc="examples/host").snapshot()
            >>> bool(shell.diff(reader))  # they have the same sets
            False
        """
        return self.caps.diff(other)


def credentials_of(
    *,
    uids: Ids | int,
    gids: Ids,
    groups: tuple[int, ...],
    caps: CapState,
    no_new_privs: bool | None,
    unsaid: str,
    assumed: Iterable[str] = (),
) -> Credentials:
    """Make credentials of what a status file says; *unsaid* is why it says nothing of no_new_privs."""
    from capset.kernel import Credentials

    told = [
        *assumed,
        "the securebits are 0, as a status file does not have them",
        "the user namespace is the initial one, as a status file does not say",
    ]
    if no_new_privs is None:
        told.append(f"no_new_privs is not set, as {unsaid}")
    return Credentials(uids=uids, gids=gids, groups=groups, caps=caps, no_new_privs=bool(no_new_privs), assumed=told)


def parse_status(text: bytes | str, *, source: str = "<status>") -> ProcStatus:
    r"""Read the text of one ``/proc/<pid>/status``.

    The lines may stand in any order, and lines that capset does not know are ignored. A missing
    CapAmb line is an empty ambient set (Linux before 4.3 has none); CapInh, CapPrm, CapEff and CapBnd
    must be there. A mask has 16 digits, as every kernel prints it: one that is cut off would look like a smaller set.

    Args:
        text: The whole file, best as bytes: a process name need not be valid text.
        source: What error messages call it, such as its path.

    Raises:
        StatusError: A line is missing or holds what no kernel prints, or there is more than one file
            in *text*. The error names source, line and value.
        TooLargeError: It is longer than :data:`capset.bounds.LONGEST_TEXT`.

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
    if isinstance(text, bytes | str):
        bounded(text, source)
    if isinstance(text, bytes):
        if regular := _REGULAR.fullmatch(text):
            name, tgid, pid, ppid, uids, gids, groups, tail = regular.groups()
            try:
                return _made(name, tgid, pid, ppid, uids, gids, groups, _tail(tail))
            except ValueError:  # such as an id beyond 32 bits, which is told below, with its line
                pass
        text = text.decode("utf-8", "surrogateescape")
    elif not isinstance(text, str):
        raise TypeError(f"expected a status file as bytes or str, got {shown(text)}")
    return _line_by_line(text, source)


def _line_by_line(text: str, source: str) -> ProcStatus:
    """Read lines in any order, and say what is wrong with which; it takes five times as long as the one match."""
    found = _found(text, source)
    for label, (expected, _) in LINES.items():
        if label not in found and label not in _LATER:
            from capset.filename import how_to_read  # for errors alone

            file = how_to_read(text, "live.parse_status", "source")
            raise StatusError(source, label, f"the text of a status file; {file}" if file else expected)
    return ProcStatus(
        pid=found["Pid"],
        tgid=found["Tgid"],
        ppid=found["PPid"],
        name=found["Name"],
        uids=found["Uid"],
        gids=found["Gid"],
        groups=found["Groups"],
        caps=_state(found),
        no_new_privs=found.get("NoNewPrivs"),
        seccomp=found.get("Seccomp"),
    )


def _found(text: str, source: str) -> dict[str, Any]:
    """Go through the lines, and convert the values of those in :data:`LINES`, by their labels.

    A label begins its line. The kernel writes a line break in a process name as two other characters, so no
    process can call itself "CapEff:".
    """
    found: dict[str, Any] = {}
    for number, line in enumerate(text.split("\n"), 1):
        label, _, value = line.partition(":")
        if label not in LINES:
            continue
        expected, convert = LINES[label]
        if label in found:
            raise StatusError(source, label, "one such line, of one status file", number, value.strip(" \t"))
        try:
            found[label] = convert(value if label == "Name" else value.strip(" \t"))
        except ValueError:
            raise StatusError(source, label, expected, number, value.strip(" \t")) from None
    return found


def _state(found: dict[str, Any]) -> CapState:
    return CapState(
        effective=found["CapEff"],
        permitted=found["CapPrm"],
        inheritable=found["CapInh"],
        bounding=found["CapBnd"],
        ambient=found.get("CapAmb", CapSet()),
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


def _mask(value: str) -> CapSet:
    if len(value) != 16:  # every kernel has printed so many: one that is cut off would look like a smaller set
        raise ValueError
    return CapSet.from_hex(value)


WHOLE_MASK = "16 hexadecimal digits, as the kernel prints a mask: copy the row again if some are cut off"
"""What a row of a capability set should hold."""

LINES: dict[str, tuple[str, Callable[[str], object]]] = {
    "Name": ("the name of the thread", _name),
    "Tgid": ("a number", _number),
    "Pid": ("a number", _number),
    "PPid": ("a number", _number),
    "Uid": ("four numbers", _ids),
    "Gid": ("four numbers", _ids),
    "Groups": ("numbers", _groups),
    "CapInh": (WHOLE_MASK, _mask),
    "CapPrm": (WHOLE_MASK, _mask),
    "CapEff": (WHOLE_MASK, _mask),
    "CapBnd": (WHOLE_MASK, _mask),
    "CapAmb": (WHOLE_MASK, _mask),
    "NoNewPrivs": ("0 or 1", _flag),
    "Seccomp": ("a number", _number),
}
"""What the value of a line should be, and how it is checked and converted."""

_LATER = {"CapAmb", "NoNewPrivs", "Seccomp"}  # not every kernel prints these


# What kernels print: these lines in this order, none of them twice, and any others between them, each with its end.
# A label counts without its colon too, as it does line by line; a name with escapes in it is read there. Nothing here
# is long, as some of it is kept. The labels are those of LINES, in groups, which takes a tenth off.
_OTHERS = rb"(?:(?!(?:Cap(?:Inh|Prm|Eff|Bnd|Amb)|Name|NoNewPrivs|Pid|PPid|Uid|Gid|Tgid|Groups|Seccomp)\b).*\n)*+"
_FOUR = rb"CapInh:.{1,20}\nCapPrm:.{1,20}\nCapEff:.{1,20}\nCapBnd:.{1,20}\n"
_REGULAR = re.compile(
    _OTHERS.join(
        [
            rb"(Name:\t[^\n\\]*)\n",
            rb"(Tgid:\t[0-9]{1,10})\n",
            rb"(Pid:\t[0-9]{1,10})\n",
            rb"(PPid:\t[0-9]{1,10})\n",
            rb"(Uid:.{1,60})\n",
            rb"(Gid:.{1,60})\n",
            rb"(Groups:.*)\n",
            rb"(" + _FOUR + rb"(?:CapAmb:.{1,20}\n)?(?:NoNewPrivs:.{1,20}\n)?(?:Seccomp:.{1,20}\n)?)",
            rb"",
        ]
    )
)


def parse_fresh(text: bytes, source: str) -> ProcStatus:
    """Do what :func:`parse_status` does, in half the time, for what this kernel has just printed.

    The kernel prints every line once, so finding a line is enough. Where one is not in the place that it has since
    Linux 4.10, as in a zombie's file, :func:`parse_status` looks for it.
    """
    try:
        name, _, _, tgid, _, pid, ppid, _, uids, gids, _, groups, rest = text.split(b"\n", 12)
        at = rest.index(b"\nCapInh:\t") + 1
        if (
            name[:6] == b"Name:\t"
            and tgid[:6] == b"Tgid:\t"
            and pid[:5] == b"Pid:\t"
            and ppid[:6] == b"PPid:\t"
            and b"\\" not in name
        ):
            return _made(name, tgid, pid, ppid, uids, gids, groups, _whole_tail(rest[at : at + _TAIL]))
    except ValueError:
        pass
    return parse_status(text, source=source)


_TAIL = 5 * len("CapInh:\t0000000000000000\n") + len("NoNewPrivs:\t0\nSeccomp:\t0\n")

_Tail = tuple[CapState, bool | None, int | None]

# Each sets one slot, past the __setattr__ of a frozen class.
(
    _set_pid,
    _set_tgid,
    _set_ppid,
    _set_name,
    _set_uids,
    _set_gids,
    _set_groups,
    _set_caps,
    _set_no_new_privs,
    _set_seccomp,
    _set_user_ns,
) = (getattr(ProcStatus, name).__set__ for name in ProcStatus.__annotations__)


def _made(
    name: bytes, tgid: bytes, pid: bytes, ppid: bytes, uids: bytes, gids: bytes, groups: bytes, tail: _Tail
) -> ProcStatus:
    """Make a status of its lines; raise a ValueError where one is not what it should be."""
    caps, no_new_privs, seccomp = tail
    number = int(pid[5:])
    status = object.__new__(ProcStatus)
    # __init__ takes twice as long.
    _set_pid(status, number)
    _set_tgid(status, number if tgid[6:] == pid[5:] else int(tgid[6:]))
    _set_ppid(status, int(ppid[6:]))
    _set_name(status, name[6:].decode("utf-8", "surrogateescape"))
    _set_uids(status, _uids(uids))
    _set_gids(status, _gids(gids))
    _set_groups(status, _few(groups) if len(groups) < 1000 else _few.__wrapped__(groups))
    _set_caps(status, caps)
    _set_no_new_privs(status, no_new_privs)
    _set_seccomp(status, seccomp)
    _set_user_ns(status, None)
    return status


# A host has a handful of different lines of ids and blocks of masks. What is kept by its text here would otherwise
# take longer than all the rest, and room for every process.


@lru_cache(maxsize=1024)
def _uids(line: bytes) -> Ids:
    return _ids(_value(line, "Uid"))


@lru_cache(maxsize=1024)
def _gids(line: bytes) -> Ids:
    return _ids(_value(line, "Gid"))


@lru_cache(maxsize=1024)
def _few(line: bytes) -> tuple[int, ...]:
    return _groups(_value(line, "Groups"))


def _value(line: bytes, expected: str) -> str:
    label, _, value = line.decode("ascii").partition(":")
    if label != expected:
        raise ValueError
    return value.strip(" \t")


@lru_cache(maxsize=1024)
def _tail(lines: bytes) -> _Tail:
    found = _found(lines.decode("ascii"), "")
    return _state(found), found.get("NoNewPrivs"), found.get("Seccomp")


@lru_cache(maxsize=1024)
def _whole_tail(lines: bytes) -> _Tail:
    if not _WHOLE.fullmatch(lines):
        raise ValueError
    return _tail(lines)


_WHOLE = re.compile(_FOUR + rb"CapAmb:.*\nNoNewPrivs:.*\nSeccomp:.*\n")
