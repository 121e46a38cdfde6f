"""Kubernetes: pods, and what makes pods."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from attrs import evolve

from capset.documents.containers import asked, broken, judge_of, located, request_of
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.lines import Lines
from capset.documents.meaning import Meaning
from capset.documents.structured import written_yaml
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import FormatError, clipped
from capset.formats import kubernetes
from capset.formats.contexts import Context, contexts, is_container, is_context, is_of_a_chart
from capset.formats.contexts import unread as unread_values
from capset.formats.document import Node, depends
from capset.formats.kubernetes import Pod
from capset.formats.limits import KINDS, read_limits
from capset.formats.manifests import PATHS, POLICIES, group_of, is_own, items, specs, unread
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
    strange = [_strange(each.value) for each in documents]
    return "" if "" in strange else next(iter(strange), "there is no document in it")


def _strange(document: Any) -> str:
    """Say why a document is none for Kubernetes; an empty text if it is one."""
    root = Node(document)
    if _is_part(document):
        return ""
    if not isinstance(document, Mapping):
        return "expected a mapping"
    if "kind" in root:
        return ""
    found = any(spec.place in _USUAL for spec in specs(root))
    return "" if found else "it has no kind, and no spec with containers"


def _is_part(document: Any) -> bool:
    """Say whether a document is a part of a pod: containers, or a security context."""
    root = Node(document)
    if isinstance(root.value, list):
        nodes = list(root)
        return bool(nodes) and all(is_container(node.value) for node in nodes)
    return is_context(document) or is_container(document)


def _refuses_values(text: Text) -> str:
    document = text.one().value
    if not isinstance(document, dict):
        return "expected a mapping"
    if not is_of_a_chart(text.one().value):
        return "it has no securityContext"
    return "" if _strange(text.one().value) else "it is a pod"


def _read_values(text: Text) -> list[Workload]:
    document = text.one()
    lines = document.lines()
    found = _contexts(text, document.value, lines, "helm")
    return [*found, *(_not_read(text, node, _OF_CHART, lines, "helm") for node in unread_values(Node(document.value)))]


_OF_CHART = "what the chart makes of it is not known, as it is in no securityContext: give what helm template prints"


def _contexts(text: Text, document: Any, lines: Lines, dialect: str) -> list[Workload]:
    found = contexts(Node(document), values=dialect == "helm")
    return [_context(text, lines, each, Node(document), dialect) for each in found]


def _context(
    text: Text, lines: Lines, context: Context, root: Node, dialect: str, *, engine: Engine | None = None
) -> Workload:
    """Read a security context outside of a pod, which is as good as a pod with one container for a policy."""
    node = context.pods if context.own.value is None else context.own
    read = partial(_of_context, context)
    keys = {field: key.removeprefix(f"{_CONTEXT}.") for field, key in _KEYS.items()}
    name = context.name or "securityContext"
    if dialect == "kubernetes" and root.value is not context.own.value:
        name = _name_of(root, node) or name
    workload = asked(dialect, text, lines, node, read, keys, name=name, engine=engine)
    pod = Pod("", "", "", {_CONTEXT: context.pods.value})
    again = partial(_context, text, lines, context, root, dialect)
    return evolve(workload, pod=pod, node=Node({_CONTEXT: context.own.value}), again=again)


def _name_of(root: Node, context: Node) -> str:
    """Return the name of the container by itself in which a context stands."""
    place = context.place.rpartition(_CONTEXT)[0].removesuffix(".")
    container = next((node for node in root if node.place == place), root) if place else root
    return container["name"].text()


def _of_context(context: Context, _node: Node, engine: Engine | None) -> Request:
    return context.read(*judge_of(engine))


def _read(text: Text) -> list[Workload]:
    found: list[Workload] = []
    documents = text.parsed()
    for each in documents:
        lines = each.lines()
        if len(documents) > 1 and (reason := _strange(each.value)):
            why = f"a document that is none of Kubernetes' is not read: {reason}"
            found.append(_not_read(text, Node(each.value), why, lines, "kubernetes"))
        else:
            found += _workloads(text, each.value, lines)
    return found


def _workloads(text: Text, document: Any, lines: Lines) -> Iterator[Workload]:
    if _is_part(document):
        yield from _contexts(text, document, lines, "kubernetes")
        return
    for node in items(document):
        if isinstance(node.value, Mapping) and node["kind"].value in KINDS:
            yield _limits(text, node, lines)
            continue
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
    return _not_read(text, node, why, lines, "kubernetes", within=item.at("metadata", "name").text())


def _not_read(text: Text, node: Node, why: str, lines: Lines, dialect: str, *, within: str = "") -> Workload:
    problem = evolve(depends(node, "not-read", why), line=lines.at(node.place))
    return Workload(
        name=node.place,
        within=within,
        dialect=dialect,
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
    whose = POLICIES.get(group_of(node))
    known = not kind or is_own(node) or whose is not None
    told = f"{what}, in which there is no pod" if known else f"{what}: {_FOREIGN}"
    if whose is not None:
        told = f"{what}: a policy of {whose}, which says what others may ask for, and is not checked here"
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


def _limits(text: Text, node: Node, lines: Lines) -> Workload:
    """Tell of what limits other pods, and asks for nothing itself."""
    try:
        limits = read_limits(node)
    except FormatError as error:
        return broken("kubernetes", text, error, lines)
    place, name = node.place, f" {clipped(limits.name)}" if limits.name else ""
    told = Problem(
        rule="limits", place=place, value=limits.kind, verdict="note", message=f"{limits.kind}{name}: {limits}"
    )
    return Workload(
        dialect="kubernetes",
        source=text.source,
        line=lines.at(place) or 1,
        problems=tuple(located(each, lines, text.source) for each in (told, *limits.problems)),
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
        keys=("apiVersion", "kind", "containers", "initContainers"),
        about="a pod, or what makes pods",
        engine="containerd",
        structured=True,
        signs=re.compile(r"""\b(?:apiVersion|containers|securityContext)\b"""),
        refuses=_refuses,
        reader=_read,
        writer=_write,
        join=_join,
    ),
    Dialect(
        name="helm",
        keys=(r"\w*[sS]ecurityContext",),
        signs=re.compile(r"[sS]ecurityContext\b"),
        about="the values of a Helm chart, with a securityContext",
        engine="containerd",
        structured=True,
        refuses=_refuses_values,
        reader=_read_values,
    ),
)
