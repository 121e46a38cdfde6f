"""GitLab: the containers of a runner's ``config.toml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, field, frozen

from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.errors import FormatError
from capset.formats.commandline import command_named
from capset.formats.document import Node, depends, has_placeholder, ignored
from capset.formats.kubernetes import read_context
from capset.formats.runline import no_new_privs, of_its_own
from capset.formats.wording import DOCKER, judged, known, made, user_problems, variable
from capset.problem import Problem

__all__ = ["Container", "from_config"]


def __dir__() -> list[str]:
    return sorted(__all__)


_TARGET = "Docker"
_OF_DOCKER = (
    *("allowed_privileged_images", "allowed_privileged_services", "cap_add", "cap_drop", "privileged", "security_opt"),
    *("services_privileged", "services_security_opt", "user"),
)
# Of a pod, the containers in the order in which they start, and whose security context is whose.
_CONTEXTS = {
    "init-permissions": "init_permissions_container_security_context",
    "build": "build_container_security_context",
    "helper": "helper_container_security_context",
    "service": "service_container_security_context",
}
_IDS = {"run_as_group": "runAsGroup", "run_as_non_root": "runAsNonRoot", "run_as_user": "runAsUser"}
_OF_CONTEXT = {**_IDS, "allow_privilege_escalation": "allowPrivilegeEscalation", "privileged": "privileged"}
_OTHERS = (
    "app_armor_profile",
    "capabilities",
    "proc_mount",
    "read_only_root_filesystem",
    "seccomp_profile",
    "selinux_type",
)
_OF_KUBERNETES = (*_CONTEXTS.values(), "allow_privilege_escalation", "cap_add", "cap_drop", "pod_security_context")
_OURS = {
    "docker": frozenset({"cap_add", "cap_drop", "privileged", "security_opt", "services_privileged", "user"}),
    "kubernetes": frozenset({"allow_privilege_escalation", "cap_add", "cap_drop", "privileged"}),
}
_PATCH = (
    "where FF_USE_ADVANCED_POD_SPEC_CONFIGURATION is on, it changes the pod and its containers, and is not read: "
    "give the pod that comes of it"
)
_ENGINES = {"docker": "docker", "kubernetes": "containerd"}
_DROPPED = "NET_RAW"  # unless it is added


@frozen(kw_only=True)
class Container:
    """One kind of container that a runner starts for a job.

    Attributes:
        runner: The name of the runner.
        kind: Which of its containers: ``"build"``, ``"helper"``, ``"service"`` or ``"init-permissions"``.
        engine: The engine that runs it, as :func:`capset.engines.get` takes it.
        place: Where the executor's part of the runner stands.
    """

    runner: str
    kind: str
    engine: str
    place: str
    _section: Node = field(alias="section", repr=False)
    _misplaced: tuple[Problem, ...] = field(default=(), alias="misplaced", repr=False)

    def read(self, judge: Judge | None = None) -> Request:
        """Read what is asked for it.

        Raises:
            FormatError: The configuration does not have the shape of one.
        """
        if self.engine == "docker":
            request = _docker(self._section, self.kind, judge or DOCKER)
        else:
            request = _kubernetes(self._section, self.kind, judge)
        return evolve(request, problems=(*self._misplaced, *request.problems))


def from_config(config: Mapping[str, object]) -> list[Container]:
    """List the containers that the runners of a ``config.toml`` start, for the executors of Docker and Kubernetes.

    Args:
        config: The parsed file.

    Raises:
        FormatError: It does not have the shape of one.

    Source:
        gitlab-org/gitlab-runner ``common/config.go``, ``executors/docker/docker.go`` and
        ``executors/kubernetes/kubernetes.go`` at d79f3e7b89ab.

    Examples:
        >>> from capset.formats import gitlab
        >>> runner = {"name": "ci", "executor": "docker", "docker": {"cap_drop": ["ALL"], "services_privileged": True}}
        >>> for container in gitlab.from_config({"runners": [runner]}):
        ...     print(container.kind, container.read())
        build Request(drop=('ALL',))
        helper Request(drop=('ALL',))
        service Request(privileged=True)
    """
    return [container for node in runners_of(config) for container in containers_of(node)]


def runners_of(config: Mapping[str, object]) -> Node:
    """Return the runners of a configuration, with its keys in small letters, as GitLab's runner takes them in any case.

    Raises:
        FormatError: Two keys of a table differ in nothing but that.

    Source:
        BurntSushi/toml ``decode.go``, by which the runner reads its configuration.
    """
    return Node(_folded(Node(config), _DEEPEST))["runners"]


_DEEPEST = 6  # levels, below which nothing is looked for


def _folded(node: Node, levels: int) -> object:
    """Write the keys in small letters, of so many levels."""
    if levels and isinstance(node.value, list):
        return [_folded(each, levels - 1) for each in node]
    if not levels or not isinstance(node.value, Mapping):
        return node.value
    found: dict[object, object] = {}
    for key in node.mapping():
        if (folded := key.lower() if isinstance(key, str) else key) in found:
            raise FormatError(node[key].place, key, "it once, as GitLab's runner takes keys in any case")
        found[folded] = _folded(node[key], levels - 1)
    return found


def executor_of(node: Node) -> str:
    """Return which of Docker and Kubernetes a runner's executor is about; an empty text for any other."""
    executor = node["executor"].text()
    kind = "docker" if executor == "docker" or executor in {"docker+machine", "docker-autoscaler"} else executor
    return kind if kind in _ENGINES else ""


def containers_of(node: Node) -> Iterator[Container]:
    """Go through the containers of the runner that stands there."""
    kind, name = executor_of(node), node["name"].text()
    if not kind:
        return
    section = node[kind]
    ours = _OURS[kind]
    misplaced = [node[key] for key in node.mapping() if key in ours]
    misplaced += [each[key] for each in section["services"] for key in each.mapping() if key in ours]
    told = tuple(ignored(each, "misplaced", f"GitLab's runner looks for it in {section.place}") for each in misplaced)
    for each in _CONTEXTS if kind == "kubernetes" else ("build", "helper", "service"):
        yield Container(
            runner=name, kind=each, engine=_ENGINES[kind], place=section.place, section=section, misplaced=told
        )


def _docker(section: Node, kind: str, judge: Judge) -> Request:
    """Read a container of the executor of Docker; a service has neither of the lists, and only the build the user."""
    own, service = section["privileged"], section["services_privileged"]
    privileged = service if kind == "service" and service.value is not None else own
    options = section["services_security_opt" if kind == "service" else "security_opt"].names()
    adds, drops = ([] if kind == "service" else section[key].names() for key in ("cap_add", "cap_drop"))
    user = section["user"] if kind == "build" else Node(None, section["user"].place)
    problems = [
        ignored(strange, "unknown-key", f"GitLab's runner passes over it: {advice}")
        for strange, advice in section.strange_keys(_OF_DOCKER, close_only=True)
    ]
    gains_nothing, strange_options = no_new_privs(options)
    problems += strange_options
    problems += [variable(each) for each in (*adds, *drops) if has_placeholder(each.value)]
    allowed = section["allowed_privileged_services" if kind == "service" else "allowed_privileged_images"]
    if privileged.truth() and allowed.names():
        problems.append(depends(allowed, "not-read", "whether it is privileged depends on the image of the job"))
    is_true = Node(privileged.truth(), privileged.place)
    problems += judged(judge, known(adds), known(drops), is_true)
    problems += user_problems(Node(user.text(), user.place), _TARGET)
    return made(
        adds,
        drops,
        privileged=is_true.value,
        user=user.text(),
        no_new_privs=gains_nothing,
        problems=of_its_own(problems, judge, command_named("docker run")),
    )


def _kubernetes(section: Node, kind: str, judge: Judge | None) -> Request:
    """Read a container of the executor of Kubernetes: its own security context counts before what is for all."""
    own, pods = section[_CONTEXTS[kind]], section["pod_security_context"]
    lists = own["capabilities"]
    shared = {name: name in dropped for name, dropped in _shared(section)}
    capabilities: dict[str, object] = {
        "add": [name for name, is_dropped in shared.items() if not is_dropped],
        "drop": [name for name, is_dropped in shared.items() if is_dropped],
    }
    capabilities |= {side: lists[side].value for side in ("add", "drop") if lists[side].value is not None}
    context: dict[str, object] = {"capabilities": capabilities}
    for key, written in _OF_CONTEXT.items():
        value = own[key] if own[key].value is not None or key in _IDS else section[key]
        if value.value is not None:
            context[written] = value.value
    pod = {written: pods[key].value for key, written in _IDS.items() if pods[key].value is not None}
    request = read_context(Node(context, own.place), Node(pod, pods.place), judge)
    return evolve(request, problems=(*_strange(section, own, lists), *request.problems))


def _shared(section: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Go through the names that are added or dropped for all containers, each with those that are dropped."""
    adds, drops = (tuple(str(node.value) for node in section[key].names()) for key in ("cap_add", "cap_drop"))
    dropped = (*drops, *([] if _DROPPED in adds else [_DROPPED]))
    for name in dict.fromkeys((_DROPPED, *adds, *drops)):
        yield name, dropped


def _strange(section: Node, own: Node, lists: Node) -> Iterator[Problem]:
    if list(section["pod_spec"]):
        yield depends(section["pod_spec"], "not-read", _PATCH)
    for strange, advice in (
        *section.strange_keys(_OF_KUBERNETES, close_only=True),
        *own.strange_keys((*_OF_CONTEXT, *_OTHERS)),
        *lists.strange_keys(("add", "drop")),
    ):
        yield ignored(strange, "unknown-key", f"GitLab's runner passes over it: {advice}")
