"""Events with the fields of the Elastic Common Schema, as Elasticsearch keeps them and Beats send them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from capset.errors import FormatError, require, shown
from capset.fleet.bridges.fields import Fields, engine_of, ids_of, placed, stamp, whole
from capset.fleet.row import Row
from capset.printable import message
from capset.sets import CapSet

__all__ = ["from_ecs", "to_ecs"]

_SETS: tuple[Literal["effective", "permitted"], ...] = ("effective", "permitted")
_ALL = "CAP_ALL"
_IDS = {
    "process.real_user.id": "uid_real",
    "process.user.id": "uid_effective",
    "process.saved_user.id": "uid_saved",
    "process.real_group.id": "gid_real",
    "process.group.id": "gid_effective",
    "process.saved_group.id": "gid_saved",
}
_GROUPS = "process.supplemental_groups"


def from_ecs(event: Mapping[str, Any], *, host: str | None = None, last_cap: int | None = None) -> Row:
    """Read an event with the fields of the Elastic Common Schema.

    Keys may be dotted, nested, or both. A set that the event does not have is not known: Auditbeat leaves out empty
    ones. Beats write ``CAP_ALL`` for every capability that the kernel of the host knows, of which the event does not
    say how many; without *last_cap*, such a set is not known either, and *unread* says so.

    Args:
        event: The event, parsed: of an answer of Elasticsearch what stands in ``_source``.
        host: The name of the host; if not given, ``host.hostname``, or else ``host.name``.
        last_cap: The number of the last capability that the kernel of the host knows, for ``CAP_ALL``.

    Returns:
        A process. The names and ids that are no capability and no number are told in its ``unread``, and so is
        ``error.message``.

    Source:
        elastic/ecs ``schemas/process.yml`` (which has the sets since 8.10), ``user.yml``, ``group.yml``, ``host.yml``;
        elastic/beats ``libbeat/common/capabilities/capabilities_linux.go`` for ``CAP_ALL`` and numbers, and
        ``x-pack/auditbeat/module/system/process/quark_provider_linux.go`` for ids and what is left out.

    Raises:
        ArgumentError: *host* is empty, or *last_cap* no number of a capability.
        FormatError: A field holds something else, or the event does not name its host.
        TypeError: The event is no mapping.

    Examples:
        >>> from capset import fleet
        >>> event = {"host": {"name": "web1"}, "process.pid": 7,
        ...          "process": {"thread": {"capabilities": {"effective": ["CAP_NET_RAW", "41", "CAP_NEXT"]}}}}
        >>> read = fleet.from_ecs(event)
        >>> read.effective, read.permitted
        (CapSet.parse('CAP_NET_RAW,41'), None)
        >>> read.unread
        "effective names 'CAP_NEXT', which is no capability that capset knows"
    """
    require(event, Mapping, "an event as a mapping")
    every = None if last_cap is None else CapSet.all(last_cap)
    fields = Fields(event, dotted=True)
    if told := fields.text("error.message"):
        fields.unread.append(told)
    process = fields.number("process.pid")
    thread = fields.number("process.thread.id")
    return fields.process(
        placed(host) or fields.text("host.hostname", "host.name"),
        time=fields.time("@timestamp", per_second=1_000, zone=False),
        boot=fields.text("host.boot.id"),
        kernel=fields.text("host.os.kernel"),
        last_cap=None if every is None else last_cap,
        pid=process if thread is None else thread,
        tgid=process,
        ppid=fields.number("process.parent.pid", "process.ppid"),
        name=fields.text("process.thread.name", "process.name"),
        container=fields.text("container.id"),
        engine=engine_of(fields.text("container.runtime")),
        uid_real=fields.id("process.real_user.id", "user.id", words=True),
        uid_effective=fields.id("process.user.id", "user.effective.id", words=True),
        uid_saved=fields.id("process.saved_user.id", "user.saved.id", words=True),
        gid_real=fields.id("process.real_group.id", "user.group.id", "group.id", words=True),
        gid_effective=fields.id("process.group.id", "user.effective.group.id", words=True),
        gid_saved=fields.id("process.saved_group.id", "user.saved.group.id", words=True),
        groups=_groups(fields),
        **{name: _set(fields, name, every) for name in _SETS},
    )


def _set(fields: Fields, name: str, every: CapSet | None) -> CapSet | None:
    """Return a set; a lone value stands for a list of one, and a text of names between blanks is one of Falco's."""
    place = f"process.thread.capabilities.{name}"
    value = fields.get(place)
    if value is None:
        return None
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list):
        raise FormatError(place, value, "a list of names of capabilities, such as CAP_NET_RAW")
    listed = cast("list[object]", value)
    if _ALL not in listed:
        return fields.names(name, listed, place)
    others = fields.names(name, (each for each in listed if each != _ALL), place)
    if every is not None:
        return every | (others or CapSet())
    fields.unread.append(
        f"{name} is {_ALL}: what the kernel of the host knows, which the event does not say; give last_cap="
    )
    return None


def _groups(fields: Fields) -> tuple[int, ...] | None:
    """Return the supplementary groups: objects with an id each, or one with a list of ids."""
    value = fields.get(_GROUPS) if isinstance(fields.get(_GROUPS), list) else fields.get(f"{_GROUPS}.id")
    if value is None:
        return None
    found: list[int] = []
    for at, each in enumerate(cast("list[object]", value) if isinstance(value, list) else [value]):
        place = f"{_GROUPS}[{at}]"
        id = cast("Mapping[str, Any]", each).get("id") if isinstance(each, Mapping) else each
        number = whole(id)
        if number is None and isinstance(id, str):
            fields.unread.append(message(f"{place} is {shown(id)}, which is no number"))
            return None
        if number is None or not 0 <= number < 2**32:
            raise FormatError(place, id, "a number from 0 to 2**32 - 1")
        found.append(number)
    return tuple(found)


def to_ecs(process: Row) -> dict[str, Any]:
    """Write a process as an event with the fields of the Elastic Common Schema, nested.

    Of a set that is not known there is no field, and of an empty one an empty list. What is unread is
    ``error.message``. The schema has no fields for ``inheritable``, ``bounding``, ``ambient``, ``no_new_privs``,
    ``seccomp``, ``user_ns``, the ids of file systems, ``last_cap``, ``cgroup`` and ``start``, which are left out.

    Args:
        process: The process.

    Examples:
        >>> from capset import CapSet, fleet
        >>> event = fleet.to_ecs(fleet.Row(host="web1", pid=7, tgid=7, effective=CapSet.parse("kill,41")))
        >>> event["process"]["thread"]["capabilities"]
        {'effective': ['CAP_KILL', '41']}
    """
    require(process, Row, "a fleet.Row")
    of_process = process.pid if process.tgid is None else process.tgid
    values: dict[str, Any] = {
        "@timestamp": stamp(process.time),
        "host.name": process.host,
        "host.hostname": process.host,
        "host.boot.id": process.boot,
        "host.os.kernel": process.kernel,
        "process.pid": of_process,
        "process.thread.id": process.pid,
        "process.parent.pid": process.ppid,
        "process.name": process.name,
        "process.thread.name": process.name if process.pid != of_process else None,
        "container.id": process.container,
        "container.runtime": process.engine,
        **{key: str(number) for key, number in ids_of(process, _IDS).items()},
        "error.message": process.unread,
    }
    if process.groups is not None:
        values[_GROUPS] = [{"id": str(group)} for group in process.groups]
    for name in _SETS:
        caps = getattr(process, name)
        values[f"process.thread.capabilities.{name}"] = None if caps is None else list(map(str, caps))
    event: dict[str, Any] = {}
    for path, value in values.items():
        *above, last = path.split(".")
        inside = event
        if value is not None:
            for key in above:
                inside = inside.setdefault(key, {})
            inside[last] = value
    return event
