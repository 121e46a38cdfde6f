"""Dev containers: ``devcontainer.json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.engines.spelling import SPELLINGS
from capset.errors import FormatError, clipped, require
from capset.formats.commandline import command_named, read_line
from capset.formats.document import Node, depends, ignored, note
from capset.formats.runline import request_of
from capset.formats.wording import rewritten, written_user
from capset.problem import Problem

__all__ = ["IMAGES", "KEYS", "from_config", "is_feature", "to_config"]


_SPELLING = SPELLINGS["docker"]
_DOCKER_RUN = command_named("docker run")
_OURS = ("privileged", "capAdd", "securityOpt", "runArgs", "containerUser")

KEYS = (
    *("$schema", "name", "features", "overrideFeatureInstallOrder", "secrets", "forwardPorts", "portsAttributes"),
    *("otherPortsAttributes", "updateRemoteUserUID", "containerEnv", "containerUser", "mounts", "init", "privileged"),
    *("capAdd", "securityOpt", "remoteEnv", "remoteUser", "initializeCommand", "onCreateCommand"),
    *("updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand", "waitFor", "userEnvProbe"),
    *("hostRequirements", "customizations", "appPort", "runArgs", "shutdownAction", "overrideCommand"),
    *("workspaceFolder", "workspaceMount", "build", "dockerFile", "context", "image", "dockerComposeFile", "service"),
    "runServices",
)
"""The keys of a configuration."""

IMAGES = frozenset({"image", "build", "dockerFile"})
"""The keys that say which image it is, one of which each has that no Compose file is for."""

_MEANT = {
    "capDrop": 'put "--cap-drop=NAME" into runArgs',
    "capabilities": "did you mean capAdd?",
    "user": "did you mean containerUser?",
}
"""What people write, and that no tool reads."""


def from_config(config: Mapping[str, object], judge: Judge | None = None) -> Request:
    """Read a configuration: what the ``docker run`` is asked for that is made of it.

    Args:
        config: The configuration, as a parser gives it.
        judge: Who says what is made of names; by default Docker.

    Returns:
        The request, names as they were written. What the file does not say by itself is in its ``problems``: what
        Features and a Compose file add, which are not read.

    Raises:
        FormatError: It does not have the shape of one.

    Source:
        devcontainers/spec ``schemas/devContainer.base.schema.json`` at c95ffeed; devcontainers/cli
        ``src/spec-node/singleContainer.ts``, ``spawnDevContainer()``, and ``imageMetadata.ts`` at f683c29f.
        Its release 0.89.0 was run.

    Examples:
        >>> from capset.formats import devcontainer
        >>> config = {"capAdd": ["SYS_PTRACE"], "runArgs": ["--cap-drop", "ALL", "-u", "1000"]}
        >>> devcontainer.from_config(config)
        Request(add=('SYS_PTRACE',), drop=('ALL',), user='1000')
    """
    return read_config(Node(config), judge)


def read_config(root: Node, judge: Judge | None = None) -> Request:
    """Read the configuration that stands there."""
    strange = list(_strange(root))
    of_compose = "dockerComposeFile" in root
    given = [("user", Node(root["containerUser"].text(), "containerUser"))] if "containerUser" in root else []
    given += [] if of_compose else _of_run_args(root["runArgs"])
    if root["privileged"].truth():
        given.append(("privileged", Node("true", "privileged")))
    given += [("cap-add", node) for node in root["capAdd"].names()]
    given += [("security-opt", node) for node in root["securityOpt"].names("a text")]
    request = request_of(_DOCKER_RUN, given, judge)
    return evolve(request, problems=(*request.problems, *strange, *_beside(root)))


def _of_run_args(run_args: Node) -> list[tuple[str, Node]]:
    """Return the options that count of those that ``docker run`` is given as they are."""
    words = [str(node.value) for node in run_args.names("a word of a command line")]
    try:
        line = read_line(words, _DOCKER_RUN)
    except FormatError as error:
        place = error.place if error.place in words else str(error.value)
        raise FormatError(_place(words, place), error.value, error.expected) from None
    if line.operand:
        expected = "options alone: of another word docker run takes the first for the image"
        raise FormatError(_place(words, line.operand), line.operand, expected)
    return [(name, Node(value, _place(words, value))) for name, value in line.given]


def _place(words: Sequence[str], value: str) -> str:
    """Say where a value stands among words, of which it is one or the end of one."""
    found = (at for at, word in enumerate(words) if word == value or word.partition("=")[2] == value)
    return f"runArgs[{next(found, 0)}]"


def _strange(root: Node) -> Iterator[Problem]:
    """Tell of what no tool reads, as it stands under another key or in another place."""
    told = "the tools for dev containers pass over it"
    for key, advice in _MEANT.items():
        if key in root:
            yield ignored(root[key], "unknown-key", f"{told}: {advice}")
    for strange, advice in root.strange_keys(KEYS, close_only=True):
        yield ignored(strange, "unknown-key", f"{told}: {advice}")
    for around in ("build", "customizations", "hostRequirements"):
        inner = root.mapping().get(around)
        for key in _OURS:
            if isinstance(inner, Mapping) and key in inner:
                yield ignored(root[around][key], "misplaced", f"{told}: it stands in {around}, and not beside it")
    if "dockerComposeFile" in root and "runArgs" in root:
        yield ignored(root["runArgs"], "misplaced", f"{told}, where Docker Compose starts the container")


def _beside(root: Node) -> Iterator[Problem]:
    """Tell of what decides too, and stands elsewhere."""
    if "dockerComposeFile" in root:
        told = "what the service asks for stands in the Compose file, which is not read: give what Compose resolves"
        yield depends(root["dockerComposeFile"], "not-read", told)
    if features := list(root["features"].mapping()):
        names = ", ".join(clipped(str(name)) for name in features[:3]) + (" and others" if len(features) > 3 else "")
        told = f"Features may add capabilities, security options and privileged, and are not read: {names}"
        yield depends(Node(names, "features"), "not-read", told)
    if "remoteUser" in root:
        told = "it is as whom tools run in the container; its first process runs as containerUser"
        yield note(root["remoteUser"], "not-counted", told)
    for key in root.mapping():
        if key in IMAGES:
            told = "what the label devcontainer.metadata of the image adds is not counted"
            yield note(root[key], "not-counted", told)


def is_feature(config: Mapping[str, object]) -> bool:
    """Say whether a document is a Feature, ``devcontainer-feature.json``: what is added to containers, and none itself.

    Examples:
        >>> from capset.formats import devcontainer
        >>> devcontainer.is_feature({"id": "go", "version": "1.3.2", "capAdd": ["SYS_PTRACE"]})
        True
    """
    return "id" in config and "version" in config and IMAGES.isdisjoint(config)


def to_config(request: Request) -> dict[str, object]:
    """Write a request as a part of a configuration.

    Raises:
        FormatError: A name is no capability, or has no name yet.

    Examples:
        >>> from capset.engines import Request
        >>> from capset.formats import devcontainer
        >>> devcontainer.to_config(Request(add=["cap_sys_ptrace"], drop=["all"]))
        {'capAdd': ['SYS_PTRACE'], 'runArgs': ['--cap-drop=ALL']}
    """
    require(request, Request, "a Request")
    config: dict[str, object] = {}
    if request.user:
        config["containerUser"] = written_user(request.user, "Docker")
    if request.privileged:
        config["privileged"] = True
    if request.add:
        config["capAdd"] = rewritten(request.add, _SPELLING, "add")
    if request.no_new_privs:
        config["securityOpt"] = ["no-new-privileges"]
    if request.drop:
        config["runArgs"] = [f"--cap-drop={name}" for name in rewritten(request.drop, _SPELLING, "drop")]
    return config
