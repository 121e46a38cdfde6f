"""What the dialects of containers have in common: requests that are read, and requests that are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from attrs import evolve

from capset.documents.dialect import Text
from capset.documents.lines import Lines
from capset.documents.meaning import Meaning
from capset.documents.spelling import is_odd
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.engines.judging import Judge
from capset.errors import FormatError, shown
from capset.formats.document import Node, has_placeholder
from capset.problem import Problem

__all__ = ["as_docker_reads", "asked", "broken", "judge_of", "located", "not_known", "request_of", "unread_part"]


def asked(
    dialect: str,
    text: Text,
    lines: Lines,
    node: Node,
    read: Callable[[Node, Engine | None], Request],
    keys: Mapping[str, str],
    *,
    name: str,
    within: str = "",
    engine: Engine | None = None,
) -> Workload:
    """Make a workload of a container, also of one that cannot be read.

    Args:
        dialect: The name of the dialect.
        text: The text that is read.
        lines: The lines of the document.
        node: Where the container stands.
        read: Reads it, for an engine or for those that may be meant: a function of a module, as workloads are pickled.
        keys: Where the names to add and to drop and the user stand below it: the field of a request, and its path.
        name: Its name.
        within: The name of its pod.
        engine: The engine that is to read it.
    """
    try:
        request = read(node, engine)
    except FormatError as error:
        return broken(dialect, text, error, lines, name=name, within=within)
    source = lines.source_at(node.place) or text.source
    places = dict(_places(node, request, keys))
    return Workload(
        name=name,
        within=within,
        dialect=dialect,
        source=source,
        line=lines.at(node.place) or 1,
        request=request,
        not_known=not_known(request.problems),
        problems=tuple(located(problem, lines, source) for problem in request.problems),
        lines={field: line for field, place in places.items() if (line := lines.at(place))},
        files={field: file for field, place in places.items() if (file := lines.source_at(place)) not in {"", source}},
        again=partial(asked, dialect, text, lines, node, read, keys, name=name, within=within),
    )


def located(problem: Problem, lines: Lines, source: str) -> Problem:
    """Say on which line a problem is, and in which document if that is another one than *source*."""
    file = lines.source_at(problem.place)
    return evolve(problem, line=lines.at(problem.place), source="" if file == source else file)


def _places(node: Node, request: Request, keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield where the fields of a request stand, and of what is added and dropped each name that is spelled oddly."""
    for field, key in keys.items():
        place = f"{node.place}.{key}".lstrip(".")
        yield field, place
        if field in {"add", "drop"}:
            for at, name in enumerate(getattr(request, field)):
                if is_odd(name):
                    yield f"{field}[{at}]", f"{place}[{at}]"


def broken(dialect: str, text: Text, error: FormatError, lines: Lines, *, name: str = "", within: str = "") -> Workload:
    """Make a workload of a part of a document that cannot be read."""
    place = "" if error.place == "the document" else error.place
    line = lines.at(place)
    problem = Problem(
        rule="unreadable",
        place=error.place,
        value=shown(error.value),
        verdict="refused",
        message=f"expected {error.expected}, got {shown(error.value)}",
        line=line,
    )
    if has_placeholder(error.value):
        problem = evolve(problem, rule="variable", verdict="depends")
    return Workload(
        name=name,
        within=within,
        dialect=dialect,
        source=lines.source_at(place) or text.source,
        line=line or 1,
        not_known=not_known([problem]) or "it cannot be read",
        problems=(problem,),
        error=error,
    )


def unread_part(dialect: str, source: str, line: int, error: FormatError, *, within: str = "") -> Workload:
    """Make a workload of a line that cannot be read, among others that can."""
    lines = Lines(line)
    return evolve(broken(dialect, Text("", source), error, lines, within=within), line=line)


_DECIDES = (
    *("not-read", "extends", "user-of-caller", "limited-client", "computed-by-podman", "no-capabilities"),
    "not-counted",
)


def not_known(problems: Iterable[Problem]) -> str:
    """Say why nobody can tell what comes of what has these problems; an empty text where that can be told."""
    told = {problem.rule: problem.message for problem in problems if problem.verdict != "note"}
    return "a variable decides" if "variable" in told else next((told[rule] for rule in _DECIDES if rule in told), "")


def as_docker_reads(request: Request) -> Request:
    """Say who the user is where only a group is said: for Docker, and for it alone, root."""
    return evolve(request, user=f"0{request.user}") if request.user.startswith(":") else request


def judge_of(engine: Engine | None) -> tuple[Judge, ...]:
    """Return who judges names as the last argument of a reader; none for its own."""
    return () if engine is None else (engine.judge,)


def request_of(meaning: Meaning, engine: Engine) -> Request:
    """Return the request itself, or the shortest one whose bounding set is that of these sets.

    Raises:
        UnreachableError: No request gives just these.
    """
    if isinstance(meaning, Request):
        return meaning
    return evolve(engine.request(meaning.caps.bounding), user=meaning.user, no_new_privs=meaning.no_new_privs)
