"""Policies: checks of what documents ask for, each with a published rule behind it.

A finding has two verdicts, because they differ: what the rule says of the text, and what the container would
really get.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

from attrs import evolve, field, frozen

from capset import engines
from capset.diff import CapDiff
from capset.engines import Engine, Request
from capset.engines.engine import LAST_ID
from capset.errors import ArgumentError, RequestError, UnknownVersionError, require, shown
from capset.facts import load
from capset.formats import kubernetes
from capset.formats.document import Node
from capset.listed import Listed
from capset.plain import Plain
from capset.problem import Problem
from capset.shown import Tabular

__all__ = [
    "Finding",
    "Findings",
    "Level",
    "beyond_default",
    "pod_security",
    "scc_names",
    "security_context_constraints",
    "under_scc",
]


def __dir__() -> list[str]:
    return sorted(__all__)


Level = Literal["baseline", "restricted"]
"""A level of the Pod Security Standards that has a rule about capabilities."""

_FEW = 5  # so many are named one by one
_ADD = "securityContext.capabilities.add"
_DROP = "securityContext.capabilities.drop"
_PRIVILEGED = "securityContext.privileged"
_USER = "securityContext.runAsUser"
_NON_ROOT = "securityContext.runAsNonRoot"
_ESCALATION = "securityContext.allowPrivilegeEscalation"
_POD_SECURITY = {_ADD: "pod-security-add", _DROP: "pod-security-drop"}
_SCC = {
    _ADD: "scc-add",
    _PRIVILEGED: "scc-privileged",
    _USER: "scc-user",
    _NON_ROOT: "scc-user",
    _ESCALATION: "scc-escalation",
}
_NOBODY = 65534

NOT_ROOT = "not root"
"""The user of a request of which admission alone says that it is another than root."""


@frozen(kw_only=True)
class Finding(Plain):
    """Something in a container's request that a policy does not allow.

    Attributes:
        rule: What it breaks, such as ``pod-security-add``: one of :data:`capset.documents.RULES`.
        container: The name of the container.
        field: The field of the container, such as ``securityContext.capabilities.add``.
        value: What stands there: one name, or the whole list where something is missing from it.
        message: The rule's verdict, on the text as it is written.
        effect: What the container would really get, in words.
    """

    rule: str
    container: str
    field: str
    value: str
    message: str
    effect: str

    def __str__(self) -> str:
        return f"{self.container}: {self.field}: {self.message}; {self.effect}"


class Findings(Listed[Finding], Tabular):
    """What a policy does not allow: a list, and in a notebook a table.

    Returned by :func:`pod_security` and :func:`security_context_constraints`. Each finding is a row of
    :meth:`to_records`, with its attributes.
    """

    __slots__ = ()


@frozen(kw_only=True)
class Rule:
    """What a policy says of capabilities.

    Attributes:
        ids: What each field that may break it is called as a rule of documents.
        may_add: The names that may be added, as they are written; None for all.
        must_drop: The name that has to be dropped.
        exempts_windows: Whether a pod that is declared to run on Windows is left alone.
        drops: What is dropped for a container that does not drop it itself.
        privileged: Whether a container may be a privileged one, as far as this rule says.
        escalation: Whether a container may gain privileges if it does not say; None where this rule leaves that alone.
        user: As whom a container runs that does not say: as in :class:`~capset.engines.Request`.
        uids: The user ids that are allowed, the first and the last; None where that is left alone.
        range: What is allowed, in words, where admission takes a user from it; empty where it takes none.
        runtime: The engine that runs such pods, if no other is given.
    """

    ids: Mapping[str, str] = field(factory=lambda: _POD_SECURITY)
    may_add: frozenset[str] | None
    must_drop: str = ""
    exempts_windows: bool = False
    drops: tuple[str, ...] = ()
    privileged: bool = True
    escalation: bool = True
    user: str = ""
    uids: tuple[int, int] | None = None
    range: str = ""
    runtime: str = "containerd"

    def findings(
        self, pod: kubernetes.Pod, container: str, node: Node, request: Request, engine: Engine
    ) -> list[Finding]:
        """Check one container of a pod, which stands in *node*, and for which *engine* tells the effect."""
        if self.exempts_windows and pod.windows:
            return []
        broken = [*self._broken(request), *self._broken_by_context(pod, node, request)]
        effect = _effect(engine, self.admitted(request), windows=pod.windows) if broken else ""
        return [
            Finding(rule=self.ids[field], container=container, field=field, value=value, message=message, effect=effect)
            for field, value, message in broken
        ]

    def admitted(self, request: Request) -> Request:
        """Return what becomes of a request where admission changes it."""
        drops = [name for name in self.drops if name not in request.drop]
        gains_nothing = request.no_new_privs or not (self.escalation or request.privileged)
        user = request.user if _says_user(request) else f"{self.user}{request.user}"  # there may be a group alone
        return evolve(request, drop=(*request.drop, *drops), user=user, no_new_privs=gains_nothing)

    def settles(self, problem: Problem) -> bool:
        """Say whether what a problem leaves open is decided by what admission adds to a pod."""
        if problem.rule == "image-user":
            return bool(self.range) and self.user != "0"
        if problem.rule != "capability-spelling" or ".capabilities.drop[" not in problem.place:
            return False
        return not {"ALL", problem.value.upper().removeprefix("CAP_")}.isdisjoint(self.drops)

    def _broken(self, request: Request) -> Iterator[tuple[str, str, str]]:
        """List what a request breaks: field, value, verdict. Texts are compared as they stand."""
        if request.privileged and not self.privileged:
            yield _PRIVILEGED, "true", "must not be `true`"
        if self.must_drop and self.must_drop not in request.drop:
            written = ", ".join(request.drop)
            got = f", got `{written}`" if written else ", and nothing is dropped"
            yield _DROP, written, f"must be `{self.must_drop}`{got}"
        for name in dict.fromkeys(request.add):
            if self.may_add is not None and name not in self.may_add:
                allowed = ", ".join(f"`{each}`" for each in sorted(self.may_add)) or "left out"
                yield _ADD, name, f"must be {'one of ' if len(self.may_add) > 1 else ''}{allowed}, got `{name}`"

    def _broken_by_context(self, pod: kubernetes.Pod, node: Node, request: Request) -> Iterator[tuple[str, str, str]]:
        """List what the rest of a container's security context breaks, where it says something else than is allowed."""
        context, of_pod = node["securityContext"], Node(pod.spec, pod.place)["securityContext"]
        if not self.escalation and context["allowPrivilegeEscalation"].truth():
            yield _ESCALATION, "true", "must not be `true`"
        if self.uids is None:
            return
        first, last = self.uids
        if _says_user(request) and not first <= (uid := request.uid or 0) <= last:
            yield _USER, str(uid), f"must be {self.range or 'any but root'}, got `{uid}`"
        non_root = next(
            (each for each in (context["runAsNonRoot"], of_pod["runAsNonRoot"]) if each.value is not None), None
        )
        if not self.range and non_root is not None and not non_root.truth():
            yield _NON_ROOT, "false", "must not be `false`"


def pod_security(
    pod: Mapping[str, Any], *, level: Level = "baseline", version: str = "latest", engine: Engine | None = None
) -> Findings:
    """Check a pod against the rule about capabilities in the Pod Security Standards.

    That is the one rule, of a dozen that each level has. It compares texts exactly: ``all`` is not ``ALL``,
    whatever a runtime makes of it.

    Args:
        pod: A pod or what makes one, as :func:`~capset.formats.kubernetes.from_pod` takes it.
        level: ``"baseline"`` or ``"restricted"``.
        version: The version of the policy: ``"latest"``, or such as ``"1.25"`` or ``"v1.25"``.
        engine: The runtime that tells the effect: containerd if not given.

    Returns:
        The findings, init containers first and ephemeral ones last; none when the rule allows the pod.

    Raises:
        FormatError: The document is no pod.
        UnknownVersionError: There is no such version.
        ArgumentError: There is no such level.

    Source:
        Kubernetes ``pod-security-admission``, ``policy/check_capabilities_baseline.go`` and
        ``check_capabilities_restricted.go``.

    Examples:
        >>> from capset import policy
        >>> web = {"name": "web", "securityContext": {"capabilities": {"drop": ["all"]}}}
        >>> [finding] = policy.pod_security({"spec": {"containers": [web]}}, level="restricted")
        >>> finding.message
        'must be `ALL`, got `all`'
        >>> finding.effect
        'containerd (CRI) gives it no capability'
    """
    return _check(pod, pod_rule(level, version), engine)


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
    return _check(pod, scc_rule(name), engine)


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


def _check(pod: Mapping[str, Any], rule: Rule, engine: Engine | None) -> Findings:
    require(engine, Engine | None, "an Engine, such as engines.get() returns")
    runtime = engines.get(rule.runtime) if engine is None else engine
    requests = kubernetes.from_pod(pod)
    found = next(kubernetes.pods(pod))
    return Findings(
        finding
        for name, node in found.containers()
        for finding in rule.findings(found, name, node, requests[name], runtime)
    )


def beyond_default(request: Request, *, engine: Engine | None = None) -> CapDiff:
    """Return what a request gives and takes against the engine's default.

    What is added is what benchmarks such as CIS ask to be told of ("Ensure that Linux kernel capabilities
    are restricted within containers"): nothing is added where the default is not exceeded.

    Args:
        request: What is asked for, as a reader of :mod:`capset.formats` gives it.
        engine: The engine that is asked: Docker if not given.

    Raises:
        RequestError: The engine refuses the request.

    Examples:
        >>> from capset import policy
        >>> from capset.formats import docker
        >>> print(policy.beyond_default(docker.from_flags(["--cap-add=chown", "--cap-add=net_admin"])))
        +CAP_NET_ADMIN
    """
    require(engine, Engine | None, "an Engine, such as engines.get() returns")
    chosen = engines.get("docker") if engine is None else engine
    return chosen.default.diff(chosen.resolve(request))


def pod_rule(level: str, version: str) -> Rule:
    """Return what a level of the Pod Security Standards says of capabilities, in one version of the policy.

    Raises:
        UnknownVersionError: There is no such version.
        ArgumentError: There is no such level with a rule.
    """
    levels = _levels()
    message = f"expected the level {' or '.join(map(repr, levels))}, got {shown(level)}"
    if not isinstance(level, str):
        raise TypeError(message)
    if level not in levels:
        raise ArgumentError(message, level)
    asked = re.fullmatch(r"v?1\.(0|[1-9][0-9]{0,5})", version) if isinstance(version, str) else None
    if asked is None and version != "latest":
        raise UnknownVersionError("Pod Security Standards", version, 'expected "latest" or such as "1.25"')
    return [rule for since, rule in levels[level] if asked is None or since <= int(asked[1])][-1]


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
            ids=_SCC,
            may_add=frozenset(entry["may_add"]) if "may_add" in entry else None,
            drops=tuple(entry["drops"]),
            privileged=entry["privileged"],
            escalation=entry["escalation"],
            **runs_as(entry),
            runtime="cri-o",
        )
        for name, entry in document["sccs"].items()
    }


@cache
def _levels() -> dict[str, list[tuple[int, Rule]]]:
    """Read the rules, each with the minor version since which it holds, oldest first."""
    found: dict[str, list[tuple[int, Rule]]] = {}
    for level, entries in load("policies/pod-security")["levels"].items():
        found[level] = [
            (
                int(entry["since"].removeprefix("1.")),
                Rule(
                    may_add=frozenset(entry["may_add"]),
                    must_drop=entry.get("must_drop", ""),
                    exempts_windows=entry.get("exempts_windows", False),
                ),
            )
            for entry in entries
        ]
    return found


def who(request: Request) -> str:
    """Say in a sentence who runs a container."""
    return "another user than root" if request.user.startswith(NOT_ROOT) else f"user {request.user}"


def _says_user(request: Request) -> bool:
    return bool(request.user.partition(":")[0])


def _effect(engine: Engine, request: Request, *, windows: bool) -> str:
    """Say what a container would get of a request."""
    if refused := [problem.message for problem in request.problems if problem.verdict == "refused"]:
        return f"no container starts: {refused[0]}"
    if windows:
        return "Windows has no capabilities"
    try:
        state = engine.container(request, uid=_NOBODY if request.user.startswith(NOT_ROOT) else None)
    except RequestError as error:
        return f"no container starts: {error}"
    caps = state.bounding
    if not caps:
        return f"{engine} gives it no capability"
    more = caps - engine.default
    text = f"{engine} gives it {len(caps)} {'capability' if len(caps) == 1 else 'capabilities'}, "
    text += f"{more if len(more) <= _FEW else len(more)} more than by default" if more else "none more than by default"
    return text if state.effective else f"{text}, and as {who(request)} it can use none of them"
