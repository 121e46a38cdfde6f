"""Manifests: where the pods stand in a document of Kubernetes, and what else in it looks like a container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from capset.formats.document import Node

__all__ = ["LISTS", "PATHS", "items", "specs", "unread"]

PATHS = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "ReplicationController", "Job"),
        ("spec", "template", "spec"),
    ),
}
"""Where the PodSpec stands in each of Kubernetes' own kinds."""

LISTS = ("initContainers", "containers", "ephemeralContainers")
"""The lists of containers in a PodSpec, in the order in which they are started."""

# Kinds of Kubernetes' own without a pod, whatever the names of their keys are: data, and schemas of others.
_WITHOUT = frozenset(
    {
        *("APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding"),
        *("ConfigMap", "CustomResourceDefinition", "EndpointSlice", "Endpoints", "Event", "HorizontalPodAutoscaler"),
        *("Ingress", "IngressClass", "Lease", "LimitRange", "MutatingWebhookConfiguration", "Namespace"),
        *("NetworkPolicy", "Node", "PersistentVolume", "PersistentVolumeClaim", "PodDisruptionBudget"),
        *("PriorityClass", "ResourceQuota", "Role", "RoleBinding", "RuntimeClass", "Secret", "Service"),
        *("ServiceAccount", "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
        *("ValidatingWebhookConfiguration", "VolumeAttachment"),
    }
)

# A container, or a list of some, under another key or in another place than those of a PodSpec.
_CONTAINERS = re.compile(r"(?:.*C|c)ontainers?|containerTemplate")
_CONTEXT = re.compile(r"(?:.*S|s)ecurityContext")


def items(document: Mapping[str, object]) -> Iterator[Node]:
    """Go through what there is in a document: itself, or the items of a ``List``, and of lists in it, as kubectl does.

    The objects of a ``Template`` of OpenShift are such items too. A list that is met again, as it may be in YAML, is
    not gone through again, but is one of the items itself.
    """
    waiting, seen = [Node(document)], set[int]()
    while waiting:
        node = waiting.pop()
        key = _key_of_items(node)
        if not key or id(node.value) in seen:
            yield node
            continue
        seen.add(id(node.value))
        waiting += reversed(list(node[key]))


def _key_of_items(node: Node) -> str:
    """Return the key under which a list has its items; an empty text for what is no list."""
    key = _key_of_kind(node)
    return key if key and isinstance(node[key].value, list | tuple) else ""


def _key_of_kind(node: Node) -> str:
    """Return the key under which something of its kind has items, whatever stands there."""
    if not isinstance(node.value, Mapping) or not isinstance(kind := node["kind"].value, str):
        return ""
    return "items" if kind.endswith("List") else "objects" if kind == "Template" else ""


def specs(root: Node) -> list[Node]:
    """Return the PodSpecs in what is no list: that of one of Kubernetes' kinds, or all that another kind has anywhere.

    Raises:
        FormatError: It does not have the shape of a document.
    """
    kind = root["kind"].text()
    if kind in PATHS:
        return [root.at(*PATHS[kind])]
    if _has_none(root):
        return []
    if (key := _key_of_kind(root)) and root[key].value is not None:  # pods may be in what is no list
        raise root[key].error("a list")
    return [node for node in _mappings(root) if "containers" in node]


def _has_none(root: Node) -> bool:
    """Say whether it is of a kind without a pod; a list that is met again has been gone through before."""
    return root["kind"].text() in _WITHOUT or bool(_key_of_items(root))


def unread(root: Node) -> Iterator[Node]:
    """List what looks like a container in what is no list, and stands in no PodSpec: by its key, image or context.

    Whether it is one, and what the controller of that kind makes of it, is not known.
    """
    if root["kind"].text() in PATHS or _has_none(root):
        return
    for node in _mappings(root):
        known = (*LISTS, "securityContext") if "containers" in node else ()
        said = [key for key, value in node.mapping().items() if isinstance(key, str) and key not in known and value]
        told = [key for key in said if _CONTEXT.fullmatch(key) or (key == "image" and isinstance(node[key].value, str))]
        yield from (node[key] for key in (*told[:1], *filter(_CONTAINERS.fullmatch, said)))


def _mappings(root: Node) -> Iterator[Node]:
    """Go through a document and all mappings in it, but not into what is called a container.

    A mapping that is met again, as it may be in YAML, is not gone through again, but is one of them.
    """
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        identity = id(node.value)
        if isinstance(node.value, Mapping):
            yield node
            within = [node[name] for name in node.mapping() if not _CONTAINERS.fullmatch(str(name))]
        elif isinstance(node.value, list | tuple):
            within = list(node)
        else:
            continue
        if identity not in seen:
            seen.add(identity)
            waiting += reversed(within)
