"""Runs: the workload of a command that starts a container, wherever the command stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from attrs import evolve

from capset.documents.containers import as_docker_reads, judge_of, not_known, unread_part
from capset.documents.pasted import commands_in
from capset.documents.shell import Word
from capset.documents.unitfiles import line_in_text
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import FormatError
from capset.formats.commandline import Line, line_of, runs_inside, starts_container, starts_elsewhere, without_front
from capset.formats.document import has_placeholder
from capset.formats.runline import asked_by
from capset.formats.systemd import Unit
from capset.formats.unitcommands import as_written, command_lines, with_specifiers
from capset.problem import Problem

__all__ = ["DAEMONLESS", "client_in", "commands_of", "container", "limits_of", "may_start", "of_unit", "unread_command"]

DAEMONLESS = frozenset({"podman", "buildah"})
"""The programs that start containers themselves, so that these have no more than they have; others ask a daemon."""


def container(
    source: str,
    words: list[Word],
    line: Line,
    *,
    within: str = "",
    more: tuple[Problem, ...] = (),
    engine: Engine | None = None,
) -> Workload:
    """Make a workload of a command that starts a container.

    Args:
        source: The name of the document.
        words: The words of the command, with the lines on which they stand.
        line: What its program reads in them.
        within: The name of the unit whose command it is.
        more: What is to be told beside what the command says.
        engine: The engine that is to read it.
    """
    request, lines = as_docker_reads(asked_by(line, *judge_of(engine))), _lines(words)
    begins = words[0].line
    placed = tuple(evolve(each, line=lines.get(each.value, begins)) for each in request.problems)
    if within:
        request = as_written(evolve(request, problems=placed))
    problems = (*(request.problems if within else placed), *more)
    return Workload(
        name=_name(line) or (with_specifiers(line.operand) if within else ""),
        within=within,
        dialect=line.command.program,
        source=source,
        line=begins,
        request=request,
        not_known=not_known(problems),
        problems=problems,
        lines={field: lines.get(names[0], begins) for field, names in _named(request) if names},
        again=partial(container, source, words, line, within=within, more=more),
    )


def _name(line: Line) -> str:
    name = dict(line.given).get("name", "")
    return "" if has_placeholder(name) else name


def _named(request: Request) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a request has of which findings may tell."""
    yield from (("add", request.add), ("drop", request.drop), ("user", (request.user,)))


def _lines(words: list[Word]) -> dict[str, int]:
    """Return the line of each value, which is a word or a part of one, such as --user=1000, -u1000 and KILL,CHOWN."""
    lines: dict[str, int] = {}
    for word in words:
        short = word.partition("u")[2] if word[:1] == "-" != word[1:2] else ""
        value = word.partition("=")[2]
        for each in (word, value, short.removeprefix("="), *(value or word).split(",")):
            lines.setdefault(each, word.line)
    return lines


def commands_of(parts: Iterable[tuple[int, str]], section: str) -> Iterator[list[Word]]:
    """Yield the commands of a unit, and those that a shell is given in them.

    Args:
        parts: The unit and its drop-ins, and how many lines stand before each.
        section: The section with its commands.
    """
    before, texts = zip(*parts, strict=True)
    for line, words in command_lines(texts, section):
        number = line_in_text(line.place, before)
        yield from _within([Word(word, number) for word in words])


def _within(words: list[Word]) -> list[list[Word]]:
    """Return the commands in one; itself where no shell takes what is in it, or they stand too deep."""
    try:
        return [[Word(word, words[0].line) for word in each] for each in commands_in(words)]
    except ValueError:
        return [words]


def may_start(words: list[Word]) -> bool:
    """Say whether a command that is none that is read may start a container.

    It may do so by a variable, such as ``$DOCKER run web``; in what it gives to another shell, as by ``ssh host`` or
    ``alias``; or as something else says, such as ``docker compose up`` and ``docker start``.
    """
    if starts_elsewhere(words):
        return True
    program, *rest = without_front(words) or words
    if has_placeholder(program) and not _THAT_START.isdisjoint(rest):
        return True
    return runs_inside(words) is not None or any(map(_starts_in_word, words))


_THAT_START = frozenset({"container", "create", "run"})
_PROGRAM = re.compile(r"(?<![\w.-])(?:docker|podman|nerdctl|buildah)\s")
_VERB = re.compile(r"\s(?:create|from|run)(?![\w.-])")


def _starts_in_word(word: str) -> bool:
    """Say whether a word has a command in it that starts a container."""
    found = _PROGRAM.search(word)
    return bool(found and _VERB.search(word, found.end() - 1))


def unread_command(source: str, words: list[Word], *, within: str = "") -> Workload:
    """Make a workload of a command that may start a container, and is not read."""
    expected = "a program that is known to start containers"
    if starts_elsewhere(words):
        expected = "a command that says itself what its container may do, as docker run does"
    told = FormatError("the command", " ".join(words[:3]), expected)
    return unread_part("docker", source, words[0].line, told, within=within)


def client_in(commands: Iterable[list[Word]], line: int) -> Iterator[Problem]:
    """Tell of a unit that the containers which its commands start have other capabilities than it."""
    started = (command for words in commands if (command := starts_container(words)))
    if client := next(started, None):
        message = f"these are the capabilities of {client.program}, which it starts: the container's are told beside"
        yield Problem(rule="container-client", place="", value="", verdict="note", message=message, line=line)


def of_unit(
    source: str, name: str, unit: Unit, commands: Iterable[list[Word]], *, more: tuple[Problem, ...] = ()
) -> Iterator[Workload]:
    """Yield the containers that the commands of a unit start.

    Args:
        source: The name of the document.
        name: That of the unit.
        unit: What it says.
        commands: Its commands, as :func:`commands_of` gives them.
        more: What is to be told of each container that is read.
    """
    for words in commands:
        number = words[0].line
        if not (command := starts_container(words)):
            if may_start(words):
                yield unread_command(source, words, within=name)
            continue
        limits = limits_of(unit, command.program) if command.program in DAEMONLESS else ()
        told = tuple(evolve(problem, line=number) for problem in (*limits, *more))
        try:
            line = line_of(words)
            assert line is not None
            yield container(source, words, line, within=name, more=told)
        except FormatError as error:
            yield unread_part(command.program, source, number, error, within=name)


def limits_of(unit: Unit, client: str) -> Iterator[Problem]:
    """Say what a unit means for the containers of a program that has no daemon and runs in it."""
    if unit != evolve(unit, bounding=None, no_new_privs=False, taken=()):
        told = f"the unit limits what {client} itself has, and no container of it gets more"
        yield Problem(rule="limited-client", place="", value="", verdict="depends", message=told)
    if unit.user or unit.dynamic_user or unit.manager == "user":
        told = f"{client} runs as a user here: the container has a user namespace, and its capabilities count in that"
        yield Problem(rule="own-user-namespace", place="", value="", verdict="note", message=told)
