"""LXC: the configuration of a container, such as ``/var/lib/lxc/web/config``, and ``raw.lxc`` of Incus."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from attrs import evolve, frozen

from capset.bounds import bounded
from capset.engines.catalogue import get
from capset.engines.judging import Judge
from capset.engines.releases import key as version
from capset.engines.request import Request
from capset.engines.spelling import SPELLINGS
from capset.errors import FormatError, require, shown
from capset.facts import load
from capset.formats.document import Node, depends, has_placeholder, ignored, look_alike, note, refused
from capset.formats.wording import LAST_ID, judged, made, named, placed, rewritten, user_ids, variable
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["Line", "from_config", "lines_of", "to_config"]

COMMON = "/usr/share/lxc/config/common.conf"
"""What LXC's own templates include, and which drops capabilities."""

_SPELLING = SPELLINGS["lxc"]
_USUAL = Judge.usual("lxc", "LXC")
_LINE = re.compile(r"[^\r\n]+")
# Where Debian and Fedora have it, what is built from source has, and what is not yet replaced in a template.
_OF_LXC = re.compile(r"(?:/usr/(?:local/)?share/lxc/config|@LXCTEMPLATECONFIG@)/(common|userns|nesting)\.conf")
_NUMBER = re.compile(r"[ \t]*\+?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_OF_PROXMOX = re.compile(r"(?:arch|ostype|rootfs|unprivileged|hostname|features|cores|memory):")
_MOST_FILES = 100  # are included: of a few that each include others twice, there would be no end
_EVERYTHING = Node("")  # an empty lxc.cap.drop, which takes back what common.conf drops
_KEEP, _DROP = "lxc.cap.keep", "lxc.cap.drop"

Other = Callable[[str], "tuple[str, str] | None"]
"""Finds the text of a file that is included by its path, and what it is called; None where it is not at hand."""


@frozen(kw_only=True)
class Line:
    """A line of a configuration that assigns something.

    Attributes:
        key: Its key, such as ``"lxc.cap.drop"``.
        value: Its value, without quotes around it.
        number: The number of the line.
        file: The name of the file, where it is one that is included; else empty.
        is_one: Whether it has a sign of equality: LXC refuses the file otherwise.
    """

    key: str
    value: str
    number: int
    file: str = ""
    is_one: bool = True

    @property
    def place(self) -> str:
        """Where it stands, as problems have it."""
        return f"{self.file}{', ' * bool(self.file)}line {self.number} ({self.key})"

    @property
    def node(self) -> Node:
        """Its value and its place."""
        return Node(self.value, self.place)


def lines_of(text: str, file: str = "") -> Iterator[Line]:
    r"""Yield the lines that are no comments. Those that do not begin with ``lxc.`` LXC passes over.

    Source:
        lxc/lxc ``src/lxc/confile.c``, ``parse_line()``, at v7.0.0. LXC 5.0.2 was run.

    Examples:
        >>> from capset.formats import lxc
        >>> [line.value for line in lxc.lines_of("# a comment\nlxc.cap.drop = 'kill chown'\n")]
        ['kill chown']
    """
    number, at = 1, 0
    for found in _LINE.finditer(text):
        number, at = number + text.count("\n", at, found.start()), found.start()
        line = found[0].lstrip(" \t")
        if not line or line[0] == "#":
            continue
        key, sign, value = line.partition("=")
        value = value.strip(" \t")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        yield Line(key=key.rstrip(" \t"), value=value, number=number, file=file, is_one=bool(sign))


class _Reader:
    """The state of LXC while it goes from line to line."""

    def __init__(self, release: str, common: tuple[str, ...], other: Other) -> None:
        self.release = release
        self.common = common
        self.other = other
        self.kept: list[Node] = []
        self.dropped: list[Node] = [_EVERYTHING]
        self.keeps = False
        self.taken_back: tuple[list[Node], list[Node]] = ([], [])  # of which LXC refuses names all the same
        self.ids: dict[str, Node] = {}
        self.gains_nothing = False
        self.mapped: Node | None = None
        self.problems: list[Problem] = []
        self.files = 0

    def read(self, text: str, file: str = "", around: tuple[str, ...] = ()) -> None:
        """Go through the lines of a text, and of those that it includes."""
        for line in lines_of(text, file):
            if not line.key.startswith("lxc."):
                self.problems += _passed_over(line)
            elif not line.is_one:
                told = f"LXC refuses a line without =: {shown(line.key)}"
                self.problems.append(refused(line.node, "no-assignment", told))
            elif unknown := _unknown(line.key, self.release):
                self.problems.append(refused(line.node, *unknown))
            else:
                self._take(line, around)

    def _take(self, line: Line, around: tuple[str, ...]) -> None:
        match line.key:
            case "lxc.cap.drop" | "lxc.cap.keep":
                self._names(line)
            case "lxc.include":
                self._include(line, around)
            case "lxc.init.uid" | "lxc.init_uid" | "lxc.init.gid" | "lxc.init_gid":
                self._id(line)
            case "lxc.no_new_privs":
                self._no_new_privs(line)
            case "lxc.idmap" | "lxc.id_map":
                self.mapped = line.node if line.value else None
            case _:
                return

    def _names(self, line: Line) -> None:
        keep = line.key == _KEEP
        if not line.value:
            self._clear(keep=keep)
            return
        if has_placeholder(line.value):
            self.problems.append(variable(line.node))
            return
        if self.dropped != [_EVERYTHING] if keep else self.keeps:
            told = f"LXC takes {_DROP} or {_KEEP}, not both: an empty value takes back what stands before it"
            if keep and self.dropped[:1] != [_EVERYTHING]:
                told += ", also what common.conf drops"
            self.problems.append(refused(line.node, "in-both-lists", told))
            return
        words = [Node(word, line.place) for word in re.split(r"[ \t]+", line.value) if word]
        if keep:
            self.keeps = True
            self.kept += words
        else:
            self.dropped += words

    def _clear(self, *, keep: bool) -> None:
        """Take back what stands before an empty value: of both keys, as they have one list, since 4.0.11."""
        one_list = not self.release or version(self.release, 0) >= (4, 0, 11)
        if one_list:  # whose names are looked at line by line
            self.taken_back[0].extend(self.kept)
            self.taken_back[1].extend(node for node in self.dropped if node != _EVERYTHING)
        if keep or one_list:
            self.kept, self.keeps = [], False
        if not keep or one_list:
            self.dropped = [_EVERYTHING]

    def _include(self, line: Line, around: tuple[str, ...]) -> None:
        path = line.value
        if not path:
            return
        if has_placeholder(path) and not path.startswith("@LXCTEMPLATECONFIG@"):
            self.problems.append(variable(line.node))
        elif found := self.other(path):
            name, text = found
            self.files += 1
            if name in around:
                self.problems.append(refused(line.node, "not-read", f"{path} includes itself, and LXC comes to no end"))
            elif self.files > _MOST_FILES:
                told = f"more than {_MOST_FILES} files are included, and the others are not read"
                self.problems.append(depends(line.node, "not-read", told))
            else:
                self.read(text, name, (*around, name))
        elif (known := _OF_LXC.fullmatch(path)) is None:
            told = f"what {path} says is not read: give it too, or what lxc-info says of the running container"
            self.problems.append(depends(line.node, "not-read", told))
        elif known[1] == "common":
            self._common(line)
        elif known[1] == "userns" and _userns_clears(self.release):
            self._clear(keep=True)
            self._clear(keep=False)

    def _common(self, line: Line) -> None:
        """Take what common.conf drops: of an engine of LXC's the default, which an empty value takes back."""
        if self.keeps:
            told = f"LXC takes {_DROP} or {_KEEP}, not both, and common.conf drops"
            self.problems.append(refused(line.node, "in-both-lists", told))
        elif self.common:
            self.dropped += [Node(name, line.place) for name in self.common]
        elif self.dropped[:1] == [_EVERYTHING]:
            self.dropped = self.dropped[1:]

    def _id(self, line: Line) -> None:
        which = "uid" if line.key.endswith("uid") else "gid"
        number = _NUMBER.fullmatch(line.value)
        if not line.value:
            self.ids.pop(which, None)
        elif has_placeholder(line.value):
            self.ids[which] = line.node
            self.problems.append(variable(line.node))
        elif number is None:
            told = f"LXC takes numbers alone, and passes over {shown(line.value)}: what was said before it counts"
            self.problems.append(ignored(line.node, "not-a-number", told))
        elif (value := _number(line.value)) > LAST_ID:
            self.problems.append(refused(line.node, "id-out-of-range", f"expected a number from 0 to {LAST_ID}"))
        else:
            self.ids[which] = evolve(line.node, value=str(value))

    def _no_new_privs(self, line: Line) -> None:
        value = _number(line.value) if _NUMBER.fullmatch(line.value) else 0 if not line.value else -1
        if has_placeholder(line.value):
            self.problems.append(variable(line.node))
        elif value not in {0, 1}:
            self.problems.append(refused(line.node, "odd-boolean", f"LXC takes 0 or 1, got {shown(line.value)}"))
        else:
            self.gains_nothing = bool(value)

    @property
    def user(self) -> str:
        """As whom it runs, as requests have it; empty where nothing is said, which is root."""
        if not self.ids:
            return ""
        uid, gid = (str(self.ids[which].value) if which in self.ids else "" for which in ("uid", "gid"))
        return f"{uid or 0}:{gid}" if gid else uid


def _passed_over(line: Line) -> Iterator[Problem]:
    """Tell of a line that LXC passes over and that is something to somebody."""
    if _OF_PROXMOX.match(line.key):
        told = "a line of Proxmox' own file, of which it makes one for LXC, and that includes others: give that"
        yield depends(line.node, "not-read", told)
    elif line.is_one and f"lxc.{line.key.lower().removeprefix('lxc.')}" in _keys():
        yield ignored(line.node, "unknown-key", f"LXC passes over {line.key}, as it does not begin with lxc.")


def _number(text: str) -> int:
    """Read a number as C's strtoul() does."""
    digits = text.strip(" \t").removeprefix("+")
    return int(digits, 16 if digits[:2] in {"0x", "0X"} else 8 if digits[0] == "0" else 10)


def _userns_clears(release: str) -> bool:
    """Say whether the userns.conf of a release takes back what common.conf drops."""
    return get("lxc-unprivileged", release or None).default == CapSet.all()


@cache
def _keys() -> dict[str, tuple[str, str]]:
    """Return the first and the last release that has each key; of one that all later ones have, an empty text."""
    return {
        name: (entry["since"], entry.get("until", ""))
        for entry in load("formats/lxc-keys")["keys"]
        for name in entry["names"]
    }


def _unknown(key: str, release: str) -> tuple[str, str] | None:
    """Say by which rule and why a release does not know a key; None where it does."""
    known = _keys()
    since, until = known.get(key) or next(
        (span for name, span in known.items() if name.endswith(".") and key.startswith(name)), ("", "")
    )
    if not since:
        close = look_alike(key, known)
        return (
            "unknown-key",
            f"LXC knows no {key}, and refuses the file{f': did you mean {close[0]}?' if close else ''}",
        )
    if until and (not release or version(release, 0) > version(until)):
        told = f"LXC knows {key} until {until}, and refuses the file since: lxc-update-config writes it anew"
        return "older-directive", told
    if release and version(release, 0) < version(since, 0):
        return "newer-directive", f"LXC knows {key} since {since}, and refuses the file before"
    return None


def from_config(
    text: str,
    judge: Judge | None = None,
    *,
    release: str = "",
    common: tuple[str, ...] = (),
    other: Other = lambda _path: None,
) -> Request:
    r"""Read a configuration: what it asks of LXC beside ``common.conf``, which capset's engine ``lxc`` drops by itself.

    Args:
        text: The file.
        judge: Who says what is made of names; by default LXC.
        release: The release of LXC; the newest that was read if empty.
        common: What an included ``common.conf`` drops, for an engine whose default is another.
        other: Finds the text of a file that is included by its path, and what it is called. What it does not find is
            not known, but for LXC's own ``common.conf``, ``userns.conf`` and ``nesting.conf``.

    Returns:
        The request. An empty name in ``drop`` stands for everything: for a file that does not include ``common.conf``,
        or takes back what that drops. What is kept stands in ``add``, as nothing else is given then.

    Raises:
        UnknownVersionError: There is no such release.
        TypeError: It is no str, or *judge* something else.

    Source:
        lxc/lxc ``src/lxc/confile.c`` at v7.0.0, lxc-4.0.11 and lxc-4.0.10; lxc.container.conf(5). LXC 5.0.2 was run.

    Examples:
        >>> from capset.formats import lxc
        >>> lxc.from_config("lxc.include = /usr/share/lxc/config/common.conf\nlxc.cap.drop = kill\n")
        Request(drop=('kill',))
        >>> lxc.from_config("lxc.cap.keep = kill chown\nlxc.init.uid = 1000\n")
        Request(add=('kill', 'chown'), drop=('',), user='1000')
    """
    require(text, str, "a configuration as str")
    require(judge, Judge | None, "a Judge")
    bounded(text)
    if release:
        get("lxc", release)
    reader = _Reader(release, common, other)
    reader.read(text)
    problems = reader.problems
    judge = judge or _USUAL
    adds, drops = reader.taken_back
    problems += placed(judge.names(named(adds, drops, Node(False))).values(), adds, drops)
    problems += judged(judge, reader.kept, reader.dropped, Node(False))
    if reader.mapped is not None:
        told = "the container has a user namespace of its own, and its capabilities count in that alone"
        problems.append(note(reader.mapped, "own-user-namespace", told))
    return made(
        reader.kept,
        reader.dropped,
        privileged=False,
        user=reader.user,
        no_new_privs=reader.gains_nothing,
        problems=problems,
    )


def to_config(request: Request) -> str:
    """Write a request to capset's engine ``lxc``; what it drops is dropped beside what ``common.conf`` does.

    Raises:
        FormatError: A name is no capability, it is to be privileged, or the user is no number.

    Examples:
        >>> from capset.engines import Request
        >>> from capset.formats import lxc
        >>> print(lxc.to_config(Request(add=["chown", "kill"], drop=[""], user="1000")), end="")
        lxc.cap.drop =
        lxc.cap.keep = chown kill
        lxc.init.uid = 1000
    """
    require(request, Request, "a Request")
    if request.privileged:
        raise FormatError("privileged", True, "no privileged container: an empty name to drop stands for everything")
    uid, gid = user_ids(request.user)
    clears = "" in request.drop
    lines = ["lxc.cap.drop ="] if clears else [f"lxc.include = {COMMON}"]
    *_, last = [-1, *(at for at, name in enumerate(request.drop) if not name)]
    for names, side, key in ((request.drop[last + 1 :], "drop", _DROP), (request.add, "add", _KEEP)):
        if names == (_SPELLING.nothing,) and side == "add":
            lines.append(f"{key} = {_SPELLING.nothing}")
        elif names:
            lines.append(f"{key} = {' '.join(rewritten(names, _SPELLING, side))}")
    lines += [f"lxc.init.uid = {uid}"] if uid else []
    lines += [f"lxc.init.gid = {gid}"] if gid else []
    lines += ["lxc.no_new_privs = 1"] if request.no_new_privs else []
    return "\n".join(lines) + "\n"
