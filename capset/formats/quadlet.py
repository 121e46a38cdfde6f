"""Quadlet: the files of which Podman makes units, such as ``web.container``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from attrs import evolve

from capset.bounds import bounded
from capset.engines.judging import Judge
from capset.engines.request import Request
from capset.engines.spelling import SPELLINGS
from capset.errors import FormatError, require, shown
from capset.facts import load
from capset.formats.commandline import command_named, read_line
from capset.formats.document import Node, depends, has_placeholder, ignored, look_alike, note, refused
from capset.formats.runline import request_of
from capset.formats.unitcommands import as_written, with_variables
from capset.formats.unitfile import Assignment, assignments, command_words
from capset.formats.unitfilters import FALSE
from capset.formats.wording import rewritten, variable, written_user
from capset.problem import Problem

__all__ = ["KINDS", "from_container", "lines_of", "to_container"]

KINDS = ("Artifact", "Build", "Container", "Image", "Kube", "Network", "Pod", "Volume")
"""The sections of which Podman makes units; the end of a file's name is the same word."""

_TRUE = {"1", "yes", "true", "on"}
_NAMES_SINCE = (4, 8)  # of users: before, a name is read as the number 0


_IDS = (("RemapUid", "uid"), ("RemapGid", "gid"))
_MAPS = {"UIDMap": "uidmap", "GIDMap": "gidmap", "SubUIDMap": "subuidname", "SubGIDMap": "subgidname"}


class _Section:
    """The lines of one section, as Quadlet looks them up.

    Source:
        containers/podman ``pkg/systemd/parser/unitfile.go``, the functions Lookup.
    """

    def __init__(self, lines: Iterable[Assignment]) -> None:
        self._lines: dict[str, list[Assignment]] = {}
        for line in lines:
            self._lines.setdefault(line.key, []).append(line)

    def __contains__(self, key: str) -> bool:
        return bool(self.last(key).value)

    def last(self, key: str) -> Node:
        """Return the value of the last line with a key, without quotes around it; an empty one where there is none."""
        *_, line = [Assignment("", key, "", ""), *self._lines.get(key, [])]
        value = line.value
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        return Node(with_variables(value[1:-1] if quoted else value), line.node.place)

    def every(self, key: str) -> Iterator[Assignment]:
        """Yield the lines with a key that count: an empty one takes back those before it."""
        lines = self._lines.get(key, [])
        empty = max((at for at, line in enumerate(lines) if not line.value), default=-1)
        yield from lines[empty + 1 :]

    def words(self, key: str, problems: list[Problem], *, command: bool = False) -> list[Node]:
        """Return the words of all lines with a key; those of a command may have escapes in them."""
        found: list[Node] = []
        for line in self.every(key):
            words = command_words(line.value, relaxed=command, escapes=command, empty=False)
            if words is None:
                told = "Quadlet passes over this line: " + (
                    "an escape in it is none" if command else "a quote ends nowhere"
                )
                problems.append(ignored(line.node, "open-quote", told))
            found += [Node(with_variables(word), line.node.place) for word in words or ()]
        return found


def lines_of(texts: Sequence[str], kind: str, problems: list[Problem], release: str = "") -> list[Assignment]:
    """Return the lines of a file and its drop-ins, and add what Quadlet refuses of them to *problems*.

    Args:
        texts: The file, and then its drop-ins.
        kind: The section that the file is about.
        problems: The list that is added to.
        release: The release of Podman; the newest that was read if empty.

    Source:
        containers/podman ``pkg/systemd/quadlet/quadlet.go``, ``checkForUnknownKeys()``, at every tag since v4.4.0.
    """
    found: list[Assignment] = []
    strange: list[Problem] = []
    for at, text in enumerate(texts):
        require(text, str, "a file of Quadlet as str")
        bounded(text)
        found += assignments(text, strange, drop_in=at, joint="")
    problems += (evolve(each, verdict="refused") if each.verdict == "ignored" else each for each in strange)
    keys = _keys(kind)
    known = tuple(keys)
    for line in found:
        since = keys.get(line.key, "")
        if line.section == kind and not since:
            close = look_alike(line.key, known)
            advice = f", did you mean {close[0]}?" if close else ""
            told = f"Podman knows no {line.key}= in [{kind}], and makes no unit{advice}"
            problems.append(refused(line.node, "unknown-key", told))
        elif line.section == kind and release and _version(release) < _version(since):
            told = f"Podman knows {line.key}= in [{kind}] since {since}, and makes no unit before"
            problems.append(refused(line.node, "newer-directive", told))
    service = load("formats/quadlet-keys")["refused_in_service"]
    if not release or _version(release) >= _version(service["since"]):
        for line in found:
            if line.section == "Service" and line.key in service["keys"]:
                told = f"since {service['since']} Podman refuses {line.key}= in [Service], and makes no unit"
                problems.append(refused(line.node, "misplaced", told))
    return found


@cache
def _keys(kind: str) -> Mapping[str, str]:
    """Return the keys of a section, and the release since which it has each."""
    entries = load("formats/quadlet-keys")["sections"][kind]
    return {key: entry["since"] for entry in entries for key in entry["keys"]}


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"[0-9]+", text)[:3]))


def from_container(texts: Sequence[str], judge: Judge | None = None, *, release: str = "") -> Request:
    r"""Read a file ``web.container``: what the ``podman run`` is asked for that Quadlet makes of it.

    Args:
        texts: The file, and then its drop-ins.
        judge: Who says what is made of names; by default whatever the releases of Podman have in common.
        release: The release of Podman; the newest that was read if empty.

    Raises:
        FormatError: ``PodmanArgs=`` has what ``podman run`` does not take.
        TypeError: One of the texts is no str.

    Source:
        containers/podman ``pkg/systemd/quadlet/quadlet.go``, ``ConvertContainer()``, at v5.8.2; podman-systemd.unit(5).

    Examples:
        >>> from capset.formats import quadlet
        >>> quadlet.from_container(["[Container]\nImage=web\nDropCapability=all\nUser=1000\n"])
        Request(drop=('all',), user='1000')
    """
    problems: list[Problem] = []
    lines = lines_of(texts, "Container", problems, release)
    section = _Section(line for line in lines if line.section == "Container")
    problems += _of_image(section)
    given: list[tuple[str, Node]] = []
    given += _security(section, problems)
    for key, option in (("DropCapability", "cap-drop"), ("AddCapability", "cap-add")):
        given += ((option, node) for node in section.words(key, problems))
    given += _user(section, release, problems)
    given += _userns(section, problems)
    given += (("label", node) for node in section.words("Label", problems, command=True))
    given += _podman_args(section, problems)
    problems += _from_elsewhere(section)
    request = request_of(command_named("podman run"), given, judge)
    return as_written(evolve(request, problems=(*problems, *request.problems)))


def _of_image(section: _Section) -> Iterator[Problem]:
    """Tell of a container without an image, of which Podman makes no unit, and of one with two."""
    if "Image" in section and "Rootfs" in section:
        yield refused(section.last("Rootfs"), "no-image", "it stands beside Image=, and Podman makes no unit")
    elif not ("Image" in section or "Rootfs" in section):
        told = "without Image= or Rootfs= Podman makes no unit; another file of the same name may have it"
        yield depends(Node("", "Image"), "no-image", told)


def _security(section: _Section, problems: list[Problem]) -> Iterator[tuple[str, Node]]:
    gains_nothing = section.last("NoNewPrivileges")
    if str(gains_nothing.value).lower() in _TRUE:
        yield "security-opt", Node("no-new-privileges", gains_nothing.place)
    elif has_placeholder(gains_nothing.value):
        problems.append(variable(gains_nothing))
    elif gains_nothing.value and str(gains_nothing.value).lower() not in FALSE:
        problems.append(ignored(gains_nothing, "odd-boolean", "Quadlet takes this for no: expected yes or no"))


def _user(section: _Section, release: str, problems: list[Problem]) -> Iterator[tuple[str, Node]]:
    user, group = section.last("User"), section.last("Group")
    if group.value and not user.value:
        problems.append(refused(group, "invalid-user", "Podman makes no unit of a file with Group= and without User="))
    elif user.value:
        if release and _version(release) < _NAMES_SINCE and not str(user.value).isdecimal():
            told = "before 4.8 Podman takes this name for the number 0"
            problems.append(ignored(user, "odd-number", told))
            user = Node("0", user.place)
        yield "user", Node(f"{user.value}:{group.value}" if group.value else user.value, user.place)


def _userns(section: _Section, problems: list[Problem]) -> Iterator[tuple[str, Node]]:
    """Yield the user namespace, also by the keys that have it in older files, and what maps ids into one."""
    yield from ((option, section.last(key)) for key, option in _MAPS.items())
    if "UserNS" in section:
        yield "userns", section.last("UserNS")
    elif "RemapUsers" in section:
        mode = section.last("RemapUsers")
        ids = ((name, section.words(key, problems)) for key, name in _IDS)
        settings = ",".join(f"{name}={words[0].value}" for name, words in ids if words)
        known = mode.value in {"auto", "keep-id", "manual"}
        if not known and not has_placeholder(mode.value):
            problems.append(refused(mode, "unknown-value", "Podman knows auto, keep-id and manual, and makes no unit"))
        yield "userns", Node(f"{mode.value}:{settings}" if settings else mode.value, mode.place)


def _podman_args(section: _Section, problems: list[Problem]) -> Iterator[tuple[str, Node]]:
    """Yield what ``PodmanArgs=`` says, which stands between the other options and the image."""
    words = section.words("PodmanArgs", problems, command=True)
    if not words:
        return
    image = str(section.last("Image").value) or "image"
    line = read_line([*(str(word.value) for word in words), image], command_named("podman run"))
    if line.behind:
        told = f"{shown(line.operand)} stands where the image is to be, and all behind it is the container's own"
        problems.append(ignored(words[-1], "behind-image", told))
    places = {str(word.value): word.place for word in reversed(words)}
    for name, value in line.given:
        places_of = (places.get(each) for each in (value, f"--{name}={value}", f"--{name}"))
        yield name, Node(value, next(filter(None, places_of), words[0].place))


def _from_elsewhere(section: _Section) -> Iterator[Problem]:
    """Tell of what else decides, which stands in other files."""
    if "Pod" in section:
        told = "not counted here: what the file of the pod says, such as UserNS= or a security option in PodmanArgs="
        yield note(section.last("Pod"), "not-counted", told)
    words = [*section.every("ContainersConfModule"), *section.every("GlobalArgs")]
    for line in words:
        if line.key == "ContainersConfModule" or "--module" in line.value:
            told = "not counted here: a module of containers.conf may set another default, and more"
            yield depends(line.node, "not-counted", told)


def to_container(request: Request) -> str:
    """Write a request as the section of a file ``web.container``; the image is to be added, or it is a drop-in.

    Raises:
        FormatError: A name is no capability or has none yet, or the user is none.

    Examples:
        >>> from capset.engines import Request
        >>> from capset.formats import quadlet
        >>> print(quadlet.to_container(Request(add=["net_raw"], drop=["all"], user="1000:5")), end="")
        [Container]
        DropCapability=ALL
        AddCapability=CAP_NET_RAW
        User=1000
        Group=5
    """
    require(request, Request, "a Request")
    user, _, group = written_user(request.user, "Podman").partition(":")
    if any(mark in request.user for mark in "%$\"'\\ "):
        raise FormatError("user", request.user, "ids or names without marks, which systemd and Quadlet take for others")
    spelling = SPELLINGS["buildah"]
    lists = (("DropCapability", "drop", request.drop), ("AddCapability", "add", request.add))
    lines = [f"{key}={' '.join(rewritten(names, spelling, side))}" for key, side, names in lists if names]
    lines += [f"User={user or 0}"] if request.user else []
    lines += [f"Group={group}"] if group else []
    lines += ["NoNewPrivileges=true"] if request.no_new_privs else []
    lines += ["PodmanArgs=--privileged"] if request.privileged else []
    return "\n".join(["[Container]", *lines]) + "\n"
