"""systemd-nspawn: the settings of a container, such as ``/etc/systemd/nspawn/web.nspawn``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from capset.bounds import bounded
from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.engines.spelling import SPELLINGS
from capset.errors import FormatError, require, shown
from capset.formats.document import Node, depends, has_placeholder, ignored, look_alike, note
from capset.formats.unitfile import Assignment, assignments, open_quote, words
from capset.formats.unitfilters import FALSE, truth
from capset.formats.wording import judged, made, rewritten, user_problems, variable, written_user
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["KEYS", "from_settings", "to_settings"]

KEYS = ("AmbientCapability", "Capability", "DropCapability", "NoNewPrivileges", "PrivateUsers", "User")
"""The keys of ``[Exec]`` that count here."""

_SPELLING = SPELLINGS["nspawn"]
_USUAL = Judge.usual("nspawn", "systemd-nspawn")
# What gives a container a network of its own, any one of them. Of some an empty value takes back the one before it.
_SWITCHES = frozenset({"Private", "VirtualEthernet"})
_TAKEN_BACK = frozenset({"Bridge", "Zone"})
_PRIVATE = _SWITCHES | _TAKEN_BACK | {"IPVLAN", "Interface", "MACVLAN", "VirtualEthernetExtra"}
_TRUST = "it counts in /etc/systemd/nspawn and /run/systemd/nspawn, and elsewhere with --settings=trusted alone"


def from_settings(texts: Sequence[str], judge: Judge | None = None, *, trusted: bool | None = None) -> Request:
    r"""Read the settings of a container, as systemd-nspawn does.

    Args:
        texts: The file, and then its drop-ins.
        judge: Who says what is made of names; by default systemd-nspawn.
        trusted: Whether the file is in a folder that is trusted; None where nobody knows, which counts as yes and is
            told.

    Raises:
        TypeError: One of the texts is no str.

    Source:
        systemd ``settings_private_network()`` in ``src/nspawn/nspawn-settings.c`` and ``merge_settings()`` in
        ``nspawn.c`` at v257; systemd.nspawn(5).

    Examples:
        >>> from capset.formats import nspawn
        >>> nspawn.from_settings(["[Exec]\nCapability=CAP_NET_ADMIN\nDropCapability=CAP_KILL\n"], trusted=True)
        Request(add=('CAP_NET_ADMIN',), drop=('CAP_KILL',))

        A container with a network of its own may administer it:

        >>> nspawn.from_settings(["[Network]\nVirtualEthernet=yes\n"], trusted=True)
        Request(add=('CAP_NET_ADMIN',))
    """
    problems: list[Problem] = []
    adds: list[Node] = []
    drops: list[Node] = []
    user = Node("", "User")
    gains_nothing = False
    network: dict[str, Assignment] = {}
    for at, text in enumerate(texts):
        require(text, str, "a file of settings as str")
        bounded(text)
        for line in assignments(text, problems, drop_in=at):
            if line.section != "Exec":
                _elsewhere(line, network, problems)
                continue
            match line.key:
                case "Capability" | "AmbientCapability" if trusted is False:
                    problems.append(ignored(line.node, "not-trusted", f"systemd-nspawn passes over it: {_TRUST}"))
                case "Capability":
                    problems += [] if trusted else [depends(line.node, "not-trusted", _TRUST)]
                    adds += _names(line, problems)
                case "AmbientCapability":
                    problems.append(depends(line.node, "not-counted", "not counted here: what is ambient"))
                case "DropCapability":
                    drops += _names(line, problems)
                case "NoNewPrivileges":
                    gains_nothing = truth(line, gains_nothing, problems)
                case "User":
                    user = line.node
                case "PrivateUsers":
                    problems += _private_users(line)
                case _:
                    problems += _close_to_one(line)
    adds += _of_network(network, problems, trusted=trusted)
    problems += judged(judge or _USUAL, adds, drops, Node(value=False))
    problems += user_problems(user, "systemd-nspawn")
    return made(adds, drops, privileged=False, user=user.value, no_new_privs=gains_nothing, problems=problems)


def _set_network(line: Assignment, network: dict[str, Assignment], problems: list[Problem]) -> None:
    """Take in whether a line gives the container a network of its own, or takes back what another one gave."""
    if line.key not in _SWITCHES:
        gives = bool(line.value) or (line.key in network and line.key not in _TAKEN_BACK)
    else:
        gives = bool(line.value) and truth(line, line.key in network, problems)
    if not gives:
        network.pop(line.key, None)
    else:
        network.setdefault(line.key, line)


def _of_network(network: dict[str, Assignment], problems: list[Problem], *, trusted: bool | None) -> Iterable[Node]:
    """Yield what a container holds that has a network of its own, which is its to administer."""
    for line in islice(network.values(), 1):
        if trusted is False:
            problems.append(ignored(line.node, "not-trusted", f"systemd-nspawn passes over it: {_TRUST}"))
            continue
        problems += [] if trusted else [depends(line.node, "not-trusted", _TRUST)]
        yield Node("CAP_NET_ADMIN", line.node.place)


def _elsewhere(line: Assignment, network: dict[str, Assignment], problems: list[Problem]) -> None:
    """Take in a line of another section."""
    if line.section == "Network" and line.key in _PRIVATE:
        _set_network(line, network, problems)
    elif line.key in KEYS and not line.section.startswith("X-"):
        problems.append(ignored(line.node, "misplaced", f"it stands in [{line.section}], and not in [Exec]"))


def _names(line: Assignment, problems: list[Problem]) -> list[Node]:
    """Return the names of a list, without those that systemd-nspawn passes over."""
    found, rest = words(line.value, relaxed=False)
    if rest:
        problems.append(open_quote(line, rest))
    nodes: list[Node] = []
    for word in found:
        node = Node(word, line.node.place)
        if has_placeholder(word):
            problems.append(variable(node))
        elif "," in word or _SPELLING.read((word,), CapSet.all()).strange:
            told = f"systemd-nspawn passes over {shown(word)}: {_SPELLING.advice(word)}"
            problems.append(ignored(node, "unknown-capability", told))
        else:
            nodes.append(node)
    return nodes


def _private_users(line: Assignment) -> Iterable[Problem]:
    if line.value.lower() not in FALSE:
        told = "the container has a user namespace of its own, and its capabilities count in that alone"
        yield note(line.node, "own-user-namespace", told)


def _close_to_one(line: Assignment) -> Iterable[Problem]:
    if close := look_alike(line.key, KEYS, cutoff=0.85):
        yield ignored(line.node, "unknown-key", f"systemd-nspawn knows no {line.key}=: did you mean {close[0]}?")


def to_settings(request: Request) -> str:
    """Write a request as the section ``[Exec]``.

    Raises:
        FormatError: A name is no capability or has none yet, or the user is none, or has a group.

    Examples:
        >>> from capset.engines import Request
        >>> from capset.formats import nspawn
        >>> print(nspawn.to_settings(Request(add=["CAP_NET_ADMIN"], user="1000")), end="")
        [Exec]
        Capability=CAP_NET_ADMIN
        User=1000
    """
    require(request, Request, "a Request")
    user, _, group = written_user(request.user, "systemd-nspawn").partition(":")
    if group not in {"", "0"} or any(mark in user for mark in "\"'\\ "):
        raise FormatError("user", request.user, "a user without a group, as systemd-nspawn takes that of the user")
    lists = (("Capability", "add", request.add), ("DropCapability", "drop", request.drop))
    lines = [f"{key}={' '.join(rewritten(names, _SPELLING, side))}" for key, side, names in lists if names]
    lines += ["Capability=all"] if request.privileged else []
    lines += [f"User={user}"] if user else []
    lines += ["NoNewPrivileges=yes"] if request.no_new_privs else []
    return "\n".join(["[Exec]", *lines]) + "\n"
