"""Run lines: what the options of ``docker run`` and its like ask for, whichever program reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from attrs import evolve

from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.engines.rules import FAMILIES, Family
from capset.errors import shown
from capset.formats.commandline import BOOLS, MAPS, OURS, PODS, Command, Line, command_named
from capset.formats.document import Node, depends, has_placeholder, ignored, look_alike, note, refused
from capset.formats.wording import judged, known, made, user_problems, variable
from capset.problem import Problem

__all__ = ["as_asked", "asked_by", "no_new_privs", "of_its_own", "podman_user", "request_of", "usual"]

_IS_BOOL = f"one of {', '.join(BOOLS)}"
_LABELS = ("io.containers.capabilities", "io.podman.capabilities")  # of which Podman gives no more than they name
_OF_OTHERS = {
    "container": "what was asked for when the container was made counts too, and is not counted here",
    "service": "what the service asks for stands in the Compose file, which is not read",
    "manifest": "what runs stands in a file of its own, which is not read",
}


def asked_by(line: Line, judge: Judge | None = None) -> Request:
    """Read what a command line asks for.

    Args:
        line: The line.
        judge: Who says what is made of names; by default whatever releases of its engine have in common.
    """
    given = [(name, Node(value, f"--{name}")) for name, value in line.given]
    request = request_of(line.command, given, judge)
    late = [Node(word, word) for word in line.behind if word.partition("=")[0].removeprefix("--") in OURS]
    told = (ignored(node, "behind-image", "it stands behind the image, and so is the container's own") for node in late)
    return evolve(request, problems=(*request.problems, *told, *_of_operand(line)))


def _of_operand(line: Line) -> Iterator[Problem]:
    """Tell of what decides too, and stands in what the operand names."""
    if told := _OF_OTHERS.get(line.command.operand):
        rule = "not-counted" if line.command.operand == "container" else "not-read"
        yield depends(Node(line.operand, str(line.command)), rule, told)


def request_of(command: Command, given: Iterable[tuple[str, Node]], judge: Judge | None = None) -> Request:
    """Make a request of options and their values, each with its place.

    Args:
        command: The command whose options they are.
        given: The name of each option, without hyphens, and its value.
        judge: As for :func:`asked_by`.
    """
    judge = judge or usual(command)
    found: dict[str, list[Node]] = {}
    for name, node in given:
        found.setdefault(name, []).extend(_divided(node, command) if name in {"cap-add", "cap-drop"} else [node])
    *_, privileged = [Node("false", "--privileged"), *found.get("privileged", [])]
    *_, user = [Node("", "--user"), *found.get("user", [])]
    adds, drops = found.get("cap-add", []), found.get("cap-drop", [])
    problems = [variable(privileged)] if has_placeholder(privileged.value) else []
    if command.program == "podman":
        user, told = podman_user(user, found)
        problems += told
    elif command.program.startswith("buildah"):
        problems += _own_user_namespace(found)
    request = as_asked(
        (adds, drops),
        found.get("security-opt", []),
        Node(BOOLS.get(str(privileged.value), False), privileged.place),
        user,
        judge,
        command,
    )
    return evolve(request, problems=(*request.problems, *problems))


@cache
def usual(command: Command) -> Judge:
    """Return who judges names for a program of which no release is said."""
    return Judge.usual(command.families[0], command.title)


def _divided(node: Node, command: Command) -> list[Node]:
    """Divide a value where the program takes several names in one."""
    text = str(node.value)
    return [Node(part, node.place) for part in text.split(command.between)] if command.between else [node]


def podman_user(user: Node, found: Mapping[str, list[Node]]) -> tuple[Node, list[Problem]]:
    """Say as whom Podman runs a container, and what else decides there.

    Source:
        containers/podman ``pkg/specgen/generate/namespaces.go`` and ``security_linux.go`` at v5.8.2; podman-run(1),
        *--userns*.
    """
    problems = [*_own_user_namespace(found)]
    *_, userns = [Node(""), *found.get("userns", [])]
    mode, _, settings = str(userns.value).partition(":")
    if mode == "keep-id" and not user.value:
        ids = {name: number for name, _, number in (each.partition("=") for each in settings.split(","))}
        if "uid" in ids:
            user = Node(f"{ids['uid']}:{ids['gid']}" if "gid" in ids else ids["uid"], userns.place)
        else:
            told = "with keep-id it runs as whoever calls podman, unless --user says otherwise"
            problems.append(depends(userns, "user-of-caller", told))
    pods = [node for name in PODS for node in found.get(name, ()) if node.value]
    problems += (note(node, "not-counted", f"not counted here: {_OF_A_POD}") for node in pods[-1:])
    for label in found.get("label", ()):
        if str(label.value).partition("=")[0] in _LABELS:
            told = "not counted here: Podman gives no more than this label names, if it would give all of that"
            problems.append(depends(label, "not-counted", told))
    return user, problems


_OF_A_POD = "what the pod was made with, such as --userns or --security-opt"


def _own_user_namespace(found: Mapping[str, list[Node]]) -> Iterator[Problem]:
    """Tell of a container that options give a user namespace of its own; the last ``--userns`` counts."""
    *_, userns = [Node("host"), *found.get("userns", [])]
    mode = str(userns.value).partition(":")[0]
    if has_placeholder(mode):
        yield variable(userns)
        return
    gives = (
        [userns] if mode not in {"", "host"} else [node for name in MAPS for node in found.get(name, ()) if node.value]
    )
    if gives:
        told = "the container has a user namespace of its own, and its capabilities count in that alone"
        yield note(gives[0], "own-user-namespace", told)


def no_new_privs(said: Iterable[Node], command: Command | None = None) -> tuple[bool, list[Problem]]:
    """Read values of ``--security-opt``: whether no privileges are gained, and what is refused of them.

    Args:
        said: The values.
        command: The command whose they are; ``docker run`` if not given.
    """
    command = command or command_named("docker run")
    value = False
    problems: list[Problem] = []
    for node in said:
        text = str(node.value)
        name, sign, word = text.partition("=" if "=" in text else ":")
        if text == "no-new-privileges":
            value = True
        elif name == "no-new-privileges" and word in BOOLS:
            value = BOOLS[word]
        elif has_placeholder(word if name == "no-new-privileges" else name):
            problems.append(variable(node))
        elif name == "no-new-privileges":
            problems.append(refused(node, "unknown-security-option", f"{shown(word)} is not {_IS_BOOL}"))
        elif not sign or name not in command.security_options or _is_other_path(name, text, command):
            problems.append(_unknown(node, name, command))
    return value, problems


def _is_other_path(name: str, text: str, command: Command) -> bool:
    """Say whether something else is said of the paths below /proc and /sys than a program takes."""
    taken = text == "systempaths=unconfined" or (command.program == "podman" and text == "systempaths:unconfined")
    return name == "systempaths" and not taken


def _unknown(node: Node, name: str, command: Command) -> Problem:
    """Tell of an option that the program does not know."""
    close = look_alike(name.lower().replace("_", "-"), ("no-new-privileges",))
    named = f"known are no-new-privileges, {', '.join(command.security_options)}"
    meant = "did you mean no-new-privileges?" if close else named
    told = f"{command.title} knows no security option {shown(node.value)}: {meant}"
    return (refused if command.strict else ignored)(node, "unknown-security-option", told)


def as_asked(
    names: tuple[Sequence[Node], Sequence[Node]],
    said: Iterable[Node],
    privileged: Node,
    user: Node,
    judge: Judge | None,
    command: Command,
) -> Request:
    """Make a request, of whose names nobody is asked where there is no judge: nobody wrote them.

    Args:
        names: What is added, and what is dropped.
        said: The security options.
        privileged: Whether it is privileged.
        user: As whom it runs.
        judge: Who says what is made of the names.
        command: The command that takes all this.
    """
    adds, drops = ([*each] for each in names)
    gains_nothing, problems = no_new_privs(said, command)
    problems += [variable(node) for node in (*adds, *drops) if has_placeholder(str(node.value))]
    problems += judged(judge, known(adds), known(drops), privileged) if judge else []
    problems += user_problems(user, command.title)
    return made(
        adds,
        drops,
        privileged=privileged.value,
        user=user.value,
        no_new_privs=gains_nothing,
        problems=of_its_own(problems, judge, command),
    )


def of_its_own(problems: Iterable[Problem], judge: Judge | None, command: Command) -> list[Problem]:
    """Say of what the program refuses and no capability is, that the engine of another one may take it."""
    if judge and any(judge.rules.family is family for family in _families(command)):
        return [*problems]
    own = {"unknown-security-option", "id-out-of-range"}
    return [evolve(problem, verdict="depends") if problem.rule in own else problem for problem in problems]


@cache
def _families(command: Command) -> list[Family]:
    return [family for name, family in FAMILIES.items() if name.startswith(command.families)]
