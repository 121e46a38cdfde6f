"""Limits: OpenShift's SecurityContextConstraints and PodSecurityPolicies, which say what containers may ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import field, frozen

from capset.engines.spelling import Spelling
from capset.formats.document import Node, depends, ignored
from capset.plain import Plain
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["Limits", "from_constraints"]


def __dir__() -> list[str]:
    return sorted(__all__)


KINDS = ("PodSecurityPolicy", "SecurityContextConstraints")
"""The kinds of documents that are limits."""

_SPELLING = Spelling(prefix="refused", case="upper", all="upper")
_LISTS = ("allowedCapabilities", "defaultAddCapabilities", "requiredDropCapabilities")


@frozen(kw_only=True)
class Limits(Plain):
    """What containers may ask for under a SecurityContextConstraints or a PodSecurityPolicy.

    Attributes:
        kind: Which of the two it is.
        name: Its name.
        may_add: The names that a container may add, as written; None where it may add any.
        adds: The names that are added for a container that does not say otherwise.
        drops: The names that are dropped for every container.
        privileged: Whether a container may be a privileged one.
        escalation: Whether a container may gain privileges.
        problems: What in it has no effect; it does not count when two are compared.
    """

    kind: str
    name: str = ""
    may_add: tuple[str, ...] | None = ()
    adds: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    privileged: bool = False
    escalation: bool = True
    problems: tuple[Problem, ...] = field(default=(), eq=False)

    def __str__(self) -> str:
        allowed = "any capability" if self.may_add is None else ", ".join(self.may_add) or "no capability"
        parts = [f"a container under it may add {allowed}"]
        parts += [f"gets {', '.join(self.adds)}"] if self.adds else []
        parts += [f"loses {', '.join(self.drops)}"] if self.drops else []
        parts.append(f"may {'' if self.privileged else 'not '}be privileged")
        parts.append(f"may {'' if self.escalation else 'not '}gain privileges")
        return f"{', '.join(parts[:-1])} and {parts[-1]}"


def from_constraints(document: Mapping[str, object]) -> Limits:
    """Read a SecurityContextConstraints of OpenShift or a PodSecurityPolicy.

    Raises:
        FormatError: The document is neither, or does not have the shape of one.

    Source:
        openshift/api ``security/v1/types.go`` at 2a3d73913b5a, *SecurityContextConstraints*; kubernetes/api
        ``policy/v1beta1/types.go`` at v0.24.17, *PodSecurityPolicySpec*, which Kubernetes 1.25 and later do not serve.

    Examples:
        >>> from capset.formats import limits
        >>> scc = {"kind": "SecurityContextConstraints", "requiredDropCapabilities": ["ALL"]}
        >>> print(limits.from_constraints({**scc, "allowedCapabilities": ["NET_BIND_SERVICE"]}))
        a container under it may add NET_BIND_SERVICE, loses ALL, may not be privileged and may gain privileges
    """
    return read_limits(Node(document))


def read_limits(root: Node) -> Limits:
    """Read the one that stands there."""
    kind = root["kind"].text()
    if kind not in KINDS:
        raise root["kind"].error(f"one of {', '.join(KINDS)}")
    spec = root["spec"] if kind == "PodSecurityPolicy" else root
    privileged = spec["privileged" if kind == "PodSecurityPolicy" else "allowPrivilegedContainer"].truth()
    allowed, adds, drops = (spec[key].names() for key in _LISTS)
    anything = any(node.value == "*" for node in allowed)
    escalation = spec["allowPrivilegeEscalation"]
    written = {key: tuple(str(node.value) for node in nodes) for key, nodes in (("adds", adds), ("drops", drops))}
    return Limits(
        kind=kind,
        name=root.at("metadata", "name").text(),
        may_add=None if anything else tuple(str(node.value) for node in (*allowed, *adds)),
        adds=written["adds"],
        drops=written["drops"],
        privileged=privileged,
        escalation=escalation.value is None or escalation.truth(),
        problems=tuple(_problems(spec, (*allowed, *adds, *drops))),
    )


def _problems(spec: Node, names: tuple[Node, ...]) -> Iterator[Problem]:
    for strange, advice in spec.strange_keys((*_LISTS, "allowPrivilegeEscalation"), close_only=True):
        if strange.place.rpartition(".")[2] != "defaultAllowPrivilegeEscalation":
            yield ignored(strange, "unknown-key", f"there is no such key, and it limits nothing: {advice}")
    for node in names:
        text = str(node.value)
        if text != "*" and _SPELLING.read((text,), CapSet.all()).strange:
            told = f"names are compared as they are written, and pods write others: {_SPELLING.advice(text)}"
            yield depends(node, "capability-spelling", told)
