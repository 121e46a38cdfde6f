"""Kubernetes: the security context of containers, in pods and in what makes pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import evolve, frozen

from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.engines.spelling import Spelling
from capset.errors import FormatError, require, shown
from capset.formats.document import Node, depends, has_placeholder, ignored, refused
from capset.formats.manifests import LISTS, PATHS, items, specs, unread
from capset.formats.wording import LAST_ID, judged, known, made, named, placed, rewritten, user_ids, variable
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["Pod", "from_container", "from_pod", "pods", "to_container"]


def __dir__() -> list[str]:
    return sorted(__all__)


# What the documentation asks for: names without CAP_, in upper case.
_SPELLING = Spelling(prefix="refused", case="upper", all="upper")
_RUNTIMES = (Judge.usual("containerd", "the runtime"), Judge.usual("cri-o", "the runtime"))

_CONTAINER_ONLY = ("capabilities", "privileged", "allowPrivilegeEscalation")
_POD_CONTEXT = (
    *("appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsNonRoot", "runAsUser"),
    *("seLinuxChangePolicy", "seLinuxOptions", "seccompProfile", "supplementalGroups", "supplementalGroupsPolicy"),
    *("sysctls", "windowsOptions"),
)
_CONTEXT = (
    *_CONTAINER_ONLY,
    *("appArmorProfile", "procMount", "readOnlyRootFilesystem", "runAsGroup", "runAsNonRoot", "runAsUser"),
    *("seLinuxOptions", "seccompProfile", "windowsOptions"),
)


_MOST_KEYS = 20  # of a pod, are told with each of its containers


@frozen(slots=False)  # what its keys are judged to be is kept
class Pod:
    """A pod, or the template of one, in a document.

    Attributes:
        kind: The kind of the document, such as ``Deployment``; empty where it has none.
        name: Its name; empty where it has none.
        place: Where the pod's ``spec`` stands, such as ``spec.template.spec``.
        spec: The ``spec`` of the pod itself.
    """

    kind: str
    name: str
    place: str
    spec: Mapping[str, object]

    @property
    def windows(self) -> bool:
        """Whether it is declared to run on Windows, which has no capabilities."""
        return Node(self.spec, self.place).at("os", "name").value == "windows"

    def containers(self) -> Iterator[tuple[str, Node]]:
        """Go through its containers, the init ones first and the ephemeral ones last: name, and where each stands.

        Raises:
            FormatError: There is no container, a list of containers is none, or a container has no name.
        """
        for entry in self.entries():
            if isinstance(entry, FormatError):
                raise entry
            yield entry

    def entries(self) -> Iterator[tuple[str, Node] | FormatError]:
        """Go through its containers all the same where one of them is broken, with an error in its place."""
        spec = Node(self.spec, self.place)
        if "containers" not in spec or spec["containers"].value == []:
            yield spec["containers"].error("the containers of the pod, at least one")
        for key in LISTS:
            try:
                nodes = list(spec[key])
            except FormatError as error:
                yield error
                continue
            for node in nodes:
                try:
                    yield self._name(node), node
                except FormatError as error:
                    yield error

    @cached_property
    def _strange(self) -> tuple[Problem, ...]:
        found = list(_strange_in_pod(Node(self.spec, self.place)))
        unknown = [problem for problem in found if problem.rule == "unknown-key"]
        if (more := len(unknown) - _MOST_KEYS) <= 0:
            return tuple(found)
        # Each container has them among its own, and with each of them a copy.
        known = [problem for problem in found if problem.rule != "unknown-key"]
        rest = Node(f"{more} more keys", self.place)
        return *known, *unknown[:_MOST_KEYS], ignored(rest, "unknown-key", f"{_STRANGE}: there are {more} more of them")

    def _name(self, node: Node) -> str:
        # Other kinds may do without a name.
        name = node["name"].text() or ("" if self.kind in PATHS else node.place.rpartition(".")[2])
        if not name:
            raise node.error("a container with a name")
        return name

    def read(self, node: Node, judge: Judge | None = None) -> Request:
        """Read the container that stands there, for one engine or for all that may be meant.

        Raises:
            FormatError: It does not have the shape of one.
        """
        spec = Node(self.spec, self.place)
        request = _read(node, node["securityContext"], spec["securityContext"], judge)
        problems = [*self._strange, *request.problems]
        if "hostUsers" in spec and not spec["hostUsers"].truth():
            problems.append(depends(spec["hostUsers"], "own-user-namespace", _OWN_USERS))
        if self.windows:
            problems += _refused_on_windows(spec, node)
        return evolve(request, problems=tuple(problems))

    def requests(self) -> dict[str, Request]:
        """Read all containers, by their names.

        Raises:
            FormatError: One does not have the shape of a container, or two have the same name.
        """
        found: dict[str, Request] = {}
        for name, node in self.containers():
            if name in found:
                raise node["name"].error("a name that no other container of the pod has")
            found[name] = self.read(node)
        return found


def from_container(
    container: Mapping[str, object], *, pod_security_context: Mapping[str, object] | None = None
) -> Request:
    """Read one container of a pod.

    Args:
        container: The container, as a parser gives it.
        pod_security_context: The ``securityContext`` of its pod, whose user and group count where the
            container says nothing. Capabilities are the container's own.

    Returns:
        The request, names as they were written. What the API server, the kubelet or a runtime would
        refuse or ignore is in its ``problems``; names are the matter of the node's runtime.

    Raises:
        FormatError: The container does not have the shape of one, which the API server refuses.

    Source:
        Kubernetes ``pkg/securitycontext/util.go``, ``pkg/apis/core/validation``; website, *Configure a
        Security Context for a Pod or Container*.

    Examples:
        >>> from capset.formats import kubernetes
        >>> web = {"securityContext": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]}, "runAsUser": 1000}}
        >>> request = kubernetes.from_container(web)
        >>> request
        Request(add=('NET_ADMIN',), drop=('ALL',), user='1000')
        >>> from capset import engines
        >>> print(engines.get("containerd").container(request).effective or "nothing is effective")
        nothing is effective
    """
    pod = Node({"securityContext": pod_security_context}, "pod")
    node = Node(container)
    request = _read(node, node["securityContext"], pod["securityContext"], None)
    return evolve(request, problems=(*_strange_in_pod(pod), *request.problems))


def to_container(request: Request) -> dict[str, object]:
    """Write a request as the ``securityContext`` of a container.

    Raises:
        FormatError: A name is no capability, or has no name yet; the user is a name; or it is privileged
            and to gain no privileges, which the API server refuses.

    Examples:
        >>> from capset.engines import Request
        >>> from capset.formats import kubernetes
        >>> kubernetes.to_container(Request(add=["cap_net_raw"], drop=["all"]))
        {'securityContext': {'capabilities': {'drop': ['ALL'], 'add': ['NET_RAW']}}}
    """
    require(request, Request, "a Request")
    if request.privileged and request.no_new_privs:
        raise FormatError("no_new_privs", True, "False for a privileged container")
    context: dict[str, object] = {}
    capabilities = {
        side: rewritten(names, _SPELLING, side)
        for side, names in (("drop", request.drop), ("add", request.add))
        if names
    }
    if capabilities:
        context["capabilities"] = capabilities
    if request.privileged:
        context["privileged"] = True
    user, group = user_ids(request.user)
    if user is not None:
        context["runAsUser"] = user
    if group is not None:
        context["runAsGroup"] = group
    if request.no_new_privs:
        context["allowPrivilegeEscalation"] = False
    return {"securityContext": context}


def from_pod(document: Mapping[str, object]) -> dict[str, Request]:
    """Read all containers of a pod, or of what makes one, by their names.

    Args:
        document: A Pod, PodTemplate, Deployment, DaemonSet, StatefulSet, ReplicaSet, ReplicationController,
            Job or CronJob, another kind that has a pod's template in the same place, or a PodSpec alone.

    Returns:
        The requests: init containers first, ephemeral ones last.

    Raises:
        FormatError: The document is something else, or a list of several (see :func:`pods`), or two
            containers have the same name.

    Examples:
        >>> from capset.formats import kubernetes
        >>> pod = {
        ...     "kind": "Pod",
        ...     "spec": {
        ...         "securityContext": {"runAsUser": 1000},
        ...         "containers": [{"name": "web", "securityContext": {"allowPrivilegeEscalation": False}}],
        ...     },
        ... }
        >>> kubernetes.from_pod(pod)
        {'web': Request(user='1000', no_new_privs=True)}
    """
    found = list(pods(document))
    if len(found) != 1:
        raise Node(document).error("one pod; kubernetes.pods() goes through the items of a list")
    return found[0].requests()


def pods(document: Mapping[str, object]) -> Iterator[Pod]:
    """Go through the pods of a document: one, or all of a ``List``, and of lists in it.

    A kind that is not Kubernetes' own may have several anywhere in it. Items of a list in which there is nothing like
    a pod, such as a Service, are passed over.

    Raises:
        FormatError: There is no pod in it, or something that looks like a container outside of one; a list without any
            item has none, and is no error.

    Examples:
        >>> from capset.formats import kubernetes
        >>> pod = {"kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "app"}]}}
        >>> [pod.name for pod in kubernetes.pods({"kind": "List", "items": [pod]})]
        ['web']
    """
    nodes = list(items(document))
    found = [pod for node in nodes for pod in pods_of(node)]
    for strange in (each for node in nodes for each in unread(node)):
        raise strange.error("nothing that looks like a container outside of a pod's spec, where it is not read")
    if nodes and not found:
        raise Node(document).error(f"a pod or what makes one ({', '.join(PATHS)})")
    yield from found


def pods_of(root: Node) -> list[Pod]:
    """Return the pods in what is no list.

    Raises:
        FormatError: It does not have the shape of a document.
    """
    kind, name = root["kind"].text(), root.at("metadata", "name").text
    return [Pod(kind, name(), spec.place, spec.mapping()) for spec in specs(root)]


def read_context(context: Node, pod_context: Node, judge: Judge | None = None) -> Request:
    """Read a container's security context that stands outside of one, with the pod's beside it.

    Raises:
        FormatError: One of them does not have the shape of one.
    """
    request = _read(Node(None), context, pod_context, judge)
    return evolve(request, problems=(*_strange_in_context(pod_context), *request.problems))


def _read(node: Node, context: Node, pod_context: Node, judge: Judge | None) -> Request:
    capabilities = context["capabilities"]
    adds, drops = capabilities["add"].names(), capabilities["drop"].names()
    privileged = Node(context["privileged"].truth(), context["privileged"].place)
    escalation = context["allowPrivilegeEscalation"]
    gains_nothing = escalation.value is not None and not escalation.truth()
    problems = list(_strange_keys(node, context, capabilities))
    problems += [variable(name) for name in (*adds, *drops) if has_placeholder(str(name.value))]
    problems += _judged(known(adds), known(drops), privileged, judge)
    if gains_nothing and privileged.value:
        rule = "a privileged container cannot have allowPrivilegeEscalation false"
        problems.append(refused(escalation, "privileged-without-escalation", f"the API server says that {rule}"))
    for name in adds:
        if gains_nothing and name.value == "CAP_SYS_ADMIN":
            rule = "the API server does not take CAP_SYS_ADMIN with allowPrivilegeEscalation false"
            problems.append(refused(name, "privileged-without-escalation", rule))
    user, group = (_number(context[key], pod_context[key]) for key in ("runAsUser", "runAsGroup"))
    non_root = _inherited(context["runAsNonRoot"], pod_context["runAsNonRoot"])
    problems += [
        refused(number, "id-out-of-range", f"the API server takes ids from 0 to {LAST_ID}")
        for number in (user, group)
        if number.value is not None and not 0 <= (number.number() or 0) <= LAST_ID
    ]
    if non_root.truth() and user.value == 0:
        problems.append(
            refused(
                user,
                "root-as-non-root",
                "the kubelet does not start a container that has runAsNonRoot and runs as root",
            )
        )
    if non_root.truth() and user.value is None:
        unknown = "it starts only as the image's user, if that is not root: what root would get does not hold"
        problems.append(depends(non_root, "image-user", unknown))
    written = "" if user.value is None else shown(user.value)
    return made(
        adds,
        drops,
        privileged=privileged.value,
        user=written if group.value is None else f"{written}:{shown(group.value)}",
        no_new_privs=gains_nothing,
        problems=problems,
    )


def _judged(adds: list[Node], drops: list[Node], privileged: Node, judge: Judge | None) -> Iterator[Problem]:
    """List what the engine makes of names, or both of those that may be meant, and what policies make of them."""
    if judge is not None:
        told = judged(judge, adds, drops, privileged)
        yield from told
    else:
        request = named(adds, drops, privileged)
        told = placed([*_names(request), *_effects(request)], adds, drops)
        yield from told
    strange = {problem.place for problem in told if problem.rule != "in-both-lists"}
    for node in (*adds, *drops):
        text = str(node.value)
        if node.place not in strange and _SPELLING.read((text,), CapSet.all()).strange:
            takes = f"runtimes take it, and policies that compare texts do not: {_SPELLING.advice(text)}"
            yield depends(node, "capability-spelling", takes)


def _names(request: Request) -> Iterator[Problem]:
    """List what is no name to one runtime or to both, which do not make the same of it."""
    containerd, cri_o = (judge.names(request) for judge in _RUNTIMES)
    for place, problem in containerd.items():
        text, advice = shown(problem.value), _SPELLING.advice(problem.value)
        told = f"containerd takes {text} for CAP_{problem.value.upper()}, which is none, and CRI-O takes it: {advice}"
        if place in cri_o:
            told = f"{text} is no capability, and CRI-O refuses it where containerd passes it over: {advice}"
        yield evolve(problem, verdict="depends", message=told)


def _effects(request: Request) -> Iterator[Problem]:
    """List what has no effect, with both runtimes or with one."""
    containerd, cri_o = (judge.effects(request) for judge in _RUNTIMES)
    for place, problem in cri_o.items():
        if place not in containerd:
            told = "it is dropped as well, in another spelling, and CRI-O alone lets that win"
            yield evolve(problem, verdict="depends", message=told)
        else:
            yield problem


def _inherited(own: Node, pods_own: Node) -> Node:
    return pods_own if own.value is None else own


def _number(own: Node, pods_own: Node) -> Node:
    node = _inherited(own, pods_own)
    node.number()
    return node


_OWN_USERS = "not counted here: the capabilities count in a user namespace of the pod's own alone"


def _refused_on_windows(spec: Node, container: Node) -> Iterator[Problem]:
    """List what a Windows pod may not say."""
    ids = ("runAsUser", "runAsGroup")
    keys = (*_CONTAINER_ONLY, *ids, "procMount")
    said = [spec["hostUsers"], *(spec.at("securityContext", key) for key in ids)]
    for node in (*said, *(container.at("securityContext", key) for key in keys)):
        if node.value is not None:
            yield refused(node, "windows", f"a Windows pod has no {node.place.rpartition('.')[2]}")


_STRANGE = "Kubernetes knows no such key, and refuses it or passes over it"


def _strange_keys(node: Node, context: Node, capabilities: Node) -> Iterator[Problem]:
    """List keys of a container that Kubernetes does not know, or not there."""
    for strange, advice in (
        *node.strange_keys(("securityContext",), close_only=True),
        *context.strange_keys(_CONTEXT),
        *capabilities.strange_keys(("add", "drop")),
    ):
        yield ignored(strange, "unknown-key", f"{_STRANGE}: {advice}")
    for strange in node.misplaced(("securityContext",)):
        yield ignored(strange, "misplaced", f"{_STRANGE}: the securityContext in it belongs into the container")
    for key in _CONTEXT:
        if key in node:
            yield ignored(node[key], "misplaced", f"{_STRANGE}: it belongs into securityContext")


def _strange_in_pod(spec: Node) -> Iterator[Problem]:
    """List keys of a pod that Kubernetes does not know, or not there: capabilities are a container's."""
    context = spec["securityContext"]
    for strange, advice in spec.strange_keys((*LISTS, "hostUsers", "securityContext"), close_only=True):
        yield ignored(strange, "unknown-key", f"{_STRANGE}: {advice}")
    yield from _of_containers(spec)
    yield from _strange_in_context(context)


def _of_containers(node: Node) -> Iterator[Problem]:
    """List what a container alone may say."""
    for key in _CONTAINER_ONLY:
        if key in node:
            yield ignored(node[key], "misplaced", f"{_STRANGE}: it belongs into the securityContext of a container")


def _strange_in_context(context: Node) -> Iterator[Problem]:
    """List keys of a pod's security context that Kubernetes does not know, or not there."""
    yield from _of_containers(context)
    for strange, advice in context.strange_keys((*_POD_CONTEXT, *_CONTAINER_ONLY)):
        yield ignored(strange, "unknown-key", f"{_STRANGE}: {advice}")
