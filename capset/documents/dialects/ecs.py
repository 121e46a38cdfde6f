"""ECS: task definitions of Amazon ECS."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from capset.documents.containers import as_docker_reads, asked, broken, judge_of, request_of
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.lines import Lines
from capset.documents.meaning import Meaning
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import FormatError
from capset.formats import ecs
from capset.formats.document import Node

__all__ = ["DIALECTS"]

_LISTS = "linuxParameters.capabilities"
_KEYS = {"add": f"{_LISTS}.add", "drop": f"{_LISTS}.drop", "user": "user"}


def _refuses(text: Text) -> str:
    root = Node(text.one().value)
    if not isinstance(root.value, Mapping):
        return "expected a mapping"
    task = root["taskDefinition"] if isinstance(root["taskDefinition"].value, Mapping) else root
    return "" if "containerDefinitions" in task else "it has no containerDefinitions"


def _read(text: Text) -> list[Workload]:
    document = text.one()
    lines = document.lines()
    try:
        task = ecs.task_of(Node(document.value))
        nodes, family = list(task["containerDefinitions"]), task["family"].text()
    except FormatError as error:
        return [broken("ecs", text, error, lines)]
    return [_container(text, lines, task, node, family) for node in nodes]


def _container(text: Text, lines: Lines, task: Node, node: Node, family: str) -> Workload:
    try:
        name = ecs.name_of(node)
    except FormatError as error:
        return broken("ecs", text, error, lines, within=family)
    return asked("ecs", text, lines, node, partial(_request, task), _KEYS, name=name, within=family)


def _request(task: Node, node: Node, engine: Engine | None) -> Request:
    return as_docker_reads(ecs.read_container(node, task, *judge_of(engine)))


def _write(meaning: Meaning, engine: Engine) -> Part:
    container = ecs.to_container(request_of(meaning, engine))
    return Part(value=container, says=as_docker_reads(ecs.from_container(container)))


def _join(parts: Mapping[str, Any]) -> str:
    containers = [{"name": name or "app", **part} for name, part in parts.items()]
    return json.dumps({"containerDefinitions": containers}, indent=2)


DIALECTS = (
    Dialect(
        name="ecs",
        keys=("containerDefinitions", "taskDefinition", "linuxParameters"),
        signs=re.compile(r"containerDefinitions|taskDefinition"),
        about="a task definition of Amazon ECS",
        engine="aws-ecs",
        structured=True,
        refuses=_refuses,
        reader=_read,
        writer=_write,
        join=_join,
    ),
)
