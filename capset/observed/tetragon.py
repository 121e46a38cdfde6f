"""What Tetragon exports of the function cap_capable and its like, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from capset.observed.check import Check
from capset.observed.objects import Found, cap_of, number_of, object_of, objects_of, outside, read_each, text_of
from capset.observed.stacks import with_stack
from capset.observed.use import Use

__all__ = ["from_tetragon", "is_tetragon"]

_ANSWER_AN_ERRNO = {"cap_capable", "security_capable"}  # 0 is granted; of the others, which answer a bool, 1 is
_NONE: Mapping[str, Any] = {}


def is_tetragon(value: Mapping[str, Any]) -> bool:
    """Say whether an object is an event of Tetragon."""
    return any(key.startswith("process_") and isinstance(value[key], dict) for key in value)


def from_tetragon(text: str) -> Use:
    r"""Read the events of Tetragon, as ``tetra getevents`` and its log have them.

    The tracing policy has to give the capability, and the user namespace and what is returned if they are to be
    known, as the project's own ``creds-capability-usage`` does; with its rate limit most is left out. The form is that
    of the project's documentation and schema; the tool was not run.

    Args:
        text: Objects of JSON, one after the other. Events about something else are passed over.

    Source:
        Tetragon ``api/v1/tetragon/tetragon.proto``, ``ProcessKprobe``; its page "Record Linux Capabilities".

    Examples:
        >>> from capset.observed.tetragon import from_tetragon
        >>> use = from_tetragon('{"process_kprobe": {"process": {"binary": "/bin/dmesg"}, '
        ...                     '"function_name": "cap_capable", "args": [{"capability_arg": {"value": 34}}], '
        ...                     '"return": {"int_arg": -1}}}')
        >>> print(use.checks[0])
        /bin/dmesg: CAP_SYSLOG denied
    """
    checks, missed = read_each(text, _checks)
    return Use(tracer="tetragon", checks=tuple(checks), unread=tuple(missed))


def _checks(found: Found) -> list[Check]:
    """Return the check of an event; none where it is about something else."""
    if not is_tetragon(found.value):
        raise ValueError("it is no event of Tetragon")
    kind = next(key for key in found.value if key.startswith("process_") and isinstance(found.value[key], dict))
    event = object_of(found.value, kind)
    args = objects_of(event, "args")
    asked = [object_of(each, "capability_arg") for each in args if "capability_arg" in each]
    if kind not in {"process_kprobe", "process_lsm"} or len(asked) != 1:
        about = " ".join(text_of(event, key) for key in ("function_name", "subsys", "event"))
        if asked or "cap" in about or kind == "process_throttle":
            raise ValueError(f"expected a kprobe or an LSM hook with one capability_arg, got {kind} {about}".strip())
        return []
    process = object_of(event, "process")
    function = text_of(event, "function_name")
    own = str(number_of(object_of(object_of(process, "ns"), "user"), "inum") or "")
    of_args = (object_of(each, key) for each in args for key in ("user_ns_arg", "user_namespace_arg") if key in each)
    target = str(number_of(object_of(next(of_args, _NONE), "ns"), "inum") or "")
    check = Check(
        cap=cap_of(number_of(asked[0], "value"), text_of(asked[0], "name")),
        verdict=_verdict(function, event.get("return")) if kind == "process_kprobe" else "not known",
        pid=number_of(process, "pid"),
        tid=number_of(process, "tid"),
        uid=number_of(process, "uid"),
        command=text_of(process, "binary"),
        user_ns=target,
        outside=outside(own, target),
        container=_container(process),
        line=found.line,
    )
    frames = [text_of(each, "symbol") for each in objects_of(event, "kernel_stack_trace")]
    return [with_stack(check, [*filter(None, frames)]) if any(frames) else check]


def _verdict(function: str, returned: object) -> Literal["granted", "denied", "not known"]:
    number = number_of(cast("dict[str, Any]", returned), "int_arg") if isinstance(returned, dict) else None
    if number is None or not function.endswith("capable"):
        return "not known"
    return "granted" if (number == 0) == (function in _ANSWER_AN_ERRNO) else "denied"


def _container(process: Mapping[str, Any]) -> str:
    """Return the name of the container of a pod; else its id."""
    pod = object_of(process, "pod")
    names = [text_of(pod, "namespace"), text_of(pod, "name"), text_of(object_of(pod, "container"), "name")]
    return "/".join(filter(None, names)) or text_of(process, "docker")
