"""Rule: what a policy says of capabilities, and whether the containers of a pod keep it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import evolve, frozen

from capset import engines
from capset.engines import Engine, Request
from capset.errors import RequestError, require
from capset.formats import kubernetes
from capset.formats.document import Node
from capset.policy.findings import Finding, Findings
from capset.problem import Problem

__all__ = ["ADD", "DROP", "ESCALATION", "NON_ROOT", "NOT_ROOT", "PRIVILEGED", "USER", "Rule", "check", "who"]

ADD = "securityContext.capabilities.add"
DROP = "securityContext.capabilities.drop"
PRIVILEGED = "securityContext.privileged"
USER = "securityContext.runAsUser"
NON_ROOT = "securityContext.runAsNonRoot"
ESCALATION = "securityContext.allowPrivilegeEscalation"

NOT_ROOT = "not root"
"""The user of a request of which admission alone says that it is another than root."""

_FEW = 5  # so many are named one by one
_NOBODY = 65534


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

    ids: Mapping[str, str]
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
            yield PRIVILEGED, "true", "must not be `true`"
        if self.must_drop and self.must_drop not in request.drop:
            written = ", ".join(request.drop)
            got = f", got `{written}`" if written else ", and nothing is dropped"
            yield DROP, written, f"must be `{self.must_drop}`{got}"
        for name in dict.fromkeys(request.add):
            if self.may_add is not None and name not in self.may_add:
                allowed = ", ".join(f"`{each}`" for each in sorted(self.may_add)) or "left out"
                yield ADD, name, f"must be {'one of ' if len(self.may_add) > 1 else ''}{allowed}, got `{name}`"

    def _broken_by_context(self, pod: kubernetes.Pod, node: Node, request: Request) -> Iterator[tuple[str, str, str]]:
        """List what the rest of a container's security context breaks, where it says something else than is allowed."""
        context, of_pod = node["securityContext"], Node(pod.spec, pod.place)["securityContext"]
        if not self.escalation and context["allowPrivilegeEscalation"].truth():
            yield ESCALATION, "true", "must not be `true`"
        if self.uids is None:
            return
        first, last = self.uids
        if _says_user(request) and not first <= (uid := request.uid or 0) <= last:
            yield USER, str(uid), f"must be {self.range or 'any but root'}, got `{uid}`"
        non_root = next(
            (each for each in (context["runAsNonRoot"], of_pod["runAsNonRoot"]) if each.value is not None), None
        )
        if not self.range and non_root is not None and not non_root.truth():
            yield NON_ROOT, "false", "must not be `false`"


def check(pod: Mapping[str, Any], rule: Rule, engine: Engine | None) -> Findings:
    """Check all containers of a pod."""
    require(engine, Engine | None, "an Engine, such as engines.get() returns")
    runtime = engines.get(rule.runtime) if engine is None else engine
    requests = kubernetes.from_pod(pod)
    found = next(kubernetes.pods(pod))
    return Findings(
        finding
        for name, node in found.containers()
        for finding in rule.findings(found, name, node, requests[name], runtime)
    )


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
