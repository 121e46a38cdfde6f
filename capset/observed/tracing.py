"""The tracepoint of capability checks, as tracefs and perf(1) print it, with stacks."""

from __future__ import annotations

import re

from attrs import evolve

from capset.capability import Cap
from capset.observed.call import Call, errno_of
from capset.observed.check import Check
from capset.observed.noise import chosen
from capset.observed.stacks import numbered, with_stack
from capset.observed.use import Unread, Use
from capset.sets import CapSet

__all__ = ["from_perf", "from_trace"]

# Linux include/trace/events/capability.h: a pointer is (nil) where there is none.
_EVENT = re.compile(
    r"(?:capability:)?cap_capable: cred (?P<cred>\S+), target_ns (?P<ns>\S+), capable_ns (?P<own>\S+), "
    r"cap (?P<cap>[0-9]{1,3}), ret (?P<ret>-?[0-9]{1,5})\s*"
)
_EXIT = re.compile(r"(?:syscalls:)?sys_(?:exit_)?(?P<name>[a-z0-9_]+)(?: ->|:) (?P<returned>0x[0-9a-f]{1,16})\s*")
# A command may have any letters, so what follows it is found from the right: comm-pid (tgid) [cpu] flags time:
_OF_TRACE = re.compile(
    r"\s*(?P<comm>.*)-(?P<pid>[0-9]{1,10})\s+(?:\(\s*(?P<tgid>[0-9]{1,10}|-+)\)\s+)?"
    r"\[[0-9]+\]\s+(?:\S{1,10}\s+)?[0-9]+\.[0-9]+: (?P<event>.*)"
)
_OF_PERF = re.compile(
    r"\s*(?P<comm>.*?)\s+(?:(?P<tgid>[0-9]{1,10})/)?(?P<pid>[0-9]{1,10}) +(?:\[[0-9]+\]\s+)?"
    r"[0-9]+\.[0-9]+:\s+(?:[0-9]+ )?(?P<event>(?:capability:)?cap_capable: .*|syscalls:sys_exit_\w+: .*)"
)
_FRAME_OF_TRACE = re.compile(r"\s*=>\s+(?P<function>[^\s+]+)")
_FRAME_OF_PERF = re.compile(r"\s+[0-9a-f]+ (?P<function>[^\s+]+)(?:\+0x[0-9a-f]+)?\s+\((?P<where>[^)]*)\)?\s*")
_LOST = re.compile(r"(?:LOST|Lost|lost) (?P<count>[0-9]{1,12}) (?:EVENTS|events)")
_A_LINE = "expected a line of the tracepoint cap_capable, or of a stack"
_LAST = 63
_NO_POINTER = {"(nil)", "0x0", "0"}


class _Calls:
    """The calls that were refused, and what each thread was asked for since its last one."""

    def __init__(self) -> None:
        self.since: dict[str, list[int]] = {}
        self.refused: list[tuple[Call, list[int]]] = []

    def asked(self, thread: str, at: int) -> None:
        """Take note of a check, by its place among them."""
        self.since.setdefault(thread, []).append(at)

    def returned(self, row: re.Match[str], found: re.Match[str], number: int) -> None:
        """Take note of a call that has returned."""
        asked = self.since.pop(row["pid"], [])
        if errno := errno_of(int(found["returned"], 16)):
            call = Call(syscall=found["name"], errno=errno, pid=int(row["pid"]), command=row["comm"], line=number)
            self.refused.append((call, asked))

    def told(self, checks: list[Check]) -> tuple[Call, ...]:
        """Return the calls, with what was asked in each.

        Where only refused calls were recorded, a check may have been made in an earlier one of the same name: then it
        counts for this one too, so that nobody is told that nothing was asked where something may have been.
        """
        [memory] = chosen(["memory"])
        return tuple(
            evolve(
                call,
                asked=CapSet(
                    check.cap
                    for check in (checks[at] for at in asked)
                    if check.syscall in {"", call.syscall} and not memory.applies(check)
                ),
            )
            for call, asked in self.refused
        )


def from_trace(text: str) -> Use:
    r"""Read what ``trace`` or ``trace_pipe`` of tracefs has, with the option ``stacktrace`` or without.

    A stack stands behind its check, but other tasks may stand between: it belongs to the last check of its own task.
    With the events ``syscalls:sys_exit_*`` the calls that were refused are told too, and what was asked in each.

    Args:
        text: The lines.

    Source:
        Linux ``include/trace/events/capability.h`` (since 6.14), ``kernel/trace/trace_output.c``.

    Examples:
        >>> from capset.observed.tracing import from_trace
        >>> task = "           a b-7   [000] ..... 1.5: "
        >>> use = from_trace(task + "cap_capable: cred 1, target_ns 2, capable_ns 0, cap 5, ret -1\n")
        >>> print(use.checks[0])
        a b: CAP_KILL denied
    """
    checks: list[Check] = []
    unread: list[Unread] = []
    last: dict[str, int] = {}  # by the task, the last check that has no stack yet
    frames: list[str] | None = None
    found_of: list[tuple[int, list[str]]] = []
    calls = _Calls()
    lost = 0
    for number, line in numbered(text):
        row = _OF_TRACE.fullmatch(line)  # first: a command may be called like anything else that a line can be
        told = _EVENT.fullmatch(row["event"]) if row else None
        frame = None if row else _FRAME_OF_TRACE.match(line)
        if frame and frames is not None:
            frames.append(frame["function"])
            continue
        frames = None
        if row and row["event"].strip() == "<stack trace>":
            frames = []
            at = last.pop(f"{row['comm']}-{row['pid']}", None)
            if at is None:
                unread.append(Unread(line=number, text=line, why="no check of that task stands before this stack"))
            else:
                found_of.append((at, frames))
        elif row and told:
            check = _check(row, told, number)
            if check is None:
                unread.append(Unread(line=number, text=line, why="a capability is a number up to 63"))
                continue
            last[f"{row['comm']}-{row['pid']}"] = len(checks)
            calls.asked(row["pid"], len(checks))
            checks.append(check)
        elif row and (gone := _EXIT.fullmatch(row["event"])):
            calls.returned(row, gone, number)
        elif row is None and (gone := _LOST.search(line)):
            lost += int(gone["count"])
        elif row or not _says_nothing(line):
            unread.append(Unread(line=number, text=line, why=_A_LINE))
    for at, stack in found_of:
        checks[at] = with_stack(checks[at], stack)
    return Use(tracer="trace", checks=tuple(checks), calls=calls.told(checks), unread=tuple(unread), lost=lost)


def from_perf(text: str) -> Use:
    r"""Read what ``perf script`` prints of the tracepoint, with stacks (``perf record -g``) or without.

    Args:
        text: The lines.

    Examples:
        >>> from capset.observed.tracing import from_perf
        >>> event = "capability:cap_capable: cred 0x1, target_ns 0x2, capable_ns 0x2, cap 5, ret 0\n"
        >>> frames = ["cap_capable", "check_kill_permission", "__x64_sys_kill"]
        >>> stack = "".join(f"\tffffffff81a7ff03 {name}+0x83 ([kernel.kallsyms])\n" for name in frames)
        >>> use = from_perf("sh 7 [001] 1.5: " + event + stack)
        >>> print(use.checks[0])
        sh: CAP_KILL granted in kill(), by check_kill_permission()
    """
    checks: list[Check] = []
    unread: list[Unread] = []
    stack: list[str] = []
    of_check = of_call = False
    calls = _Calls()
    lost = 0
    for number, line in numbered(text):
        frame = _FRAME_OF_PERF.fullmatch(line)
        if frame and of_call:
            continue
        if frame and of_check:
            if frame["where"] == "[kernel.kallsyms]" or frame["where"].startswith("[kernel"):
                stack.append(frame["function"])
            continue
        if checks and stack:
            checks[-1] = with_stack(checks[-1], stack)
            stack = []
        of_check = of_call = False
        row = _OF_PERF.fullmatch(line)  # first, as above
        told = _EVENT.fullmatch(row["event"]) if row else None
        check = _check(row, told, number) if row and told else None
        if row and check is not None:
            calls.asked(row["pid"], len(checks))
            checks.append(check)
            of_check = True
        elif row and (returned := _EXIT.fullmatch(row["event"])):
            calls.returned(row, returned, number)
            of_call = True
        elif row is None and (gone := _LOST.search(line)):
            lost += int(gone["count"])
        elif row or not _says_nothing(line):
            unread.append(Unread(line=number, text=line, why=_A_LINE))
    if checks and stack:
        checks[-1] = with_stack(checks[-1], stack)
    return Use(tracer="perf", checks=tuple(checks), calls=calls.told(checks), unread=tuple(unread), lost=lost)


def _says_nothing(line: str) -> bool:
    """Say whether a line is blank or a comment."""
    return not line.strip() or line.lstrip().startswith("#")


def _check(row: re.Match[str], told: re.Match[str], number: int) -> Check | None:
    cap, tgid = int(told["cap"]), row["tgid"]
    if cap > _LAST:
        return None
    thread = int(row["pid"])
    pid = int(tgid) if tgid and tgid.isdecimal() else None
    return Check(
        cap=Cap(cap),
        verdict="granted" if int(told["ret"]) == 0 else "denied",
        pid=thread if pid is None else pid,
        tid=None if pid is None else thread,
        command=row["comm"],
        user_ns="" if told["ns"] in _NO_POINTER else told["ns"],
        line=number,
    )
