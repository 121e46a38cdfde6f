"""Docker: a command line, and what ``docker inspect`` prints."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import partial

from attrs import evolve

from capset.documents.containers import as_docker_reads, asked, broken, judge_of, not_known, request_of
from capset.documents.dialect import Dialect, Part, Text, the_one
from capset.documents.lines import Lines
from capset.documents.meaning import Meaning
from capset.documents.shell import OPERATORS, UnfinishedError, Word, commands
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import DocumentError, FormatError, shown
from capset.formats import docker
from capset.formats.commandline import program
from capset.formats.document import Node
from capset.formats.programs import is_getcap
from capset.sets import THREAD_SETS

__all__ = ["DIALECTS"]

# -- command lines ----------------------------------------------------------------------------------

_OPTION = re.compile(r"--?[A-Za-z]")


def _words(text: Text) -> list[Word]:
    """Divide a text into the words of the one command in it.

    Raises:
        DocumentError: There is none, or there are several, or no shell takes it.
    """
    try:
        found = commands(text.text.replace("\r\n", "\n"))
    except UnfinishedError as error:
        raise DocumentError(text.source, None, f"no command line: {error}") from None
    if not found:
        raise DocumentError(text.source, None, "there is no command in it")
    if len(found) > 1:
        operator = next((f", without {command[0]}" for command in found if command[0] in OPERATORS), "")
        raise DocumentError(text.source, None, f"expected one command, docker run or its options{operator}")
    return found[0]


def _refuses_flags(text: Text) -> str:
    if text.text.lstrip()[:1] in {"{", "["}:
        return "expected docker run, or its options"
    if is_getcap(text.text.strip().partition("\n")[0].rstrip()):  # of a file that may well be docker itself
        return "expected docker run, or its options, got a path and its capabilities, as getcap prints them"
    first, *_ = _words(text)
    if _OPTION.match(first) or program([*_words(text)]) == "docker":
        return ""
    remedy = ": write docker run, and name podman as the engine" if program([*_words(text)]) == "podman" else ""
    return f"expected docker run, or its options, got {shown(str(first))}{remedy}"


def _read_flags(text: Text) -> list[Workload]:
    return [_command(text)]


def _command(text: Text, *, engine: Engine | None = None) -> Workload:
    words = _words(text)
    request, lines = as_docker_reads(docker.read_flags(words, *judge_of(engine))), _lines(words)
    if words[0][:1] != "-" and program([*words]) != "docker":
        raise DocumentError(text.source, None, f"expected docker run, or its options, got {shown(str(words[0]))}")
    line = words[0].line
    return Workload(
        dialect="docker",
        source=text.source,
        line=line,
        request=request,
        not_known=not_known(request.problems),
        problems=tuple(evolve(problem, line=lines.get(problem.value, line)) for problem in request.problems),
        lines={field: lines.get(names[0], line) for field, names in _named(request) if names},
        again=partial(_command, text),
    )


def _named(request: Request) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a request has of which findings may tell."""
    yield from (("add", request.add), ("drop", request.drop), ("user", (request.user,)))


def _lines(words: list[Word]) -> dict[str, int]:
    """Return the line of each value, which is a word or the end of one, such as --user=1000, -u1000 and -itu1000."""
    lines: dict[str, int] = {}
    for word in words:
        short = word.partition("u")[2] if word[:1] == "-" != word[1:2] else ""
        for value in (word, word.partition("=")[2], short.removeprefix("=")):
            lines.setdefault(value, word.line)
    return lines


def _write(meaning: Meaning, engine: Engine) -> Part:
    # What asks for nothing is said too: an empty text is no command line.
    flags = docker.to_flags(request_of(meaning, engine)) or ["--privileged=false"]
    return Part(value=shlex.join(flags), says=as_docker_reads(docker.from_flags(flags)))


# -- docker inspect ---------------------------------------------------------------------------------

_KEYS = {"add": "HostConfig.CapAdd", "drop": "HostConfig.CapDrop", "user": "Config.User"}
_SPEC = "Spec.TaskTemplate.ContainerSpec"
_KEYS_OF_SERVICE = {"add": f"{_SPEC}.CapabilityAdd", "drop": f"{_SPEC}.CapabilityDrop", "user": f"{_SPEC}.User"}


def _inspected(text: Text) -> Iterator[Node]:
    root = Node(text.one().value)
    return iter(root) if isinstance(root.value, list) else iter([root])


def _refuses_inspect(text: Text) -> str:
    nodes = list(_inspected(text))
    shaped = [isinstance(node.value, Mapping) and _is_container(node) for node in nodes]
    return "" if any(shaped) else "expected containers, with HostConfig, or services, with Spec.TaskTemplate"


def _is_container(node: Node) -> bool:
    if "HostConfig" in node:
        return True
    return isinstance(node["Spec"].value, Mapping) and "TaskTemplate" in node["Spec"]


def _read_inspect(text: Text) -> list[Workload]:
    lines = text.one().lines()
    return [_inspected_one(text, lines, node) for node in _inspected(text)]


def _inspected_one(text: Text, lines: Lines, node: Node) -> Workload:
    """Read a container, of which Podman says itself what it gives: no engine has to be asked."""
    workload = asked("inspect", text, lines, node, _container, _keys(node), name=_name(node))
    if workload.request is None:
        return workload
    try:
        state = docker.read_configured(node)
    except FormatError as error:
        return broken("inspect", text, error, lines, name=workload.name)
    if state is None:
        return workload
    problems = tuple(each for each in workload.problems if each.rule != "computed-by-podman")
    # What is inheritable Podman does not say, and its releases differ.
    says = tuple(name for name in THREAD_SETS if name != "inheritable")
    return evolve(workload, state=state, says=says, problems=problems, not_known=not_known(problems), again=None)


def _keys(node: Node) -> Mapping[str, str]:
    of_service = isinstance(node.value, Mapping) and "HostConfig" not in node
    return _KEYS_OF_SERVICE if of_service else _KEYS


def _container(node: Node, engine: Engine | None) -> Request:
    return as_docker_reads(docker.read_container(node, *judge_of(engine)))


def _name(node: Node) -> str:
    try:
        name = node["Name"].text() or node.at("Spec", "Name").text()
    except FormatError:  # which reading the container will tell, if it matters
        return ""
    return name.removeprefix("/")


DIALECTS = (
    Dialect(
        name="docker",
        about="the options of docker run, or the whole command",
        engine="docker",
        signs=re.compile(r"""\bdocker\b|\bpodman\b|--cap-(?:add|drop)|--privileged"""),
        refuses=_refuses_flags,
        reader=_read_flags,
        writer=_write,
        join=the_one,
    ),
    Dialect(
        name="inspect",
        about="what docker inspect NAME prints",
        engine="docker",
        structured=True,
        signs=re.compile(r"""HostConfig|TaskTemplate|CapAdd"""),
        refuses=_refuses_inspect,
        reader=_read_inspect,
    ),
)
