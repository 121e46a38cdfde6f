"""Contexts: security contexts that stand outside of a pod, alone, in a container, or in the values of a Helm chart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from attrs import evolve, frozen

from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.formats.document import Node, depends, look_alike
from capset.formats.kubernetes import read_context

__all__ = ["Context", "contexts", "is_container", "is_context", "is_of_a_chart", "unread"]

_CONTEXT = re.compile(r"(?:.*S|s)ecurityContext")
_WHOSE = re.compile(r".*((?i:pod|container))SecurityContext")
_OF_CONTAINER = frozenset(
    {"allowPrivilegeEscalation", "capabilities", "privileged", "procMount", "readOnlyRootFilesystem"}
)
_OF_POD = frozenset({"fsGroup", "fsGroupChangePolicy", "supplementalGroups", "supplementalGroupsPolicy", "sysctls"})
_OF_BOTH = frozenset(
    {
        *("appArmorProfile", "runAsGroup", "runAsNonRoot", "runAsUser", "seLinuxOptions", "seccompProfile"),
        "windowsOptions",
    }
)
# What a container of a pod may say, beside its context.
_CONTAINER = frozenset(
    {
        *(
            "args",
            "command",
            "env",
            "envFrom",
            "image",
            "imagePullPolicy",
            "lifecycle",
            "livenessProbe",
            "name",
            "ports",
        ),
        *("readinessProbe", "resizePolicy", "resources", "restartPolicy", "securityContext", "startupProbe", "stdin"),
        *("stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts"),
        "workingDir",
    }
)


@frozen
class Context:
    """A security context, of a container or of a pod in which the containers say nothing.

    Attributes:
        name: Where it stands, such as ``controller.containerSecurityContext``.
        own: The container's; with no value where there is the pod's alone.
        pods: The pod's; with no value where there is none.
        values: Whether it stands in the values of a chart.
    """

    name: str
    own: Node
    pods: Node
    values: bool

    def read(self, judge: Judge | None = None) -> Request:
        """Read it.

        Raises:
            FormatError: It does not have the shape of one.
        """
        own, pods = (_switched(each) if self.values else each for each in (self.own, self.pods))
        request = read_context(own, pods, judge)
        if not self.values:
            return request
        node = self.pods if self.own.value is None else self.own
        off = " as it is not enabled" if own.value is None and self.own.value is not None else ""
        told = f"which container the chart gives it to is not known{f', and it may leave it out,{off}' if off else ''}"
        problems = [*request.problems, evolve(depends(node, "of-a-chart", told), verdict="note")]
        if meant := _meant(node.place.rpartition(".")[2]):
            problems.append(depends(node, "unknown-key", f"only the chart knows such a key: did you mean {meant}?"))
        return evolve(request, problems=tuple(problems))


def is_context(value: object) -> bool:
    """Say whether a document is a security context itself, or a key with one and nothing else."""
    keys = _keys(value)
    if not keys:
        return False
    if keys == {"securityContext"}:
        return True
    of_lists = _keys(Node(value)["capabilities"].value)
    of_runtime = bool(of_lists) and {"add", "drop"}.isdisjoint(of_lists)
    return keys <= _OF_CONTAINER | _OF_POD | _OF_BOTH and not of_runtime


def _keys(value: object) -> set[object]:
    """Return the keys of a mapping; of anything else, none."""
    return {*cast("Mapping[object, object]", value)} if isinstance(value, Mapping) else set()


def is_container(value: object) -> bool:
    """Say whether a document is a container of a pod by itself."""
    return "securityContext" in (keys := _keys(value)) and keys <= _CONTAINER


_OF_COMPOSE = frozenset(
    {"configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes"}
)


def is_of_a_chart(value: object) -> bool:
    """Say whether a document may be the values of a chart: it has a context, and keys that Compose has not."""
    keys = _keys(value)
    if not keys or not {"apiVersion", "kind"}.isdisjoint(keys) or is_context(value) or _is_inspected(Node(value)):
        return False
    strange = [key for key in keys if key not in _OF_COMPOSE and not str(key).startswith("x-")]
    return bool(strange) and not is_container(value) and any(contexts(Node(value), values=True))


def _is_inspected(root: Node) -> bool:
    """Say whether a document is of a container that was made, with what its runtime was asked for."""
    status, info, spec = (_keys(root[key].value) for key in ("status", "info", "Spec"))
    return bool(status and info) or "process" in spec


def contexts(root: Node, *, values: bool = False) -> Iterator[Context]:
    """List the security contexts in a document: of each mapping that has some, the containers' with the pod's."""
    if not values and is_context(root.value) and "securityContext" not in root:
        of_pod = _says_pods(root)
        yield Context("", Node(None) if of_pod else root, root if of_pod else Node(None), values)
        return
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        value: object = node.value
        if not isinstance(value, Mapping | list) or id(node.value) in seen:
            continue
        seen.add(id(node.value))
        if isinstance(value, list):
            waiting += reversed(list(node))
            continue
        keys = [key for key, value in node.mapping().items() if _is_one(key, value)]
        waiting += reversed([node[key] for key in node.mapping() if key not in keys])
        found = [each for key in keys for each in (_by_name(node[key]) if values else ()) or [(key, node[key])]]
        pods = [each for key, each in found if _is_pods(key, each)]
        own = [each for key, each in found if not _is_pods(key, each)]
        pod = pods[0] if len(pods) == 1 else Node(None)
        yield from (Context(each.place, each, pod, values) for each in own)
        if len(pods) > 1 or not own:
            yield from (Context(each.place, Node(None), each, values) for each in pods)


def _by_name(context: Node) -> list[tuple[str, Node]]:
    """Return the contexts, each under a name of its own, that a chart has where a pod has one; none if it is one."""
    keys = _keys(context.value) - {"enabled"}
    if not keys or not keys.isdisjoint(_OF_ONE):
        return []
    inner = [(key, context[key]) for key in context.mapping() if key != "enabled"]
    return inner if all(keys and keys <= _OF_ONE for keys in (_keys(each.value) for _, each in inner)) else []


_OF_ONE = _OF_CONTAINER | _OF_POD | _OF_BOTH | {"enabled"}
# What gives privileges where it is in a context, and may do so where a chart has it outside of one, as only that knows.
_DECIDES = re.compile(r"(?<!un)privileged|capabilit|cap_?(?:add|drop)|run_?as_?(?:user|root)", re.IGNORECASE)
_HAS_CONTAINER = re.compile(r"(?m)^[ \t-]*(?:image|securityContext|privileged|capabilities)[ \t]*:")


def unread(root: Node) -> Iterator[Node]:
    """List what may decide in the values of a chart and is in no security context: only its templates know.

    That is what is called as a part of a context is, and texts in which a container stands.
    """
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        value: object = node.value
        if isinstance(value, str) and _HAS_CONTAINER.search(value):
            yield node
        if not isinstance(value, Mapping | list) or id(node.value) in seen:
            continue
        seen.add(id(node.value))
        if isinstance(value, list):
            waiting += reversed(list(node))
            continue
        for key, inner in reversed([*node.mapping().items()]):
            if inner is None or inner is False or inner in _NOTHING:
                continue
            if isinstance(key, str) and _DECIDES.search(key) and not _is_one(key, inner):
                yield node[key]
            elif _is_one(key, inner):
                waiting += [each for name, each in _others(node[key]) if name not in _OF_ONE]
            else:
                waiting.append(node[key])


_NOTHING: tuple[object, ...] = ("", "false", [], {})


def _others(context: Node) -> Iterator[tuple[str, Node]]:
    """Go through what stands in a context, if it is a mapping, and not one of contexts."""
    if isinstance(context.value, Mapping) and not _by_name(context):
        yield from ((key, context[key]) for key in context.mapping())


_KEYS = ("containerSecurityContext", "podSecurityContext", "securityContext")


def _is_one(key: object, value: object) -> bool:
    """Say whether a key has a context, also where it is misspelt: then a chart may know it, and a pod does not."""
    if not isinstance(key, str) or value is None:
        return False
    return _CONTEXT.fullmatch(key) is not None or bool(_meant(key))


def _meant(key: str) -> str:
    """Return the key that another one looks like; an empty text for one that is right, and for all else."""
    if _CONTEXT.fullmatch(key) or ("security" not in key.lower() and "context" not in key.lower()):
        return ""
    lower = {each.lower(): each for each in _KEYS}
    return next((lower[each] for each in look_alike(key.replace("_", "").lower(), lower, cutoff=0.85)), "")


def _is_pods(key: str, node: Node) -> bool:
    """Say whether a context is a pod's, by its name or by what stands in it."""
    named = _WHOSE.fullmatch(key)
    return named[1].lower() == "pod" if named else _says_pods(node)


def _says_pods(node: Node) -> bool:
    keys = _keys(node.value)
    return not keys & _OF_CONTAINER and bool(keys & _OF_POD)


def _switched(context: Node) -> Node:
    """Take out the switch that many charts have in it; a context that is switched off is none."""
    if "enabled" not in context.mapping():
        return context
    rest = {key: value for key, value in context.mapping().items() if key != "enabled"}
    return Node(rest if context["enabled"].truth() else None, context.place)
