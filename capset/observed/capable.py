"""What the tools called capable print: that of bcc, and that of bpftrace."""

from __future__ import annotations

import re

from capset.capability import Cap
from capset.observed.check import Check
from capset.observed.stacks import numbered, with_stack
from capset.observed.use import Unread, Use

__all__ = ["from_capable", "is_header"]

_HEADER = re.compile(r"\s*TIME\s+UID\s+PID\s+(?P<tid>TID\s+)?COMM\s+CAP\s+NAME\s+AUDIT(?P<setid>\s+INSETID)?\s*")
# A command may have blanks, so the columns behind it are counted from the right.
_ROW = re.compile(
    r"\s*(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})\s+(?P<uid>[0-9]{1,10})\s+(?P<pid>[0-9]{1,10})\s+(?P<comm>.*?)\s+"
    r"(?P<cap>[0-9]{1,3})\s+(?:(?P<name>[A-Z][A-Z_0-9]*|\?)\s+)?(?P<audit>-?[0-9]{1,3})(?:\s+(?P<setid>[0-9]|N/A))?\s*"
)
_TID = re.compile(r"(?P<tid>[0-9]{1,10})\s+(?P<comm>.*)")
_FRAME = re.compile(r"\s+(?:b')?(?P<function>[\w.]+)(?:\+0x[0-9a-f]+)?'?(?:\s+\[\S+\])?(?:\+[0-9]+)?\s*")
_LAST = 63
_AUDITED = {"0": False, "1": True}  # others are of kernels whose options the tool does not know
_LOST = re.compile(r"(?:Possibly lost|[Ll]ost) (?P<count>[0-9]{1,12}) (?:samples|events)")
_WORDS = re.compile(r"Tracing cap_capable syscalls|Attaching [0-9]+ probes?|Attached [0-9]+ probes?")


def is_header(line: str) -> bool:
    """Say whether a line is the titles of the columns."""
    return _HEADER.fullmatch(line) is not None


def from_capable(text: str) -> Use:
    r"""Read what capable of bcc prints, with ``-K`` and ``-x`` or without, and ``capable.bt`` of bpftrace.

    They see the question and not the answer, so that every verdict is ``not known``.

    Args:
        text: The lines, with the titles of the columns, which say whether there is a column of threads.

    Source:
        bcc ``tools/capable.py``, bpftrace ``tools/capable.bt``.

    Examples:
        >>> from capset.observed.capable import from_capable
        >>> use = from_capable("TIME      UID    PID    COMM             CAP  NAME                 AUDIT\n"
        ...                    "22:11:23  114    2676   a b 5            12   CAP_NET_ADMIN        1\n")
        >>> print(use.checks[0])
        a b 5: CAP_NET_ADMIN not known
    """
    checks: list[Check] = []
    unread: list[Unread] = []
    stacks: dict[int, list[str]] = {}
    threads = False
    lost = 0
    for number, line in numbered(text):
        if header := _HEADER.fullmatch(line):
            threads = bool(header["tid"])
            continue
        if not line.strip() or _WORDS.match(line):
            continue
        row = _ROW.fullmatch(line)
        if row is None and (told := _LOST.search(line)):
            lost += int(told["count"])
            continue
        frame = None if row else _FRAME.fullmatch(line)
        if frame and checks:
            stacks.setdefault(len(checks) - 1, []).append(frame["function"])
            continue
        check = _check(row, number, threads=threads) if row else None
        if check is None:
            unread.append(
                Unread(line=number, text=line, why="expected a row of capable, with a capability that it names")
            )
        else:
            checks.append(check)
    for at, stack in stacks.items():
        checks[at] = with_stack(checks[at], stack)
    return Use(tracer="capable", checks=tuple(checks), unread=tuple(unread), lost=lost)


def _check(row: re.Match[str], number: int, *, threads: bool) -> Check | None:
    """Return the check of a row; None where its columns do not go together."""
    cap, comm, tid = int(row["cap"]), row["comm"], None
    if threads:
        found = _TID.fullmatch(comm)
        if found is None:
            return None
        comm, tid = found["comm"], int(found["tid"])
    if cap > _LAST or (row["name"] not in {None, "?"} and row["name"] != str(Cap(cap))):
        return None
    return Check(
        cap=Cap(cap),
        audited=_AUDITED.get(row["audit"]),
        pid=int(row["pid"]),
        tid=tid,
        uid=int(row["uid"]),
        command=comm,
        line=number,
    )
