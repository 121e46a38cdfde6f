"""Compose: the services of a compose file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from capset.documents.containers import as_docker_reads, asked, broken, judge_of, request_of
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.meaning import Meaning
from capset.documents.structured import Document, written_yaml
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import FormatError
from capset.formats import compose
from capset.formats.document import Node
from capset.problem import Problem

__all__ = ["DIALECTS"]

_KEYS = {"add": "cap_add", "drop": "cap_drop", "user": "user"}


def _refuses(text: Text) -> str:
    if len(documents := text.parsed()) != 1:
        return f"expected one document, found {len(documents)}"
    return "" if isinstance(value := documents[0].value, dict) and "services" in value else "it has no services"


def _read(text: Text) -> list[Workload]:
    document = text.one()
    lines = document.lines()
    try:
        services = list(compose.services(document.value))
    except FormatError as error:
        return [broken("compose", text, error, lines)]
    read = (asked("compose", text, lines, node, _service, _KEYS, name=name) for name, node in services)
    return [*_include(text, document), *read]


def _service(node: Node, engine: Engine | None) -> Request:
    stack = engine is not None and engine.name == "docker-swarm"
    return as_docker_reads(compose.read_service(node, *judge_of(engine), stack=stack))


def _include(text: Text, document: Document) -> Iterator[Workload]:
    """Tell of the other files, of which nothing is known here."""
    if "include" in document.value:
        line = document.lines().at("include")
        message = "what other files add is not read"
        problem = Problem(rule="not-read", place="include", value="", verdict="depends", message=message, line=line)
        yield Workload(
            dialect="compose",
            name="include",
            source=text.source,
            line=line or 1,
            not_known="it is not read",
            problems=(problem,),
        )


def _write(meaning: Meaning, engine: Engine) -> Part:
    service = compose.to_service(request_of(meaning, engine))
    return Part(value=service, says=as_docker_reads(compose.from_service(service)))


def _join(parts: Mapping[str, Any]) -> str:
    return written_yaml({"services": {name or "app": service for name, service in parts.items()}})


DIALECTS = (
    Dialect(
        name="compose",
        about="a compose file",
        engine="docker",
        structured=True,
        signs=re.compile(r"""\bservices\b|\bcap_(?:add|drop)\b"""),
        refuses=_refuses,
        reader=_read,
        writer=_write,
        join=_join,
    ),
)
