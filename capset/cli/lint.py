"""``capset lint``: what a document asks for, what comes of it, and what its target does not take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, get_args

import click
from attrs import evolve, frozen

from capset import engines, policy
from capset.cli.documents import parsed, pods_of, read_text, unit_section
from capset.cli.group import capset, json_option
from capset.cli.operands import engine_named
from capset.cli.output import Failure, prose, say, say_json, set_json, table, warn, word
from capset.engines import Engine, Request
from capset.errors import FormatError, RequestError, shown
from capset.formats import Problem, compose, systemd
from capset.formats.kubernetes import Pod
from capset.policy import Finding, Level, Rule
from capset.printable import printable
from capset.state import CapState
from capset.summary import summary

__all__ = ["lint"]


@frozen(kw_only=True)
class _Subject:
    """A container or a unit: what it gets, or why nothing comes of it, and what there is to tell."""

    name: str
    user: str = ""
    gets: CapState | str
    problems: tuple[Problem, ...]
    findings: tuple[Finding, ...] = ()
    request: Request | None = None


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
    rule = _rule(standard)
    if section := unit_section(file, text):
        if engine is not None or rule is not None:
            warn("--engine and --policy are about containers: passed over for a unit")
        subjects: list[tuple[_Subject, dict[str, int]]] = [(_unit(text, section, release), {})]
    else:
        subjects = []
        documents = parsed(file, text)
        for document, lines in documents:
            try:
                subjects += [(subject, lines) for subject in _containers(document, chosen, rule)]
            except FormatError as error:
                if error.value is document:
                    raise _strange(file) from None
                subjects.append((_unreadable("", error), lines))
        if not documents:
            raise _strange(file)
    if not subjects:
        warn(f"{printable(file)}: there is no container in it")
    if as_json:
        say_json([_json(subject, lines) for subject, lines in subjects])
    else:
        _say(subjects)
    click.get_current_context().exit(int(any(subject.problems or subject.findings for subject, _ in subjects)))


def _strange(file: str) -> Failure:
    return Failure(f"{printable(file)}: expected a compose file, a pod or what makes one, or a systemd unit")


def _rule(standard: str | None) -> Rule | None:
    if standard is None:
        return None
    level, at, version = standard.partition("@")
    if level not in get_args(Level):
        raise Failure(f"expected the policy {' or '.join(get_args(Level))}, got {printable(level)!r}")
    return policy.pod_rule(level, version if at else "latest")


def _containers(document: Any, engine: Engine | None, rule: Rule | None) -> Iterator[_Subject]:
    if _is_compose(document):
        if rule is not None:
            warn("--policy is about pods: passed over for a compose file")
        if "include" in document:
            warn("include: what other files add is not read")
        for name, node in compose.services(document):
            yield _container(name, partial(compose.read_service, node), engine or engines.get("docker"))
        return
    for pod in pods_of(document):
        if isinstance(pod, FormatError):
            yield _unreadable("", pod)
        else:
            yield from _pod(pod, engine or engines.get("containerd"), rule)


def _pod(pod: Pod, runtime: Engine, rule: Rule | None) -> Iterator[_Subject]:
    names: set[str] = set()
    for entry in pod.entries():
        if isinstance(entry, FormatError):
            yield _unreadable(pod.name, entry)
            continue
        name, node = entry
        subject = _container(f"{pod.name}: {name}" if pod.name else name, partial(pod.read, node), runtime)
        if subject.request is not None:
            findings = rule.findings(pod, name, subject.request, runtime) if rule is not None else ()
            gets = "nothing: Windows has no capabilities" if pod.windows else subject.gets
            subject = evolve(subject, findings=tuple(findings), gets=_refusal(subject.problems) or gets)
        if name in names:
            twice = Problem(place=node.place, value=name, verdict="refused", message="two containers of that name")
            subject = evolve(subject, problems=(*subject.problems, twice), gets=f"nothing: {twice.message}")
        names.add(name)
        yield subject


def _is_compose(document: object) -> bool:
    return isinstance(document, dict) and "services" in document


def _container(name: str, read: Callable[[], Request], engine: Engine) -> _Subject:
    try:
        request = read()
    except FormatError as error:
        return _unreadable(name, error)
    gets = _refusal(request.problems)
    if gets is None and any("$" in text for text in (*request.add, *request.drop)):
        gets = "not known, as a variable decides"
    if gets is None:
        try:
            gets = engine.container(request, uid=1 if request.uid is None else None)  # a name is hardly root's
        except RequestError as error:
            gets = f"nothing: {error}"
    return _Subject(name=name, user=request.user, gets=gets, problems=request.problems, request=request)


def _unreadable(name: str, error: FormatError) -> _Subject:
    message = f"expected {error.expected}, got {shown(error.value)}"
    problem = Problem(place=error.place, value=shown(error.value), verdict="refused", message=message)
    return _Subject(name=name, gets="nothing: it cannot be read", problems=(problem,))


def _unit(text: str, section: str, release: int | None) -> _Subject:
    unit = systemd.from_unit(text, section=section, version=release)
    gets = _refusal(unit.problems)
    if gets is None:
        try:
            gets = unit.process()
        except FormatError:  # whoever the name is, it is hardly root
            gets = unit.process(uid=1)
    user = unit.user or ("a dynamic one" if unit.dynamic_user else "root")
    return _Subject(name=f"[{section}]", user=user, gets=gets, problems=unit.problems)


def _refusal(problems: tuple[Problem, ...]) -> CapState | str | None:
    """Return what is told where nothing comes of a document."""
    return next((f"nothing: {problem.message}" for problem in problems if problem.verdict == "refused"), None)


def _say(subjects: list[tuple[_Subject, dict[str, int]]]) -> None:
    if not subjects:
        return
    rows: list[list[str]] = []
    for subject, _ in subjects:
        user = printable(subject.user) or "not said"
        if isinstance(subject.gets, str):
            rows.append([printable(subject.name), user, "", printable(subject.gets)])
            continue
        rows.append([printable(subject.name), user, summary(subject.gets.effective), summary(subject.gets.bounding)])
    table([word("what"), word("user"), prose("effective"), prose("bounding")], rows)
    if any(not subject.user and isinstance(subject.gets, CapState) for subject, _ in subjects):
        say("Where no user is said, it is the image's; what is shown is for root.")
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


_UNIT_LINE = re.compile(r"line ([0-9]+)")


def _at(problem: Problem, lines: dict[str, int]) -> str:
    line = _line(problem, lines)
    told = not line or _UNIT_LINE.match(problem.place)
    return printable(problem.place if told else f"line {line}, {problem.place}")


def _line(problem: Problem, lines: dict[str, int]) -> int | None:
    """Return the line of a problem in its file, or of the nearest value around it that is there."""
    if found := _UNIT_LINE.match(problem.place):
        return int(found[1])
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
