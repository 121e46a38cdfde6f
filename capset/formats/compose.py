"""Compose: the services of a compose file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import evolve

from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.engines.spelling import SPELLINGS
from capset.errors import require, shown
from capset.formats.commandline import command_named
from capset.formats.composing import File, Service, composed, no_file
from capset.formats.document import Node, depends, has_placeholder, ignored, refused
from capset.formats.runline import no_new_privs, of_its_own
from capset.formats.wording import DOCKER, judged, made, rewritten, user_problems, variable, written_user
from capset.problem import Problem

__all__ = ["from_project", "from_service", "to_service"]


def __dir__() -> list[str]:
    return sorted(__all__)


_SPELLING = SPELLINGS["docker"]
_TARGET = "Docker"
_KEYS = ("cap_add", "cap_drop", "privileged", "security_opt", "user")

# What has keys of these names, which mean another thing there, or names that people choose.
_WITH_KEYS_OF_THEIR_OWN = ("annotations", "build", "environment", "extra_hosts", "labels", "sysctls")

# What people write who come from elsewhere.
_OTHERS = (
    ("capabilities", "cap_add and cap_drop"),
    ("caps", "cap_add"),
    ("no_new_privileges", "security_opt: [no-new-privileges:true]"),
    ("securityContext", "cap_add, cap_drop and user"),
)

# What Compose takes for true and false where they are written as texts, in any case.
_WORDS = {"true": True, "yes": True, "y": True, "on": True, "false": False, "no": False, "n": False, "off": False}


def from_service(service: Mapping[str, object]) -> Request:
    """Read one service of a compose file.

    Args:
        service: The mapping under its name, as a parser gives it. Variables such as ``${USER}`` are not
            replaced; each is a problem of the request.

    Returns:
        The request, names as they were written; what Compose or Docker would refuse or ignore is in its
        ``problems``.

    Raises:
        FormatError: The service does not have the shape of one.

    Source:
        compose-spec ``schema/compose-spec.json``. Docker Compose 2.40.3 was run.

    Examples:
        >>> from capset.formats import compose
        >>> compose.from_service({"image": "web", "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]})
        Request(drop=('ALL',), no_new_privs=True)
    """
    return read_service(Node(service))


def from_project(document: Mapping[str, object]) -> dict[str, Request]:
    """Read all services of a compose file, by their names.

    What a service extends in the same file counts; one that extends a service of another file has a problem that says
    so.

    Raises:
        FormatError: The document, or a service, does not have the shape of one.

    Examples:
        >>> from capset.formats import compose
        >>> compose.from_project({"services": {"web": {"cap_add": ["NET_ADMIN"]}}})
        {'web': Request(add=('NET_ADMIN',))}
    """
    found: dict[str, Request] = {}
    for service in services([File("", document)]):
        if service.name in found:
            raise service.node.error(f"a name that no other service has, not {service.name} again")
        if service.error is not None:
            raise service.error
        request = read_service(service.node)
        found[service.name] = evolve(request, problems=(*service.problems, *request.problems))
    return found


def to_service(request: Request) -> dict[str, object]:
    """Write a request as the keys of a service.

    Raises:
        FormatError: A name is no capability, or has no name yet.

    Examples:
        >>> from capset.engines import Request
        >>> from capset.formats import compose
        >>> compose.to_service(Request(add=["cap_net_raw"], drop=["all"]))
        {'cap_drop': ['ALL'], 'cap_add': ['NET_RAW']}
    """
    require(request, Request, "a Request")
    service: dict[str, object] = {}
    if request.drop:
        service["cap_drop"] = rewritten(request.drop, _SPELLING, "drop")
    if request.add:
        service["cap_add"] = rewritten(request.add, _SPELLING, "add")
    if request.privileged:
        service["privileged"] = True
    if request.user:
        service["user"] = written_user(request.user, _TARGET).replace("$", "$$")
    if request.no_new_privs:
        service["security_opt"] = ["no-new-privileges:true"]
    return service


def services(files: Sequence[File], find: Callable[[str], File | None] = no_file) -> list[Service]:
    """Return the services of compose files, merged as Compose does; *find* finds others that they extend.

    Raises:
        FormatError: A file does not have the shape of one.
    """
    roots = [Node(each.document) for each in files]
    if not any("services" in root for root in roots):
        raise roots[0].error("a compose file, with services")
    return composed(files, find)


def read_service(node: Node, judge: Judge = DOCKER, *, stack: bool = False) -> Request:
    """Read the service that stands there, as Compose does or, of a *stack*, ``docker stack deploy``.

    Source:
        docker/cli ``cli/compose/types/types.go`` at 28f756087eea, *UnsupportedProperties* and *ForbiddenProperties*.
    """
    adds, drops = (node[key].names() for key in ("cap_add", "cap_drop"))
    options = node["security_opt"].names("a text, which no-new-privileges:true is without white space in it")
    problems: list[Problem] = [
        refused(strange, "unknown-key", f"Compose knows no key {strange.place.rpartition('.')[2]}: {advice}")
        for strange, advice in node.strange_keys(_KEYS, close_only=True)
    ]
    problems += [
        refused(strange, "misplaced", "what stands in it belongs into the service itself, and Compose refuses it here")
        for strange in node.misplaced(_KEYS)
        if strange.place.rpartition(".")[2] not in _WITH_KEYS_OF_THEIR_OWN
    ]
    problems += [
        refused(node[key], "unknown-key", f"Compose knows no key {key}: write {ours}")
        for key, ours in _OTHERS
        if key in node
    ]
    problems += [
        refused(node[key], "empty-value", "Compose takes no empty value here: leave the key out")
        for key in _KEYS
        if key in node.mapping() and node[key].value is None
    ]
    if "extends" in node and stack:
        problems.append(extends_in_a_stack(node["extends"]))
    elif "extends" in node:
        problems.append(depends(node["extends"], "not-read", "what another service adds to this one is not read"))
    privileged = _truth(node["privileged"], problems)
    if stack:
        if _is_variable(node["privileged"]) or privileged.value:
            told = "docker stack deploy passes over it: no service of a swarm is privileged"
            problems.append(ignored(node["privileged"], "stack", told))
        told = "docker stack deploy passes over it: no service of a stack has no_new_privs"
        problems += [ignored(node["security_opt"], "stack", told)] if options else []
        privileged, options = Node(False, privileged.place), []
    user = _unescaped(_text(node["user"], problems))
    gains_nothing, strange_options = no_new_privs(option for option in options if not _is_variable(option))
    problems += strange_options
    problems += [
        refused(
            option, "listed-twice", "it stands there twice, which Compose takes for the names of capabilities alone"
        )
        for option in _repeated(options)
    ]
    problems += [
        variable(each, "Compose puts the value of a variable here")
        for each in (*adds, *drops, *options, node["user"], *([] if stack else [node["privileged"]]))
        if _is_variable(each)
    ]
    problems += [*_profiles(node), *_other_programs(node)]
    named_adds, named_drops = ([name for name in names if not _is_variable(name)] for names in (adds, drops))
    problems += judged(judge, named_adds, named_drops, privileged)
    problems += [] if _is_variable(node["user"]) else user_problems(user, _TARGET, literal=True)
    return made(
        adds,
        drops,
        privileged=privileged.value,
        user=user.value,
        no_new_privs=gains_nothing,
        problems=of_its_own(problems, judge, command_named("docker run")),
    )


def extends_in_a_stack(node: Node) -> Problem:
    """Make the problem of what a service extends that goes to a swarm."""
    return refused(node, "stack", "docker stack deploy refuses a file with extends")


def _profiles(node: Node) -> Iterator[Problem]:
    if names := [str(each.value) for each in node["profiles"].names()]:
        told = f"it starts only where one of its profiles is asked for: {', '.join(names)}"
        yield evolve(depends(node["profiles"], "profile", told), verdict="note")


def _repeated(names: Iterable[Node]) -> Iterator[Node]:
    """List the names that stand there before."""
    seen = set[str]()
    for node in names:
        if (text := str(node.value)) in seen:
            yield node
        seen.add(text)


def _is_variable(node: Node) -> bool:
    return isinstance(node.value, str) and has_placeholder(node.value.replace("$$", ""))


def _other_programs(node: Node) -> Iterator[Problem]:
    """List what runs beside the service's own program with other capabilities: hooks, and what builds the image."""
    for hook in node["pre_start"]:
        hook.mapping()
        yield depends(hook, "hook", "it runs in a container of its own, to which neither cap_add nor cap_drop go over")
    watched = [each["exec"] for each in node.at("develop", "watch")]
    for hook in (*node["post_start"], *node["pre_stop"], *watched):
        user = hook["user"].value
        if _may_be_true(hook["privileged"]):
            yield depends(hook["privileged"], "hook", "this command gets everything, whatever the service drops")
        elif user is not None and user != node["user"].value:
            yield depends(
                hook["user"], "hook", f"this command runs as {shown(user)}: what is said of the service is not for it"
            )
    build = node["build"] if not isinstance(node["build"].value, str) else Node(None)
    if _may_be_true(build["privileged"]):
        yield depends(build["privileged"], "hook", "what builds the image gets everything; the service does not")
    for entitlement in build["entitlements"].names():
        if entitlement.value == "security.insecure" or _is_variable(entitlement):
            yield depends(entitlement, "hook", "what builds the image may get everything; the service does not")


def _may_be_true(node: Node) -> bool:
    return _is_variable(node) or bool(_truth(node, []).value)


def _unescaped(node: Node) -> Node:
    """Take $$ for the $ that it stands for."""
    value = node.value
    return Node(value.replace("$$", "$"), node.place) if isinstance(value, str) and not _is_variable(node) else node


def _truth(node: Node, problems: list[Problem]) -> Node:
    value = node.value
    if isinstance(value, str) and not _is_variable(node):
        if value.lower() not in _WORDS:
            raise node.error("true or false")
        if value.lower() not in {"true", "false"}:
            problems.append(
                depends(
                    node,
                    "odd-boolean",
                    "Compose takes it with a warning, and docker stack refuses it: write true or false",
                )
            )
        value = _WORDS[value.lower()]
    elif _is_variable(node):
        value = False
    return Node(Node(value, node.place).truth(), node.place)


def _text(node: Node, problems: list[Problem]) -> Node:
    if type(node.value) is int:
        written = shown(node.value)  # which writes numbers that are too long for str()
        problems.append(
            refused(node, "user-not-text", f"Compose takes a text for the user: put it in quotes, '{written}'")
        )
        return Node(written, node.place)
    return Node(node.text(), node.place)
