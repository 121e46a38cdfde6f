"""Kubernetes: pods, and what makes pods."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from attrs import evolve

from capset.documents.containers import asked, broken, judge_of, request_of
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.lines import Lines
from capset.documents.meaning import Meaning
from capset.documents.structured import written_yaml
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import FormatError, clipped
from capset.formats import kubernetes
from capset.formats.document import Node, depends
from capset.formats.kubernetes import Pod
from capset.formats.manifests import PATHS, is_own, items, specs, unread
from capset.problem import Problem

__all__ = ["DIALECTS"]

# Where the spec of a pod stands in a document that does not say its kind.
_USUAL = {"", *(".".join(path) for path in PATHS.values())}

_FOREIGN = "what its controller makes of it is not known, as its apiVersion and kind are none of Kubernetes' own"

_CONTEXT = "securityContext"
_KEYS = {
    "add": f"{_CONTEXT}.capabilities.add",
    "drop": f"{_CONTEXT}.capabilities.drop",
    "user": f"{_CONTEXT}.runAsUser",
    **{key: f"{_CONTEXT}.{key}" for key in ("privileged", "runAsUser", "runAsNonRoot", "allowPrivilegeEscalation")},
}


def _refuses(text: Text) -> str:
    documents = text.parsed()
    strange = next((reason for each in documents if (reason := _strange(each.value))), "")
    return strange if documents else "there is no document in it"


def _strange(document: object) -> str:
    """Say why a document is none for Kubernetes; an empty text if it is one."""
    root = Node(document)
    if not isinstance(document, Mapping):
        return "expected a mapping"
    if "kind" in root:
        return ""
    found = any(spec.place in _USUAL for spec in specs(root))
    return "" if found else "it has no kind, and no spec with containers"


def _read(text: Text) -> list[Workload]:
    return [workload for each in text.parsed() for workload in _workloads(text, each.value, each.lines())]


def _workloads(text: Text, document: Any, lines: Lines) -> Iterator[Workload]:
    for node in items(document):
        try:
            pods, others = kubernetes.pods_of(node), list(unread(node))
        except FormatError as error:
            yield broken("kubernetes", text, error, lines)
            continue
        for pod in pods:
            yield from _containers(text, pod, lines)
        for other in others:
            yield _unread(text, node, other, lines)
        if not pods and not others:
            yield _passed_over(text, node, lines)


def _unread(text: Text, item: Node, node: Node, lines: Lines) -> Workload:
    """Tell of what looks like a container where no pod is."""
    kind = item["kind"].text()
    maker = f"a {clipped(kind)}" if kind else "a document without kind"
    why = f"what {maker} makes of it is not known: only the spec of a pod is read"
    problem = evolve(depends(node, "not-read", why), line=lines.at(node.place))
    return Workload(
        name=node.place,
        within=item.at("metadata", "name").text(),
        dialect="kubernetes",
        source=text.source,
        line=problem.line or 1,
        not_known=why,
        problems=(problem,),
    )


def _passed_over(text: Text, node: Node, lines: Lines) -> Workload:
    """Tell of a document or an item in which there is no pod, nor anything like one."""
    kind = node["kind"].text()
    if not kind and not node.place:
        raise node.error("a pod or what makes one")
    what = f"{node.place or 'a document'}{f' of kind {clipped(kind)}' if kind else ''}"
    known = not kind or is_own(node)
    told = f"{what}, in which there is no pod" if known else f"{what}: {_FOREIGN}"
    line = lines.at(node.place)
    problem = Problem(rule="passed-over", place=node.place, value=kind, verdict="note", message=told, line=line)
    return Workload(
        name="" if known else clipped(kind),
        dialect="kubernetes",
        source=text.source,
        line=line or 1,
        not_known="" if known else _FOREIGN,
        problems=(problem,),
    )


def _containers(text: Text, pod: Pod, lines: Lines) -> Iterator[Workload]:
    names: set[str] = set()
    for entry in pod.entries():
        if isinstance(entry, FormatError):
            yield broken("kubernetes", text, entry, lines, within=pod.name)
            continue
        name, node = entry
        yield _container(text, pod, lines, name, node, name in names)
        names.add(name)


def _container(
    text: Text, pod: Pod, lines: Lines, name: str, node: Node, twice: bool, *, engine: Engine | None = None
) -> Workload:
    read = partial(_request, pod)
    workload = asked("kubernetes", text, lines, node, read, _KEYS, name=name, within=pod.name, engine=engine)
    told = (_twice(node, name, lines),) if twice else ()
    again = partial(_container, text, pod, lines, name, node, twice)
    return evolve(workload, problems=(*workload.problems, *told), pod=pod, node=node, again=again)


def _request(pod: Pod, node: Node, engine: Engine | None) -> Request:
    return pod.read(node, *judge_of(engine))


def _twice(node: Node, name: str, lines: Lines) -> Problem:
    return Problem(
        rule="duplicate-name",
        place=node.place,
        value=name,
        verdict="refused",
        message="two containers of that name",
        line=lines.at(node.place),
    )


def _write(meaning: Meaning, engine: Engine) -> Part:
    container = kubernetes.to_container(request_of(meaning, engine))
    return Part(value=container, says=kubernetes.from_container(container))


def _join(parts: Mapping[str, Any]) -> str:
    return written_yaml({"spec": {"containers": [{"name": name or "app", **part} for name, part in parts.items()]}})


DIALECTS = (
    Dialect(
        name="kubernetes",
        about="a pod, or what makes pods",
        engine="containerd",
        structured=True,
        signs=re.compile(r"""\b(?:apiVersion|containers|securityContext)\b"""),
        refuses=_refuses,
        reader=_read,
        writer=_write,
        join=_join,
    ),
)
