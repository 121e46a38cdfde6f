"""Nomad: the tasks of a job, as a file of its own or its API has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from attrs import evolve, field, frozen

from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.formats.commandline import command_named
from capset.formats.document import Node, depends, has_placeholder, refused
from capset.formats.runline import as_asked, podman_user, usual
from capset.formats.wording import judged, known, made, variable
from capset.problem import Problem

__all__ = ["Task", "from_job"]


def __dir__() -> list[str]:
    return sorted(__all__)


# The engine of each driver, and who judges names for it if no release is said.
_ENGINES = {"docker": "nomad-docker", "exec": "nomad", "java": "nomad", "podman": "podman"}
_EXEC = Judge.usual("nomad", "Nomad")
_DOCKER = Judge.usual("nomad docker", "Nomad (docker)")
_LISTS = ("cap_add", "cap_drop")
_OF_DOCKER = (*_LISTS, "privileged", "security_opt")
_KEYS = {"docker": _OF_DOCKER, "podman": (*_OF_DOCKER, "userns"), "exec": _LISTS, "java": _LISTS}
_NOBODY = "nobody"  # who exec and java run a task as that names no user
_ANYWAY = re.compile(r"no-new-privileges[=:].*", re.DOTALL)  # Podman's driver sets it, whatever is said behind it
_GATEWAYS = ("ingress", "terminating", "mesh")
_TRUTHS = {"true": True, "false": False}  # which HCL takes in quotes as well


@frozen(kw_only=True)
class Task:
    """A task of a job.

    Attributes:
        name: Its name; of a ``dynamic`` block, the type of the blocks that it makes.
        group: The name of its group.
        driver: The driver that runs it.
        engine: The engine that this driver is, as :func:`capset.engines.get` takes it; empty where capset knows none.
        place: Where the task stands.
        is_hcl: Whether its keys are those of a job file; those of the API begin with capitals.
    """

    name: str
    group: str
    driver: str
    place: str
    is_hcl: bool
    _user: Node = field(alias="user", repr=False)
    _config: Node = field(alias="config", repr=False)
    _adding: Node | None = field(alias="adding", repr=False)  # dynamic blocks, which make more of it

    @property
    def engine(self) -> str:
        """The engine that its driver is."""
        return _ENGINES.get(self.driver, "")

    def read(self, judge: Judge | None = None) -> Request:
        """Read what is asked for it.

        Raises:
            FormatError: The task does not have the shape of one, or its driver is none that capset knows.
        """
        if not self.engine:
            raise Node(self.driver, f"{self.place}.driver").error(f"a driver that limits tasks: {', '.join(_ENGINES)}")
        problems: list[Problem] = [*self._strange()]
        adds, drops, options = (self._names(key, problems) for key in ("cap_add", "cap_drop", "security_opt"))
        user = Node(str(self._user.value) if type(self._user.value) is int else self._user.text(), self._user.place)
        privileged = self._truth("privileged", problems)
        if self.driver in {"exec", "java"}:
            request = _executed(adds, drops, user, judge or _EXEC)
        elif self.driver == "docker":
            request = as_asked((adds, drops), options, privileged, user, judge or _DOCKER, command_named("docker run"))
            strange = "unknown-security-option"  # which the Docker Engine itself refuses, whoever asks it
            told = [evolve(each, verdict="refused") if each.rule == strange else each for each in request.problems]
            request = evolve(request, problems=tuple(told))
        else:
            user, more = podman_user(user, {"userns": [self._config["userns"]]} if "userns" in self._config else {})
            problems += more
            options = [Node(_ANYWAY.sub("no-new-privileges", str(each.value)), each.place) for each in options]
            command = command_named("podman run")
            request = as_asked((adds, drops), options, privileged, user, judge or usual(command), command)
        return evolve(request, problems=(*problems, *request.problems))

    def _names(self, key: str, problems: list[Problem]) -> list[Node]:
        """Return a list of the task's configuration, which an expression may stand for."""
        node = self._config[key]
        if key not in _KEYS[self.driver]:
            return []
        if has_placeholder(node.value):
            problems.append(variable(node))
            return []
        return node.names()

    def _truth(self, key: str, problems: list[Problem]) -> Node:
        node = self._config[key]
        if key not in _KEYS[self.driver]:
            return Node(False, node.place)
        if has_placeholder(node.value):
            problems.append(variable(node))
            return Node(False, node.place)
        is_true = Node(_TRUTHS.get(node.value, node.value) if isinstance(node.value, str) else node.value, node.place)
        if is_true.truth() and self.driver == "docker":
            told = "the Nomad client allows it only where allow_privileged is set, which it is not by default"
            problems.append(depends(node, "allow-privileged", told))
        return Node(is_true.truth(), node.place)

    def _strange(self) -> Iterator[Problem]:
        """List keys that the driver does not know: it refuses them."""
        if self._adding is not None:
            yield variable(self._adding, "a dynamic block makes its configuration, and for what is not known")
        known_keys = _KEYS[self.driver]
        for strange, advice in self._config.strange_keys(known_keys, close_only=True):
            yield refused(strange, "unknown-key", f"the driver {self.driver} knows no such key: {advice}")
        for strange in self._config.misplaced(known_keys):
            yield refused(strange, "misplaced", f"what stands in it belongs a level up, for the driver {self.driver}")
        for key in (*_OF_DOCKER, "userns"):
            if key not in known_keys and key in self._config and not (key == "userns" and self.driver == "docker"):
                yield refused(self._config[key], "unknown-key", f"the driver {self.driver} knows no such key")


def from_job(document: Mapping[str, object]) -> list[Task]:
    """List the tasks of a job.

    A service that has a sidecar or a gateway of Consul Connect brings a task of its own, which the job need not name.

    Args:
        document: The job, as ``nomad job run -output`` and ``nomad job inspect`` print it, with ``Job`` around it or
            without; or a job file in the JSON syntax of HCL.

    Raises:
        FormatError: It is something else.

    Source:
        hashicorp/nomad ``api/tasks.go``, ``jobspec2/parse.go``, ``nomad/job_endpoint_hook_connect.go``, and
        ``drivers/docker``, ``drivers/exec`` and ``drivers/java`` at aa026cc99cfb; hashicorp/nomad-driver-podman
        ``config.go`` and ``driver.go`` at cfd6c4f5e5de.

    Examples:
        >>> from capset.formats import nomad
        >>> config = {"image": "redis:7", "cap_add": ["net_bind_service"], "cap_drop": ["all"]}
        >>> redis = {"Name": "redis", "Driver": "docker", "User": "999", "Config": config}
        >>> [task] = nomad.from_job({"Job": {"TaskGroups": [{"Name": "cache", "Tasks": [redis]}]}})
        >>> task.name, task.engine, task.read()
        ('redis', 'nomad-docker', Request(add=('net_bind_service',), drop=('all',), user='999'))
    """
    return list(tasks_of(Node(document)))


def tasks_of(root: Node) -> Iterator[Task]:
    """Go through the tasks of a job.

    Raises:
        FormatError: It is no job, or something in it does not have the shape of what it is.
    """
    printed = root["Job"]
    job = root if printed.value is None else printed
    if "TaskGroups" in job:
        _spelled(job, ("TaskGroups",))
        for group in job["TaskGroups"]:
            if "Tasks" not in group.mapping():  # of a group that has none it is null
                raise group.error("a group, with Tasks")
            yield from _of_group(group, group["Name"].text(), _named(group["Tasks"]), _of_api)
        return
    if "job" not in root:
        raise root.error("a job, with TaskGroups, or a block job as HCL has it")
    for _, body in _labelled(root, "job"):
        _spelled(body, ("group", "task"))
        for name, task in _labelled(body, "task"):
            yield from _of_group(task, name, [(name, task)], str)
        for name, group in _labelled(body, "group"):
            yield from _of_group(group, name, _labelled(group, "task"), str)


def _of_api(key: str) -> str:
    """Return how the API writes a key: ``SidecarTask`` for ``sidecar_task``."""
    return key.title().replace("_", "")


def _of_group(node: Node, group: str, tasks: Iterable[tuple[str, Node]], key: Callable[[str], str]) -> Iterator[Task]:
    """Go through the tasks of a group, and those that its services bring."""
    services = key("services" if key is _of_api else "service")
    _spelled(node, (services, key("tasks"), key("name")) if key is _of_api else (services, "task"))
    found = [_task(task, name, group, key) for name, task in tasks]
    yield from found
    drivers = {task.driver for task in found}
    default = "podman" if "podman" in drivers and "docker" not in drivers else "docker"
    for service in _blocks(node, services):
        _spelled(service, (key("connect"), key("name")))
        connect = _one(service, key("connect"))
        _spelled(connect, (key("sidecar_service"), key("sidecar_task"), key("gateway")))
        name = f"connect-{_brings(connect, key)}-{service[key('name')].text()}"
        if _brings(connect, key) and all(task.name != name for task in found):
            yield _task(_one(connect, key("sidecar_task")), name, group, key, default)


def _brings(connect: Node, key: Callable[[str], str]) -> str:
    """Say which task a service brings by its place in Consul Connect; an empty text where none."""
    if key("sidecar_service") in connect:
        return "proxy"
    gateway = _one(connect, key("gateway"))
    return next((kind for kind in _GATEWAYS if key(kind) in gateway), "")


def _task(node: Node, name: str, group: str, key: Callable[[str], str], driver: str = "") -> Task:
    _spelled(node, (key("driver"), key("user"), key("config"), key("name")))
    for inner in _OF_DOCKER:
        if inner in node:
            raise node[inner].error(f"it in {key('config')}, as it is passed over here")
    config = _one(node, key("config"))
    adding = [each for maker in _several(node["dynamic"]) for each in _several(maker["config"])]
    return Task(
        name=name,
        group=group,
        driver=node[key("driver")].text() or driver,
        place=node.place,
        is_hcl=key is str,
        user=node[key("user")],
        config=config,
        adding=adding[0] if adding else None,
    )


def _spelled(node: Node, known_keys: Iterable[str]) -> None:
    """Refuse a key that is misspelt: what stands under it would be passed over.

    Raises:
        FormatError: There is one.
    """
    for strange, advice in node.strange_keys(tuple(known_keys), close_only=True):
        raise strange.error(f"no such key ({advice})")


def _several(node: Node) -> Iterable[Node]:
    """Go through blocks: a mapping, or a list of some where one is repeated."""
    return node if isinstance(node.value, list | tuple) else [] if node.value is None else [node]


def _blocks(around: Node, kind: str) -> list[Node]:
    """Return the blocks of a type, also what a ``dynamic`` block makes such of."""
    makers = [each for dynamic in _several(around["dynamic"]) for each in _several(dynamic[kind])]
    return [*_several(around[kind]), *(content for each in makers for content in _several(each["content"]))]


def _one(around: Node, kind: str) -> Node:
    """Return the block of a type that may stand there once.

    Raises:
        FormatError: It stands there several times.
    """
    found = _blocks(around, kind)
    if len(found) > 1:
        raise around[kind].error("one such block")
    return found[0] if found else Node(None, around[kind].place)


def _labelled(around: Node, kind: str) -> Iterator[tuple[str, Node]]:
    """Go through the blocks of a type that has a label; of those that are made, the labels are not known."""
    for block in _several(around[kind]):
        for label in block.mapping():
            for body in _several(block[label]):
                yield label, body
    for body in _blocks(Node({"dynamic": around["dynamic"].value}, around.place), kind):
        yield f"dynamic {kind}", body


def _named(tasks: Node) -> Iterator[tuple[str, Node]]:
    for task in tasks:
        yield task["Name"].text(), task


def _executed(adds: list[Node], drops: list[Node], user: Node, judge: Judge) -> Request:
    """Read what exec and java are asked for, which look for the user on the host."""
    problems = [variable(each) for each in (*adds, *drops, user) if has_placeholder(each.value)]
    problems += judged(judge, known(adds), known(drops), Node(False))
    name = user.value or _NOBODY
    return made(adds, drops, privileged=False, user=name, no_new_privs=False, problems=problems)
