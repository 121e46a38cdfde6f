"""What Inspektor Gadget's trace_capabilities prints as JSON, and what its trace capabilities of before did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from capset.observed.check import Check
from capset.observed.objects import Found, cap_of, number_of, object_of, outside, read_each, text_of
from capset.observed.stacks import with_stack
from capset.observed.use import Use

__all__ = ["from_gadget", "is_gadget"]

_FRAME = re.compile(r"\[[0-9]+\](?P<function>[^;+\s]+)")
_VERDICTS: dict[object, Literal["granted", "denied"]] = {"Allow": "granted", "Deny": "denied"}
_OTHERS = {"debug", "err", "info", "ready", "warn"}  # messages of the tool of before, by their type


def is_gadget(value: Mapping[str, Any]) -> bool:
    """Say whether an object is one of either form."""
    return bool({"capName", "cap_raw", "capable", "target_userns"} & value.keys())


def from_gadget(text: str) -> Use:
    r"""Read what ``ig run trace_capabilities -o json`` or ``kubectl gadget run trace_capabilities -o json`` print.

    The form of releases before the gadgets were images is read too (``capName``, ``verdict``). Both were read from
    the project's source; the tool was not run.

    Args:
        text: Objects of JSON, one after the other.

    Source:
        Inspektor Gadget ``gadgets/trace_capabilities`` and, until v0.40, ``pkg/gadgets/trace/capabilities/types``.

    Examples:
        >>> from capset.observed.gadget import from_gadget
        >>> use = from_gadget('{"proc": {"comm": "nice", "pid": 7}, "cap": "CAP_SYS_NICE", "capable": false,'
        ...                   ' "syscall": "SYS_SETPRIORITY"}')
        >>> print(use.checks[0])
        nice: CAP_SYS_NICE denied in setpriority()
    """
    checks, missed = read_each(text, _checks)
    return Use(tracer="gadget", checks=tuple(checks), unread=tuple(missed))


def _checks(found: Found) -> list[Check]:
    """Return the check of an event; none of a message of the tool itself."""
    if text_of(found.value, "type") in _OTHERS and not is_gadget(found.value):
        return []
    return [_check(found)]


def _check(found: Found) -> Check:
    value = found.value
    proc = object_of(value, "proc") or value
    of_before = "capName" in value  # which leaves out what is 0, CAP_CHOWN's number too
    own, asked = (_namespace(value, *keys) for keys in _NAMESPACES)
    check = Check(
        cap=cap_of(number_of(value, "cap", "cap_raw"), text_of(value, "capName", "cap")),
        verdict=_verdict(value),
        audited=bool(value["audit"]) if "audit" in value else False if of_before else None,
        pid=number_of(proc, "pid"),
        tid=number_of(proc, "tid"),
        uid=number_of(object_of(proc, "creds") or proc, "uid"),
        command=text_of(proc, "comm"),
        syscall=text_of(value, "syscall").lower().removeprefix("sys_"),
        user_ns=asked,
        outside=outside(own, asked),
        container=_container(value),
        line=found.line,
    )
    frames = [frame["function"] for frame in _FRAME.finditer(text_of(value, "kstack"))]
    return with_stack(check, frames) if frames else check


_NAMESPACES = (("current_userns", "currentuserns"), ("target_userns", "targetuserns"))


def _namespace(value: Mapping[str, Any], *keys: str) -> str:
    return str(number_of(value, *keys) or "")


def _verdict(value: Mapping[str, Any]) -> Literal["granted", "denied", "not known"]:
    if isinstance(value.get("capable"), bool):
        return "granted" if value["capable"] else "denied"
    return _VERDICTS.get(value.get("verdict"), "not known")


def _container(value: Mapping[str, Any]) -> str:
    """Return the name of a container: of its pod, or as the engine calls it."""
    pod = object_of(value, "k8s") or value
    names = [text_of(pod, *keys) for keys in (("namespace",), ("podName", "pod"), ("containerName", "container"))]
    return "/".join(filter(None, names)) or text_of(object_of(value, "runtime"), "containerName", "containerId")
