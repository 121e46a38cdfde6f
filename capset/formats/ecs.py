"""ECS: the containers of a task definition of Amazon ECS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.engines.spelling import SPELLINGS
from capset.errors import require
from capset.formats.commandline import command_named
from capset.formats.document import Node, has_placeholder, refused
from capset.formats.runline import no_new_privs, of_its_own
from capset.formats.wording import judged, known, made, rewritten, user_problems, variable, written_user
from capset.problem import Problem

__all__ = ["from_container", "from_task", "to_container"]


def __dir__() -> list[str]:
    return sorted(__all__)


_SPELLING = SPELLINGS["ecs"]
_TARGET = "Docker"
_ECS = Judge.usual("ecs", "Amazon ECS")
_KEYS = ("dockerSecurityOptions", "linuxParameters", "privileged", "user")
_LINUX = ("capabilities", "devices", "initProcessEnabled", "maxSwap", "sharedMemorySize", "swappiness", "tmpfs")
_LISTS = ("add", "drop")
_FARGATE_ADDS = "SYS_PTRACE"


def from_container(container: Mapping[str, object]) -> Request:
    """Read one container definition.

    Args:
        container: The definition, as a parser gives it.

    Returns:
        The request, names as they were written; what Amazon ECS or Docker would refuse is in its ``problems``.

    Raises:
        FormatError: It does not have the shape of one.

    Source:
        Amazon ECS API 2014-11-13, *ContainerDefinition*, *LinuxParameters* and *KernelCapabilities*, in botocore 1.44.8
        ``botocore/data/ecs/2014-11-13/service-2.json``.

    Examples:
        >>> from capset.formats import ecs
        >>> ecs.from_container({"linuxParameters": {"capabilities": {"drop": ["NET_RAW"]}}, "user": "1000"})
        Request(drop=('NET_RAW',), user='1000')
    """
    return read_container(Node(container))


def from_task(document: Mapping[str, object]) -> dict[str, Request]:
    """Read all containers of a task definition, by their names.

    Args:
        document: What is registered, or what ``aws ecs describe-task-definition`` prints.

    Raises:
        FormatError: The document is something else, or two containers have the same name.

    Examples:
        >>> from capset.formats import ecs
        >>> web = {"name": "web", "privileged": True}
        >>> task = {"containerDefinitions": [web], "requiresCompatibilities": ["FARGATE"]}
        >>> print(ecs.from_task(task)["web"].problems[0])
        containerDefinitions[0].privileged: refused: Fargate has no privileged containers
    """
    task = task_of(Node(document))
    found: dict[str, Request] = {}
    for node in task["containerDefinitions"]:
        name = name_of(node)
        if name in found:
            raise node["name"].error("a name that no other container of the task has")
        found[name] = read_container(node, task)
    return found


def to_container(request: Request) -> dict[str, object]:
    """Write a request as a part of a container definition.

    Raises:
        FormatError: A name is no capability, or has no name yet.

    Examples:
        >>> from capset.engines import Request
        >>> from capset.formats import ecs
        >>> ecs.to_container(Request(add=["cap_sys_ptrace"], drop=["all"]))
        {'linuxParameters': {'capabilities': {'add': ['SYS_PTRACE'], 'drop': ['ALL']}}}
    """
    require(request, Request, "a Request")
    container: dict[str, object] = {}
    lists = {
        side: rewritten(names, _SPELLING, side)
        for side, names in (("add", request.add), ("drop", request.drop))
        if names
    }
    if lists:
        container["linuxParameters"] = {"capabilities": lists}
    if request.privileged:
        container["privileged"] = True
    if request.user:
        container["user"] = written_user(request.user, _TARGET)
    if request.no_new_privs:
        container["dockerSecurityOptions"] = ["no-new-privileges"]
    return container


def task_of(root: Node) -> Node:
    """Return the task definition in a document.

    Raises:
        FormatError: There is none.
    """
    described = root["taskDefinition"]
    task = root if described.value is None else described
    if "containerDefinitions" not in task:
        raise task.error("a task definition, with containerDefinitions")
    return task


def name_of(node: Node) -> str:
    """Return the name of a container definition.

    Raises:
        FormatError: It has none.
    """
    if not (name := node["name"].text()):
        raise node.error("a container with a name")
    return name


def read_container(node: Node, task: Node | None = None, judge: Judge = _ECS) -> Request:
    """Read the container definition that stands there, in its task."""
    linux = node["linuxParameters"]
    capabilities = linux["capabilities"]
    adds, drops = (capabilities[side].names() for side in _LISTS)
    privileged = node["privileged"]
    options = node["dockerSecurityOptions"].names()
    user = Node(node["user"].text(), node["user"].place)
    problems = list(_strange(node, linux, capabilities))
    gains_nothing, strange_options = no_new_privs(
        option for option in options if not str(option.value).startswith("credentialspec:")
    )
    problems += strange_options
    problems += [variable(each) for each in (*adds, *drops) if has_placeholder(each.value)]
    is_true = Node(privileged.truth(), privileged.place)
    problems += judged(judge, known(adds), known(drops), is_true)
    problems += user_problems(user, _TARGET)
    problems += [] if task is None else _of_task(node, task, adds, options)
    return made(
        adds,
        drops,
        privileged=is_true.value,
        user=user.value,
        no_new_privs=gains_nothing,
        problems=[
            evolve(each, verdict="refused") if each.rule == "unknown-security-option" else each
            for each in of_its_own(problems, judge, command_named("docker run"))
        ],
    )


def _strange(node: Node, linux: Node, capabilities: Node) -> Iterator[Problem]:
    """List keys that Amazon ECS does not know, or not there: its clients refuse them."""
    for strange, advice in (
        *node.strange_keys(_KEYS, close_only=True),
        *linux.strange_keys(_LINUX),
        *capabilities.strange_keys(_LISTS),
    ):
        yield refused(strange, "unknown-key", f"Amazon ECS knows no such key: {advice}")
    for key in ("capabilities", *_LISTS):
        if key in node:
            told = "Amazon ECS knows no such key here: it belongs into linuxParameters.capabilities"
            yield refused(node[key], "misplaced", told)
    for strange in node.misplaced((*_KEYS, "capabilities")):
        yield refused(strange, "misplaced", "what stands in it belongs into the container itself, or linuxParameters")


def _of_task(node: Node, task: Node, adds: list[Node], options: list[Node]) -> Iterator[Problem]:
    """List what a container may not say for what its task runs on."""
    if task.at("runtimePlatform", "operatingSystemFamily").text().startswith("WINDOWS"):
        yield refused(node, "windows", "Windows has no capabilities")
    places = [each.value for each in task["requiresCompatibilities"].names()]
    if "FARGATE" not in places:
        return
    alone = places == ["FARGATE"]
    for name in adds:
        if name.value != _FARGATE_ADDS and not has_placeholder(name.value):
            yield _of_fargate(name, f"Fargate lets a container add {_FARGATE_ADDS} alone", alone=alone)
    if node["privileged"].truth():
        yield _of_fargate(node["privileged"], "Fargate has no privileged containers", alone=alone)
    for option in options:
        yield _of_fargate(option, "Fargate takes no security options", alone=alone)


def _of_fargate(node: Node, told: str, *, alone: bool) -> Problem:
    """Make a problem of what Fargate does not take: nothing comes of a task that is for it alone."""
    return evolve(refused(node, "fargate", told), verdict="refused" if alone else "depends")
