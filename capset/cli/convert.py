"""``capset convert``: from one way of writing capabilities to another, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator

import click

from capset.cli.documents import read_text
from capset.cli.group import capset
from capset.cli.operands import engine_named
from capset.cli.output import Failure, say, warn
from capset.cli.sources import ENGINES, READERS, Source
from capset.cli.targets import TARGETS, Target, Written, running
from capset.diff import CapDiff
from capset.engines import Engine, Request
from capset.engines.request import named_uid
from capset.errors import CapsetError, RequestError
from capset.printable import printable
from capset.sets import THREAD_SETS

__all__ = ["convert"]


@capset.command()
@click.argument("file", default="-")
@click.option("--from", "dialect", type=click.Choice(sorted(READERS)), required=True, help="How FILE is written.")
@click.option("--to", "target", type=click.Choice(sorted(TARGETS)), required=True, help="How to write it.")
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
    asked = reads if dialect in ENGINES and target not in ENGINES else writes
    parts: dict[str, object] = {}
    for label, source in sources.items():
        front = f"{label}: " if label else ""
        for problem in source.problems:
            warn(printable(f"{front}{problem}"))
        try:
            written = TARGETS[target].write(source, asked)
            gives = f"what {writes if target in ENGINES else target} gives is not the same"
            for loss in _losses(source, written, TARGETS[target], gives, (reads, writes)):
                warn(printable(front + loss))
        except CapsetError as error:
            raise Failure(printable(front) + str(error)) from None
        parts[label] = written.text
    say(TARGETS[target].join(parts))


def _losses(
    source: Source, written: Written, target: Target, gives: str, engines: tuple[Engine, Engine]
) -> Iterator[str]:
    """List what a source says that is not in what was written: what has no place there, and what differs."""
    user, wrote = _who(source), _who(written.says)
    if "user" in target.lacks:
        wrote = "root" if user == _IMAGES else user  # as whom the sets were computed
    if user and user != wrote:
        yield f"the user is {user}, and what is written is for {wrote}"
    changes: dict[str, CapDiff] = {}
    try:
        changes.update(_changes(source, written.says, engines))
    except RequestError as error:  # the one or the other request; what was written stands all the same
        yield str(error)
    lacking = [name for name in changes if name in target.lacks]
    left = [f"the {' and the '.join(lacking)} set"] if lacking else []
    if "user" in target.lacks and source.user and {*source.user.split(":")} - {"", "0", "root"}:
        left.append(f"the user ({user if user == _MADE else source.user})")
    if "no_new_privs" in target.lacks and source.no_new_privs:
        left.append("no_new_privs")
    if "rootid" in target.lacks and not isinstance(source, Request) and source.file and source.file.rootid:
        left.append(f"the root id {source.file.rootid}")
    if left:
        yield f"left out: {', '.join(left)}"
    if differing := [f"{name}: {change}" for name, change in changes.items() if name not in target.lacks]:
        yield f"{gives}: {'; '.join(differing)}"


_IMAGES, _MADE = "the image's", "one whom systemd makes"


def _who(source: Source) -> str:
    """Say who the user is; an empty text where none is said."""
    name = source.user.partition(":")[0]
    if isinstance(source, Request) and not name:
        return _IMAGES
    if not isinstance(source, Request) and source.unit and source.unit.dynamic_user:
        return _MADE
    number = named_uid(name) if name else None
    return name if number is None else "root" if number == 0 else str(number)


def _changes(source: Source, written: Source, engines: tuple[Engine, Engine]) -> Iterator[tuple[str, CapDiff]]:
    """List the sets of those that the source says that a program has in another way with what was written."""
    before, after = (running(each, engine) for each, engine in zip((source, written), engines, strict=True))
    for name in THREAD_SETS if isinstance(source, Request) else source.says:
        if change := getattr(before, name).diff(getattr(after, name)):
            yield name, change
