"""Compose: the services of a compose file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from attrs import evolve

from capset.documents.containers import as_docker_reads, asked, broken, judge_of, request_of
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.lines import Lines, LinesOfSeveral
from capset.documents.meaning import Meaning
from capset.documents.structured import Document, written_yaml
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import FormatError, shown
from capset.formats import compose
from capset.formats.composing import File, Service
from capset.formats.contexts import is_of_a_chart
from capset.formats.document import Node
from capset.problem import Problem

__all__ = ["DIALECTS"]

_KEYS = {"add": "cap_add", "drop": "cap_drop", "user": "user"}


def _refuses(text: Text) -> str:
    if len(documents := text.parsed()) != 1:
        return f"expected one document, found {len(documents)}"
    root = Node(documents[0].value)
    if not isinstance(root.value, Mapping) or "services" not in root.mapping():
        return "it has no services"
    services = root["services"]
    found = [*services.mapping().values()] if isinstance(services.value, Mapping) else [services.value]
    if found and all(isinstance(each, str) for each in found):
        return f"its services are no mappings, but {shown(found[0])}"
    return "it has a securityContext, as the values of a Helm chart do" if is_of_a_chart(documents[0].value) else ""


def _read(text: Text) -> list[Workload]:
    return _project([text])


def _project(texts: list[Text]) -> list[Workload]:
    """Read several files as one project; where there is but one, nothing is merged."""
    first = texts[0]
    documents = {text.source: text.one() for text in texts}
    lines = {name: document.lines() for name, document in documents.items()}

    def find(path: str) -> File | None:
        """Find a file that a service extends."""
        other = first.other(path)
        if other is None or not isinstance(other.documents, list) or len(other.documents) != 1:
            return None
        lines[other.source] = other.documents[0].lines()
        return File(other.source, other.documents[0].value)

    try:
        services = compose.services([File(name, each.value) for name, each in documents.items()], find)
    except FormatError as error:
        text = next((text for text in texts if text.source == error.source), first)
        return [broken("compose", text, error, lines[text.source])]
    told = [workload for text in texts for workload in _include(text, documents[text.source])]
    return [*told, *(_service(first, service, lines) for service in services)]


def _service(first: Text, service: Service, documents: Mapping[str, Lines]) -> Workload:
    lines = LinesOfSeveral(None, documents, service.origins)
    if (error := service.error) is None:
        read = partial(_request, service.problems, service.extends)
        return asked("compose", first, lines, service.node, read, _KEYS, name=service.name)
    return broken("compose", Text("", error.source), error, documents[error.source], name=service.name)


def _request(problems: tuple[Problem, ...], extends: Node | None, node: Node, engine: Engine | None) -> Request:
    stack = engine is not None and engine.name == "docker-swarm"
    if stack and extends is not None:
        problems = (compose.extends_in_a_stack(extends),)
    request = as_docker_reads(compose.read_service(node, *judge_of(engine), stack=stack))
    return evolve(request, problems=(*problems, *request.problems))


def _include(text: Text, document: Document) -> Iterator[Workload]:
    """Tell of the other files, of which nothing is known here."""
    if "include" in Node(document.value):
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
        keys=("services", "cap_add", "cap_drop"),
        about="a compose file",
        engine="docker",
        structured=True,
        signs=re.compile(r"""\bservices\b|\bcap_(?:add|drop)\b"""),
        refuses=_refuses,
        reader=_read,
        merger=_project,
        writer=_write,
        join=_join,
    ),
)
