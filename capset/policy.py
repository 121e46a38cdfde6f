"""Policies: checks of what documents ask for, each with a published rule behind it.

A finding has two verdicts, because they differ: what the rule says of the text, and what the container would
really get.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

from attrs import frozen

from capset import engines
from capset.diff import CapDiff
from capset.engines import Engine, Request
from capset.errors import ArgumentError, RequestError, UnknownVersionError, require, shown
from capset.facts import load
from capset.formats import kubernetes
from capset.listed import Listed
from capset.plain import Plain
from capset.shown import Tabular

__all__ = ["Finding", "Findings", "Level", "beyond_default", "pod_security"]


def __dir__() -> list[str]:
    return sorted(__all__)


Level = Literal["baseline", "restricted"]
"""A level of the Pod Security Standards that has a rule about capabilities."""

_FEW = 5  # so many are named one by one
_ADD = "securityContext.capabilities.add"
_DROP = "securityContext.capabilities.drop"
_IDS = {_ADD: "pod-security-add", _DROP: "pod-security-drop"}


@frozen(kw_only=True)
class Finding(Plain):
    """Something in a container's request that a policy does not allow.

    Attributes:
        rule: What it breaks: ``pod-security-add`` or ``pod-security-drop``, as :data:`capset.documents.RULES` has it.
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

    Returned by :func:`pod_security`. Each finding is a row of :meth:`to_records`, with its attributes.
    """

    __slots__ = ()


@frozen(kw_only=True)
class Rule:
    """What one version of a level says of capabilities."""

    may_add: frozenset[str]
    must_drop: str = ""
    exempts_windows: bool = False

    def findings(self, pod: kubernetes.Pod, container: str, request: Request, engine: Engine) -> list[Finding]:
        """Check one container of a pod, for which *engine* tells the effect."""
        if self.exempts_windows and pod.windows:
            return []
        broken = list(self._broken(request))
        effect = _effect(engine, request, windows=pod.windows) if broken else ""
        return [
            Finding(rule=_IDS[field], container=container, field=field, value=value, message=message, effect=effect)
            for field, value, message in broken
        ]

    def _broken(self, request: Request) -> Iterator[tuple[str, str, str]]:
        """List what a request breaks: field, value, verdict. Texts are compared as they stand."""
        if self.must_drop and self.must_drop not in request.drop:
            written = ", ".join(request.drop)
            got = f", got `{written}`" if written else ", and nothing is dropped"
            yield _DROP, written, f"must be `{self.must_drop}`{got}"
        for name in dict.fromkeys(request.add):
            if name not in self.may_add:
                allowed = ", ".join(f"`{each}`" for each in sorted(self.may_add))
                yield _ADD, name, f"must be {'' if len(self.may_add) == 1 else 'one of '}{allowed}, got `{name}`"


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
    require(engine, Engine | None, "an Engine, such as engines.get() returns")
    rule = pod_rule(level, version)
    runtime = engines.get("containerd") if engine is None else engine
    requests = kubernetes.from_pod(pod)
    found = next(kubernetes.pods(pod))
    return Findings(
        finding for name, request in requests.items() for finding in rule.findings(found, name, request, runtime)
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


def _effect(engine: Engine, request: Request, *, windows: bool) -> str:
    """Say what a container would get of a request."""
    if refused := [problem.message for problem in request.problems if problem.verdict == "refused"]:
        return f"no container starts: {refused[0]}"
    if windows:
        return "Windows has no capabilities"
    try:
        state = engine.container(request)
    except RequestError as error:
        return f"no container starts: {error}"
    caps = state.bounding
    if not caps:
        return f"{engine} gives it no capability"
    more = caps - engine.default
    text = f"{engine} gives it {len(caps)} {'capability' if len(caps) == 1 else 'capabilities'}, "
    text += f"{more if len(more) <= _FEW else len(more)} more than by default" if more else "none more than by default"
    return text if state.effective else f"{text}, and as user {request.uid} it can use none of them"
