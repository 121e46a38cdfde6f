"""Processes of a fleet, from scans of hosts and from what ``capset ps --json`` has printed of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any, cast

from attrs import frozen

from capset.bounds import bounded
from capset.errors import ArgumentError, CapsetError, FormatError, StatusError, require, shown
from capset.fleet.lines import once
from capset.fleet.row import Row
from capset.live.kernel_threads import is_kernel_thread
from capset.live.origin import (
    Origin,
    boot_id,
    control_group,
    has_own_pids,
    host_name,
    is_here,
    origin,
    sees_all_groups,
    start_time,
)
from capset.live.reading import kernel_release, last_cap
from capset.live.scanning import Scan
from capset.live.snapshot import Snapshot
from capset.live.status import ProcStatus
from capset.printable import message, printable

__all__ = ["processes"]

_UNKNOWN, _OUTSIDE = Origin(), Origin(contained=False)
HIDDEN = "this /proc hides the processes of other users, of which none is listed"


@frozen
class _Host:
    """What is the same of all processes that were read together."""

    name: str
    time: datetime | None
    boot: str | None = None
    kernel: str | None = None
    last_cap: int | None = None


def processes(
    source: Scan | Snapshot | Mapping[str, Any] | str | bytes,
    *,
    host: str | None = None,
    time: datetime | None = None,
) -> Iterator[Row]:
    """Make rows of a snapshot of the processes of a host, as they are read.

    Of a scan the files beside each ``status`` are read too: ``stat``, ``cgroup`` and, if the scan was asked for it,
    the user namespace. A process that could not be read is a row without sets, whose ``unread`` says why; those that
    ended meanwhile are left out.

    Args:
        source: A scan, of this host or of a saved tree; a snapshot; or what ``capset ps --json`` has printed, as text
            or parsed.
        host: The name of the host. If not given, that of ``sys/kernel/hostname`` of a scan.
        time: When it was read, with its zone. If not given, a scan of ``/proc`` was now, and of others it is not
            known.

    Raises:
        ArgumentError: The name of the host is not known, or *time* has no zone.
        FormatError: A text is nothing that ``capset ps --json`` prints.
        TypeError: *source* is something else.

    Examples:
        >>> from capset import fleet, live
        >>> [(row.host, row.pid, row.name) for row in fleet.processes(live.scan(proc="examples/host"), host="web1")]
        [('web1', 1, 'sh'), ('web1', 7, 'cat')]
    """
    require(host, str | None, "the name of a host as str")
    require(time, datetime | None, "a time as datetime.datetime")
    if time is not None:
        if time.tzinfo is None:
            raise ArgumentError(f"expected a time with its zone, such as datetime.now(UTC), got {time}", time)
        time = time.astimezone(UTC)
    if host == "":
        raise ArgumentError("expected the name of a host, got an empty text", host)
    match source:
        case Scan():
            return _of_scan(source, host, time)
        case Snapshot():
            return _of_snapshot(source, _Host(_named(host, "a snapshot"), time))
        case Mapping() | str() | bytes():
            return _of_ps(source, _Host(_named(host, "what capset ps prints"), time))
        case _:  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"expected a scan, a snapshot, or what capset ps --json prints, got {shown(source)}")


def _named(host: str | None, what: str) -> str:
    if host is None:
        raise ArgumentError(f"{what} does not say the name of the host: give host=", host)
    return message(host)


def _of_scan(scan: Scan, host: str | None, time: datetime | None) -> Iterator[Row]:
    proc = scan.proc
    if host is None and (host := host_name(proc=proc)) is None:
        raise ArgumentError(f"{proc} has no sys/kernel/hostname, which names the host: give host=", proc)
    if time is None and is_here(proc=proc):
        time = datetime.now(UTC)
    where = _Host(message(host), time, boot_id(proc=proc), _release(proc), _last_cap(proc))
    return _read(scan, where)


def _read(scan: Scan, host: _Host) -> Iterator[Row]:
    whole = sees_all_groups(proc=scan.proc)  # else every path begins at the group of some container
    for status in scan:
        tid = None if status.pid == status.tgid else status.pid
        started = start_time(status.tgid, proc=scan.proc, tid=tid)
        group = control_group(status.tgid, proc=scan.proc, tid=tid)
        kernel = is_kernel_thread(status, proc=scan.proc)
        found = origin(group) if group is not None else _UNKNOWN
        if kernel:
            found = _OUTSIDE
        elif found.contained is False and (not whole or has_own_pids(status.tgid, proc=scan.proc, tid=tid)):
            found = _UNKNOWN
        yield _of_status(status, host, start=started, group=group, place=found, kernel=kernel)
    yield from _unread(scan, host)


def _of_snapshot(snapshot: Snapshot, host: _Host) -> Iterator[Row]:
    yield from (_of_status(status, host) for status in snapshot)
    yield from _unread(snapshot, host)


def _of_status(
    status: ProcStatus,
    host: _Host,
    *,
    start: int | None = None,
    group: str | None = None,
    place: Origin = _UNKNOWN,
    kernel: bool | None = None,
) -> Row:
    caps, uids, gids = status.caps, status.uids, status.gids
    return Row(
        host=host.name,
        time=host.time,
        boot=host.boot,
        kernel=host.kernel,
        last_cap=host.last_cap,
        pid=status.pid,
        tgid=status.tgid,
        ppid=status.ppid,
        start=start,
        name=printable(status.name),
        cgroup=group and message(group),
        container=place.container and message(place.container),
        engine=place.engine,
        contained=place.contained,
        kernel_thread=kernel,
        uid_real=uids.real,
        uid_effective=uids.effective,
        uid_saved=uids.saved,
        uid_fs=uids.fs,
        gid_real=gids.real,
        gid_effective=gids.effective,
        gid_saved=gids.saved,
        gid_fs=gids.fs,
        groups=status.groups,
        effective=caps.effective,
        permitted=caps.permitted,
        inheritable=caps.inheritable,
        bounding=caps.bounding,
        ambient=caps.ambient,
        no_new_privs=status.no_new_privs,
        seccomp=status.seccomp,
        user_ns=status.user_ns,
    )


_PRINTED = "what capset ps --json prints"
_PLACE = re.compile(r"/([0-9]{1,19})(?:/task/([0-9]{1,19}))?/(?:status|task)\b")


def _unread(found: Scan | Snapshot, host: _Host) -> Iterator[Row]:
    """Make a row of each process that could not be read."""
    for denied in found.denied:
        tid = denied.tid if denied.tid is not None else denied.pid
        yield _row(host, tid if isinstance(tid, int) else None, str(denied))
    others: Iterable[StatusError | OSError] = (*found.malformed, *found.failed)
    for error in others:
        path = error.source if isinstance(error, StatusError) else str(error.filename)
        yield _row(host, _thread(path), str(error))
    if found.hidden:
        yield _row(host, None, HIDDEN)


def _thread(text: str) -> int | None:
    """Return the id of the thread whose file a text names."""
    place = _PLACE.search(text)
    return int(place[2] or place[1]) if place else None


def _row(host: _Host, pid: int | None, why: str, *, kernel: bool | None = None) -> Row:
    return Row(
        host=host.name,
        time=host.time,
        boot=host.boot,
        kernel=host.kernel,
        last_cap=host.last_cap,
        pid=pid,
        contained=False if kernel else None,
        kernel_thread=kernel,
        unread=message(why),
    )


def _release(proc: str) -> str | None:
    try:
        return message(kernel_release(proc=proc))
    except (OSError, CapsetError):
        return None


def _last_cap(proc: str) -> int | None:
    try:
        return int(last_cap(proc=proc))
    except (OSError, CapsetError):
        return None


def _of_ps(source: Mapping[str, Any] | str | bytes, host: _Host) -> Iterator[Row]:
    told: Any = source
    if isinstance(source, str | bytes):
        bounded(source, "ps")
        try:
            told = json.loads(source, object_pairs_hook=once)
        except (RecursionError, ValueError) as error:
            raise FormatError("ps", source, f"{_PRINTED} ({error}); a folder is read by live.scan(proc=...)") from None
    found: dict[str, Any] = {}
    if isinstance(told, Mapping):
        found.update(cast("Mapping[str, Any]", told))
    if "processes" not in found:
        raise FormatError("processes", source, "the list processes that capset ps --json prints, without --group")
    kernel = _kernel_threads(found)
    statuses: list[ProcStatus] = []
    for at, each in enumerate(_list(found, "processes")):
        try:
            statuses.append(ProcStatus.from_dict(each))
        except FormatError as error:
            raise FormatError(f"processes[{at}].{error.place}", error.value, error.expected) from None
    rows = (
        _of_status(status, host, place=_OUTSIDE if kernel(status.pid) else _UNKNOWN, kernel=kernel(status.pid))
        for status in statuses
    )
    return chain(rows, list(_not_listed(found, len(statuses), host)))


def _kernel_threads(told: Mapping[str, Any]) -> Callable[[int], bool | None]:
    """Return what says of a thread that is listed whether it is of the kernel; None where ps did not say."""
    threads = told.get("kernel_threads")
    if not isinstance(threads, Mapping) or "listed" not in threads:
        return lambda _: None
    found = cast("Mapping[str, Any]", threads)
    listed, unsure = set(_ids(found, "listed")), set(_ids(found, "not_known"))
    return lambda pid: None if pid in unsure else pid in listed


def _ids(told: Mapping[str, Any], key: str) -> list[int]:
    found = _list(told, key)
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in found):
        raise FormatError(f"kernel_threads.{key}", found, "the ids of threads of the kernel")
    return found


def _not_listed(told: Mapping[str, Any], listed: int, host: _Host) -> Iterator[Row]:
    """Make a row of what ps could not read, or has left out."""
    for each in _list(told, "denied"):
        match each:
            case {"tid": int(thread)} | {"tid": None, "pid": int(thread)}:
                yield _row(host, thread, "it may not be read")
            case _:
                raise FormatError("denied", each, "a process that could not be read, with its pid and tid")
    for key in ("malformed", "failed"):
        for each in _list(told, key):
            if not isinstance(each, str):
                raise FormatError(key, each, "a text that says what could not be read")
            yield _row(host, _thread(each), each)
    if told.get("hidden"):
        yield _row(host, None, HIDDEN)
    threads = told.get("kernel_threads")
    if threads is not None and not isinstance(threads, Mapping):
        raise FormatError("kernel_threads", threads, "an object with the threads of the kernel, as ps prints it")
    kernel = _ids(cast("Mapping[str, Any]", threads or {}), "left_out")
    for pid in kernel:
        yield _row(host, pid, "a thread of the kernel, which ps has left out", kernel=True)
    of = told.get("of", listed)
    if not isinstance(of, int) or isinstance(of, bool):
        raise FormatError("of", of, "the number of processes that there were")
    if of > listed + len(kernel):
        yield _row(host, None, f"ps was told to list some alone: of {of} processes {listed} are listed")


def _list(told: Mapping[str, Any], key: str) -> list[Any]:
    found: Any = told.get(key, [])
    if not isinstance(found, list):
        raise FormatError(key, found, "a list, as capset ps --json prints it")
    entries: list[Any] = found  # pyright: ignore[reportUnknownVariableType]
    return entries
