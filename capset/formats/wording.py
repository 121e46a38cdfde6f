"""What the readers and writers of a request have in common: its names, its user, its problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from capset.engines.judging import Judge
from capset.engines.request import Request, named_uid
from capset.engines.spelling import Spelling
from capset.errors import FormatError, UnknownCapabilityError, shown
from capset.formats.document import Node, depends, has_placeholder, refused
from capset.problem import Problem

__all__ = [
    "DOCKER",
    "LAST_ID",
    "judged",
    "known",
    "made",
    "named",
    "placed",
    "rewritten",
    "user_ids",
    "user_problems",
    "variable",
    "written_user",
]

LAST_ID = 2**31 - 1
"""The last user id that Docker and Kubernetes take."""

DOCKER = Judge.usual("docker", "Docker")
"""Docker, of which no release is said."""


def rewritten(names: Iterable[str], spelling: Spelling, place: str) -> list[str]:
    """Write names in the one way that a dialect documents, each once.

    Raises:
        FormatError: One of them is no capability, or has no name yet.
    """
    written: dict[str, None] = {}
    for at, name in enumerate(names):
        try:
            written[spelling.rewrite(name)] = None
        except UnknownCapabilityError:
            raise FormatError(f"{place}[{at}]", name, f"a capability ({spelling.advice(name)})") from None
    return list(written)


def judged(judge: Judge, adds: list[Node], drops: list[Node], privileged: Node) -> list[Problem]:
    """List what an engine makes of names, each where it stands; no variable may be among them."""
    request = named(adds, drops, privileged)
    return placed([*judge.names(request).values(), *judge.effects(request).values()], adds, drops)


def named(adds: list[Node], drops: list[Node], privileged: Node) -> Request:
    """Make a request of names alone."""
    add, drop = ([str(node.value) for node in nodes] for nodes in (adds, drops))
    return Request(add, drop, privileged=bool(privileged.value))


def placed(problems: Iterable[Problem], adds: list[Node], drops: list[Node]) -> list[Problem]:
    """Say where in the document the entries stand that an engine has told of, such as ``add[0]``."""
    places = {
        f"{side}[{at}]": node.place for side, nodes in (("add", adds), ("drop", drops)) for at, node in enumerate(nodes)
    }
    return [evolve(problem, place=places[problem.place]) for problem in problems]


def known(nodes: Iterable[Node]) -> list[Node]:
    """Leave out the names that something else is to put there."""
    return [node for node in nodes if not has_placeholder(str(node.value))]


def user_problems(node: Node, target: str, *, literal: bool = False) -> Iterator[Problem]:
    """List what is wrong with a user: a number that is none, or a name of which only the image knows the number.

    With *literal*, nothing replaces a part of it, whatever it looks like.
    """
    user, _, group = str(node.value or "").partition(":")
    if has_placeholder(user) and not literal:
        yield variable(node)
    elif named_uid(user) is None:
        yield depends(node, "named-user", f"only the image knows the number of the user {shown(user)}; 0 is root")
    if any(number is not None and not 0 <= number <= LAST_ID for number in (named_uid(user), named_uid(group))):
        yield refused(node, "id-out-of-range", f"{target} takes user ids from 0 to {LAST_ID}")


def variable(node: Node, by: str = "a variable stands here, which something else replaces") -> Problem:
    """Make a problem of a value that something else puts there."""
    return depends(node, "variable", by)


def written_user(user: str, target: str) -> str:
    """Return a user as it is written for Docker.

    Raises:
        FormatError: Docker refuses it.
    """
    refused_by_docker = any(problem.verdict == "refused" for problem in user_problems(Node(user, "user"), target))
    if refused_by_docker or not user.isprintable():  # no name of a user has a line break, or acts on a terminal
        raise FormatError("user", user, f"ids from 0 to {LAST_ID}, or names")
    return user


def made(
    adds: Iterable[Node],
    drops: Iterable[Node],
    *,
    privileged: object,
    user: object,
    no_new_privs: bool,
    problems: Iterable[Problem],
) -> Request:
    """Make a request of what stands in a document, names and user as they were written."""
    return Request(
        [str(node.value) for node in adds],
        [str(node.value) for node in drops],
        privileged=bool(privileged),
        user=str(user or ""),
        no_new_privs=no_new_privs,
        problems=tuple(problems),
    )


def user_ids(user: str) -> tuple[int | None, int | None]:
    """Return the two numbers of ``user:group``, where only numbers are taken.

    Raises:
        FormatError: A part of it is a name, or no such number.
    """
    name, _, group = user.partition(":")
    ids = [named_uid(name) if name else None, named_uid(group) if group else None]
    if any(
        part and not (number is not None and 0 <= number <= LAST_ID)
        for part, number in zip((name, group), ids, strict=True)
    ):
        raise FormatError("user", user, f"numbers from 0 to {LAST_ID}, as no names are taken")
    return ids[0], ids[1]
