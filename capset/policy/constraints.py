"""Constraints: what the security context constraints of OpenShift say of capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from capset.engines import Engine, Request
from capset.engines.engine import LAST_ID
from capset.errors import ArgumentError, require, shown
from capset.facts import load
from capset.policy.findings import Findings
from capset.policy.rule import ADD, ESCALATION, NON_ROOT, NOT_ROOT, PRIVILEGED, USER, Rule, check

__all__ = ["scc_names", "scc_rule", "security_context_constraints", "under_scc"]

_IDS = {
    ADD: "scc-add",
    PRIVILEGED: "scc-privileged",
    USER: "scc-user",
    NON_ROOT: "scc-user",
    ESCALATION: "scc-escalation",
}


def security_context_constraints(
    pod: Mapping[str, Any], *, name: str = "restricted-v2", engine: Engine | None = None
) -> Findings:
    """Check a pod against what a security context constraint (SCC) of OpenShift says of capabilities.

    These are what may be added, and whether a container may be a privileged one, may gain privileges, and may run as
    that user; the SCC has other rules. What it requires to be dropped is no finding, as OpenShift drops it from every
    container, and neither is what a container does not say, as OpenShift says it then: :func:`under_scc`.

    Args:
        pod: As of :func:`pod_security`.
        name: One of :func:`scc_names`. Without a grant of its own, a pod of an OpenShift since 4.11 is under
            ``"restricted-v2"``.
        engine: The runtime that tells the effect: CRI-O if not given.

    Raises:
        FormatError: The document is no pod.
        ArgumentError: There is no such SCC among those that OpenShift ships.

    Source:
        OpenShift ``pkg/securitycontextconstraints/`` of apiserver-library-go, ``capabilities/mustrunas.go``,
        ``user/`` and ``sccmatching/provider.go``, and the manifests of cluster-kube-apiserver-operator.

    Examples:
        >>> from capset import policy
        >>> web = {"name": "web", "securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE", "NET_RAW"]}}}
        >>> [finding] = policy.security_context_constraints({"spec": {"containers": [web]}})
        >>> finding.message
        'must be `NET_BIND_SERVICE`, got `NET_RAW`'
    """
    return check(pod, scc_rule(name), engine)


def under_scc(request: Request, name: str = "restricted-v2") -> Request:
    """Return what OpenShift makes of a container's request where it admits it under an SCC.

    What the SCC drops is added to what the container drops, and where it allows no privilege escalation, a container
    that does not say so itself gets no_new_privs. A container that names no user gets the first one of the SCC's own
    range. Where that range is the namespace's, or the SCC asks for any user but root, the user is ``"not root"``: give
    a ``uid`` to the engine, such as the namespace's.

    Raises:
        ArgumentError: There is no such SCC.

    Examples:
        >>> from capset import engines, policy
        >>> request = policy.under_scc(engines.Request(add=["NET_BIND_SERVICE"]))
        >>> request
        Request(add=('NET_BIND_SERVICE',), drop=('ALL',), user='not root', no_new_privs=True)
        >>> print(engines.get("openshift").container(request, uid=1000660000).bounding)
        CAP_NET_BIND_SERVICE
    """
    require(request, Request, "a Request")
    return scc_rule(name).admitted(request)


def scc_names() -> list[str]:
    """List the security context constraints that OpenShift ships."""
    return list(_sccs())


def scc_rule(name: str) -> Rule:
    """Return what a security context constraint of OpenShift says of capabilities.

    Raises:
        ArgumentError: There is no such SCC.
    """
    message = f"expected a security context constraint, {', '.join(_sccs())}, got {shown(name)}"
    if not isinstance(name, str):
        raise TypeError(message)
    if name not in _sccs():
        close = get_close_matches(name.lower(), _sccs(), 1)
        raise ArgumentError(f"{message}{f': did you mean {close[0]}?' if close else ''}", name)
    return _sccs()[name]


@cache
def _sccs() -> dict[str, Rule]:
    document = load("policies/openshift-scc")
    of_namespaces = document["namespaces"]["uids"]

    def runs_as(entry: Mapping[str, Any]) -> dict[str, Any]:
        if entry["user"] == "any":
            return {}
        if entry["user"] == "not root":
            return {"user": NOT_ROOT, "uids": (1, LAST_ID)}
        if "uids" in entry:
            first, last = entry["uids"]
            return {"user": str(first), "uids": (first, last), "range": f"from {first} to {last}"}
        first, last = of_namespaces
        words = f"of the namespace's range, by default within {first} to {last}"
        return {"user": NOT_ROOT, "uids": (first, last), "range": words}

    return {
        name: Rule(
            ids=_IDS,
            may_add=frozenset(entry["may_add"]) if "may_add" in entry else None,
            drops=tuple(entry["drops"]),
            privileged=entry["privileged"],
            escalation=entry["escalation"],
            **runs_as(entry),
            runtime="cri-o",
        )
        for name, entry in document["sccs"].items()
    }
