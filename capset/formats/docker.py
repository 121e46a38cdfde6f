"""Docker: the options of ``docker run``, and what ``docker inspect`` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve

from capset.capability import Cap
from capset.engines.judging import Judge
from capset.engines.request import Request, named_uid
from capset.engines.spelling import SPELLINGS
from capset.errors import FormatError, require, shown
from capset.formats.commandline import Line, command_named, line_of, program, read_line, runs_inside, without_front
from capset.formats.document import Node, depends
from capset.formats.runline import as_asked, asked_by
from capset.formats.wording import DOCKER, rewritten, written_user
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["from_flags", "from_inspect", "to_flags"]


def __dir__() -> list[str]:
    return sorted(__all__)


_SPELLING = SPELLINGS["docker"]
_TARGET = "Docker"


def from_flags(flags: Iterable[str]) -> Request:
    """Read the options of ``docker run`` or ``docker create``.

    Args:
        flags: The words of the command line, as :func:`shlex.split` gives them: options alone, or a whole
            command such as ``docker run --cap-add NET_ADMIN alpine``. What follows the image is the
            container's own command. Other options are known, and passed over.

    Returns:
        The request, names as they were written; what Docker would refuse or ignore is in its
        ``problems``.

    Raises:
        FormatError: A word is no option of Docker, lacks its value, or has one that Docker refuses.
        TypeError: *flags* is a single text, or holds something else than texts.

    Source:
        docker/cli ``cli/command/container/opts.go``; spf13/pflag. Docker 20.10 and 28.2 were run.

    Examples:
        >>> from capset.formats import docker
        >>> docker.from_flags(["--cap-drop=all", "--cap-add", "net_raw", "-u1000", "alpine", "sh"])
        Request(add=('net_raw',), drop=('all',), user='1000')
        >>> for problem in docker.from_flags(["--cap-add=NET_RAWW"]).problems:
        ...     print(problem)
        --cap-add: refused: Docker knows no capability 'NET_RAWW': did you mean NET_RAW?
    """
    if isinstance(flags, str):
        raise TypeError(f"expected the words of a command line, got {shown(flags)}; shlex.split() divides it")
    return asked_by(_line([*flags]))


def _line(words: list[str]) -> Line:
    """Read a command line, or options alone.

    Raises:
        FormatError: It is for another program, or something stands in front that is not known to run it.
    """
    line = line_of(words)
    if line is not None and str(line.command) == "docker run":
        return line
    if line is not None:
        expected = f"docker run or its options, as {line.command} has its own: documents.read() takes them all"
        raise FormatError(program(words), " ".join(words[:3]), expected)
    if not words or words[0].startswith("-"):
        return read_line(words, command_named("docker run"), alone=True)
    if program(words) == "docker":
        raise FormatError("docker", " ".join(words[:3]), "docker run or docker create, and its options")
    if (at := runs_inside(words)) is not None:
        expected = "docker run in front, or its options: leave out what runs it"
        raise FormatError(words[0], " ".join(words[: at + 2]), expected)
    if len(without_front(words)) < len(words):
        raise FormatError(program(words) or words[0], " ".join(words[:3]), "docker run or its options")
    return read_line(words, command_named("docker run"), alone=True)


def to_flags(request: Request) -> list[str]:
    """Write a request as the options of ``docker run``, what is dropped first.

    Raises:
        FormatError: A name is no capability, or has no name yet.

    Examples:
        >>> from capset.engines import Request
        >>> from capset.formats import docker
        >>> docker.to_flags(Request(add=["cap_net_raw"], drop=["all"], user="1000", no_new_privs=True))
        ['--cap-drop=ALL', '--cap-add=NET_RAW', '--user=1000', '--security-opt=no-new-privileges']
    """
    require(request, Request, "a Request")
    return [
        *(f"--cap-drop={name}" for name in rewritten(request.drop, _SPELLING, "drop")),
        *(f"--cap-add={name}" for name in rewritten(request.add, _SPELLING, "add")),
        *(["--privileged"] if request.privileged else []),
        *([f"--user={written_user(request.user, _TARGET)}"] if request.user else []),
        *(["--security-opt=no-new-privileges"] if request.no_new_privs else []),
    ]


def from_inspect(document: Mapping[str, object] | list[object]) -> Request:
    """Read what ``docker inspect`` shows of a container, or of a service of a swarm.

    Args:
        document: The parsed JSON: one container or service, or a list with nothing else in it.

    Returns:
        The request, names as Docker keeps them. What the daemon's own configuration adds, such as its
        ``no-new-privileges``, is not in the document.

    Raises:
        FormatError: The document is something else, or of several containers.

    Source:
        moby/moby ``api/types/container``. Docker 20.10 and Podman 4.3 were run.

    Examples:
        >>> from capset.formats import docker
        >>> docker.from_inspect([{"HostConfig": {"CapAdd": ["CAP_NET_RAW"], "CapDrop": None}, "Config": {"User": "7"}}])
        Request(add=('CAP_NET_RAW',), user='7')
    """
    root = Node(document)
    if isinstance(document, list):
        items = list(root)
        if len(items) != 1:
            raise root.error("one container; docker inspect NAME gives a list with one")
        root = items[0]
    return read_container(root)


def read_container(root: Node, judge: Judge = DOCKER) -> Request:
    """Read the container or the service that stands there."""
    if "TaskTemplate" in root["Spec"]:
        task = root.at("Spec", "TaskTemplate")
        _only_docker_s(task, ("ContainerSpec",))
        if "ContainerSpec" not in task:
            raise task["ContainerSpec"].error("a mapping: only a service of containers is read")
        spec = task["ContainerSpec"]
        _only_docker_s(spec, _OF_SERVICE)
        _only_docker_s(spec["Privileges"], ("NoNewPrivileges",))
        said = Node(["no-new-privileges"] if spec.at("Privileges", "NoNewPrivileges").truth() else None, spec.place)
        adds, drops, user = spec["CapabilityAdd"].names(), spec["CapabilityDrop"].names(), spec["User"]
        user = Node(user.text(), user.place)
        return as_asked((adds, drops), said.names(), Node(False), user, judge, command_named("docker run"))
    host = root["HostConfig"]
    if "HostConfig" not in root:
        raise root.error("a container, with HostConfig, or a service, with Spec.TaskTemplate")
    _only_docker_s(root, ("HostConfig", "Config"))
    _only_docker_s(host, _OF_HOST)
    _only_docker_s(root["Config"], ("User",))
    computed = not root.mapping().keys().isdisjoint(_OF_PODMAN)
    request = as_asked(
        (host["CapAdd"].names(), host["CapDrop"].names()),
        host["SecurityOpt"].names(),
        Node(host["Privileged"].truth(), host["Privileged"].place),
        Node(root.at("Config", "User").text(), root.at("Config", "User").place),
        None if computed else judge,
        command_named("docker run"),
    )
    if not computed and host.mapping().keys().isdisjoint(_OF_HOST):
        told = "it says nothing of capabilities: nerdctl inspect leaves them out, and --mode=native has them"
        request = evolve(request, problems=(*request.problems, depends(host, "not-read", told)))
    if computed:
        told = "Podman computes these lists from the bounding set and its own default; Docker's default is another"
        request = evolve(request, problems=(*request.problems, depends(host["CapAdd"], "computed-by-podman", told)))
    return request


def read_configured(root: Node) -> CapState | None:
    """Read the sets that Podman says it gives a container's first process, which are those before its execve(2).

    Returns:
        The sets; None where the document does not say them, or says what Podman gives nobody.

    Raises:
        FormatError: A name is no capability.

    Source:
        containers/podman ``libpod/container_inspect.go`` and ``pkg/specgen/generate/security_linux.go``, which makes
        ambient what another user than root has, at v1.0.0 and from v2.2.0 to v5.8.2. Podman 4.3.1 was run.
    """
    if not root.mapping().keys() >= {*_OF_PODMAN}:  # null is an empty set
        return None
    bounding, effective = (CapSet(_caps(root[name])) for name in _OF_PODMAN)
    if named_uid(root.at("Config", "User").text().partition(":")[0]) != 0:
        own = effective & bounding
        return CapState(effective=own, permitted=own, inheritable=own, ambient=own, bounding=bounding)
    return CapState(effective=bounding, permitted=bounding, bounding=bounding) if effective == bounding else None


def _caps(names: Node) -> Iterator[Cap]:
    for node in names.names():
        asked = SPELLINGS["oci"].read((str(node.value),), CapSet.all())
        if asked.strange:
            raise node.error("a capability as Podman prints it, such as CAP_KILL")
        yield from asked.caps


_OF_PODMAN = ("BoundingCaps", "EffectiveCaps")
_OF_HOST = ("CapAdd", "CapDrop", "Privileged", "SecurityOpt")
_OF_SERVICE = ("CapabilityAdd", "CapabilityDrop", "Privileges", "User")


def _only_docker_s(node: Node, known: tuple[str, ...]) -> None:
    """Refuse a key that looks like one of *known*: Docker prints no such, and what stands there would not be read."""
    for strange, advice in node.strange_keys(known, close_only=True):
        raise strange.error(f"a key that docker inspect prints ({advice})")
    for strange in node.misplaced(known):
        raise strange.error(f"nothing with a key that belongs beside it ({', '.join(known)})")
