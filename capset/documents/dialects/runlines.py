"""Run lines: what people type to start a container, for each program that does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from attrs import frozen

from capset.documents.containers import as_docker_reads, request_of, unread_part
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.meaning import Meaning
from capset.documents.pasted import each_pasted, is_command_line
from capset.documents.runs import container, may_start, unread_command
from capset.documents.shell import Word
from capset.documents.workload import Workload
from capset.engines import Engine
from capset.errors import DialectError, DocumentError, FormatError, shown
from capset.formats import docker
from capset.formats.commandline import (
    Command,
    command_named,
    line_of,
    program,
    read_line,
    runs_inside,
    starts_container,
    without_front,
)
from capset.formats.programs import is_getcap
from capset.formats.runline import asked_by
from capset.formats.systemctl import is_property

__all__ = ["DIALECTS"]

_USUAL = {
    "docker": "docker run",
    "docker-compose": "docker compose run",
    "docker-service": "docker service create",
    "podman": "podman run",
    "nerdctl": "nerdctl run",
    "buildah": "buildah run",
    "buildah-from": "buildah from",
}
_NONE = "no command of this program starts a container"
_OPTION = re.compile(r"--?[A-Za-z]")
_LOOKS_OURS = re.compile(r"--?(?:cap|priv|sec|user)", re.IGNORECASE)
_HINT = re.compile(r"--(?:cap-add|cap-drop|privileged)\b")


@frozen
class _Glance:
    """What is seen of a text by whoever asks whether it is a command line.

    Attributes:
        why_not: Why it is none, if it is none.
        first: Its first command.
        program: The program of the first command that starts a container; empty where none does.
        several: Whether there are more commands.
    """

    why_not: str | DocumentError = ""
    first: tuple[Word, ...] = ()
    program: str = ""
    several: bool = False


def _glance(text: Text) -> _Glance:
    """Look at the commands of a text, and keep the first."""
    if not is_command_line(text.text):
        return _Glance(_NONE)
    if is_getcap(text.text.strip().partition("\n")[0].rstrip()):  # of a file that may well be docker itself
        told = "expected a command that starts a container, got a path and its capabilities, as getcap prints them"
        return _Glance(told)
    if any(is_property(line.text) for line in text.first_lines):  # among which there may be commands
        return _Glance("expected a command that starts a container, got properties, as systemctl show prints them")
    first: tuple[Word, ...] = ()
    program, several = "", False
    try:
        for words in _commands(text):
            several = bool(first)
            first = first or tuple(words)
            program = program or _first([words])
    except DocumentError as error:
        return _Glance(error)
    return _Glance("", first, program, several)


def _commands(text: Text) -> Iterator[list[Word]]:
    """Yield the commands of a text.

    Raises:
        DocumentError: It is no command line.
    """
    found = False
    try:
        for words in each_pasted(text.text):
            found = True
            yield words
    except ValueError as error:
        raise DocumentError(text.source, None, f"no command line: {error}") from None
    if not found:
        raise DocumentError(text.source, None, "there is no command in it")


def _first(found: Iterable[list[Word]]) -> str:
    """Return the program of the first command that starts a container; an empty text where none does."""
    started = (command for words in found if (command := starts_container(words)))
    return next((command.program for command in started), "")


def _refuses(text: Text, name: str) -> str:
    usual = _USUAL[name]
    seen = text.once(_glance)
    if isinstance(seen.why_not, DocumentError):
        raise seen.why_not
    if seen.why_not:
        return "expected docker run, or its options" if (seen.why_not, name) == (_NONE, "docker") else seen.why_not
    if seen.program:
        return "" if seen.program == name else f"expected {usual}, got {seen.program}"
    words = seen.first
    if name != "docker":
        return _NONE
    if program(words) == "docker" or (not seen.several and _is_options(words)):
        return ""
    return f"expected docker run, or its options, got {shown(str(words[0]))}{_what_runs(words)}"


def _is_options(words: Sequence[Word]) -> bool:
    """Say whether words are options of docker run; other programs have options too, and -- begins comments of some."""
    if not _OPTION.match(words[0]):
        return False
    return words[0] in command_named(_USUAL["docker"]).options or any(map(_LOOKS_OURS.match, words))


def _what_runs(words: Sequence[Word]) -> str:
    """Say that something starts a container which is not known to."""
    return "" if runs_inside(words) is None else ": leave out what runs it"


def _content(text: str) -> Iterator[str]:
    return (word for words in _commands(Text(text, "")) for word in words)


def _read(text: Text, name: str) -> list[Workload]:
    found = [*_commands(text)]
    usual = command_named(_USUAL[name])
    if not (first := _first(found)):
        return [_alone(text, words, usual) for words in _only(text, found)]
    if name not in {command.program for words in found if (command := starts_container(words))}:
        raise DialectError(text.text, text.source, ((name, f"expected {usual}, got {first}"),))
    parts = [(words, starts_container(words)) for words in found]
    if len(found) == 1:
        return [_workload(text.source, found[0])]
    return [each for words, command in parts for each in _of_several(text, words, command)]


def _only(text: Text, found: list[list[Word]]) -> list[list[Word]]:
    """Return the one command, which no program is known to run."""
    if len(found) > 1:
        raise DocumentError(text.source, None, "expected a command that starts a container, found others alone")
    return found


def _alone(text: Text, words: list[Word], usual: Command) -> Workload:
    """Read options alone."""
    if words[0][:1] != "-":
        if program(words) == usual.names[0].partition(" ")[0] or len(without_front(words)) < len(words):
            raise FormatError(program(words) or words[0], " ".join(words[:3]), f"{usual}, and its options")
        raise DocumentError(
            text.source, None, f"expected {usual}, or its options, got {shown(str(words[0]))}{_what_runs(words)}"
        )
    return container(text.source, words, read_line(words, usual, alone=True))


def _of_several(text: Text, words: list[Word], command: Command | None) -> Iterator[Workload]:
    """Read one command of several: what starts no container is passed over, and what may, is told."""
    if command is not None:
        try:
            line = line_of(words)
            assert line is not None
            if command.operand == "image" and not line.operand:  # cut off, as by an & that nobody quoted
                raise FormatError("the image", " ".join(words[-3:]), "the image behind these, where the command ends")
            yield container(text.source, words, line)
        except FormatError as error:
            yield unread_part(command.program, text.source, words[0].line, error)
    elif any(map(_HINT.search, words)) or may_start(words) or _begins_with_options(words):
        yield unread_command(text.source, words)


def _begins_with_options(words: list[Word]) -> bool:
    """Say whether a command begins with options, such as those that an & or an end of line cuts off another one."""
    return any(word.startswith("-") for word in without_front(words)[:1])


def _workload(source: str, words: list[Word]) -> Workload:
    line = line_of(words)
    assert line is not None
    return container(source, words, line)


def _write(meaning: Meaning, engine: Engine, *, name: str) -> Part:
    # What asks for nothing is said too: an empty text is no command line.
    flags = docker.to_flags(request_of(meaning, engine)) or ["--privileged=false"]
    line = read_line(flags, command_named(_USUAL[name]))
    words = flags if name == "docker" else [*_USUAL[name].split(), *flags]  # options alone are Docker's
    return Part(value=shlex.join(words), says=as_docker_reads(asked_by(line)))


_ABOUT = {
    "docker": "the options of docker run, or the whole command",
    "docker-compose": "a command docker compose run",
    "docker-service": "a command docker service create",
    "podman": "a command podman run, or one of Podman's that are like it",
    "nerdctl": "a command nerdctl run",
    "buildah": "a command buildah run",
    "buildah-from": "a command buildah from",
}
_ENGINES = {"buildah-from": "podman", "docker-compose": "docker", "docker-service": "docker-swarm"}
_WRITTEN = ("docker", "podman", "nerdctl")

DIALECTS = tuple(
    Dialect(
        name=name,
        about=about,
        engine=_ENGINES.get(name, name),
        kin="docker" if name != "docker" else "",
        signs=re.compile(rf"\b{name.partition('-')[0]}\b|--cap-(?:add|drop)|--privileged"),
        refuses=partial(_refuses, name=name),
        reader=partial(_read, name=name),
        content=_content,
        writer=partial(_write, name=name) if name in _WRITTEN else None,
    )
    for name, about in _ABOUT.items()
)
