"""What the tools called capable print: that of bcc, and that of bpftrace."""

from __future__ import annotations

import re
from typing import Literal

from capset.capability import Cap
from capset.observed.check import Check
from capset.observed.stacks import numbered, with_stack
from capset.observed.use import Unread, Use

__all__ = ["from_capable", "is_header"]

_HEADER = re.compile(
    r"\s*TIME\s+UID\s+PID\s+(?P<tid>TID\s+)?COMM\s+CAP\s+NAME\s+AUDIT(?P<verdict>\s+VERDICT)?(?P<setid>\s+INSETID)?\s*"
)
# A command may have blanks, so the columns behind it are counted from the right.
_ROW = re.compile(
    r"\s{0,9}(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})\s{1,9}(?P<uid>-?[0-9]{1,10})\s{1,9}"
    r"(?P<pid>[0-9]{1,10})\s{1,9}(?P<comm>.{0,160}?)\s{1,64}"
    r"(?P<cap>[0-9]{1,3})\s+(?:(?P<name>[A-Z][A-Z_0-9]*|\?)\s+)?(?P<audit>-?[0-9]{1,3})(?:\s+(?P<verdict>allow|deny))?"
    r"(?:\s+(?P<setid>-?[0-9]|N/A))?\s*"
)
_TID = re.compile(r"(?P<tid>[0-9]{1,10})\s+(?P<comm>.*)")
_FRAME = re.compile(
    r"\s+(?:#[0-9]+\s+0x[0-9a-f]+ ?)?(?:b')?(?P<function>[\w.]+|\[unknown\])(?:\+0x[0-9a-f]+)?'?"
    r"(?:\s+(?:\[(?P<module>\S+?)\]'?|\([^)]*\)))?(?:\+[0-9]+)?\s*"
)
_UNKNOWN = "[unknown]"
_LAST = 63
_UIDS = 1 << 32  # capable of libbpf-tools prints those from 2 ** 31 on as negative numbers
_AUDITED = {"0": False, "1": True}  # others are of kernels whose options the tool does not know
_LOST = re.compile(r"(?:Possibly lost|[Ll]ost) (?P<count>[0-9]{1,12}) (?:samples|events)")
_MISSED = re.compile(r"\s+\[Missed (?:Kernel|User) Stack\]")
_OF_ONE = re.compile(r"\s+-\s+(?P<comm>.*) \([0-9]+\)\s*")
_VERDICTS: dict[str | None, Literal["granted", "denied", "not known"]] = {"allow": "granted", "deny": "denied"}
_WORDS = re.compile(r"Tracing cap_capable syscalls|Attaching [0-9]+ probes?|Attached [0-9]+ probes?")


def is_header(line: str) -> bool:
    """Say whether a line is the titles of the columns."""
    return _HEADER.fullmatch(line) is not None


def from_capable(text: str) -> Use:
    r"""Read what capable of bcc prints, with ``-K`` and ``-x`` or without, and ``capable.bt`` of bpftrace.

    They see the question and not the answer, so that the verdict is ``not known``, but for capable of libbpf-tools. Its
    stacks stand behind checks that they are not of, and are passed over. What capable.py calls PID is the thread, and
    what it calls TID with ``-x`` is the process.

    Args:
        text: The lines, with the titles of the columns, which say whether there is a column of threads.

    Source:
        bcc ``tools/capable.py`` and ``libbpf-tools/capable.c``, bpftrace ``tools/capable.bt``.

    Examples:
        >>> from capset.observed.capable import from_capable
        >>> use = from_capable("TIME      UID    PID    COMM             CAP  NAME                 AUDIT\n"
        ...                    "22:11:23  114    2676   a b 5            12   CAP_NET_ADMIN        1\n")
        >>> print(use.checks[0])
        a b 5: CAP_NET_ADMIN not known
    """
    checks: list[Check] = []
    unread: list[Unread] = []
    stacks: dict[int, list[tuple[str, str]]] = {}
    columns = _HEADER.fullmatch("TIME UID PID COMM CAP NAME AUDIT")
    lost, of_last = 0, False
    for number, line in numbered(text):
        if header := _HEADER.fullmatch(line):
            columns = header
            continue
        if not line.strip() or _WORDS.match(line) or _MISSED.fullmatch(line):
            continue
        row = _ROW.fullmatch(line)
        if row is None and (told := _LOST.search(line)):
            lost += int(told["count"])
            continue
        frame = None if row else _FRAME.fullmatch(line)
        if columns and columns["verdict"] and (frame or _OF_ONE.fullmatch(line)):
            continue
        if frame and checks and of_last:  # behind a row that was not read it is the stack of that one
            stacks.setdefault(len(checks) - 1, []).append((frame["function"], frame["module"] or ""))
            continue
        check = _check(row, number, columns) if row and columns else None
        of_last = check is not None
        if check is None:
            unread.append(
                Unread(line=number, text=line, why="expected a row of capable, with a capability that it names")
            )
        else:
            checks.append(check)
    for at, stack in stacks.items():
        if functions := _of_kernel(stack):
            checks[at] = with_stack(checks[at], functions)
    return Use(tracer="capable", checks=tuple(checks), unread=tuple(unread), lost=lost)


def _of_kernel(stack: list[tuple[str, str]]) -> list[str]:
    """Return the functions of the kernel: with -U those of the program stand below them."""
    if any(module for _, module in stack):
        last = max((at for at, (_, module) in enumerate(stack) if module == "kernel"), default=-1)
        stack = stack[: last + 1]
    return [function for function, _ in stack if function != _UNKNOWN]


def _check(row: re.Match[str], number: int, columns: re.Match[str]) -> Check | None:
    """Return the check of a row; None where its columns do not go together."""
    cap, comm, pid, tid = int(row["cap"]), row["comm"], int(row["pid"]), None
    if columns["tid"]:
        found = _TID.fullmatch(comm)
        if found is None:
            return None
        comm, tid = found["comm"], int(found["tid"])
        if not columns["verdict"]:
            pid, tid = tid, pid  # capable.py has them the other way round
    if row["uid"].startswith("-") and not columns["verdict"]:
        return None
    named = row["name"] in {None, "?", str(Cap(cap))} if cap <= _LAST else False
    if not named or bool(row["verdict"]) != bool(columns["verdict"]):
        return None
    return Check(
        cap=Cap(cap),
        verdict=_VERDICTS.get(row["verdict"], "not known"),
        audited=_AUDITED.get(row["audit"]),
        pid=pid,
        tid=tid,
        uid=int(row["uid"]) % _UIDS,
        command=comm,
        line=number,
    )
