"""ProcStatus: what ``/proc/<pid>/status`` says of a thread's credentials. No file is opened here."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from attrs import frozen

from capset.errors import StatusError
from capset.ids import Ids
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["ProcStatus", "parse_status"]


@frozen(kw_only=True, slots=False)  # made in half the time that slots take
class ProcStatus:
    """The credentials of one thread at one moment, as ``/proc/<pid>/status`` shows them.

    Ids are those of the pid and user namespace from which the file was read.

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
        >>> status = parse_status(
        ...     b"Name:\tweb\nTgid:\t7\nPid:\t7\nPPid:\t1\n"
        ...     b"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \n"
        ...     b"CapInh:\t0000000000000000\nCapPrm:\t0000000000000400\n"
        ...     b"CapEff:\t0000000000000400\nCapBnd:\t00000000a80425fb\n"
        ... )
        >>> status.name, status.caps.effective, status.no_new_privs
        ('web', CapSet.parse('CAP_NET_BIND_SERVICE'), None)
    """
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogateescape")
    if any(text.count(label) > 1 for label in _MASK_LABELS):
        _line_by_line(text, source)  # says where the second one is
    return parse_one(text, source)


def parse_one(text: bytes, source: str) -> ProcStatus:
    """Do the work of :func:`parse_status` for a text that is known to be one file."""
    head = _HEAD.match(text)
    tail = head and _TAIL.search(text, head.end() - 1)
    values = head.groups() + tail.groups() if head and tail else _line_by_line(text, source)
    name, tgid, pid, ppid, uids, gids, groups, masks, no_new_privs, seccomp = values
    status = object.__new__(ProcStatus)
    status.__dict__.update(  # past __init__, which takes twice as long
        {
            "pid": int(pid),
            "tgid": int(tgid),
            "ppid": int(ppid),
            "name": (_unescaped(name) if b"\\" in name else name).decode("utf-8", "surrogateescape"),
            "uids": _ids(uids),
            "gids": _ids(gids),
            "groups": tuple(map(int, groups.split())),
            "caps": _state(masks),
            "no_new_privs": None if no_new_privs is None else no_new_privs == b"1",
            "seccomp": None if seccomp is None else int(seccomp),
            "user_ns": None,
        }
    )
    return status


# The lines as Linux prints them since 4.10. What matches needs no further check, and matching takes a
# tenth of the time that going through the lines does. Each (?>…) passes over other lines and settles
# for the first that fits, so that no text makes the search long.
_HEAD = re.compile(
    rb"Name:\t(.*)\n"
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


_MASK_LABELS = (b"\nCapInh:", b"\nCapPrm:", b"\nCapEff:", b"\nCapBnd:", b"\nCapAmb:")


def _unescaped(name: bytes) -> bytes:
    # The kernel writes line breaks and backslashes as escapes, and nothing else.
    return re.sub(rb"\\([\\n])", lambda escape: b"\n" if escape[1] == b"n" else b"\\", name)


# A host has a handful of different lines of ids and blocks of masks; what is kept by its text here
# would otherwise take longer than all the rest.


@lru_cache(maxsize=1024)
def _ids(value: bytes) -> Ids:
    real, effective, saved, fs = map(int, value.split())
    return Ids(real, effective, saved, fs)


@lru_cache(maxsize=1024)
def _state(masks: bytes) -> CapState:
    inheritable, permitted, effective, bounding, ambient = (
        CapSet.from_mask(int(line[-16:], 16)) for line in masks.split(b"\n")
    )
    return CapState(
        effective=effective, permitted=permitted, inheritable=inheritable, bounding=bounding, ambient=ambient
    )


def _line_by_line(text: bytes, source: str) -> tuple[Any, ...]:
    """Find and check every line that matters; return the values as the patterns above would."""
    # A label begins its line. The kernel writes a line break in a process name as two other
    # characters, so no process can call itself "CapEff:".
    found: dict[str, str] = {}
    for number, line in enumerate(text.split(b"\n"), 1):
        label, _, value = line.decode("utf-8", "surrogateescape").partition(":")
        if label not in _LINES:
            continue
        expected, rewrite = _LINES[label]
        shown = value.strip(" \t").encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        if label in found:
            raise StatusError(source, label, "one such line, of one status file", number, shown)
        try:
            found[label] = rewrite(value)
        except ValueError:
            raise StatusError(source, label, expected, number, shown) from None
    for label, (expected, _) in _LINES.items():
        if label not in found and label not in _LATER:
            raise StatusError(source, label, expected)
    found.setdefault("CapAmb", CapSet().hex())
    masks = "\n".join(found[label] for label in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
    ids = [found[label] for label in ("Name", "Tgid", "Pid", "PPid", "Uid", "Gid", "Groups")]
    values = [*ids, masks, found.get("NoNewPrivs"), found.get("Seccomp")]
    return tuple(None if value is None else value.encode("utf-8", "surrogateescape") for value in values)


def _unsigned(value: str) -> str:
    """Rewrite an id; old kernels print it as a signed number: -2 is the id 4294967294."""
    if not re.fullmatch(r"-?[0-9]{1,10}", value):
        raise ValueError
    return str(int(value) % 2**32 if value.startswith("-") else int(value))


def _number(value: str) -> str:
    value = value.strip()
    if value.startswith("-"):
        raise ValueError
    return _unsigned(value)


def _four(value: str) -> str:
    ids = value.split()
    if len(ids) != 4:
        raise ValueError
    return "\t".join(map(_unsigned, ids))


def _any(value: str) -> str:
    return " ".join(map(_unsigned, value.split()))


def _mask(value: str) -> str:
    return CapSet.from_hex(value.strip(" \t")).hex()


def _flag(value: str) -> str:
    if value.strip() not in {"0", "1"}:
        raise ValueError
    return value.strip()


_HEX = "1 to 16 hexadecimal digits"

# In the kernel's order: what a line should hold, and how it is checked and rewritten.
_LINES: dict[str, tuple[str, Callable[[str], str]]] = {
    "Name": ("the name of the thread", lambda value: value.removeprefix("\t")),
    "Tgid": ("a number", _number),
    "Pid": ("a number", _number),
    "PPid": ("a number", _number),
    "Uid": ("four numbers", _four),
    "Gid": ("four numbers", _four),
    "Groups": ("numbers", _any),
    "CapInh": (_HEX, _mask),
    "CapPrm": (_HEX, _mask),
    "CapEff": (_HEX, _mask),
    "CapBnd": (_HEX, _mask),
    "CapAmb": (_HEX, _mask),
    "NoNewPrivs": ("0 or 1", _flag),
    "Seccomp": ("a number", _number),
}
_LATER = {"CapAmb", "NoNewPrivs", "Seccomp"}  # not every kernel prints these
