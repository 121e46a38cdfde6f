"""Nomad: job files, in HCL or JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from attrs import evolve

from capset.documents.containers import as_docker_reads, asked, broken, judge_of, located, not_known
from capset.documents.dialect import Dialect, Text
from capset.documents.foreign import foreign
from capset.documents.lines import Lines
from capset.documents.structured import content
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import DocumentError, FormatError, MissingExtraError, clipped
from capset.formats import nomad
from capset.formats.document import Node, depends, has_placeholder
from capset.formats.nomad import Task
from capset.formats.wording import variable

__all__ = ["DIALECTS"]

_JSON = re.compile(r'"(?:TaskGroups|job)"')
# The first block that is not indented says whose a file is: others have variables and locals as well, and whole jobs in
# their texts between <<EOT and EOT.
_BLOCK = re.compile(r'^([\w-]+)(?:[ \t]+(?:"[^"\n]*"|[\w-]+))*[ \t]*\{', re.MULTILINE)
_JOB = re.compile(r'^[ \t]*job[ \t]+(?:"[^"\n]*"|[\w-]+)[ \t]*\{', re.MULTILINE)
_ANYBODYS = {"variable", "locals"}
_GLANCE = 200_000

_KEYS = {"add": "config.cap_add", "drop": "config.cap_drop", "user": "user"}
_API_KEYS = {"add": "Config.cap_add", "drop": "Config.cap_drop", "user": "User"}
_UNLIMITED = {
    "raw_exec": "the driver raw_exec limits nothing: the task has what the Nomad client has, by default that of root",
    "qemu": "the driver qemu runs a machine of its own, and the emulator has what the Nomad client has",
}


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] == "{"


def _refuses(text: Text) -> str:
    if not _is_json(text.text):
        return _refuses_hcl(text.text[:_GLANCE])
    if not _JSON.search(text.text[:_GLANCE]):
        return "it has no TaskGroups, and no job"
    root = Node(text.one().value)
    job = root["Job"] if isinstance(root["Job"].value, Mapping) else root
    if isinstance(job["TaskGroups"].value, list):
        return ""
    return "" if isinstance(root["job"].value, Mapping | list) else "it has no TaskGroups, and no job"


def _refuses_hcl(text: str) -> str:
    if not _JOB.search(text):
        return "it has no block job"
    first = next((found[1] for found in _BLOCK.finditer(text) if found[1] not in _ANYBODYS), "job")
    return "" if first == "job" else f"its first block is {clipped(first)}, and no job"


def _read(text: Text) -> list[Workload]:
    if _is_json(text.text):
        document = text.one()
        value, lines = document.value, document.lines()
    else:
        value, place = _parsed(text)
        lines = Lines(place)
    try:
        tasks = list(nomad.tasks_of(Node(value)))
    except FormatError as error:
        return [broken("nomad", text, error, lines)]
    return [_workload(text, lines, task) for task in tasks]


def _parsed(text: Text) -> tuple[Any, Any]:
    try:
        value, place = _hcltext().parse_hcl(text.text, text.source)
    except DocumentError as error:
        line = text.text.split("\n")[error.line - 1] if error.line else ""  # marks for Nomad itself stand in others
        if told := foreign(line):
            raise DocumentError(text.source, error.line, told[0]) from None
        raise
    return value, place


def _content(text: str) -> Iterable[str]:
    found: Iterable[str] = content(text) if _is_json(text) else _hcltext().content(text)
    return found


def _hcltext() -> Any:
    """Import what knows HCL."""
    try:
        return import_module("capset.documents.hcltext")
    except ModuleNotFoundError as error:
        if error.name not in {"hcl2", "lark"}:
            raise
        raise MissingExtraError("python-hcl2", "hcl", "reading HCL") from None


def _workload(text: Text, lines: Lines, task: Task, *, engine: Engine | None = None) -> Workload:
    if not task.engine:
        return _of_other(text, lines, task)
    node = Node(None, task.place)
    keys = _KEYS if task.is_hcl else _API_KEYS
    read = partial(_request, task)
    workload = asked("nomad", text, lines, node, read, keys, name=task.name, within=task.group, engine=engine)
    return evolve(workload, engine=task.engine, again=partial(_workload, text, lines, task))


def _of_other(text: Text, lines: Lines, task: Task) -> Workload:
    """Make a workload of a task whose driver is none that limits it."""
    node = Node(task.driver, f"{task.place}.driver")
    if has_placeholder(task.driver):
        problem = variable(node)
    elif not task.driver:
        problem = depends(node, "driver", "the task names no driver")
    else:
        unknown = f"capset does not know what the driver {clipped(task.driver)} makes of a task"
        problem = depends(node, "driver", _UNLIMITED.get(task.driver, unknown))
    return Workload(
        name=task.name,
        within=task.group,
        dialect="nomad",
        source=text.source,
        line=lines.at(task.place) or 1,
        not_known=not_known([problem]) or problem.message,
        problems=(located(problem, lines, text.source),),
    )


def _request(task: Task, _node: Node, engine: Engine | None) -> Request:
    request = task.read(*judge_of(engine))
    return as_docker_reads(request) if task.driver == "docker" else request


DIALECTS = (
    Dialect(
        name="nomad",
        keys=("TaskGroups",),
        opening=r'job[ \t]+"',
        signs=re.compile(r'^[ \t]*job[ \t]+"|"TaskGroups"', re.MULTILINE),
        about="a job of Nomad, in HCL or JSON",
        engine="nomad-docker",
        refuses=_refuses,
        content=_content,
        reader=_read,
    ),
)
