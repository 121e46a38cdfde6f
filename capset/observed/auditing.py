"""What the kernel's audit has of capabilities: what SELinux and AppArmor answered, capset(2), and calls refused."""

from __future__ import annotations

import re

from capset.errors import CapsetError, clipped
from capset.formats import audit
from capset.observed.call import REFUSALS, Call, errno_of
from capset.observed.check import Check
from capset.observed.use import Unread, Use
from capset.sets import CapSet

__all__ = ["from_audit", "is_audit"]

_NAMES = frozenset(REFUSALS.values())
_LOST = re.compile(r"\baudit: (?:audit_lost=(?P<count>[0-9]{1,12})|kauditd hold queue overflow|\w+ limit exceeded)")
_NO_AUDIT = "optional: no audit"


def is_audit(line: str) -> bool:
    """Say whether a line is a record of the audit."""
    return any(isinstance(found, audit.Record) for found in audit.records(line))


def from_audit(text: str) -> Use:
    r"""Read the audit log, the kernel's log, and what ``ausearch`` prints.

    SELinux and AppArmor are asked only where the thread's own sets have the capability. So what AppArmor would have
    refused, under a profile that complains, was granted; and what a module refused is not mended by a capability. Each
    capability is logged once for a profile and a processor, so that a count says nothing of how often it was used.
    Records about anything else are passed over.

    Args:
        text: The lines.

    Source:
        As for :mod:`capset.formats.audit`.

    Examples:
        >>> from capset.observed.auditing import from_audit
        >>> use = from_audit('audit: type=1400 audit(1.2:3): apparmor="ALLOWED" operation="capable" class="cap"'
        ...                  ' profile="web" pid=7 comm="web" capability=10  capname="net_bind_service"')
        >>> print(use.checks[0])
        web: CAP_NET_BIND_SERVICE granted, answered by AppArmor
    """
    checks: list[Check] = []
    calls: list[Call] = []
    missed: list[Unread] = []
    configured = CapSet()
    found: list[audit.Record] = []
    lost = 0
    for each in audit.records(text):
        if isinstance(each, audit.Record):
            found.append(each)
        elif gone := _LOST.search(each.text):
            lost = max(lost, int(gone["count"] or 1))  # the kernel counts all since it was started
        elif each.text.strip() and not each.text.startswith("----") and not each.text.startswith("time->"):
            missed.append(Unread(line=each.number, text=each.text, why="expected a record of the audit"))
    for event in audit.events(found):
        for record in event:
            try:
                told = [_check(each, event, record) for each in audit.checks(record, event)]
                if record.type == "CAPSET":
                    configured |= _configured(record)
            except (CapsetError, ValueError, TypeError) as error:
                missed.append(Unread(line=record.line.number, text=record.line.text, why=clipped(str(error))))
                continue
            checks += told
            calls += _calls(record)
    return Use(
        tracer="audit",
        checks=tuple(checks),
        calls=tuple(calls),
        configured=configured,
        unread=tuple(sorted(missed, key=lambda each: each.line)),
        lost=lost,
    )


def _check(told: audit.Check, event: list[audit.Record], record: audit.Record) -> Check:
    """Return a check as a tracer would have seen it.

    Raises:
        ValueError: Its capability has no name that is known.
    """
    if told.cap is None:
        raise ValueError(f"{told.name!r} is no capability that is known")
    call = next((each for each in event if each.type == "SYSCALL"), None)
    return Check(
        cap=told.cap,
        verdict="granted" if told.granted or not told.enforced else "denied",
        audited=record.fields.get("info") != _NO_AUDIT,
        pid=told.pid,
        uid=told.uid,
        command=told.comm or told.exe,
        syscall="" if call is None else _name(call),
        module=told.module,
        errno="" if call is None else _errno(call),
        line=told.line,
    )


def _name(call: audit.Record) -> str:
    """Return the name of a system call, where the log has it: ausearch -i writes it, and an enriched log."""
    name = call.fields.get("SYSCALL") or call.fields.get("syscall", "")
    return "" if name.isdigit() else name


def _errno(call: audit.Record) -> str:
    """Return what it came to."""
    code = call.fields.get("exit", "").partition("(")[0]
    if code in _NAMES:
        return code
    if call.fields.get("success") == "yes":
        return "0"
    return errno_of(int(code)) if code.removeprefix("-").isdecimal() and len(code) < 20 else ""


def _calls(record: audit.Record) -> list[Call]:
    """Return a system call that was refused."""
    if record.type != "SYSCALL" or _errno(record) not in _NAMES:
        return []
    name = _name(record) or record.fields.get("syscall", "?")
    return [
        Call(
            syscall=name,
            errno=_errno(record),
            pid=record.number("pid"),
            command=record.fields.get("comm", ""),
            line=record.line.number,
        )
    ]


def _configured(record: audit.Record) -> CapSet:
    """Return what a record of capset(2) put into a set.

    Raises:
        ValueError: A name in it is not known.
    """
    names = audit.sets(record)
    if unknown := [name for each in names.values() for name in each.unknown]:
        raise ValueError(f"{unknown[0]!r} is no capability that is known")
    return CapSet().union(*(names[key].caps for key in ("effective", "permitted", "ambient") if key in names))
