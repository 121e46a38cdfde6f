"""Standards: what the Pod Security Standards of Kubernetes say of capabilities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from capset.engines import Engine
from capset.errors import ArgumentError, UnknownVersionError, shown
from capset.facts import load
from capset.policy.findings import Findings
from capset.policy.rule import ADD, DROP, Rule, check

__all__ = ["Level", "pod_rule", "pod_security"]

Level = Literal["baseline", "restricted"]
"""A level of the Pod Security Standards that has a rule about capabilities."""

_IDS = {ADD: "pod-security-add", DROP: "pod-security-drop"}


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
    return check(pod, pod_rule(level, version), engine)


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
                    ids=_IDS,
                    may_add=frozenset(entry["may_add"]),
                    must_drop=entry.get("must_drop", ""),
                    exempts_windows=entry.get("exempts_windows", False),
                ),
            )
            for entry in entries
        ]
    return found
