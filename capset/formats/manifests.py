"""Manifests: where the pods stand in a document of Kubernetes, and what else in it looks like a container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from capset.formats.document import Node

__all__ = ["LISTS", "PATHS", "POLICIES", "group_of", "is_own", "items", "specs", "unread"]

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

_MAKERS = {
    "": {"Pod", "PodTemplate", "ReplicationController"},
    "apps": {"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet"},
    "batch": {"CronJob", "Job"},
    "extensions": {"Deployment", "DaemonSet", "ReplicaSet"},
}
"""Those kinds by the group in ``apiVersion``: another group may have a kind of the same name."""

LISTS = ("initContainers", "containers", "ephemeralContainers")
"""The lists of containers in a PodSpec, in the order in which they are started."""

_WITHOUT = {
    "": {
        *("ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node", "PersistentVolume"),
        *("PersistentVolumeClaim", "ResourceQuota", "Secret", "Service", "ServiceAccount"),
    },
    "admissionregistration.k8s.io": {
        *("MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
        "ValidatingWebhookConfiguration",
    },
    "apiextensions.k8s.io": {"CustomResourceDefinition"},
    "apiregistration.k8s.io": {"APIService"},
    "autoscaling": {"HorizontalPodAutoscaler"},
    "certificates.k8s.io": {"CertificateSigningRequest"},
    "coordination.k8s.io": {"Lease"},
    "discovery.k8s.io": {"EndpointSlice"},
    "events.k8s.io": {"Event"},
    "extensions": {"Ingress", "NetworkPolicy"},
    "networking.k8s.io": {"Ingress", "IngressClass", "NetworkPolicy"},
    "node.k8s.io": {"RuntimeClass"},
    "policy": {"PodDisruptionBudget"},
    "rbac.authorization.k8s.io": {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"},
    "scheduling.k8s.io": {"PriorityClass"},
    "storage.k8s.io": {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"},
}
"""Kubernetes' own kinds without a pod, whatever the names of their keys are (data, and schemas of others), by group."""

POLICIES = {
    "constraints.gatekeeper.sh": "Gatekeeper",
    "kyverno.io": "Kyverno",
    "policies.kyverno.io": "Kyverno",
    "templates.gatekeeper.sh": "Gatekeeper",
}
"""The groups of policies, by whose they are: what looks like a container in one is a pattern."""

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
    if _is_among(_MAKERS, root, of_no_group=True):
        return [root.at(*PATHS[root["kind"].text()])]
    if _has_none(root):
        return []
    if (key := _key_of_kind(root)) and root[key].value is not None:  # pods may be in what is no list
        raise root[key].error("a list")
    return [node for node in _mappings(root) if "containers" in node]


def is_own(root: Node) -> bool:
    """Say whether it is of a kind of Kubernetes' own; without ``apiVersion``, whether there is such a kind."""
    return any(_is_among(kinds, root, of_no_group=True) for kinds in (_MAKERS, _WITHOUT)) or bool(_key_of_items(root))


def _is_among(kinds: Mapping[str, set[str]], root: Node, *, of_no_group: bool = False) -> bool:
    """Say whether it is of one of the kinds, by its group; or by the kind alone where it names no group."""
    kind, version = root["kind"].text(), root["apiVersion"].text()
    if not version:
        return of_no_group and any(kind in each for each in kinds.values())
    return kind in kinds.get(group_of(root), ())


def group_of(root: Node) -> str:
    """Return the group in its ``apiVersion``, which is empty for Kubernetes' first one."""
    version = root["apiVersion"].text()
    return "" if version == "v1" else version.rpartition("/")[0] or version


def _has_none(root: Node) -> bool:
    """Say whether it is of a kind without a pod; a list that is met again has been gone through before."""
    return _is_among(_WITHOUT, root) or group_of(root) in POLICIES or bool(_key_of_items(root))


def unread(root: Node) -> Iterator[Node]:
    """List what looks like a container in what is no list, and stands in no PodSpec: by its key, image or context.

    Whether it is one, and what the controller of that kind makes of it, is not known.
    """
    if _is_among(_MAKERS, root, of_no_group=True) or _has_none(root):
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
