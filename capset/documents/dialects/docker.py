"""Docker: what ``docker inspect`` prints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import evolve

from capset.documents.containers import as_docker_reads, asked, broken, judge_of, not_known
from capset.documents.dialect import Dialect, Text
from capset.documents.lines import Lines
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import FormatError
from capset.formats import docker
from capset.formats.document import Node
from capset.sets import THREAD_SETS

__all__ = ["DIALECTS"]

_KEYS = {"add": "HostConfig.CapAdd", "drop": "HostConfig.CapDrop", "user": "Config.User"}
_SPEC = "Spec.TaskTemplate.ContainerSpec"
_KEYS_OF_SERVICE = {"add": f"{_SPEC}.CapabilityAdd", "drop": f"{_SPEC}.CapabilityDrop", "user": f"{_SPEC}.User"}


def _inspected(text: Text) -> Iterator[Node]:
    root = Node(text.one().value)
    return iter(root) if isinstance(root.value, list) else iter([root])


def _refuses_inspect(text: Text) -> str:
    nodes = list(_inspected(text))
    shaped = [isinstance(node.value, Mapping) and _is_container(node) for node in nodes]
    return "" if any(shaped) else "expected containers, with HostConfig, or services, with Spec.TaskTemplate"


def _is_container(node: Node) -> bool:
    if "HostConfig" in node:
        return True
    return isinstance(node["Spec"].value, Mapping) and "TaskTemplate" in node["Spec"]


def _read_inspect(text: Text) -> list[Workload]:
    lines = text.one().lines()
    return [_inspected_one(text, lines, node) for node in _inspected(text)]


def _inspected_one(text: Text, lines: Lines, node: Node) -> Workload:
    """Read a container, of which Podman says itself what it gives: no engine has to be asked."""
    workload = asked("inspect", text, lines, node, _container, _keys(node), name=_name(node))
    if workload.request is None:
        return workload
    try:
        state = docker.read_configured(node)
    except FormatError as error:
        return broken("inspect", text, error, lines, name=workload.name)
    if state is None:
        return workload
    problems = tuple(each for each in workload.problems if each.rule != "computed-by-podman")
    # What is inheritable Podman does not say, and its releases differ.
    says = tuple(name for name in THREAD_SETS if name != "inheritable")
    return evolve(workload, state=state, says=says, problems=problems, not_known=not_known(problems), again=None)


def _keys(node: Node) -> Mapping[str, str]:
    of_service = isinstance(node.value, Mapping) and "HostConfig" not in node
    return _KEYS_OF_SERVICE if of_service else _KEYS


def _container(node: Node, engine: Engine | None) -> Request:
    return as_docker_reads(docker.read_container(node, *judge_of(engine)))


def _name(node: Node) -> str:
    try:
        name = node["Name"].text() or node.at("Spec", "Name").text()
    except FormatError:  # which reading the container will tell, if it matters
        return ""
    return name.removeprefix("/")


DIALECTS = (
    Dialect(
        name="inspect",
        keys=("HostConfig", "TaskTemplate", "ContainerSpec", "CapAdd", "CapDrop", "CapabilityAdd", "CapabilityDrop"),
        about="what docker inspect NAME prints",
        engine="docker",
        structured=True,
        signs=re.compile(r"""HostConfig|TaskTemplate|CapAdd"""),
        refuses=_refuses_inspect,
        reader=_read_inspect,
    ),
)
