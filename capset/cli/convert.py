"""``capset convert``: from one way of writing capabilities to another."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping
from io import StringIO
from typing import Any

import click
from attrs import evolve, frozen
from ruamel.yaml import YAML

from capset.cli.documents import is_unit, parsed, read_text
from capset.cli.group import capset
from capset.cli.operands import engine_named
from capset.cli.output import Failure, say, warn
from capset.display import printable
from capset.engines import Engine, Request
from capset.engines.process import first_process
from capset.engines.request import named_uid
from capset.filecaps import FileCaps
from capset.formats import Problem, compose, docker, kubernetes, libcap, oci, systemd
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["convert"]


@frozen(kw_only=True)
class _Sets:
    """What a source says that has sets.

    Attributes:
        caps: The sets. Those that the source has no place for are made from the others.
        user: The user who has them, as :class:`~capset.engines.Request` has it.
        no_new_privs: Whether nothing is gained.
        before: Whether the sets are those before an execve(2).
        rootid: Of file capabilities.
    """

    caps: CapState
    user: str = ""
    no_new_privs: bool = False
    before: bool = False
    rootid: int = 0


_Source = Request | _Sets

# -- readers: from a text to what it says, by the names of the containers ---------------------------


def _tell(problems: Iterable[Problem], name: str = "") -> None:
    for problem in problems:
        warn(printable(f"{name + ': ' if name else ''}{problem}"))


def _told(requests: Mapping[str, Request]) -> Mapping[str, Request]:
    for name, request in requests.items():
        _tell(request.problems, name)
    return requests


def _one(path: str, text: str) -> Any:
    documents = parsed(path, text)
    if len(documents) != 1:
        raise Failure(f"{printable(path)}: expected one document, found {len(documents)}")
    return documents[0]


def _from_docker(path: str, text: str) -> Mapping[str, _Source]:
    try:
        words = shlex.split(text.replace("\\\n", " "), comments=True)
    except ValueError as error:
        raise Failure(f"{printable(path)}: no command line: {error}") from None
    return _told({"": docker.from_flags(words)})


def _from_inspect(path: str, text: str) -> Mapping[str, _Source]:
    return _told({"": docker.from_inspect(_one(path, text))})


def _from_compose(path: str, text: str) -> Mapping[str, _Source]:
    return _told(compose.from_project(_one(path, text)))


def _from_kubernetes(path: str, text: str) -> Mapping[str, _Source]:
    found: dict[str, Request] = {}
    for pod in (pod for document in parsed(path, text) for pod in kubernetes.pods(document)):
        for name, request in pod.requests().items():
            # Only within one pod are names unique.
            found[f"{pod.name}-{name}" if name in found else name] = request
    return _told(found)


def _from_oci(path: str, text: str) -> Mapping[str, _Source]:
    process = oci.from_process(_one(path, text))
    _tell(process.problems)
    user = f"{process.uid}:{process.gid}" if process.uid or process.gid else ""
    return {"": _Sets(caps=process.caps, user=user, no_new_privs=process.no_new_privs, before=True)}


def _from_systemd(path: str, text: str) -> Mapping[str, _Source]:
    unit = systemd.from_unit(text, section=is_unit(path, text) or "Service")
    _tell(unit.problems)
    if any(problem.verdict == "refused" for problem in unit.problems):
        raise Failure(f"{printable(path)}: systemd does not load it")
    caps = unit.configured()
    caps = evolve(caps, effective=caps.bounding, permitted=caps.bounding)
    return {"": _Sets(caps=caps, user=unit.user, no_new_privs=unit.no_new_privs, before=True)}


def _from_libcap(_path: str, text: str) -> Mapping[str, _Source]:
    state = libcap.from_text(text)
    return {"": _Sets(caps=evolve(state, bounding=state.permitted | state.inheritable))}


def _from_iab(_path: str, text: str) -> Mapping[str, _Source]:
    iab = libcap.iab_from_text(text.strip())
    held = {"effective": iab.ambient, "permitted": iab.ambient}
    bounding = CapSet.all() - iab.blocked
    return {"": _Sets(caps=CapState(inheritable=iab.inheritable, ambient=iab.ambient, bounding=bounding, **held))}


def _from_xattr(path: str, text: str) -> Mapping[str, _Source]:
    try:
        data = bytes.fromhex("".join(text.split()).removeprefix("0x"))
    except ValueError:
        expected = "the attribute in hexadecimal digits, as getfattr -e hex prints it"
        raise Failure(f"{printable(path)}: expected {expected}") from None
    file = FileCaps.from_xattr(data)
    caps = evolve(file.state, bounding=file.permitted | file.inheritable)
    return {"": _Sets(caps=caps, rootid=file.rootid)}


# -- writers: from what was said to a text -----------------------------------------------------------


def _uid(user: str) -> int:
    """Return the number of a user; whoever a name means, it is hardly root."""
    number = named_uid(user.partition(":")[0])
    return 1 if number is None else number


def _request(source: _Source, engine: Engine) -> Request:
    """Return the request itself, or the shortest one whose bounding set is that of these sets."""
    if isinstance(source, Request):
        return source
    request = evolve(engine.request(source.caps.bounding), user=source.user, no_new_privs=source.no_new_privs)
    if difference := _running(source, engine).diff(_running(request, engine)):
        warn(f"what {engine} gives is not the same: {'; '.join(str(difference).splitlines())}")
    return request


def _configured(source: _Source, engine: Engine) -> CapState:
    """Return the sets before the execve(2)."""
    return source.caps if isinstance(source, _Sets) else engine.configured(source, uid=_uid(source.user))


def _running(source: _Source, engine: Engine) -> CapState:
    """Return the sets after the execve(2) of a program without capabilities of its own."""
    if isinstance(source, Request):
        return engine.container(source, uid=_uid(source.user))
    if not source.before:
        return source.caps
    held, root = CapSet.all(), _uid(source.user) == 0
    return first_process(source.caps, held=held, root=root, no_new_privs=source.no_new_privs)


def _three(source: _Source, engine: Engine) -> CapState:
    """Return the sets for a dialect that has three of them."""
    state = _running(source, engine)
    if state.ambient or state.bounding != state.permitted | state.inheritable:
        warn("left out: the bounding and the ambient set")
    return state


def _to_docker(source: _Source, engine: Engine) -> str:
    return shlex.join(docker.to_flags(_request(source, engine)))


def _to_systemd(source: _Source, engine: Engine) -> str:
    state = _running(source, engine)
    unit = systemd.Unit(
        bounding=None if state.bounding == CapSet.all() else state.bounding,
        ambient=state.ambient,
        user=source.user.partition(":")[0],
        no_new_privs=source.no_new_privs,
    )
    return systemd.to_unit(unit).rstrip("\n")


def _to_libcap(source: _Source, engine: Engine) -> str:
    return libcap.to_text(_three(source, engine))


def _to_iab(source: _Source, engine: Engine) -> str:
    return str(libcap.IAB.from_state(_running(source, engine)))


def _to_xattr(source: _Source, engine: Engine) -> str:
    rootid = source.rootid if isinstance(source, _Sets) else 0
    return FileCaps.from_state(_three(source, engine), rootid=rootid).to_xattr().hex()


def _to_oci(source: _Source, engine: Engine) -> str:
    user, _, group = source.user.partition(":")
    ids = named_uid(user), named_uid(group)
    if None in ids:
        raise Failure(f"config.json takes numbers alone for the user, and this is {printable(source.user)!r}")
    uid, gid = (number or 0 for number in ids)
    process = oci.Process(caps=_configured(source, engine), no_new_privs=source.no_new_privs, uid=uid, gid=gid)
    return json.dumps({"process": oci.to_process(process)}, indent=2)


def _compose(sources: Mapping[str, _Source], engine: Engine) -> str:
    services = {name or "app": compose.to_service(_request(source, engine)) for name, source in sources.items()}
    return _yaml({"services": services})


def _kubernetes(sources: Mapping[str, _Source], engine: Engine) -> str:
    requests = {name or "app": _request(source, engine) for name, source in sources.items()}
    containers = [{"name": name, **kubernetes.to_container(request)} for name, request in requests.items()]
    return _yaml({"spec": {"containers": containers}})


def _yaml(value: object) -> str:
    out = StringIO()
    yaml: Any = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(value, out)
    return out.getvalue().rstrip("\n")


def _each(write: Callable[[_Source, Engine], str]) -> Callable[[Mapping[str, _Source], Engine], str]:
    """Write containers one after the other, each below its name."""

    def together(sources: Mapping[str, _Source], engine: Engine) -> str:
        if len(sources) == 1:
            return write(next(iter(sources.values())), engine)
        if write is _to_oci:
            names = ", ".join(map(printable, sources))
            raise Failure(
                f"config.json is about one container, and here are {len(sources)}: choose with --name from {names}"
            )
        return "\n".join(f"# {name}\n{write(source, engine)}" for name, source in sources.items())

    return together


_READERS: dict[str, Callable[[str, str], Mapping[str, _Source]]] = {
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
_WRITERS: dict[str, Callable[[Mapping[str, _Source], Engine], str]] = {
    "compose": _compose,
    "docker": _each(_to_docker),
    "iab": _each(_to_iab),
    "kubernetes": _kubernetes,
    "libcap": _each(_to_libcap),
    "oci": _each(_to_oci),
    "systemd": _each(_to_systemd),
    "xattr": _each(_to_xattr),
}


@capset.command()
@click.argument("file", default="-")
@click.option("--from", "dialect", type=click.Choice(sorted(_READERS)), required=True, help="How FILE is written.")
@click.option("--to", "target", type=click.Choice(sorted(_WRITERS)), required=True, help="How to write it.")
@click.option("--name", metavar="NAME", help="One of several containers.")
@click.option(
    "--engine",
    metavar="ENGINE[@VERSION]",
    help="What makes sets of a request, or is asked for them: by default containerd for kubernetes, else docker.",
)
def convert(file: str, dialect: str, target: str, name: str | None, engine: str | None) -> None:
    r"""Write what FILE says of capabilities in another dialect.

    FILE is standard input if not given. What the one dialect has no place for, or the target of the
    other does not take, is told on standard error.

    \b
    compose     a compose file
    docker      the options of docker run, or the whole command
    iab         libcap's inheritable, ambient and blocked sets, such as !cap_sys_admin
    inspect     what docker inspect NAME prints
    kubernetes  a pod, or what makes pods
    libcap      libcap's text, such as cap_net_raw=ep
    oci         a runtime's config.json
    systemd     a unit
    xattr       the security.capability attribute, in hexadecimal digits
    """
    default = "containerd" if "kubernetes" in {dialect, target} else "docker"
    chosen = engine_named(engine or default)
    sources = _READERS[dialect](file, read_text(file))
    if name is not None:
        if name not in sources:
            known = ", ".join(map(printable, filter(None, sources))) or "none, as this dialect has no names"
            raise Failure(f"there is no container {printable(name)!r}: known are {known}")
        sources = {name: sources[name]}
    if not sources:
        raise Failure(f"{printable(file)}: there is no container in it")
    say(_WRITERS[target](sources, chosen))
