"""Strategies of the parts that readers of formats find in documents, each read in a small one that is drawn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from capset.capability import Cap
from capset.engines import Request
from capset.formats import audit, gitlab, kubernetes, lxc, nomad, processes, programs, strace, systemctl
from capset.formats.audit import Record
from capset.formats.gitlab import Container
from capset.formats.kubernetes import Pod
from capset.formats.lxc import Line
from capset.formats.nomad import Task
from capset.formats.printed import Printed
from capset.formats.strace import Returned
from capset.formats.systemctl import Shown
from capset.sets import CapSet
from capset.testing.strategies.documents import pod
from capset.testing.strategies.engines import requests
from capset.testing.strategies.values import caps, capsets

__all__ = ["containers", "lines", "pods", "printed", "records", "returned", "tasks", "units_shown"]


def pods() -> st.SearchStrategy[Pod]:
    """Draw pods of one container."""

    def read(request: Request) -> Pod:
        [found] = kubernetes.pods(pod({"web": request}))
        return found

    return requests().map(read)


def tasks() -> st.SearchStrategy[Task]:
    """Draw tasks of Nomad's jobs, as its API writes them."""

    def read(request: Request, driver: str) -> Task:
        config = {"image": "web", "cap_add": [*request.add], "cap_drop": [*request.drop]}
        task = {"Name": "web", "Driver": driver, "User": request.user, "Config": config}
        [found] = nomad.from_job({"Job": {"TaskGroups": [{"Name": "all", "Tasks": [task]}]}})
        return found

    return st.builds(read, requests(), st.sampled_from(["docker", "podman", "exec"]))


def containers() -> st.SearchStrategy[Container]:
    """Draw the kinds of containers that a runner of GitLab starts."""

    def read(request: Request) -> list[Container]:
        asked: dict[str, Any] = {"cap_add": [*request.add], "cap_drop": [*request.drop]}
        runners = [{"name": "ci", "executor": kind, kind: asked} for kind in ("docker", "kubernetes")]
        return gitlab.from_config({"runners": runners})

    return requests().map(read).flatmap(st.sampled_from)


def lines() -> st.SearchStrategy[Line]:
    """Draw lines of LXC's configurations that keep capabilities or drop them."""

    def read(key: str, named: CapSet) -> Line:
        [found] = lxc.lines_of(f"{key} = {' '.join(cap.name.lower() for cap in named)}\n")
        return found

    return st.builds(read, st.sampled_from(["lxc.cap.drop", "lxc.cap.keep"]), capsets(known=True))


def records() -> st.SearchStrategy[Record]:
    """Draw records of the audit log, in which SELinux grants a capability or denies it."""

    def read(cap: Cap, answer: str, pid: int) -> Record:
        name = cap.name.lower()
        text = f"type=AVC msg=audit(1.2:3): avc:  {answer}  {{ {name} }} for  pid={pid} tclass=capability"
        [found] = [each for each in audit.records(f"{text} capability={int(cap)}") if isinstance(each, Record)]
        return found

    return st.builds(read, caps(known=True), st.sampled_from(["denied", "granted"]), st.integers(1, 2**22))


def returned() -> st.SearchStrategy[Returned]:
    """Draw calls as strace prints them."""

    def read(name: str, result: str) -> Returned:
        [found] = [each for each in strace.calls(f"[pid 7] {name}(0) = {result}") if isinstance(each, Returned)]
        return found

    results = st.sampled_from(["0", "-1 EPERM (Operation not permitted)"])
    return st.builds(read, st.sampled_from(["mount", "sethostname"]), results)


def printed() -> st.SearchStrategy[Printed]:
    """Draw what ``capsh --decode`` prints of masks, and getcap of files that have a capability at least."""

    def mask(held: CapSet) -> Printed:
        [found] = processes.decoded(f"0x{held.hex()}={_words(held, ',')}\n")
        return found

    def file(held: CapSet, flags: str) -> Printed:
        [found] = programs.getcap(f"/opt/app {_words(held, ',')}={flags}\n")
        return found

    some = capsets(known=True, min_size=1)
    return capsets().map(mask) | st.builds(file, some, st.sampled_from(["ep", "p", "eip"]))


def _words(held: CapSet, between: str) -> str:
    return between.join(str(cap).lower() for cap in held)


def units_shown() -> st.SearchStrategy[Shown]:
    """Draw what ``systemctl show`` prints of units; of some properties nothing may be shown."""

    def read(bounding: CapSet | None, ambient: CapSet | None, user: str | None) -> Shown:
        says = {"Id": "web.service", "User": user}
        for name, held in (("CapabilityBoundingSet", bounding), ("AmbientCapabilities", ambient)):
            says[name] = None if held is None else _words(held, " ")
        [found] = systemctl.show("".join(f"{name}={value}\n" for name, value in says.items() if value is not None))
        return found

    some = st.none() | capsets(known=True)
    return st.builds(read, some, some, st.sampled_from([None, "", "web", "1000"]))
