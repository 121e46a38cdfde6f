"""``capset lint``: what a document asks for, what comes of it, and what its target does not take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast, get_args

import click
from attrs import frozen

from capset import engines, policy
from capset.cli.documents import is_unit, parsed, places, read_text
from capset.cli.group import capset, json_option
from capset.cli.operands import engine_named
from capset.cli.output import Failure, prose, say, say_json, set_json, table, word
from capset.display import printable, summary
from capset.engines import Engine, Request
from capset.errors import FormatError, RequestError
from capset.formats import Problem, compose, kubernetes, systemd
from capset.formats.kubernetes import Pod
from capset.policy import Finding, Level
from capset.state import CapState

__all__ = ["lint"]


@frozen
class _Subject:
    """A container or a unit: what it gets, or why nothing comes of it, and what there is to tell."""

    name: str
    user: str
    gets: CapState | str
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...] = ()


@capset.command()
@click.argument("file")
@click.option(
    "--engine",
    metavar="ENGINE[@VERSION]",
    help="What runs the containers: by default docker for compose, containerd for pods.",
)
@click.option(
    "--policy",
    "standard",
    metavar="LEVEL[@VERSION]",
    help="Check pods against the Pod Security Standards too: baseline or restricted, or such as restricted@1.25.",
)
@click.option(
    "--systemd", "release", type=int, metavar="RELEASE", help="The release of systemd, by default the newest."
)
@json_option
def lint(file: str, engine: str | None, standard: str | None, release: int | None, as_json: bool) -> None:
    """Say what the containers or the unit in FILE get, and what in it is refused or ignored.

    FILE is a compose file, a pod or what makes pods, or a systemd unit; - is standard input.

    Exit status: 0 nothing to tell, 1 problems or findings, 2 an error.
    """
    text = read_text(file)
    chosen = None if engine is None else engine_named(engine)
    if section := is_unit(file, text):
        subjects: list[tuple[_Subject, dict[str, int]]] = [(_unit(text, section, release), {})]
    else:
        documents: list[tuple[Any, dict[str, int]]] = [*zip(parsed(file, text), places(text), strict=True)]
        subjects = [(subject, lines) for each, lines in documents for subject in _containers(each, chosen, standard)]
    if not subjects:
        raise Failure(f"{printable(file)}: there is no container in it")
    if as_json:
        say_json([_json(subject, lines) for subject, lines in subjects])
    else:
        _say(subjects)
    click.get_current_context().exit(int(any(subject.problems or subject.findings for subject, _ in subjects)))


def _containers(document: Any, engine: Engine | None, standard: str | None) -> Iterator[_Subject]:
    if _is_compose(document):
        for name, node in compose.services(document):
            yield _container(name, partial(compose.read_service, node), engine or engines.get("docker"))
        return
    for pod in kubernetes.pods(document):
        findings = _findings(pod, engine, standard)
        for name, node in pod.containers():
            read = _container(name, partial(pod.read, node), engine or engines.get("containerd"))
            yield _Subject(
                f"{pod.name}: {name}" if pod.name else name,
                read.user,
                read.gets,
                read.problems,
                tuple(finding for finding in findings if finding.container == name),
            )


def _is_compose(document: object) -> bool:
    return isinstance(document, dict) and "services" in document


def _container(name: str, read: Callable[[], Request], engine: Engine) -> _Subject:
    try:
        request = read()
    except FormatError as error:
        problem = Problem(
            place=error.place, value=str(error.value), verdict="refused", message=f"expected {error.expected}"
        )
        return _Subject(name, "", "nothing: it cannot be read", (problem,))
    try:
        gets: CapState | str = engine.container(request)
    except RequestError as error:
        gets = f"nothing: {error}"
    return _Subject(name, request.user, gets, request.problems)


def _unit(text: str, section: str, release: int | None) -> _Subject:
    unit = systemd.from_unit(text, section=section, version=release)
    try:
        gets: CapState | str = unit.process()
    except FormatError:  # whoever the name is, it is hardly root
        gets = unit.process(uid=1)
    if any(problem.verdict == "refused" for problem in unit.problems):
        gets = "nothing: it is not loaded"
    return _Subject(f"[{section}]", unit.user, gets, unit.problems)


def _findings(pod: Pod, engine: Engine | None, standard: str | None) -> list[Finding]:
    if standard is None:
        return []
    level, _, version = standard.partition("@")
    if level not in get_args(Level):
        raise Failure(f"expected the policy {' or '.join(get_args(Level))}, got {printable(level)!r}")
    try:
        return policy.pod_security(
            {"spec": pod.spec}, level=cast("Level", level), version=version or "latest", engine=engine
        )
    except FormatError:  # it is told as a problem of its container
        return []


def _say(subjects: list[tuple[_Subject, dict[str, int]]]) -> None:
    rows: list[list[str]] = []
    for subject, _ in subjects:
        user = printable(subject.user) or "root"
        if isinstance(subject.gets, str):
            rows.append([printable(subject.name), user, "", printable(subject.gets)])
            continue
        rows.append([printable(subject.name), user, summary(subject.gets.effective), summary(subject.gets.bounding)])
    table([word("what"), word("user"), prose("effective"), prose("bounding")], rows)
    told = [
        [_at(problem, lines), problem.verdict, printable(problem.message)]
        for subject, lines in subjects
        for problem in subject.problems
    ]
    told = list(map(list, dict.fromkeys(map(tuple, told))))  # a pod's are those of each of its containers
    if told:
        say()
        table([word("where"), word("verdict"), prose("why")], told)
    found = [
        [printable(subject.name), finding.field, finding.message, finding.effect]
        for subject, _ in subjects
        for finding in subject.findings
    ]
    if found:
        say()
        table(
            [word("container"), word("field"), prose("policy"), prose("effect")],
            [list(map(printable, row)) for row in found],
        )


def _at(problem: Problem, lines: dict[str, int]) -> str:
    line = _line(problem, lines)
    return printable(f"line {line}, {problem.place}" if line else problem.place)


def _line(problem: Problem, lines: dict[str, int]) -> int | None:
    """Return the line of a problem in its file, or of the nearest value around it that is there."""
    place = problem.place
    while place and place not in lines:
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return lines.get(place) if place else None


def _json(subject: _Subject, lines: dict[str, int]) -> dict[str, object]:
    gets = subject.gets
    return {
        "name": printable(subject.name),
        "user": printable(subject.user),
        "effective": None if isinstance(gets, str) else set_json(gets.effective),
        "bounding": None if isinstance(gets, str) else set_json(gets.bounding),
        "refused": printable(gets) if isinstance(gets, str) else None,
        "problems": [
            {
                "place": printable(problem.place),
                "line": _line(problem, lines),
                "value": printable(problem.value),
                "verdict": problem.verdict,
                "message": printable(problem.message),
            }
            for problem in subject.problems
        ],
        "findings": [
            {
                "field": finding.field,
                "value": printable(finding.value),
                "message": printable(finding.message),
                "effect": printable(finding.effect),
            }
            for finding in subject.findings
        ],
    }
