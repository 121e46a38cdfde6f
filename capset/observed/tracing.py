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
from capset.operations.catalogue import family_of
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
    r"\s{0,64}(?P<comm>.{0,128})-(?P<pid>[0-9]{1,10})\s{1,64}(?:\(\s{0,9}(?P<tgid>[0-9]{1,10}|-{1,9})\)\s{1,9})?"
    r"\[[0-9]{1,6}\]\s{1,9}(?:\S{1,10}\s{1,9})?[0-9]{1,12}\.[0-9]{1,9}: (?P<event>.*)"
)
_OF_PERF = re.compile(
    r"\s{0,64}(?P<comm>.{0,128}?)\s{1,64}(?:(?P<tgid>[0-9]{1,10})/)?(?P<pid>[0-9]{1,10}) {1,16}"
    r"(?:\[[0-9]{1,6}\]\s{1,9})?"
    r"[0-9]{1,12}\.[0-9]{1,9}:\s{1,64}(?:[0-9]{1,19} )?"
    r"(?P<event>(?:capability:)?cap_capable: .*|syscalls:sys_exit_\w+: .*)"
)
_FRAME_OF_TRACE = re.compile(r"\s*=>\s+(?P<function>[^\s+]+)")
_FRAME_OF_PERF = re.compile(
    r"\s{1,64}[0-9a-f]{1,16} (?P<function>[^\s+]+)(?:\+0x[0-9a-f]+)?\s{1,9}\((?P<where>.*)\)\s{0,9}"
)
# What an instance has and what was written to it: the rest was overwritten.
_KEPT = re.compile(r"# entries-in-buffer/entries-written: (?P<kept>[0-9]{1,12})/(?P<written>[0-9]{1,12})\b.*")
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

    def told(self, checks: list[Check], *, whole: bool) -> tuple[Call, ...]:
        """Return the calls, with what was asked in each and denied.

        Where only refused calls were recorded, a check may have been made in an earlier one of the same name that was
        not. What was granted may be of that one, so that it is not known what was asked in this one; nor is it where
        nothing was seen and the trace is not whole.
        """
        [memory] = chosen(["memory"])
        found: list[Call] = []
        for call, places in self.refused:
            asked = [each for each in (checks[at] for at in places) if not memory.applies(each)]
            names = {"", call.syscall, *family_of(call.syscall)}  # a stack of semop(2) says ksys_semtimedop
            own = [each for each in asked if each.syscall in names]
            denied = CapSet(each.cap for each in own if each.verdict == "denied")
            found.append(evolve(call, asked=denied if denied or (whole and not own) else None))
        return tuple(found)


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
        task = f"{row['comm']}-{row['pid']}" if row else ""
        at = last.pop(task, None)  # whatever else this task does, a later stack is not of that check
        if row and row["event"].strip() == "<stack trace>":
            frames = []
            if at is None:
                unread.append(Unread(line=number, text=line, why="no check of that task stands before this stack"))
            else:
                found_of.append((at, frames))
        elif row and told:
            check = _check(row, told, number)
            if check is None:
                unread.append(Unread(line=number, text=line, why="a capability is a number up to 63"))
                continue
            last[task] = len(checks)
            calls.asked(row["pid"], len(checks))
            checks.append(check)
        elif row and (gone := _EXIT.fullmatch(row["event"])):
            calls.returned(row, gone, number)
        elif row is None and (missing := _gone(line)):
            last.clear()  # a stack that follows may be of a check that was lost
            lost += missing
        elif row or not _says_nothing(line):
            unread.append(Unread(line=number, text=line, why=_A_LINE))
    for at, stack in found_of:
        checks[at] = with_stack(checks[at], stack)
    told_calls = calls.told(checks, whole=not unread and not lost)
    return Use(tracer="trace", checks=tuple(checks), calls=told_calls, unread=tuple(unread), lost=lost)


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
        row = _OF_PERF.fullmatch(line)  # first, as above
        frame = None if row else _FRAME_OF_PERF.fullmatch(line)
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
        told = _EVENT.fullmatch(row["event"]) if row else None
        check = _check(row, told, number) if row and told else None
        if row and check is not None:
            calls.asked(row["pid"], len(checks))
            checks.append(check)
            of_check = True
        elif row and (returned := _EXIT.fullmatch(row["event"])):
            calls.returned(row, returned, number)
            of_call = True
        elif row is None and (gone := _gone(line)):
            lost += gone
        elif row or not _says_nothing(line):
            unread.append(Unread(line=number, text=line, why=_A_LINE))
    if checks and stack:
        checks[-1] = with_stack(checks[-1], stack)
    told_calls = calls.told(checks, whole=not unread and not lost)
    return Use(tracer="perf", checks=tuple(checks), calls=told_calls, unread=tuple(unread), lost=lost)


def _gone(line: str) -> int:
    """Return how many events a line says that were lost or overwritten; 0 where it says nothing of that."""
    if kept := _KEPT.fullmatch(line):
        return max(0, int(kept["written"]) - int(kept["kept"]))
    found = _LOST.search(line)
    return int(found["count"]) if found else 0


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
