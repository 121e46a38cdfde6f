"""Make up a fleet: two snapshots of two dozen hosts, on Monday and on Tuesday, which the notebook and the pages ask.

    python examples/make_fleet.py examples/fleet

Without a folder they are thrown away again. Nothing in it is real. What containers hold is what their engines give.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from attrs import evolve

from capset import CapSet, CapState, engines, fleet

INITIAL_USER_NS = 4026531837
ALL = CapSet.all()
MONDAY, TUESDAY = (datetime(2026, 11, day, 6, 0, tzinfo=UTC) for day in (2, 3))


def state(permitted: CapSet, bounding: CapSet = ALL) -> CapState:
    """Return the sets of a process that has all of *permitted* in effect."""
    return CapState(effective=permitted, permitted=permitted, bounding=bounding)


class Host:
    """A host on which processes are started, one after the other."""

    def __init__(self, name: str, kernel: str = "6.12.48+deb13-amd64", last_cap: int = 40) -> None:
        self.name = name
        self.random = Random(name)
        self.boot = "-".join(f"{self.random.getrandbits(bits):0{bits // 4}x}" for bits in (32, 16, 16, 16, 48))
        self.kernel, self.last_cap = kernel, last_cap
        self.processes: list[fleet.Row] = []

    def start(
        self,
        name: str,
        caps: CapState,
        *,
        uid: int = 0,
        group: str | None = None,
        container: str | None = None,
        engine: str | None = None,
        **more: object,
    ) -> None:
        """Start a process."""
        pid = self.processes[-1].pid + self.random.randint(1, 90) if self.processes else 1
        values: dict[str, object] = {
            "host": self.name,
            "boot": self.boot,
            "kernel": self.kernel,
            "last_cap": self.last_cap,
            "pid": pid,
            "tgid": pid,
            "ppid": 1 if pid > 1 else 0,
            "start": pid * 7,
            "name": name,
            "cgroup": group or f"/system.slice/{name}.service",
            "container": container,
            "engine": engine,
            "contained": container is not None,
            "kernel_thread": False,
            **{f"{kind}_{which}": uid for kind in ("uid", "gid") for which in ("real", "effective", "saved", "fs")},
            "groups": (),
            **{
                which: getattr(caps, which)
                for which in ("effective", "permitted", "inheritable", "bounding", "ambient")
            },
            "no_new_privs": False,
            "seccomp": 0,
            "user_ns": INITIAL_USER_NS,
        }
        self.processes.append(fleet.Row(**{**values, **more}))

    def contain(
        self, engine: str, names: tuple[str, ...], *, uid: int = 0, add: tuple[str, ...] = (), privileged: bool = False
    ) -> None:
        """Start a container with some processes in it."""
        made = sha256(f"{self.name} {len(self.processes)}".encode()).hexdigest()
        asked = engines.get(engine)
        caps = asked.container(add=add, uid=uid, privileged=privileged, available=CapSet.all(self.last_cap))
        group = (
            f"/system.slice/{engine}-{made}.scope"
            if engine == "docker"
            else f"/kubepods.slice/cri-containerd-{made}.scope"
        )
        for name in names:
            self.start(name, caps, uid=uid, group=group, container=made, engine=engine, seccomp=0 if privileged else 2)


def base(host: Host) -> None:
    """Start what every host has."""
    full = state(CapSet.all(host.last_cap), CapSet.all(host.last_cap))
    none = state(CapSet(), full.bounding)
    host.start("systemd", full, group="/init.scope")
    for name in ("systemd-journal", "systemd-udevd", "sshd", "cron", "backup"):
        host.start(name, full if name != "backup" else state(CapSet.parse("net_bind_service"), full.bounding))
    host.start("dbus-daemon", state(CapSet.parse("audit_write"), full.bounding), uid=101)
    host.start("chronyd", state(CapSet.parse("sys_time,net_bind_service"), full.bounding), uid=102)
    for _ in range(host.random.randint(2, 6)):
        host.start("bash", none, uid=1000, group="/user.slice/user-1000.slice/session-2.scope")


def monday() -> Iterator[Host]:
    """Make the hosts as they are on Monday."""
    for number in range(1, 9):
        host = Host(f"web{number}")
        base(host)
        for _ in range(3):
            host.contain("docker", ("nginx", "nginx"), add=("NET_RAW",) if number == 9 else ())
        host.contain("docker", ("app",) * 4, uid=1000)
        if number <= 6:
            host.contain("docker", ("node-exporter",), privileged=True)
        if number == 5:
            host.contain("docker", ("nginx", "nginx"), add=("NET_ADMIN",))
        yield host
    for number in range(1, 5):
        host = Host(f"db{number}", kernel="5.10.0-36-amd64")
        base(host)
        for _ in range(12):
            host.start("postgres", state(CapSet()), uid=110)
        yield host
    for number in range(1, 9):
        newest = number == 8  # a kernel that knows a capability which has no name yet
        host = Host(
            f"node{number}", kernel="7.4.0-1" if newest else "6.12.48+deb13-amd64", last_cap=41 if newest else 40
        )
        base(host)
        host.start("kubelet", state(CapSet.all(host.last_cap), CapSet.all(host.last_cap)))
        host.start("containerd", state(CapSet.all(host.last_cap), CapSet.all(host.last_cap)))
        host.contain("containerd", ("coredns",), uid=65532)
        host.contain("containerd", ("cilium-agent",), privileged=True)
        for _ in range(5):
            host.contain("containerd", ("api", "api"))
        if number == 3:
            host.contain("containerd", ("debugger",), uid=0, add=("SYS_PTRACE",))
        yield host


def tuesday() -> Iterator[Host]:
    """Make them as they are on Tuesday: most processes go on, some have changed, some are new."""
    for host in monday():
        if host.name == "db4":  # was switched off
            continue
        for at, process in enumerate(host.processes):
            if process.name == "backup" and host.name in {"db1", "db2", "db3"}:
                more = CapSet.parse("net_bind_service,dac_read_search")
                host.processes[at] = evolve(process, effective=more, permitted=more)
            if process.name == "chronyd" and host.name.startswith("node"):
                less = CapSet.parse("sys_time")
                host.processes[at] = evolve(process, effective=less, permitted=less)
        if host.name == "web3":  # its containers were started again, and are given more
            host.processes = [process for process in host.processes if process.name != "nginx"]
            for _ in range(3):
                host.contain("docker", ("nginx", "nginx"), add=("SYS_ADMIN",))
        if host.name == "node2":  # one process could not be read
            gone = host.processes.pop()
            unread = f"/proc/{gone.pid}/status: this process may not be read"
            host.processes.append(
                fleet.Row(host=host.name, boot=host.boot, kernel=host.kernel, last_cap=40, pid=gone.pid, unread=unread)
            )
        yield host
    host = Host("web9")
    base(host)
    host.contain("docker", ("nginx", "nginx"))
    yield host


def main(folder: str) -> None:
    """Write both snapshots."""
    for name, hosts, time in (("monday", monday(), MONDAY), ("tuesday", tuesday(), TUESDAY)):
        rows = (evolve(process, time=time) for host in hosts for process in host.processes)
        written = fleet.write(rows, Path(folder) / f"{name}.parquet")
        print(f"{name}.parquet: {written.rows} processes, {written.size} bytes, sha256 {written.sha256}")


if __name__ == "__main__":
    with TemporaryDirectory() as nowhere:  # to see that it can be done
        main(*(sys.argv[1:] or [nowhere]))
