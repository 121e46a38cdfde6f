"""What ``capset convert`` reads: each dialect as requests or sets, by the names of the containers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import chain, count
from typing import Any

from attrs import evolve, frozen

from capset.cli.documents import parsed, pods_of, unit_section
from capset.cli.output import Failure, warn
from capset.cli.shell import OPERATORS, UnfinishedError, commands
from capset.engines import Request
from capset.errors import FormatError
from capset.filecaps import FileCaps
from capset.formats import Problem, compose, docker, libcap, oci, systemd
from capset.formats.commandline import program
from capset.printable import printable
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState

__all__ = [
    "ENGINES",
    "READERS",
    "Sets",
    "Source",
    "as_docker_reads",
    "of_file",
    "of_iab",
    "of_process",
    "of_three",
    "of_unit",
]


@frozen(kw_only=True)
class Sets:
    """What a source says that has sets.

    Attributes:
        caps: The sets. Those that the source has no place for are made from the others.
        says: The names of those that it has a place for.
        user: The user who has them, as :class:`~capset.engines.Request` has it; empty where none is said.
        no_new_privs: Whether nothing is gained.
        before: Whether the sets are those before an execve(2).
        file: The file capabilities that they are made from, if any.
        unit: The unit that they are of, if any, and its section.
        problems: What the source says and its target does not take.
    """

    caps: CapState
    says: tuple[str, ...] = THREAD_SETS
    user: str = ""
    no_new_privs: bool = False
    before: bool = False
    file: FileCaps | None = None
    unit: systemd.Unit | None = None
    section: str = "Service"
    problems: tuple[Problem, ...] = ()


Source = Request | Sets


def _one(path: str, text: str) -> Any:
    documents = parsed(path, text)
    if len(documents) != 1:
        raise Failure(f"{printable(path)}: expected one document, found {len(documents)}")
    return documents[0][0]


def _from_docker(path: str, text: str) -> Mapping[str, Source]:
    try:
        found = commands(text.replace("\r\n", "\n"))
    except UnfinishedError as error:
        raise Failure(f"{printable(path)}: no command line: {error}") from None
    if not found:
        raise Failure(f"{printable(path)}: there is no command in it")
    if len(found) > 1:
        operator = next((f", without {command[0]}" for command in found if command[0] in OPERATORS), "")
        raise Failure(f"{printable(path)}: expected one command, docker run or its options{operator}")
    words = found[0]
    request = docker.from_flags(words)
    if words[0][:1] != "-" and program(words) != "docker":
        raise Failure(f"{printable(path)}: expected docker run, or its options, got {printable(words[0])!r}")
    return {"": as_docker_reads(request)}


def as_docker_reads(request: Request) -> Request:
    """Say who the user is where only a group is said: for Docker, and for it alone, root."""
    return evolve(request, user=f"0{request.user}") if request.user.startswith(":") else request


def _from_inspect(path: str, text: str) -> Mapping[str, Source]:
    return {"": as_docker_reads(docker.from_inspect(_one(path, text)))}


def _from_compose(path: str, text: str) -> Mapping[str, Source]:
    requests = compose.from_project(_one(path, text))
    return {name: as_docker_reads(request) for name, request in requests.items()}


def _from_kubernetes(path: str, text: str) -> Mapping[str, Source]:
    found: dict[str, Request] = {}
    for pod in (pod for document, _ in parsed(path, text) for pod in pods_of(document)):
        if isinstance(pod, FormatError):
            raise pod
        if pod.windows:
            warn(printable(f"{pod.name or 'the pod'}: Windows has no capabilities: what is written is for Linux"))
        for name, request in pod.requests().items():
            # Only within one pod are names unique.
            names = chain([name, f"{pod.name}-{name}"], (f"{pod.name}-{name}-{number}" for number in count(2)))
            found[next(free for free in names if free not in found)] = request
    return found


def _from_oci(path: str, text: str) -> Mapping[str, Source]:
    return {"": of_process(oci.from_process(_one(path, text)))}


def of_process(process: oci.Process) -> Sets:
    """Return what a ``config.json`` says."""
    user = f"{process.uid}:{process.gid}"
    return Sets(caps=process.caps, user=user, no_new_privs=process.no_new_privs, before=True, problems=process.problems)


def _from_systemd(path: str, text: str) -> Mapping[str, Source]:
    section = unit_section(path, text) or "Service"
    unit = systemd.from_unit(text, section=section)
    for problem in unit.problems:
        if problem.verdict == "refused":
            raise Failure(f"{printable(path)}: nothing comes of it: {printable(str(problem))}")
    return {"": of_unit(unit, section)}


def of_unit(unit: systemd.Unit, section: str = "Service") -> Sets:
    """Return what a unit says."""
    caps = unit.configured()
    caps = evolve(caps, effective=caps.bounding, permitted=caps.bounding)
    user = _DYNAMIC if unit.dynamic_user else unit.user or "0"
    user += f":{unit.group}" if unit.group else ""
    privileges = unit.no_new_privs or unit.dynamic_user
    sets = Sets(caps=caps, user=user, no_new_privs=privileges, before=True, problems=unit.problems)
    return evolve(sets, unit=unit, section=section)


_DYNAMIC = "61184"  # a user whom systemd makes has no other name elsewhere


def _from_libcap(_path: str, text: str) -> Mapping[str, Source]:
    return {"": of_three(libcap.from_text(text))}


def of_three(state: CapState) -> Sets:
    """Return what libcap's text says."""
    caps = evolve(state, bounding=state.permitted | state.inheritable, ambient=CapSet())
    return Sets(caps=caps, says=("effective", "permitted", "inheritable"))


def _from_iab(_path: str, text: str) -> Mapping[str, Source]:
    return {"": of_iab(libcap.iab_from_text(text.strip()))}


def of_iab(iab: libcap.IAB) -> Sets:
    """Return what an IAB tuple says."""
    held = {"effective": iab.ambient, "permitted": iab.ambient}
    caps = CapState(inheritable=iab.inheritable, ambient=iab.ambient, bounding=CapSet.all() - iab.blocked, **held)
    return Sets(caps=caps, says=("inheritable", "bounding", "ambient"))


def _from_xattr(path: str, text: str) -> Mapping[str, Source]:
    printed = re.findall(r"^security\.capability=(.*)$", text, re.MULTILINE)
    if len(printed) > 1:
        raise Failure(f"{printable(path)}: expected one attribute, found {len(printed)}")
    try:
        data = bytes.fromhex("".join((printed[0] if printed else text).split()).removeprefix("0x"))
    except ValueError:
        expected = "the attribute in hexadecimal digits, as getfattr -e hex prints it"
        raise Failure(f"{printable(path)}: expected {expected}") from None
    return {"": of_file(FileCaps.from_xattr(data))}


def of_file(file: FileCaps) -> Sets:
    """Return what the attribute of a file says."""
    return evolve(of_three(file.state), file=file)


# The engines that read requests.
ENGINES = {"compose": "docker", "docker": "docker", "inspect": "docker", "kubernetes": "containerd"}

READERS: dict[str, Callable[[str, str], Mapping[str, Source]]] = {
    "compose": _from_compose,
    "docker": _from_docker,
    "iab": _from_iab,
    "inspect": _from_inspect,
    "kubernetes": _from_kubernetes,
    "libcap": _from_libcap,
    "oci": _from_oci,
    "systemd": _from_systemd,
    "xattr": _from_xattr,
}
