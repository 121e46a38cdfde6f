"""What cap-audit of libcap-ng prints as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from attrs import evolve

from capset.capability import Cap
from capset.observed.call import REFUSALS, Call
from capset.observed.check import Check
from capset.observed.objects import Found, cap_of, number_of, object_of, read_each, text_of
from capset.observed.use import Unread, Use
from capset.sets import CapSet

__all__ = ["from_cap_audit", "is_cap_audit"]

_BANNER = "[*] "  # of its own progress, which it prints to the same place
_WHERE = "capset_only_capabilities"


def is_cap_audit(value: Mapping[str, Any]) -> bool:
    """Say whether an object is a report of cap-audit."""
    return isinstance(value.get("required_capabilities"), list)


def from_cap_audit(text: str) -> Use:
    r"""Read what ``cap-audit --json`` prints.

    It has put its checks together already, and left out what it takes for noise itself: what an execve(2) asks, and
    memory. A capability that was both granted and denied is two checks.

    Args:
        text: A report, or several.

    Source:
        libcap-ng 0.9.6, ``utils/cap-audit/cap_audit_json.c``, which was run on Linux 6.12.

    Examples:
        >>> from capset.observed.cap_audit import from_cap_audit
        >>> use = from_cap_audit('{"application": {"comm": "ping"}, "required_capabilities": [{"number": 13,'
        ...                      ' "name": "net_raw", "checks": {"total": 2, "granted": 2, "denied": 0}}]}')
        >>> print(use.checks[0], use.checks[0].count)
        ping: CAP_NET_RAW granted 2
    """
    reports, missed = read_each(text, _report)
    return Use(
        tracer="cap-audit",
        checks=tuple(check for report in reports for check in report.checks),
        calls=tuple(call for report in reports for call in report.calls),
        configured=CapSet().union(*(report.configured for report in reports)),
        unread=tuple(part for each in missed for part in _rest(each)),
    )


def _report(found: Found) -> list[Use]:
    """Return what one report says."""
    denied = [*_denied(found)]
    return [
        Use(
            tracer="cap-audit",
            checks=(*_required(found), *(check for check, _ in denied)),
            calls=tuple(call for _, of_check in denied for call in of_check),
            configured=CapSet(_cap(each) for each in _listed(found.value, _WHERE)),
        )
    ]


def _rest(found: Unread) -> list[Unread]:
    """Return what is not understood of what stands before a report: what the program has printed, it may be."""
    lines = [line for line in found.text.split("\n") if line.strip() and not line.startswith(_BANNER)]
    return [evolve(found, text="\n".join(lines))] if lines else []


def _listed(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return a list of objects.

    Raises:
        ValueError: It is none.
    """
    found: object = value.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in cast("list[object]", found)):
        raise ValueError(f"{key} is no list of objects")
    return cast("list[Mapping[str, Any]]", found)


def _cap(value: Mapping[str, Any]) -> Cap:
    return cap_of(number_of(value, "number"), text_of(value, "name"))


def _required(found: Found) -> Iterator[Check]:
    if not is_cap_audit(found.value):
        raise ValueError("it has no list required_capabilities")
    application = object_of(found.value, "application")
    answers: tuple[Literal["granted", "denied"], ...] = ("granted", "denied")
    for each in _listed(found.value, "required_capabilities"):
        counts = object_of(each, "checks")
        if strange := [key for key in ("granted", "denied") if isinstance(counts.get(key), str)]:
            raise TypeError(f"{strange[0]} is no number: {counts[strange[0]]!r}")
        if not (number_of(counts, "granted") or 0) + (number_of(counts, "denied") or 0):
            raise ValueError(f"it does not say how often {text_of(each, 'name')} was asked for")
        for verdict in answers:
            if count := number_of(counts, verdict):
                yield Check(
                    cap=_cap(each),
                    verdict=verdict,
                    pid=number_of(application, "pid"),
                    command=text_of(application, "comm"),
                    count=count,
                    line=found.line,
                )


def _denied(found: Found) -> Iterator[tuple[Check, list[Call]]]:
    application = object_of(found.value, "application")
    pid, command = number_of(application, "pid"), text_of(application, "comm")
    for each in _listed(found.value, "denied_capabilities"):
        names = [text_of(call, "name") for call in _listed(each, "denied_syscalls")]
        outcomes = _listed(each, "syscall_outcomes")
        errnos = {_errno(outcome) for outcome in outcomes}
        check = Check(
            cap=_cap(each),
            verdict="denied",
            pid=pid,
            command=command,
            syscall=names[0] if len(names) == 1 else "",
            errno=errnos.pop() if len(errnos) == 1 else "",
            count=number_of(each, "not_granted_checks") or 1,
            line=found.line,
        )
        yield (
            check,
            [
                Call(
                    syscall=text_of(outcome, "syscall"),
                    errno=_errno(outcome),
                    asked=CapSet([check.cap]),
                    pid=pid,
                    command=command,
                    count=number_of(outcome, "count") or 1,
                    line=found.line,
                )
                for outcome in outcomes
                if _errno(outcome) in REFUSALS.values()
            ],
        )


def _errno(outcome: Mapping[str, Any]) -> str:
    """Return what a system call came to: the name of an errno, its number where cap-audit does not name it, or 0."""
    if outcome.get("outcome_class") == "success":
        return "0"
    return text_of(outcome, "return_name") or str(number_of(outcome, "errno") or "")
