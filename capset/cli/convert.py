"""``capset convert``: from one way of writing capabilities to another."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any, TypeVar

import click
from attrs import evolve
from ruamel.yaml import YAML

from capset.cli.documents import read_text
from capset.cli.group import capset
from capset.cli.operands import engine_named
from capset.cli.output import Failure, say, warn
from capset.cli.sources import ENGINES, READERS, Sets, Source
from capset.display import printable
from capset.engines import Engine, Request
from capset.engines.engine import LAST_ID
from capset.engines.process import first_process
from capset.engines.request import named_uid
from capset.errors import CapsetError
from capset.filecaps import FileCaps
from capset.formats import compose, docker, kubernetes, libcap, oci, systemd
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["convert"]


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
    request = evolve(engine.request(source.caps.bounding), user=source.user, no_new_privs=source.no_new_privs)
    if difference := _running(source, engine).diff(_running(request, engine)):
        warn(f"what {engine} gives is not the same: {'; '.join(str(difference).splitlines())}")
    return request


def _compare(request: Request, source: Engine, target: Engine) -> None:
    """Tell if one engine makes another set of what is written than the other does of the request."""
    try:
        given = source.resolve(request)
        gives = target.resolve(docker.from_flags(docker.to_flags(request)))  # each name in the one spelling
    except CapsetError:  # it is among the problems, or comes when it is written
        return
    if difference := given.diff(gives):
        warn(f"{target} makes another set of it than {source}: {difference}")


def _configured(source: Source, engine: Engine) -> CapState:
    """Return the sets before the execve(2)."""
    return source.caps if isinstance(source, Sets) else engine.configured(source, uid=_stand_in(source))


def _running(source: Source, engine: Engine) -> CapState:
    """Return the sets after the execve(2) of a program without capabilities of its own."""
    if isinstance(source, Request):
        return engine.container(source, uid=_stand_in(source))
    if not source.before:
        return source.caps
    held, root = CapSet.all(), _uid(source.user) == 0
    return first_process(source.caps, held=held, root=root, no_new_privs=source.no_new_privs)


def _three(source: Source, engine: Engine) -> CapState:
    """Return the sets for a dialect that has three of them."""
    state = _running(source, engine)
    if state.ambient or state.bounding != state.permitted | state.inheritable:
        warn("left out: the bounding and the ambient set")
    return state


def _to_docker(source: Source, engine: Engine) -> str:
    return shlex.join(docker.to_flags(_request(source, engine)))


def _to_systemd(source: Source, engine: Engine) -> str:
    if isinstance(source, Sets) and source.unit is not None:
        return systemd.to_unit(source.unit, section=source.section).rstrip("\n")
    state = _running(source, engine)
    lacking = CapSet.all() - state.bounding
    # What lacks little has what is to come.
    bounding = state.bounding if len(lacking) > len(state.bounding) else CapSet.from_mask(2**64 - 1) - lacking
    name = source.user.partition(":")[0]
    number = named_uid(name)
    user = name if name in {"", "root"} or number is None else str(number)
    unit = systemd.Unit(bounding=bounding, ambient=state.ambient, user=user, no_new_privs=source.no_new_privs)
    return systemd.to_unit(unit).rstrip("\n")


def _to_libcap(source: Source, engine: Engine) -> str:
    return libcap.to_text(_three(source, engine))


def _to_iab(source: Source, engine: Engine) -> str:
    return str(libcap.IAB.from_state(_running(source, engine)))


def _to_xattr(source: Source, engine: Engine) -> str:
    file = source.file if isinstance(source, Sets) else None
    return (file or FileCaps.from_state(_three(source, engine))).to_xattr().hex()


def _to_oci(source: Source, engine: Engine) -> str:
    user, _, group = source.user.partition(":")
    ids = [named_uid(user), named_uid(group)]
    if any(number is None or not 0 <= number <= LAST_ID for number in ids):
        raise Failure(f"config.json takes numbers alone for the user, and this is {printable(source.user)!r}")
    uid, gid = (number or 0 for number in ids)
    process = oci.Process(caps=_configured(source, engine), no_new_privs=source.no_new_privs, uid=uid, gid=gid)
    return json.dumps({"process": oci.to_process(process)}, indent=2)


def _compose(sources: Mapping[str, Source], engine: Engine) -> str:
    services = {name or "app": _told(name, _to_service, source, engine) for name, source in sources.items()}
    return _yaml({"services": services})


def _to_service(source: Source, engine: Engine) -> object:
    return compose.to_service(_request(source, engine))


def _kubernetes(sources: Mapping[str, Source], engine: Engine) -> str:
    containers = [
        {"name": name or "app", **_told(name, _to_container, source, engine)} for name, source in sources.items()
    ]
    return _yaml({"spec": {"containers": containers}})


def _to_container(source: Source, engine: Engine) -> Mapping[str, object]:
    return kubernetes.to_container(_request(source, engine))


_Written = TypeVar("_Written")


def _told(name: str, write: Callable[[Source, Engine], _Written], source: Source, engine: Engine) -> _Written:
    """Write one of several containers; an error names it."""
    try:
        return write(source, engine)
    except CapsetError as error:
        raise Failure(f"{printable(name)}: {error}" if name else str(error)) from None


def _yaml(value: object) -> str:
    out = StringIO()
    yaml: Any = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(value, out)
    return out.getvalue().rstrip("\n")


def _each(write: Callable[[Source, Engine], str]) -> Callable[[Mapping[str, Source], Engine], str]:
    """Write containers one after the other, each below its name."""

    def together(sources: Mapping[str, Source], engine: Engine) -> str:
        if len(sources) == 1:
            [(name, source)] = sources.items()
            return _told(name, write, source, engine)
        if write is _to_oci:
            names = ", ".join(map(printable, sources))
            raise Failure(
                f"config.json is about one container, and here are {len(sources)}: choose with --name from {names}"
            )
        return "\n".join(
            f"# {printable(name)}\n{_told(name, write, source, engine)}" for name, source in sources.items()
        )

    return together


_WRITERS: dict[str, Callable[[Mapping[str, Source], Engine], str]] = {
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
@click.option("--from", "dialect", type=click.Choice(sorted(READERS)), required=True, help="How FILE is written.")
@click.option("--to", "target", type=click.Choice(sorted(_WRITERS)), required=True, help="How to write it.")
@click.option("--name", metavar="NAME", help="One of several containers.")
@click.option(
    "--engine",
    metavar="ENGINE[@VERSION]",
    help="What makes sets of a request, or is asked for them: by default containerd for kubernetes, else docker.",
)
def convert(file: str, dialect: str, target: str, name: str | None, engine: str | None) -> None:
    """Write what FILE says of capabilities in another dialect.

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
    """  # noqa: D301, click takes \b for a mark
    sources = READERS[dialect](file, read_text(file))
    if name is not None:
        if name not in sources:
            known = ", ".join(map(printable, filter(None, sources))) or "none, as this dialect has no names"
            raise Failure(f"there is no container {printable(name)!r}: known are {known}")
        sources = {name: sources[name]}
    if not sources:
        raise Failure(f"{printable(file)}: there is no container in it")
    reads, writes = (engine_named(engine or ENGINES.get(each, "docker")) for each in (dialect, target))
    for label, source in sources.items():
        for problem in source.problems:
            warn(printable(f"{label + ': ' if label else ''}{problem}"))
        if isinstance(source, Request) and target in ENGINES:
            _compare(source, reads, writes)
        if isinstance(source, Request) and dialect == "kubernetes" and target != dialect and source.user[:1] == ":":
            warn(f"where no user is said it is the image's; Docker takes {printable(source.user)} for root")
    say(_WRITERS[target](sources, reads if dialect in ENGINES and target not in ENGINES else writes))
