"""Rows of osquery's table ``processes``, and the lines in which it logs the results of queries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, cast

from capset.errors import FormatError, require, shown
from capset.fleet.bridges.fields import Fields, ids_of, object_of, placed
from capset.fleet.row import Row
from capset.live.origin import origin
from capset.printable import message
from capset.sets import THREAD_SETS, CapSet

__all__ = ["from_osquery", "from_osquery_log", "to_osquery"]

_SHORT = {"effective": "eff", "permitted": "prm", "inheritable": "inh", "bounding": "bnd", "ambient": "amb"}
_SETS = {
    spelled: name
    for name in THREAD_SETS
    for spelled in (name, f"cap_{name}", f"cap_{_SHORT[name]}", f"cap{_SHORT[name]}")
}
_IDS = {
    "uid": "uid_real",
    "gid": "gid_real",
    "euid": "uid_effective",
    "egid": "gid_effective",
    "suid": "uid_saved",
    "sgid": "gid_saved",
}
_UNSET = (-1,)
_MASK = re.compile("(?:0[xX])?([0-9a-fA-F]{16})|0[xX]([0-9a-fA-F]{1,15})")
_NO_NAMES = re.compile("[0-9a-fA-F]*[0-9][0-9a-fA-F]*")
_EXPECTED = "a mask of 16 hexadecimal digits, or names of capabilities"
_HERE = "a row, or a logged one in columns; of what has many rows, take from_osquery_log()"


def from_osquery(row: Mapping[str, Any], *, host: str | None = None) -> Row:
    """Read a row of osquery, as its shell prints it with ``--json``, or as it is logged, in ``columns``.

    osquery itself has no column of capability sets. Those of extensions, and of queries that read ``/proc`` otherwise,
    are read by these names in any case: ``effective``, ``cap_effective``, ``cap_eff`` and ``CapEff``, likewise
    of the other four sets. A set is a mask as ``/proc`` prints it, or names between commas or blanks. An empty text is
    what osquery has for no value, so that the set is not known. Nor is it where a number stands alone, which may be
    a mask or one capability.

    Args:
        row: The row, parsed; its values are texts, or numbers where osquery logs numbers.
        host: The name of the host; if not given, ``hostIdentifier`` of what is logged, or else ``hostname``.

    Returns:
        A process, with the container that ``cgroup_path`` names. What was not understood of its sets, and columns that
        begin with ``cap`` and are none of these, are told in its ``unread``.

    Source:
        osquery/osquery ``specs/processes.table``, ``specs/linux/process_namespaces.table`` and
        ``docs/wiki/deployment/logging.md``, of a5b14f63d98c.

    Raises:
        ArgumentError: *host* is empty.
        FormatError: A column holds something else, a set stands there twice, the host is not known, or the row was
            logged as removed: its process has ended.
        TypeError: The row is no mapping.

    Examples:
        >>> from capset import fleet
        >>> read = fleet.from_osquery({"pid": "7", "euid": "0", "CapEff": "0000000000002000"}, host="web1")
        >>> read.pid, read.uid_effective, read.effective, read.permitted
        (7, 0, CapSet.parse('CAP_NET_RAW'), None)
    """
    require(row, Mapping, "a row as a mapping")
    if "snapshot" in row or "diffResults" in row:
        raise FormatError("row", row, _HERE)
    return _process(row, placed(host))


def from_osquery_log(log: Mapping[str, Any], *, host: str | None = None) -> list[Row]:
    """Read every row of a line that osquery logs: of a snapshot, of a batch, or one row.

    Rows that were removed are of processes that have ended, and are left out.

    Args:
        log: The line, parsed.
        host: As for :func:`from_osquery`.

    Raises:
        ArgumentError: *host* is empty.
        FormatError: A row cannot be read; see :func:`from_osquery`.
        TypeError: *log* is no mapping.

    Examples:
        >>> from capset import fleet
        >>> line = {"action": "snapshot", "hostIdentifier": "web1", "snapshot": [{"pid": "1"}, {"pid": "7"}]}
        >>> [process.pid for process in fleet.from_osquery_log(line)]
        [1, 7]
    """
    require(log, Mapping, "a line of a log as a mapping")
    name = placed(host)
    if "snapshot" in log:
        return list(_rows(log, log["snapshot"], "snapshot", name))
    if "diffResults" in log:
        changed = object_of(log["diffResults"], "diffResults", "an object with the rows that were added and removed")
        added = changed.get("added")
        return list(_rows(log, [] if added is None or added == "" else added, "diffResults.added", name))
    return [] if log.get("action") == "removed" else [_process(log, name)]


def _rows(log: Mapping[str, Any], rows: object, place: str, host: str | None) -> Iterator[Row]:
    if not isinstance(rows, list):
        raise FormatError(place, rows, "a list of rows")
    for at, row in enumerate(cast("list[object]", rows)):
        yield _of_row(object_of(row, f"{place}[{at}]", "a row"), f"{place}[{at}].", log, host)


def _process(row: Mapping[str, Any], host: str | None) -> Row:
    if "columns" not in row:
        return _of_row(row, "", row, host)
    if row.get("action") not in ("added", "snapshot", None):
        raise FormatError("action", row["action"], "added or snapshot: a row that was removed is of what has ended")
    return _of_row(object_of(row["columns"], "columns", "a row"), "columns.", row, host)


def _of_row(row: Mapping[str, Any], place: str, log: Mapping[str, Any], host: str | None) -> Row:
    fields, logged = Fields(row, place), Fields(log)
    if told := fields.text("unread"):
        fields.unread.append(told)
    pid = fields.number("pid", unset=True)
    group = fields.text("cgroup_path")
    found = origin(group or "")
    return fields.process(
        host or logged.text("hostIdentifier", "hostname"),
        time=logged.time("unixTime", per_second=1),
        pid=pid,
        tgid=pid,
        ppid=fields.number("parent", unset=True),
        name=fields.text("name"),
        cgroup=group,
        container=found.container,
        engine=found.engine,
        user_ns=fields.number("user_namespace", unset=True),
        **{column: fields.id(key, unset=_UNSET) for key, column in _IDS.items()},
        **_sets(fields),
    )


def _sets(fields: Fields) -> dict[str, CapSet | None]:
    sets: dict[str, CapSet | None] = {}
    for column, value in fields.event.items():
        spelled = column.lower() if isinstance(column, str) else ""
        if name := _SETS.get(spelled):
            if name in sets:
                raise FormatError(fields.place + column, value, f"the {name} set in one column")
            sets[name] = _set(fields, name, value, column)
        elif spelled.startswith("cap"):
            fields.unread.append(message(f"{column} is {shown(value)}, and no column of a set that capset knows"))
    return sets


def _set(fields: Fields, name: str, value: object, column: str) -> CapSet | None:
    if value is None or value == "":
        return None
    if isinstance(value, list):
        return fields.names(name, cast("list[object]", value), column)
    if isinstance(value, str):
        if found := _MASK.fullmatch(value):
            return CapSet.from_hex(found[1] or found[2])
        words = value.replace(",", " ").split()
        if not _NO_NAMES.fullmatch(value) and words:
            return fields.names(name, words, column)
    elif isinstance(value, bool) or not isinstance(value, int):
        raise FormatError(fields.place + column, value, _EXPECTED)
    fields.unread.append(message(f"{name} is {shown(value)}, which is not {_EXPECTED}"))
    return None


def to_osquery(process: Row) -> dict[str, Any]:
    """Write a process as a row that osquery logs, in ``columns``, each of which is a text.

    The sets are columns ``cap_effective`` and so on, as masks of 16 digits; those that are not known are left out, and
    so is what is not known else. What is unread is a column of that name. There are no columns for ``container``,
    ``engine``, ``groups``, the ids of file systems, ``no_new_privs``, ``seccomp``, ``boot``, ``kernel``, ``last_cap``
    and ``start``, and a time has whole seconds. osquery numbers a thread as a process, so that ``tgid`` is ``pid``.

    Args:
        process: The process.

    Examples:
        >>> from capset import CapSet, fleet
        >>> row = fleet.to_osquery(fleet.Row(host="web1", pid=7, uid_effective=0, effective=CapSet(["NET_RAW"])))
        >>> row["hostIdentifier"], row["columns"]
        ('web1', {'pid': '7', 'euid': '0', 'cap_effective': '0000000000002000'})
    """
    require(process, Row, "a fleet.Row")
    values: dict[str, Any] = {
        "pid": process.pid,
        "name": process.name,
        "parent": process.ppid,
        **ids_of(process, _IDS),
        "cgroup_path": process.cgroup,
        "user_namespace": process.user_ns,
        **{f"cap_{name}": caps.hex() for name, caps in process.sets.items()},
        "unread": process.unread,
    }
    logged: dict[str, Any] = {"name": "processes", "hostIdentifier": process.host}
    if process.time is not None:
        logged["unixTime"] = str(int(process.time.astimezone(UTC).timestamp()))
    columns = {column: str(value) for column, value in values.items() if value is not None}
    return {**logged, "action": "added", "columns": columns}
