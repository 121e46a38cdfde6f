"""What ``capset convert`` writes: of each container a text, or its part of a document, and what that says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

from attrs import evolve, frozen
from ruamel.yaml import YAML

from capset.cli.output import Failure
from capset.cli.sources import Sets, Source, as_docker_reads, of_file, of_iab, of_process, of_three, of_unit
from capset.engines import Engine, Request
from capset.engines.engine import LAST_ID
from capset.engines.process import first_process
from capset.engines.request import named_uid
from capset.filecaps import FileCaps
from capset.formats import compose, docker, kubernetes, libcap, oci, systemd
from capset.printable import printable
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["TARGETS", "Target", "Written", "running"]


@frozen(kw_only=True)
class Written:
    """What was written of one container.

    Attributes:
        text: A text, or a part of a document.
        says: What is read in it, which may be less than was to be said.
    """

    text: Any
    says: Source


@frozen(kw_only=True)
class Target:
    """A dialect that is written.

    Attributes:
        write: Writes one container; the engine makes sets of a request, or is asked for them.
        join: Puts what was written of several, by their names, into one text.
        lacks: What the dialect has no place for: names of sets, ``"user"``, ``"no_new_privs"``, ``"rootid"``.
    """

    write: Callable[[Source, Engine], Written]
    join: Callable[[Mapping[str, Any]], str]
    lacks: frozenset[str] = frozenset({"rootid"})


def running(source: Source, engine: Engine) -> CapState:
    """Return the sets after the execve(2) of a program without capabilities of its own."""
    if isinstance(source, Request):
        return engine.container(source, uid=_stand_in(source))
    if not source.before:
        return source.caps
    return _executed(source.caps, source)


def _executed(caps: CapState, source: Source) -> CapState:
    root = _uid(source.user) == 0
    return first_process(caps, held=CapSet.all(), root=root, no_new_privs=source.no_new_privs)


def _uid(user: str) -> int:
    """Return the number of a user; whoever a name means, it is hardly root."""
    number = named_uid(user.partition(":")[0])
    return 1 if number is None else number


def _stand_in(request: Request) -> int | None:
    """Return a number for a user who has none but a name."""
    return _uid(request.user) if request.uid is None else None


def _request(source: Source, engine: Engine) -> Request:
    """Return the request itself, or the shortest one whose bounding set is that of these sets."""
    if isinstance(source, Request):
        return source
    return evolve(engine.request(source.caps.bounding), user=source.user, no_new_privs=source.no_new_privs)


def _to_docker(source: Source, engine: Engine) -> Written:
    flags = docker.to_flags(_request(source, engine))
    return Written(text=shlex.join(flags), says=as_docker_reads(docker.from_flags(flags)))


def _to_compose(source: Source, engine: Engine) -> Written:
    service = compose.to_service(_request(source, engine))
    return Written(text=service, says=as_docker_reads(compose.from_service(service)))


def _to_kubernetes(source: Source, engine: Engine) -> Written:
    container = kubernetes.to_container(_request(source, engine))
    return Written(text=container, says=kubernetes.from_container(container))


def _to_systemd(source: Source, engine: Engine) -> Written:
    unit, section = (source.unit, source.section) if isinstance(source, Sets) else (None, "Service")
    unit = unit or _unit(source, engine)
    return Written(text=systemd.to_unit(unit, section=section).rstrip("\n"), says=of_unit(unit, section))


def _unit(source: Source, engine: Engine) -> systemd.Unit:
    state = running(source, engine)
    lacking = CapSet.all() - state.bounding
    # What lacks little has what is to come.
    bounding = state.bounding if len(lacking) > len(state.bounding) else CapSet.from_mask(2**64 - 1) - lacking
    user, group = ("" if each == "0" else each for each in map(_plain_id, source.user.partition(":")[::2]))
    if user and source.user.partition(":")[2]:
        group = group or "0"
    return systemd.Unit(
        bounding=bounding, ambient=state.ambient, user=user, group=group, no_new_privs=source.no_new_privs
    )


def _plain_id(name: str) -> str:
    """Write a number without a sign or zeros in front, which systemd would not take; root has one too."""
    number = named_uid(name)
    return name if number is None else str(number)


def _to_libcap(source: Source, engine: Engine) -> Written:
    state = running(source, engine)
    return Written(text=libcap.to_text(state), says=of_three(state))


def _to_iab(source: Source, engine: Engine) -> Written:
    iab = libcap.IAB.from_state(running(source, engine))
    says = of_iab(iab)
    if isinstance(source, Request) or source.user:
        # Whoever it is, what is effective and permitted comes of the three sets by itself.
        before = evolve(says.caps, effective=says.caps.bounding, permitted=says.caps.bounding)
        says = evolve(says, caps=_executed(before, source))
    return Written(text=str(iab), says=says)


def _to_xattr(source: Source, engine: Engine) -> Written:
    file = source.file if isinstance(source, Sets) else None
    file = file or FileCaps.from_state(running(source, engine))
    return Written(text=file.to_xattr().hex(), says=of_file(file))


def _to_oci(source: Source, engine: Engine) -> Written:
    user, _, group = source.user.partition(":")
    ids = [named_uid(user), named_uid(group)]
    if any(number is None or not 0 <= number <= LAST_ID for number in ids):
        raise Failure(f"config.json takes numbers alone for the user, and this is {printable(source.user)!r}")
    uid, gid = (number or 0 for number in ids)
    caps = source.caps if isinstance(source, Sets) else engine.configured(source, uid=_stand_in(source))
    process = oci.Process(caps=caps, no_new_privs=source.no_new_privs, uid=uid, gid=gid)
    return Written(text=json.dumps({"process": oci.to_process(process)}, indent=2), says=of_process(process))


def _services(parts: Mapping[str, Any]) -> str:
    return _yaml({"services": {name or "app": service for name, service in parts.items()}})


def _pod(parts: Mapping[str, Any]) -> str:
    return _yaml({"spec": {"containers": [{"name": name or "app", **part} for name, part in parts.items()]}})


def _yaml(value: object) -> str:
    out = StringIO()
    yaml: Any = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(value, out)
    return out.getvalue().rstrip("\n")


def _one_by_one(parts: Mapping[str, Any]) -> str:
    """Write several one after the other, each below its name."""
    if len(parts) == 1:
        return "".join(parts.values())
    return "\n".join(f"# {printable(name)}\n{text}" for name, text in parts.items())


def _one_alone(parts: Mapping[str, Any]) -> str:
    if len(parts) > 1:
        names = ", ".join(map(printable, parts))
        raise Failure(f"config.json is about one container, and here are {len(parts)}: choose with --name from {names}")
    return _one_by_one(parts)


_WHO = frozenset({"user", "no_new_privs"})

TARGETS = {
    "compose": Target(write=_to_compose, join=_services),
    "docker": Target(write=_to_docker, join=_one_by_one),
    "iab": Target(write=_to_iab, join=_one_by_one, lacks=_WHO | {"effective", "permitted", "rootid"}),
    "kubernetes": Target(write=_to_kubernetes, join=_pod),
    "libcap": Target(write=_to_libcap, join=_one_by_one, lacks=_WHO | {"bounding", "ambient", "rootid"}),
    "oci": Target(write=_to_oci, join=_one_alone),
    "systemd": Target(write=_to_systemd, join=_one_by_one),
    "xattr": Target(write=_to_xattr, join=_one_by_one, lacks=_WHO | {"bounding", "ambient"}),
}
