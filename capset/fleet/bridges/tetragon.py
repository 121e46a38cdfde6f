"""Events of Tetragon about a process, as its log and ``tetra getevents`` have them in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from capset.errors import ArgumentError, FormatError, require
from capset.fleet.bridges.fields import Fields, engine_of, ids_of, object_of, placed, stamp
from capset.fleet.row import Row
from capset.sets import CapSet

__all__ = ["from_tetragon", "to_tetragon"]

_SETS = ("permitted", "effective", "inheritable")
_IDS = {
    "uid": "uid_real",
    "gid": "gid_real",
    "euid": "uid_effective",
    "egid": "gid_effective",
    "suid": "uid_saved",
    "sgid": "gid_saved",
    "fsuid": "uid_fs",
    "fsgid": "gid_fs",
}
_COMMAND = 15  # so many bytes of a program's name are the name of the thread. Source: Linux sched.h, TASK_COMM_LEN
_DOCKER = 31  # so many digits of an id are in the field docker; old releases have 15
_KERNEL = "a thread of the kernel, whose sets Tetragon does not read"


def from_tetragon(event: Mapping[str, Any], *, host: str | None = None) -> Row:
    """Read an event of Tetragon: the process that it is about.

    The sets are those after the last execve(2), whatever the event is: they are kept from then on. They are there
    where Tetragon runs with ``--enable-process-cred``. In that form of JSON, lists that are empty are left out: where
    there is ``cap``, a set that is not in it is empty, and where there is none, no set is known.

    Args:
        event: The event, parsed: an object with ``process_exec``, ``process_exit``, ``process_kprobe`` and so on.
        host: The name of the host; if not given, ``node_name``.

    Returns:
        A process, whose name is that of its program, as the kernel shortens it. Of a thread of the kernel, of which
        Tetragon writes empty sets, none is known. Names that are no capability are told in ``unread``.

    Source:
        cilium/tetragon ``api/v1/tetragon/tetragon.proto``, ``capabilities.proto`` (where ``DAC_OVERRIDE`` alone has no
        ``CAP_``) and ``pkg/process/process.go``, of 4fbfe2d74ecb; ``pkg/sensors/exec/procevents/proc_reader.go`` for
        threads of the kernel. ProtoJSON for what is left out.

    Raises:
        ArgumentError: *host* is empty.
        FormatError: The event is about no process, a field holds something else, or the host is not named.
        TypeError: The event is no mapping.

    Examples:
        >>> from capset import fleet
        >>> event = {"node_name": "web1", "process_exec": {"process": {
        ...     "pid": 7, "binary": "/usr/bin/ping", "cap": {"permitted": ["CAP_NET_RAW", "DAC_OVERRIDE"]}}}}
        >>> read = fleet.from_tetragon(event)
        >>> read.name, read.permitted, read.effective, read.bounding
        ('ping', CapSet.parse('CAP_DAC_OVERRIDE,CAP_NET_RAW'), CapSet(), None)
    """
    require(event, Mapping, "an event as a mapping")
    about, place = _about(event)
    process = object_of(about.get("process"), f"{place}.process", "the process that the event is about")
    fields = Fields(process, f"{place}.process.")
    creds = _inside(fields, "process_credentials")
    namespaces = _inside(fields, "ns")
    pid, tid = fields.number("pid"), fields.number("tid")
    parent = about.get("parent")
    ppid = None if parent is None else _of_parent(parent, f"{place}.parent")
    container, engine = _container(fields)
    binary = fields.text("binary")
    top = Fields(event)
    return fields.process(
        placed(host) or top.text("node_name"),
        time=top.time("time"),
        pid=pid if tid is None else tid,
        tgid=pid,
        ppid=None if ppid == pid else ppid,  # of an execve without a fork, it is what the process was before
        name=None if binary is None else _command(binary),
        container=container,
        engine=engine,
        user_ns=_first(
            _inside(namespaces, "user").number("inum"), _inside(_inside(creds, "user_ns"), "ns").number("inum")
        ),
        **{column: creds.id(key) for key, column in _IDS.items() if key != "euid"},
        uid_effective=_first(creds.id("euid"), fields.id("uid")),
        **_sets(fields, creds, binary),
    )


def _about(event: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    kinds = [key for key in event if isinstance(key, str) and key.startswith("process_")]
    if len(kinds) != 1:
        raise FormatError("event", event, "an event of Tetragon about a process, such as process_exec")
    return object_of(event[kinds[0]], kinds[0], "an object"), kinds[0]


def _inside(fields: Fields, name: str) -> Fields:
    """Return the fields of an object in one; of none if there is none."""
    value = fields.get(name)
    place = fields.place + name
    return Fields({} if value is None else object_of(value, place, "an object"), f"{place}.", unread=fields.unread)


def _of_parent(parent: object, place: str) -> int | None:
    return Fields(object_of(parent, place, "an object"), f"{place}.").number("pid")


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _command(binary: str) -> str:
    if binary[0] == "[" and binary[-1] == "]":  # a thread of the kernel, whose name may have a slash
        return binary[1:-1]
    name = binary.rpartition("/")[2] or binary
    return name.encode()[:_COMMAND].decode(errors="ignore")


def _container(fields: Fields) -> tuple[str | None, str | None]:
    """Return the id of the container and its engine: whole where a pod has it, or else as far as it goes."""
    id = _inside(_inside(fields, "pod"), "container").text("id")
    if id is None:
        return fields.text("docker"), None
    engine, scheme, name = id.partition("://")
    return (name or None, engine_of(engine)) if scheme else (id, None)


def _sets(fields: Fields, creds: Fields, binary: str | None) -> dict[str, CapSet | None]:
    of, name = (fields, "cap") if fields.get("cap") is not None else (creds, "caps")
    if of.get(name) is None:
        return {}
    listed = _inside(of, name)
    sets = {each: _set(listed, each) for each in _SETS}
    if (binary or "")[:1] in {"[", "<"} and not any(sets.values()) and "procFS" in (fields.text("flags") or ""):
        fields.unread.append(_KERNEL)
        return {}
    return sets


def _set(listed: Fields, name: str) -> CapSet | None:
    value = listed.get(name)
    if value is None:
        return CapSet()
    if not isinstance(value, list):
        raise listed.wrong(name, "a list of names of capabilities, such as CAP_NET_RAW")
    return listed.names(name, cast("list[object]", value), name)


def to_tetragon(process: Row) -> dict[str, Any]:
    """Write a process as an event of Tetragon about an execve(2).

    Its name stands for the binary, of which a process has no path. Tetragon has no fields for ``bounding``,
    ``ambient``, ``no_new_privs``, ``seccomp``, ``groups``, ``boot``, ``kernel``, ``last_cap``, ``cgroup`` and
    ``start``, which are left out; where the engine is not known, the id of a container is cut to the 31 digits of
    ``docker``.

    Args:
        process: The process.

    Raises:
        ArgumentError: Something is unread, for which Tetragon has no field; or of the three sets some are known and
            some are not: those that an event lacks are empty.

    Examples:
        >>> from capset import CapSet, fleet
        >>> ping = fleet.Row(host="web1", pid=7, tgid=7, name="ping", effective=CapSet(["NET_RAW", "DAC_OVERRIDE"]),
        ...                      permitted=CapSet(["NET_RAW", "DAC_OVERRIDE"]), inheritable=CapSet())
        >>> fleet.to_tetragon(ping)["process_exec"]["process"]["cap"]
        {'permitted': ['DAC_OVERRIDE', 'CAP_NET_RAW'], 'effective': ['DAC_OVERRIDE', 'CAP_NET_RAW']}
    """
    require(process, Row, "a fleet.Row")
    if process.unread is not None:
        raise ArgumentError(f"an event of Tetragon has no field for what is unread: {process.unread}", process.unread)
    sets = {name: getattr(process, name) for name in _SETS}
    missing = [name for name, caps in sets.items() if caps is None]
    if 0 < len(missing) < len(sets):
        raise ArgumentError(
            f"an event of Tetragon has all of {', '.join(_SETS)} or none: not known is {', '.join(missing)}", missing
        )
    of_process = process.pid if process.tgid is None else process.tgid
    values = {
        "pid": of_process,
        "tid": process.pid,
        "uid": process.uid_effective,
        "binary": process.name,
        "docker": process.container and process.container[:_DOCKER],
        "pod": process.container and process.engine and _pod(process.engine, process.container),
        "cap": None if missing else {name: _names(caps) for name, caps in sets.items() if caps},
        "ns": None if process.user_ns is None else {"user": {"inum": process.user_ns}},
        "process_credentials": ids_of(process, _IDS) or None,
    }
    event: dict[str, Any] = {"process": {key: value for key, value in values.items() if value is not None}}
    if process.ppid is not None:
        event["parent"] = {"pid": process.ppid}
    time = stamp(process.time)
    return {"process_exec": event, "node_name": process.host, **({} if time is None else {"time": time})}


def _pod(engine: str, container: str) -> dict[str, Any]:
    return {"container": {"id": f"{engine}://{container}"}}


def _names(caps: CapSet) -> list[str | int]:
    """Write names as the enumeration of Tetragon has them; of what it has none, ProtoJSON writes the number."""
    return [(_SPELLED.get(str(cap), str(cap)) if cap.known else int(cap)) for cap in caps]


_SPELLED = {"CAP_DAC_OVERRIDE": "DAC_OVERRIDE"}
