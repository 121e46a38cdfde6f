"""GitLab: the ``config.toml`` of a runner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from tomllib import loads
from typing import Any, cast

from attrs import define, evolve

from capset.documents.containers import asked, broken, judge_of
from capset.documents.dialect import Dialect, Text
from capset.documents.lines import Lines
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import DocumentError, FormatError, clipped
from capset.formats import gitlab
from capset.formats.document import Node
from capset.formats.gitlab import Container
from capset.problem import Problem

__all__ = ["DIALECTS"]

_RUNNERS = re.compile(r"^[ \t]*\[\[[ \t]*runners[ \t]*\]\]", re.MULTILINE | re.IGNORECASE)
_KEY = re.compile(r"^[ \t]*\[*([\w.-]+)(?:[ \t]*=|\])", re.MULTILINE)
_RUNNER = re.compile(r"runners\[([0-9]+)\]")
_KEYS = {"add": "cap_add", "drop": "cap_drop", "user": "user"}


@define(eq=False)
class _TomlLines(Lines):
    """The lines of runners: of each where it begins, and on which line its keys first stand."""

    starts: list[int]
    keys: list[dict[str, int]]

    def at(self, place: str) -> int | None:
        """Return the line of a key, or of the runner in which it is to stand."""
        place = place.lower()  # of keys in any case
        found = _RUNNER.match(place)
        number = int(found[1]) if found else len(self.starts)
        if number >= len(self.starts):
            return None
        words = re.split(r"[.\[]", place)
        return next(
            (self.keys[number][word] for word in reversed(words) if word in self.keys[number]), self.starts[number]
        )


def _lines(text: str) -> _TomlLines:
    begins = [found.start() for found in _RUNNERS.finditer(text)]
    line, at, starts, keys = 1, 0, list[int](), list[dict[str, int]]()
    for begin, end in pairwise([*begins, len(text)]):
        line += text.count("\n", at, begin)
        starts.append(line)
        of_runner: dict[str, int] = {}
        for found in _KEY.finditer(text, begin, end):
            line, at = line + text.count("\n", max(at, begin), found.start()), found.start()
            of_runner.setdefault(found[1].rpartition(".")[2].lower(), line)
        at = max(at, begin)
        keys.append(of_runner)
    return _TomlLines(None, starts, keys)


def _refuses(text: Text) -> str:
    return "" if _RUNNERS.search(text.text) else "it has no [[runners]]"


def _parsed(text: str, source: str = "") -> Any:
    try:
        return loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        raise DocumentError(source, None, f"no TOML: {error}") from None


def _content(text: str) -> Iterator[str]:
    waiting: list[object] = [_parsed(text)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            table = cast("dict[str, object]", value)
            yield from table
            waiting += table.values()
        elif isinstance(value, list):
            waiting += cast("list[object]", value)
        elif isinstance(value, str):
            yield value


def _read(text: Text) -> list[Workload]:
    document, lines = _parsed(text.text, text.source), _lines(text.text)
    try:
        runners = gitlab.runners_of(document)
    except FormatError as error:
        return [broken("gitlab", text, error, lines)]
    return [workload for node in runners for workload in _runner(text, lines, node)]


def _runner(text: Text, lines: Lines, node: Node) -> list[Workload]:
    try:
        found = list(gitlab.containers_of(node))
        name, executor = node["name"].text(), node["executor"].text()
    except FormatError as error:
        return [broken("gitlab", text, error, lines)]
    if found:
        return [_container(text, lines, each) for each in found]
    told = f"a runner with the executor {clipped(executor)}, which is not read: those of Docker and Kubernetes are"
    line = lines.at(node.place)
    problem = Problem(rule="passed-over", place=node.place, value=executor, verdict="note", message=told, line=line)
    not_known = ""
    if executor not in _WITHOUT:
        problem, not_known = evolve(problem, rule="not-read", verdict="depends"), told
    return [
        Workload(
            name=name, dialect="gitlab", source=text.source, line=line or 1, not_known=not_known, problems=(problem,)
        )
    ]


# Executors that start no container by themselves.
_WITHOUT = frozenset({"", "instance", "parallels", "shell", "ssh", "virtualbox"})


def _container(text: Text, lines: Lines, container: Container, *, engine: Engine | None = None) -> Workload:
    read = partial(_request, container)
    node = Node(None, container.place)
    kind, runner = container.kind, container.runner
    workload = asked("gitlab", text, lines, node, read, _KEYS, name=kind, within=runner, engine=engine)
    return evolve(workload, engine=container.engine, again=partial(_container, text, lines, container))


def _request(container: Container, _node: Node, engine: Engine | None) -> Request:
    return container.read(*judge_of(engine))


DIALECTS = (
    Dialect(
        name="gitlab",
        opening=r"(?i:\[\[?runners\b)",
        signs=re.compile(r"(?i)\[\[runners\]\]|\[runners\."),
        about="the config.toml of GitLab's runner",
        engine="docker",
        refuses=_refuses,
        content=_content,
        reader=_read,
    ),
)
