"""Reading what any of the known tracers prints."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from capset.bounds import bounded
from capset.errors import ArgumentError, CapsetError, clipped, require, shown
from capset.observed.capable import from_capable, is_header
from capset.observed.check import Check
from capset.observed.stacks import numbered
from capset.observed.tracing import from_perf, from_trace, is_check
from capset.observed.use import Unread, Use

__all__ = ["TRACERS", "from_jsonl", "read", "tracer_of"]

TRACERS: Mapping[str, str] = MappingProxyType(
    {
        "trace": "tracefs: trace and trace_pipe, of the tracepoint capability:cap_capable, with stacks or without",
        "perf": "perf script, of the same tracepoint",
        "capable": "capable of bcc, and capable.bt of bpftrace",
        "jsonl": "checks as lines of JSON, as Use.to_jsonl() writes them; what is not known may be left out",
    }
)
"""The tracers whose output is read, and what they are."""

_FIRST = 2000  # so many lines are looked at to see which tracer it was


def from_jsonl(text: str) -> Use:
    """Read checks as lines of JSON: the attributes of :class:`Check`, of which ``cap`` has to be there.

    Examples:
        >>> from capset.observed.reading import from_jsonl
        >>> print(from_jsonl('{"cap": "CAP_KILL", "verdict": "denied"}').checks[0])
        a thread: CAP_KILL denied
    """
    checks: list[Check] = []
    unread: list[Unread] = []
    empty = Check(cap=0).as_dict()
    for number, line in numbered(text):
        if not line.strip():
            continue
        try:
            told: Any = json.loads(line)
            require(told, dict, "an object")
            if "cap" not in told:
                raise ArgumentError("it does not say which capability", told)
            checks.append(Check.from_dict({**empty, "line": number, **told}))
        except (CapsetError, ValueError, TypeError, RecursionError) as error:
            unread.append(Unread(line=number, text=line, why=clipped(f"expected a check: {error}")))
    return Use(tracer="jsonl", checks=tuple(checks), unread=tuple(unread))


_READERS: dict[str, Callable[[str], Use]] = {
    "trace": from_trace,
    "perf": from_perf,
    "capable": from_capable,
    "jsonl": from_jsonl,
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
    for number, line in numbered(text):
        if number > _FIRST:
            break
        if is_check(line):  # first, as a command may be called like anything else
            return "trace" if from_trace(line).checks else "perf"
        if is_header(line):
            return "capable"
        if line.lstrip().startswith("{"):
            return "jsonl"
        if line.startswith("# tracer:") or "<stack trace>" in line:
            return "trace"
    raise ArgumentError(f"{shown(text)} is what none of the known tracers prints: {', '.join(TRACERS)}", text)


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
