"""What the kernel and tracers tell: audit records, and the calls that strace prints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve

from capset.documents.dialect import Text
from capset.documents.tools import by_lines, tool, workload_of
from capset.documents.workload import Workload
from capset.errors import CapsetError, clipped, shown
from capset.formats import audit, strace
from capset.formats.audit import Check, Record
from capset.formats.printed import Line, Printed, Who, unread
from capset.problem import Problem

__all__ = ["DIALECTS"]

_RECORD = re.compile(r".*(?:\baudit\(|\btype=[A-Z]|avc: |apparmor=).*|----|time->.*")
_SEPARATOR = re.compile(r"----|time->.*")
_NO_SETS = "it tells what was asked of a thread's capabilities, and not which sets the thread has"


def _audited(text: Text) -> list[Workload]:
    """Read audit records, those of one event together."""
    found: list[Workload] = []
    of_events: list[Record] = []
    for each in audit.records(text.text):
        if isinstance(each, Record):
            of_events.append(each)
        elif not _SEPARATOR.fullmatch(each.text):
            found.append(workload_of("audit", text, unread(each)))
    silent: list[Record] = []
    for event in audit.events(of_events):
        told = [*_of_event(text, event)]
        found += told
        if not told:
            silent.append(event[0])
    if silent:
        count = len(silent)
        message = f"{count} event{'' if count == 1 else 's'} with nothing about capabilities"
        found.append(workload_of("audit", text, unread(silent[0].line, message, verdict="note")))
    return sorted(found, key=lambda each: each.line)


def _of_event(text: Text, event: list[Record]) -> Iterator[Workload]:
    """Yield what the records of one event tell of capabilities."""
    who = [each for each in event if each.type == "SYSCALL"][:1]  # all that counts of the others, which may be many
    for record in event:
        try:
            if asked := audit.checks(record, who):
                yield _of_checks(text, record, asked)
            elif record.type == "CAPSET":
                yield workload_of("audit", text, _of_capset(record, who or event[:1]))
            elif record.type == "BPRM_FCAPS":
                yield _of_execution(text, record, event)
        except CapsetError as error:
            yield workload_of("audit", text, unread(record.line, f"{clipped(record.line.text)!r}: {error}"))


def _of_checks(text: Text, record: Record, asked: list[Check]) -> Workload:
    """Make a workload of checks, each of which is told as a note."""
    problems = [_answer(record.line, each) for each in asked]
    for each in (each for each in asked if each.cap is None):
        message = f"capset knows no capability {shown(each.name)}: it is newer than capset, or misspelled"
        problems.append(evolve(_note(record.line, "unknown-capability", each.name, message), verdict="depends"))
    name, who = _name(asked[0].pid, asked[0].comm), Who(uid=asked[0].uid)
    one = Printed(name=name, line=record.line.number, not_known=_NO_SETS, who=who)
    return evolve(workload_of("audit", text, one), checks=tuple(asked), problems=tuple(problems))


def _answer(line: Line, check: Check) -> Problem:
    if check.granted:
        return _note(line, "granted-check", check.name, str(check))
    return _note(line, "refused-check", check.name, str(check))


def _name(pid: int | None, comm: str) -> str:
    return ", ".join(filter(None, (f"pid {pid}" if pid is not None else "", comm)))


def _caller(event: list[Record]) -> tuple[int | None, str]:
    call = next((each for each in event if each.type == "SYSCALL"), event[0])
    return call.number("pid"), call.fields.get("comm", "")


def _of_capset(record: Record, event: list[Record]) -> Printed:
    pid, comm = _caller(event)
    one = Printed.of_sets(record.line, _name(record.number("pid") or pid, comm), audit.sets(record))
    return one.told()


def _of_execution(text: Text, record: Record, event: list[Record]) -> Workload:
    """Make a workload of an execve(2), with what the rules say of it."""
    done = audit.execution(event)
    assert done is not None, "there is a record BPRM_FCAPS"
    one = Printed(name=_name(*_caller(event)), line=record.line.number, state=done.recorded, says=done.says)
    value = done.explanation.call
    told = [_note(record.line, "recorded-execve", value, _reasons(done))]
    told += [_note(record.line, "other-than-recorded", value, each) for each in done.differences]
    return evolve(workload_of("audit", text, one), execution=done, problems=tuple(told))


def _reasons(done: audit.Execution) -> str:
    """Say in a sentence or two which rule decided, and what was assumed."""
    explained = done.explanation
    groups = [
        f"{name}: {group.named}: {group.verb}, as {group.why}"
        for name in ("permitted", "ambient")
        for group in explained.groups(name)
        if group.change != "absent"
    ]
    return "; ".join([*groups, *(f"assumed: {each}" for each in explained.assumed)])


def _note(line: Line, rule: str, value: str, message: str) -> Problem:
    place = f"line {line.number}"
    return Problem(rule=rule, place=place, value=clipped(value), verdict="note", message=message, line=line.number)


DIALECTS = (
    tool(
        "audit",
        "audit records of AVC, AppArmor, BPRM_FCAPS and CAPSET",
        signs=r"\bavc: |apparmor=|BPRM_FCAPS|type=CAPSET",
        is_line=audit.is_about_capabilities,
        belongs=_RECORD.fullmatch,
        reader=_audited,
    ),
    tool(
        "strace",
        "what strace prints of capset, capget and prctl",
        signs=r"\bcap[sg]et\(\{|PR_CAP",
        is_line=strace.is_trace,
        belongs=strace.is_of_strace,
        reader=by_lines("strace", strace.trace),
    ),
)
