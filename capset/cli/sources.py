"""What ``capset convert`` reads: each dialect as requests or sets, by the names of the containers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from itertools import chain, count
from typing import Any

from attrs import evolve, frozen

from capset.cli.documents import parsed, pods_of, unit_section
from capset.cli.output import Failure
from capset.display import printable
from capset.engines import Request
from capset.filecaps import FileCaps
from capset.formats import Problem, compose, docker, libcap, oci, systemd
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["ENGINES", "READERS", "Sets", "Source"]


@frozen(kw_only=True)
class Sets:
    """What a source says that has sets.

    Attributes:
        caps: The sets. Those that the source has no place for are made from the others.
        user: The user who has them, as :class:`~capset.engines.Request` has it.
        no_new_privs: Whether nothing is gained.
        before: Whether the sets are those before an execve(2).
        file: The file capabilities that they are made from, if any.
        unit: The unit that they are of, if any, and its section.
        problems: What the source says and its target does not take.
    """

    caps: CapState
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
    joined = text.replace("\r\n", "\n").replace("\\\n", " ")
    lines = [line for line in joined.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    lexer = shlex.shlex("\n".join(lines), posix=True, punctuation_chars=";&|")
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError as error:
        raise Failure(f"{printable(path)}: no command line: {error}") from None
    if len(lines) > 1 or any(word[0] in ";&|" for word in words if word):
        raise Failure(f"{printable(path)}: expected one command, docker run or its options")
    request = docker.from_flags(words)
    if words and words[0][:1] != "-" and not any(word.rpartition("/")[2] == "docker" for word in words):
        raise Failure(f"{printable(path)}: expected docker run, or its options, got {printable(words[0])!r}")
    return {"": request}


def _from_inspect(path: str, text: str) -> Mapping[str, Source]:
    return {"": docker.from_inspect(_one(path, text))}


def _from_compose(path: str, text: str) -> Mapping[str, Source]:
    return compose.from_project(_one(path, text))


def _from_kubernetes(path: str, text: str) -> Mapping[str, Source]:
    found: dict[str, Request] = {}
    for pod in (pod for document, _ in parsed(path, text) for pod in pods_of(document)):
        for name, request in pod.requests().items():
            # Only within one pod are names unique.
            names = chain([name, f"{pod.name}-{name}"], (f"{pod.name}-{name}-{number}" for number in count(2)))
            found[next(free for free in names if free not in found)] = request
    return found


def _from_oci(path: str, text: str) -> Mapping[str, Source]:
    process = oci.from_process(_one(path, text))
    user = f"{process.uid}:{process.gid}" if process.uid or process.gid else ""
    sets = Sets(caps=process.caps, user=user, no_new_privs=process.no_new_privs, before=True, problems=process.problems)
    return {"": sets}


def _from_systemd(path: str, text: str) -> Mapping[str, Source]:
    section = unit_section(path, text) or "Service"
    unit = systemd.from_unit(text, section=section)
    for problem in unit.problems:
        if problem.verdict == "refused":
            raise Failure(f"{printable(path)}: nothing comes of it: {printable(str(problem))}")
    caps = unit.configured()
    caps = evolve(caps, effective=caps.bounding, permitted=caps.bounding)
    user = unit.user or (_DYNAMIC if unit.dynamic_user else "")
    privileges = unit.no_new_privs or unit.dynamic_user
    sets = Sets(caps=caps, user=user, no_new_privs=privileges, before=True, problems=unit.problems)
    return {"": evolve(sets, unit=unit, section=section)}


_DYNAMIC = "61184"  # a user whom systemd makes has no other name elsewhere


def _from_libcap(_path: str, text: str) -> Mapping[str, Source]:
    state = libcap.from_text(text)
    return {"": Sets(caps=evolve(state, bounding=state.permitted | state.inheritable))}


def _from_iab(_path: str, text: str) -> Mapping[str, Source]:
    iab = libcap.iab_from_text(text.strip())
    held = {"effective": iab.ambient, "permitted": iab.ambient}
    bounding = CapSet.all() - iab.blocked
    return {"": Sets(caps=CapState(inheritable=iab.inheritable, ambient=iab.ambient, bounding=bounding, **held))}


def _from_xattr(path: str, text: str) -> Mapping[str, Source]:
    printed = re.findall(r"^security\.capability=(.*)$", text, re.MULTILINE)
    if len(printed) > 1:
        raise Failure(f"{printable(path)}: expected one attribute, found {len(printed)}")
    try:
        data = bytes.fromhex("".join((printed[0] if printed else text).split()).removeprefix("0x"))
    except ValueError:
        expected = "the attribute in hexadecimal digits, as getfattr -e hex prints it"
        raise Failure(f"{printable(path)}: expected {expected}") from None
    file = FileCaps.from_xattr(data)
    caps = evolve(file.state, bounding=file.permitted | file.inheritable)
    return {"": Sets(caps=caps, file=file)}


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
