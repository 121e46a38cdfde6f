"""Row: one process of one host at one time, as it stands in a row of a snapshot."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from attrs import frozen

from capset.ids import Ids
from capset.sets import THREAD_SETS, CapSet
from capset.shown import Tabular
from capset.state import CapState

__all__ = ["COLUMNS", "Kind", "Row", "SomeSets"]

Kind = Literal["text", "time", "number", "id", "ids", "mask", "flag"]


class SomeSets:
    """What has the five sets of a thread, of which some may not be known."""

    __slots__ = ()

    @property
    def sets(self) -> dict[str, CapSet]:
        """The sets that are known, by their names."""
        named = ((name, getattr(self, name)) for name in THREAD_SETS)
        return {name: caps for name, caps in named if caps is not None}

    @property
    def caps(self) -> CapState | None:
        """The five sets; None where one of them is not known."""
        known = self.sets
        return CapState(**known) if len(known) == len(THREAD_SETS) else None


@frozen(kw_only=True)
class Row(SomeSets, Tabular):
    """One process of one host at one time: a row of a fleet's snapshot, with an attribute for each column.

    None is what is not known. It is never "nothing": of a process that could not be read, the sets are None, and
    *unread* says why.

    Attributes:
        host: The name of the host.
        time: When it was read, in UTC.
        boot: The id that the kernel draws when it starts.
        kernel: The release of the kernel, as ``uname -r`` prints it.
        last_cap: The number of the last capability that this kernel knows.
        pid: The id of the thread; of a main thread that of the process.
        tgid: The id of the process.
        ppid: The id of the parent process.
        start: When it started, in ticks of the clock since the boot.
        name: The name of the thread, as :func:`capset.printable.printable` writes it.
        cgroup: The path of its control group.
        container: The id of its container, or its name, where the control group tells it.
        engine: The engine of its container, as :func:`capset.engines.get` takes it, where the control group tells it.
        contained: Whether it is in a container. False where the control group is one of the host's own, such as that
            of a service, and the pid namespace is, as far as that can be read; and of threads of the kernel.
        kernel_thread: Whether it is a thread of the kernel itself, which holds everything and runs no program.
        uid_real: Who started it.
        uid_effective: Who it acts as.
        uid_saved: Whom it may become again.
        uid_fs: Who it is to file systems.
        gid_real: The same of groups.
        gid_effective: The same of groups.
        gid_saved: The same of groups.
        gid_fs: The same of groups.
        groups: The supplementary groups.
        effective: What the kernel checks.
        permitted: What it may make effective.
        inheritable: What programs with such capabilities in their files may get of it.
        bounding: What it can ever gain.
        ambient: What programs without any get of it.
        no_new_privs: Whether execve(2) can no longer give privileges.
        seccomp: The seccomp mode: 0 disabled, 1 strict, 2 filter.
        user_ns: The inode number of its user namespace, in which its capabilities count.
        unread: What could not be read or understood, in words.

    Examples:
        >>> from capset import CapSet, fleet
        >>> web = fleet.Row(host="web1", pid=7, name="nginx", effective=CapSet.parse("net_raw"))
        >>> web.sets, web.caps
        ({'effective': CapSet.parse('CAP_NET_RAW')}, None)
    """

    host: str
    time: datetime | None = None
    boot: str | None = None
    kernel: str | None = None
    last_cap: int | None = None
    pid: int | None = None
    tgid: int | None = None
    ppid: int | None = None
    start: int | None = None
    name: str | None = None
    cgroup: str | None = None
    container: str | None = None
    engine: str | None = None
    contained: bool | None = None
    kernel_thread: bool | None = None
    uid_real: int | None = None
    uid_effective: int | None = None
    uid_saved: int | None = None
    uid_fs: int | None = None
    gid_real: int | None = None
    gid_effective: int | None = None
    gid_saved: int | None = None
    gid_fs: int | None = None
    groups: tuple[int, ...] | None = None
    effective: CapSet | None = None
    permitted: CapSet | None = None
    inheritable: CapSet | None = None
    bounding: CapSet | None = None
    ambient: CapSet | None = None
    no_new_privs: bool | None = None
    seccomp: int | None = None
    user_ns: int | None = None
    unread: str | None = None


COLUMNS: dict[str, Kind] = {
    "host": "text",
    "time": "time",
    "boot": "text",
    "kernel": "text",
    "last_cap": "number",
    "pid": "number",
    "tgid": "number",
    "ppid": "number",
    "start": "number",
    "name": "text",
    "cgroup": "text",
    "container": "text",
    "engine": "text",
    "contained": "flag",
    "kernel_thread": "flag",
    **dict.fromkeys((f"{kind}_{which}" for kind in ("uid", "gid") for which in Ids._fields), "id"),
    "groups": "ids",
    **dict.fromkeys(THREAD_SETS, "mask"),
    "no_new_privs": "flag",
    "seccomp": "number",
    "user_ns": "number",
    "unread": "text",
}
"""The columns of a snapshot, each with what it holds.

``"number"`` is a signed number of 64 bits, ``"id"`` an unsigned one of 32, ``"ids"`` a list of such, ``"mask"`` an
unsigned number of 64 bits in which bit *n* stands for capability *n*, ``"time"`` a time in microseconds, in UTC.
"""
