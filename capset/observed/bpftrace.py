"""What bpftrace prints of a map that counts checks of the tracepoint."""

from __future__ import annotations

import re

from capset.capability import Cap
from capset.observed.check import Check
from capset.observed.stacks import numbered, with_stack
from capset.observed.use import Unread, Use

__all__ = ["from_bpftrace", "is_map"]

_START = re.compile(
    r"@[A-Za-z_0-9]*\[(?P<comm>.*), (?P<pid>[0-9]{1,10}), (?P<cap>[0-9]{1,3}), (?P<ret>-?[0-9]{1,5})"
    r"(?:(?P<stack>, )|\]: (?P<count>[0-9]{1,18}))"
)
_FRAME = re.compile(r"\s+(?P<function>[^\s+]+)(?:\+(?:0x)?[0-9a-f]+)?")
_END = re.compile(r"\]: (?P<count>[0-9]{1,18})")
_WORDS = re.compile(
    r"Attaching [0-9]+ probes?\.*|Attached [0-9]+ probes?|ERROR: .*set RLIMIT_MEMLOCK.*|WARNING: .*RLIMIT_MEMLOCK.*"
)
_LOST = re.compile(r"(?:Lost|lost) (?P<count>[0-9]{1,12}) events")
_LAST = 63


def is_map(line: str) -> bool:
    """Say whether a line begins an entry of such a map."""
    return _START.fullmatch(line) is not None


def from_bpftrace(text: str) -> Use:
    r"""Read the map that this prints at its end, of the tracepoint that came with Linux 6.14.

    ``tracepoint:capability:cap_capable { @[comm, pid, args->cap, args->ret, kstack] = count(); }``, whose keys have to
    be these; the stack may be left out, and the map may have a name.

    Args:
        text: The lines.

    Source:
        bpftrace 0.17, whose output of the running kernel is among the examples.

    Examples:
        >>> from capset.observed.bpftrace import from_bpftrace
        >>> use = from_bpftrace("@[chown, 7, 0, -1, \n    setattr_prepare+275\n    __x64_sys_fchownat+27\n]: 2\n")
        >>> print(use.checks[0], use.checks[0].count)
        chown: CAP_CHOWN denied in fchownat(), by setattr_prepare() 2
    """
    checks: list[Check] = []
    missed: list[Unread] = []
    lost = 0
    begun: re.Match[str] | None = None
    at, frames = 0, list[str]()

    def unread(number: int, line: str) -> None:
        missed.append(Unread(line=number, text=line, why="expected an entry of a map [comm, pid, cap, ret, kstack]"))

    def check(start: re.Match[str], number: int, count: str) -> None:
        if int(start["cap"]) > _LAST or int(count) == 0:
            unread(number, start[0])
            return
        found = Check(
            cap=Cap(int(start["cap"])),
            verdict="granted" if int(start["ret"]) == 0 else "denied",
            pid=int(start["pid"]),
            command=start["comm"],
            count=int(count),
            line=number,
        )
        checks.append(with_stack(found, frames) if frames else found)

    for number, line in numbered(text):
        if begun is not None:
            if end := _END.fullmatch(line):
                check(begun, at, end["count"])
                begun = None
                continue
            if frame := _FRAME.fullmatch(line):
                frames.append(frame["function"])
                continue
            if not line:
                continue
            unread(at, begun[0])
            begun = None
        start = _START.fullmatch(line)
        if start and start["count"]:
            frames = []
            check(start, number, start["count"])
        elif start:
            begun, at, frames = start, number, []
        elif gone := _LOST.search(line):
            lost += int(gone["count"])
        elif line.strip() and not _WORDS.fullmatch(line):
            unread(number, line)
    if begun is not None:
        unread(at, begun[0])
    return Use(tracer="bpftrace", checks=tuple(checks), unread=tuple(missed), lost=lost)
