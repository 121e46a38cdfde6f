"""Alerts of Falco, as it writes them with ``json_output``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from capset.errors import require
from capset.fleet.bridges.fields import Fields, engine_of, object_of, placed, stamp
from capset.fleet.row import Row
from capset.sets import CapSet

__all__ = ["from_falco", "to_falco"]

_SETS = {
    "effective": "thread.cap_effective",
    "permitted": "thread.cap_permitted",
    "inheritable": "thread.cap_inheritable",
}
_NANOSECONDS = 1_000_000_000
_NOBODY = 2**32 - 1
_NONE = "<NA>"
_UNREAD = "capset.unread"
_SHORT = 12  # so many digits of an id are in container.id
_NOT_FOUND = "Falco may not have known this process, and writes empty sets of such ones"


def from_falco(event: Mapping[str, Any], *, host: str | None = None) -> Row:
    """Read an alert of Falco, whose rule has the fields of the sets in its output.

    Falco knows the sets as they were at the last execve(2), clone(2) or capset(2); it knows no capability behind
    CAP_CHECKPOINT_RESTORE, and shows none. A text without names is the empty set, but of a process that Falco did not
    find, which has no name or no user, no set is known, and neither where the rule has no field for them.

    Args:
        event: The alert, parsed, with ``output_fields``.
        host: The name of the host; if not given, ``hostname``, or else ``evt.hostname``.

    Returns:
        A process. Names that are no capability are told in its ``unread``.

    Source:
        falcosecurity/libs ``userspace/libsinsp/sinsp_filtercheck_thread.cpp``, ``utils.cpp`` (``caps_to_string``),
        ``parsers.cpp`` and ``thread_manager.cpp``, of 48dfd53cd23f; falcosecurity/falco
        ``userspace/engine/formats.cpp``, of 130747499bb8.

    Raises:
        ArgumentError: *host* is empty.
        FormatError: A field holds something else, or the host is not named.
        TypeError: The event is no mapping.

    Examples:
        >>> from capset import fleet
        >>> read = fleet.from_falco({"hostname": "web1", "output_fields": {
        ...     "proc.name": "nc", "thread.cap_effective": "CAP_NET_RAW CAP_KILL", "thread.cap_permitted": ""}})
        >>> read.effective, read.permitted, read.inheritable
        (CapSet.parse('CAP_KILL,CAP_NET_RAW'), CapSet(), None)
    """
    require(event, Mapping, "an alert as a mapping")
    top = Fields(event)
    told = object_of(
        event.get("output_fields"), "output_fields", "the fields of an alert of Falco, of json_output: true"
    )
    fields = Fields({key: value for key, value in told.items() if value != _NONE}, "output_fields.")
    if unread := fields.text(_UNREAD):
        fields.unread.append(unread)
    process = fields.number("proc.pid", unset=True)
    thread = fields.number("thread.tid", unset=True)
    container = fields.text("container.full_id", "container.id")
    uid = fields.id("user.uid", unset=(_NOBODY,))
    sets = {name: _set(fields, name, place) for name, place in _SETS.items()}
    # Of a process that it did not find Falco has no name and no user, and writes empty sets; nor is it known where a
    # rule has neither field.
    name = told.get("proc.name")
    if name == _NONE or (uid is None and (name is None or told.get("user.uid") is not None)):
        if any(caps is not None and not caps for caps in sets.values()):
            fields.unread.append(_NOT_FOUND)
        sets = {name: caps or None for name, caps in sets.items()}
    return fields.process(
        placed(host) or top.text("hostname") or fields.text("evt.hostname"),
        time=top.time("time") or _time(fields),
        pid=process if thread is None else thread,
        tgid=process,
        ppid=fields.number("proc.ppid", unset=True),
        name=fields.text("proc.name"),
        container=None if container == "host" else container,
        engine=engine_of(fields.text("container.type")),
        uid_effective=uid,
        gid_effective=fields.id("group.gid", unset=(_NOBODY,)),
        **sets,
    )


def _time(fields: Fields) -> datetime | None:
    return fields.time("evt.time.iso8601", "evt.time", per_second=_NANOSECONDS)


def _set(fields: Fields, name: str, place: str) -> CapSet | None:
    value = fields.get(place)
    if value is None:
        return None
    if not isinstance(value, str):
        raise fields.wrong(place, "names of capabilities in a text, such as CAP_KILL CAP_NET_RAW")
    return fields.names(name, value.split(), place)


def to_falco(process: Row) -> dict[str, Any]:
    """Write a process as an alert of Falco, of no rule.

    Of a set that is not known there is no field, and of an empty one an empty text. What is unread is a field
    ``capset.unread``, as Falco itself lets a rule add fields of its own. Falco has none for ``bounding``, ``ambient``,
    ``no_new_privs``, ``seccomp``, ``user_ns``, the other ids and groups, ``boot``, ``kernel``, ``last_cap``,
    ``cgroup`` and ``start``, which are left out.

    Args:
        process: The process.

    Examples:
        >>> from capset import CapSet, fleet
        >>> alert = fleet.to_falco(fleet.Row(host="web1", effective=CapSet(["NET_RAW"]), permitted=CapSet()))
        >>> alert["output_fields"]
        {'thread.cap_effective': 'CAP_NET_RAW', 'thread.cap_permitted': ''}
    """
    require(process, Row, "a fleet.Row")
    sets = ((place, getattr(process, name)) for name, place in _SETS.items())
    values = {
        "proc.pid": process.pid if process.tgid is None else process.tgid,
        "thread.tid": process.pid,
        "proc.ppid": process.ppid,
        "proc.name": process.name,
        "user.uid": process.uid_effective,
        "group.gid": process.gid_effective,
        "container.id": process.container and process.container[:_SHORT],
        "container.full_id": process.container,
        "container.type": process.engine,
        **{place: None if caps is None else " ".join(map(str, caps)) for place, caps in sets},
        _UNREAD: process.unread,
    }
    event: dict[str, Any] = {"hostname": process.host}
    if time := stamp(process.time, "000"):
        event["time"] = time
    event["output_fields"] = {key: value for key, value in values.items() if value is not None}
    return event
