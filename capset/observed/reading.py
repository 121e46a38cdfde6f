"""Reading what any of the known tracers prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from capset.bounds import bounded
from capset.errors import ArgumentError, require, shown
from capset.observed.auditing import from_audit, is_audit
from capset.observed.bpftrace import from_bpftrace, is_map
from capset.observed.call import Call
from capset.observed.cap_audit import from_cap_audit, is_cap_audit
from capset.observed.capable import from_capable, is_header
from capset.observed.check import Check
from capset.observed.gadget import from_gadget, is_gadget
from capset.observed.objects import Found, cap_of, found_in, read_each
from capset.observed.stacks import numbered
from capset.observed.strace import from_strace, is_strace
from capset.observed.tetragon import from_tetragon, is_tetragon
from capset.observed.tracing import from_perf, from_trace
from capset.observed.use import Unread, Use
from capset.sets import CapSet

__all__ = ["TRACERS", "from_jsonl", "read", "tracer_of"]

TRACERS: Mapping[str, str] = MappingProxyType(
    {
        "trace": "tracefs: trace and trace_pipe, of the tracepoint capability:cap_capable, with stacks or without",
        "perf": "perf script, of the same tracepoint",
        "bpftrace": "bpftrace, a map of it that counts",
        "capable": "capable of bcc, and capable.bt of bpftrace",
        "cap-audit": "cap-audit of libcap-ng, as JSON",
        "gadget": "trace_capabilities of Inspektor Gadget, as JSON",
        "tetragon": "events of Tetragon, as JSON",
        "audit": "the audit log: SELinux, AppArmor, capset(2), and calls that were refused",
        "strace": "strace: calls that were refused, and capset(2); it sees no checks",
        "jsonl": "checks as lines of JSON, as Use.to_jsonl() writes them; what is not known may be left out",
    }
)
"""The tracers whose output is read, and what they are."""

_OBJECT = re.compile(r"^\s*(?:\[\s*)?\{", re.MULTILINE)
_LONGEST = 10000  # of a line that is looked at
_FIRST = 2000  # so many lines are looked at to see which tracer it was


def from_jsonl(text: str) -> Use:
    """Read checks as lines of JSON: the attributes of :class:`Check`, of which ``cap`` has to be there.

    Examples:
        >>> from capset.observed.reading import from_jsonl
        >>> print(from_jsonl('{"cap": "CAP_KILL", "verdict": "denied"}').checks[0])
        a thread: CAP_KILL denied
    """
    made, missed = read_each(text, _of_line_of_json)
    tracers = dict.fromkeys(each for each in made if isinstance(each, str))
    return Use(
        tracer=", ".join(tracers) or "jsonl",
        checks=tuple(each for each in made if isinstance(each, Check)),
        calls=tuple(each for each in made if isinstance(each, Call)),
        configured=CapSet().union(*(each for each in made if isinstance(each, CapSet))),
        unread=(*missed, *(each for each in made if isinstance(each, Unread))),
        lost=sum(each for each in made if isinstance(each, int)),
    )


def _of_line_of_json(found: Found) -> list[Check | Call | CapSet | Unread | int | str]:
    """Return what a line says: a check, a call, a set, what was not understood, how much was lost, or the tracers.

    Raises:
        ArgumentError: It is nothing that :meth:`Use.to_jsonl` writes.
    """
    told = found.value
    if "cap" in told:
        cap = cap_of(told["cap"], told["cap"])
        return [Check.from_dict({**Check(cap=cap).as_dict(), "line": found.line, **told, "cap": str(cap)})]
    if "call" in told:
        return [Call.from_dict({**Call(syscall="", errno="").as_dict(), "line": found.line, **told["call"]})]
    if "configured" in told:
        return [CapSet.parse(told["configured"])]
    if "unread" in told:
        return [Unread.from_dict(told["unread"])]
    if "lost" in told:
        return [_count(told["lost"])]
    if "tracer" in told:
        return [*_tracers(told["tracer"])]
    raise ArgumentError("it does not say which capability", told)


def _tracers(told: object) -> list[str]:
    """Return the names of tracers.

    Raises:
        ArgumentError: One is none.
        TypeError: It is no text.
    """
    require(told, str, "the name of a tracer as str")
    names = str(told).split(", ")
    if strange := [name for name in names if name not in TRACERS]:
        raise ArgumentError(f"there is no tracer {shown(strange[0])}: known are {', '.join(TRACERS)}", strange[0])
    return names


def _count(told: object) -> int:
    """Return a number of events.

    Raises:
        TypeError: It is none.
    """
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        raise TypeError(f"{shown(told)} is no number of events")
    return told


_READERS: dict[str, Callable[[str], Use]] = {
    "trace": from_trace,
    "perf": from_perf,
    "bpftrace": from_bpftrace,
    "capable": from_capable,
    "cap-audit": from_cap_audit,
    "gadget": from_gadget,
    "tetragon": from_tetragon,
    "audit": from_audit,
    "strace": from_strace,
    "jsonl": from_jsonl,
}
# What an object of JSON may be of, in the order in which they are asked.
_OBJECTS: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "cap-audit": is_cap_audit,
    "tetragon": is_tetragon,
    "gadget": is_gadget,
}


def tracer_of(text: str) -> str:
    """Say which tracer has printed a text: a key of :data:`TRACERS`.

    Raises:
        ArgumentError: It looks like none of them, or is empty; the error lists them.
        TypeError: *text* is no str.

    Examples:
        >>> from capset import observed
        >>> observed.tracer_of('{"cap": "CAP_KILL"}')
        'jsonl'
    """
    require(text, str, "what a tracer has printed as str")
    front = text.lstrip()[:1] in {"{", "["} and not _of_line(text.lstrip().partition("\n")[0][:_LONGEST])
    if front and (found := _of_objects(text)):
        return found
    for number, line in numbered(text):
        if number > _FIRST:
            break
        if found := _of_line(line[:_LONGEST]):
            return found
    if _OBJECT.search(text) and (found := _of_objects(text)):  # below what the program itself has printed
        return found
    if not text.strip():
        raise ArgumentError(f"it is empty: a tracer has printed nothing; known are {', '.join(TRACERS)}", text)
    if text.startswith("PERFILE"):
        raise ArgumentError("it is what perf record has written: give what perf script prints of it", text)
    raise ArgumentError(f"{shown(text)} is what none of the known tracers prints: {', '.join(TRACERS)}", text)


def _of_objects(text: str) -> str:
    """Say which tracer prints such objects: the first that tells."""
    for number, found in enumerate(found_in(text)):
        if number == _FIRST:
            break
        if isinstance(found, Found):
            for name, is_one in _OBJECTS.items():
                if is_one(found.value):
                    return name
            if {"cap", "call", "configured", "lost", "tracer", "unread"} & found.value.keys():
                return "jsonl"
    return ""


def _of_line(line: str) -> str:
    """Say which tracer prints such a line; empty where no one does."""
    if from_trace(line).checks:  # first, as a command may be called like anything else
        return "trace"
    if from_perf(line).checks:
        return "perf"
    if is_header(line):
        return "capable"
    if is_map(line):
        return "bpftrace"
    if line.startswith("# tracer:") or "<stack trace>" in line:
        return "trace"
    if is_audit(line):
        return "audit"
    return "strace" if is_strace(line) else ""


def read(text: str | bytes, *, tracer: str | None = None) -> Use:
    """Read what a tracer has printed.

    Args:
        text: All of it; of bytes that are no UTF-8 the letters are kept as escapes.
        tracer: A key of :data:`TRACERS`; what it looks like, if not given.

    Returns:
        The checks, and the lines that were not understood. An empty trace has none: that says nothing about need.

    Raises:
        ArgumentError: There is no tracer of that name, or the text looks like none.
        TooLargeError: It is longer than :data:`capset.bounds.LONGEST_TEXT`.
        TypeError: *text* is neither str nor bytes.

    Examples:
        >>> from capset import observed
        >>> line = "ping-7 [0] ..... 1.5: cap_capable: cred 1, target_ns 2, capable_ns 2, cap 13, ret 0"
        >>> print(observed.read(line))
        1 check of CAP_NET_RAW
    """
    require(text, str | bytes, "what a tracer has printed as str or bytes")
    bounded(text)
    lines = text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else text
    name = tracer_of(lines) if tracer is None else tracer
    if name not in _READERS:
        raise ArgumentError(f"there is no tracer {shown(name)}: known are {', '.join(TRACERS)}", name)
    return _READERS[name](lines)
