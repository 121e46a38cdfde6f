"""Dev containers: ``devcontainer.json``, which is JSON with comments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from attrs import evolve

from capset.documents.containers import as_docker_reads, asked, broken, judge_of, request_of
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.jsontext import without_comments
from capset.documents.meaning import Meaning
from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.errors import FormatError
from capset.formats import devcontainer
from capset.formats.document import Node

__all__ = ["DIALECTS"]

_NAME = re.compile(r"(?:^|[/\\])\.?devcontainer\.json$")
_OWN = frozenset(
    {
        *("runArgs", "capAdd", "securityOpt", "containerUser", "remoteUser", "dockerComposeFile", "remoteEnv"),
        *("containerEnv", "postCreateCommand", "postStartCommand", "postAttachCommand", "onCreateCommand"),
        *("updateContentCommand", "initializeCommand", "workspaceMount", "overrideFeatureInstallOrder"),
        *("updateRemoteUserUID", "forwardPorts", "portsAttributes", "customizations"),
    }
)
"""Keys that no other document has; one of them is enough."""

_KEYS = {"add": "capAdd", "drop": "runArgs", "user": "containerUser"}


def _refuses(text: Text) -> str:
    root = Node(text.commented.value)
    if not isinstance(root.value, Mapping):
        return "expected a mapping"
    config = root.mapping()
    if devcontainer.is_feature(config):
        return "it is a Feature, which is added to containers: give the devcontainer.json that names it"
    named = bool(_NAME.search(text.source)) and any(key in devcontainer.KEYS for key in config)
    with_features = "features" in config and not config.keys().isdisjoint(devcontainer.IMAGES)
    return (
        ""
        if named or with_features or not _OWN.isdisjoint(config)
        else "it has no key that devcontainer.json alone has"
    )


def _content(text: str) -> list[str]:
    return [without_comments(text)]


def _read(text: Text) -> list[Workload]:
    document = text.commented
    lines, root = document.lines(), Node(document.value)
    try:
        name = root["name"].text()
    except FormatError as error:
        return [broken("devcontainer", text, error, lines)]
    return [asked("devcontainer", text, lines, root, _request, _KEYS, name=name)]


def _request(node: Node, engine: Engine | None) -> Request:
    return as_docker_reads(devcontainer.read_config(node, *judge_of(engine)))


def _write(meaning: Meaning, engine: Engine) -> Part:
    config: dict[str, object] = devcontainer.to_config(request_of(meaning, engine))
    if _OWN.isdisjoint(config):  # by which it is recognised when it is read
        config = {"capAdd": [], **config}
    says = as_docker_reads(devcontainer.from_config(config))
    return Part(value=json.dumps(config, indent=2), says=evolve(says, problems=()))


DIALECTS = (
    Dialect(
        name="devcontainer",
        about="the devcontainer.json of a dev container",
        engine="docker",
        structured=True,
        content=_content,
        keys=(*sorted(_OWN), "privileged"),
        signs=re.compile(r'"(?:runArgs|capAdd|containerUser|remoteUser|dockerComposeFile)"'),
        refuses=_refuses,
        reader=_read,
        writer=_write,
    ),
)
