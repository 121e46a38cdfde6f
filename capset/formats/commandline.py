"""Command lines that start a container: which command it is, which words are options, and where their values are.

What each program takes is in ``data/formats/run-lines.toml``: an option that is not known there is refused, as nobody
can say whether the next word is its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from attrs import frozen

from capset.errors import FormatError, shown
from capset.facts import load
from capset.formats.document import has_placeholder, look_alike

__all__ = [
    "BOOLS",
    "MAPS",
    "OURS",
    "PODS",
    "Command",
    "Line",
    "command_named",
    "commands",
    "line_of",
    "program",
    "read_line",
    "runs_inside",
    "starts_container",
    "starts_elsewhere",
    "without_front",
]

OURS = ("cap-add", "cap-drop", "privileged", "security-opt", "user")
"""The options that concern capabilities, whichever the program."""

MAPS = (
    *("uidmap", "gidmap", "subuidname", "subgidname"),
    *("userns-uid-map", "userns-gid-map", "userns-uid-map-user", "userns-gid-map-group"),
)
"""The options that give a container of Podman or Buildah a user namespace of its own, beside ``--userns``."""

PODS = ("pod", "pod-id-file")
"""The options that put a container of Podman into a pod."""

COUNTED = frozenset({*OURS, *MAPS, *PODS, "userns", "label", "name"})
"""The options whose values are kept: of Podman some more decide."""

BOOLS: dict[str, bool] = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""What Go's strconv.ParseBool() takes, and nothing else."""

W = TypeVar("W", bound=str)

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")

# What -privileged and -cap-add really are: -p with a port, -c with a share of the processor, both refused.
_ONE_HYPHEN = {"privileged", "cap-add", "cap-drop"}


@frozen(kw_only=True, eq=False)
class Options:
    """The options that a program takes in one place.

    Attributes:
        switches: Those without a value; one may follow behind ``=``.
        valued: Those with one, which is the next word if it does not follow behind ``=``.
        optional: Those that may have one, behind ``=`` alone.
        short: The letters, and the long options for which they stand.
    """

    switches: frozenset[str]
    valued: frozenset[str]
    optional: frozenset[str]
    short: Mapping[str, str]

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Options:
        """Make them of an entry of the data."""
        switches, valued, optional = (frozenset(entry.get(kind, ())) for kind in ("switches", "valued", "optional"))
        return cls(switches=switches, valued=valued, optional=optional, short=entry.get("short", {}))

    def take_next(self, word: str) -> bool:
        """Say whether the next word is the value of this one, which may be several short options."""
        if word.startswith("--"):
            return word[2:] in self.valued
        found = (at for at, letter in enumerate(word) if self.short.get(letter) in self.valued)
        return next(found, 0) == len(word) - 1

    def __contains__(self, word: str) -> bool:
        name = word.partition("=")[0]
        if name.startswith("--"):
            return name[2:] in self.switches | self.valued | self.optional
        return name[1:2] in self.short


@frozen(kw_only=True, eq=False)
class Command:
    """A command that starts a container, or makes one that can be started.

    Attributes:
        names: The ways to write it, such as ``docker run``.
        program: The program, as its lines are called among the dialects.
        engine: The engine that answers for it.
        families: What the rules of its engine are called, the usual one first, by which names are judged where no
            release is said; of the others what they begin with.
        title: What the program is called in messages.
        operand: What its first operand is: ``"image"``, or something in which more is said that is not read.
        between: What divides names in one value; empty where nothing does.
        security_options: What it knows beside ``no-new-privileges``.
        strict: Whether it refuses other security options; else it passes over them.
        options: Its options.
    """

    names: tuple[str, ...]
    program: str
    engine: str
    families: tuple[str, ...]
    title: str
    operand: str
    between: str
    security_options: tuple[str, ...]
    strict: bool
    options: Options

    def __str__(self) -> str:
        return self.names[0]


@frozen(kw_only=True)
class Line:
    """A command line, as its program reads it.

    Attributes:
        command: The command.
        given: The options that count with their values, those without one as ``"true"``.
        operand: The image, or whatever the command asks for first; empty where there is none.
        behind: What stands behind that, which is the container's own.
    """

    command: Command
    given: tuple[tuple[str, str], ...]
    operand: str
    behind: tuple[str, ...]


@cache
def commands() -> Mapping[str, Command]:
    """Return every command by each of its names."""
    found: dict[str, Command] = {}
    for entry in load("formats/run-lines")["commands"]:
        command = Command(
            names=tuple(entry["names"]),
            program=entry["program"],
            engine=entry["engine"],
            families=tuple(entry["families"]),
            title=entry["title"],
            operand=entry["operand"],
            between=entry.get("between", ""),
            security_options=tuple(entry["security_options"]),
            strict=entry["unknown_security_options"] == "refused",
            options=Options.of(entry),
        )
        found.update(dict.fromkeys(command.names, command))
    return found


def command_named(name: str) -> Command:
    """Return a command by one of its names, such as ``docker run``."""
    return commands()[name]


@cache
def _groups() -> Mapping[str, Options]:
    """Return what stands in front of the name of a command: the options of each program and of each group in it."""
    return {name: Options.of(entry) for name, entry in load("formats/run-lines")["groups"].items()}


@cache
def _in_front() -> Mapping[str, tuple[Options, int]]:
    """Return the programs that run what stands behind them: their own options, and how many operands they have."""
    front = load("formats/run-lines")["front"]
    return {name: (Options.of(entry), entry.get("operands", 0)) for name, entry in front.items()}


def line_of(words: Sequence[str]) -> Line | None:
    """Read a command line as its program does; None where it starts no container.

    Raises:
        FormatError: A word is no option of the program, or lacks its value.
        TypeError: A word is no str.
    """
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"expected the words of a command line, got {shown(word)} among them")
    rest = without_front(words)
    found = _command(rest)
    if found is None:
        return None
    command, begin, strange = found
    if strange:
        name = program(rest)
        raise FormatError(
            strange,
            strange,
            f"an option of {name} itself: those of {command} stand behind {command.names[0].rpartition(' ')[2]}",
        )
    return read_line(rest[begin:], command)


def starts_container(words: Sequence[str]) -> Command | None:
    """Return the command that starts a container, if a command line is one that does; its options are not looked at."""
    found = _command(without_front(words))
    return found[0] if found else None


def read_line(words: Sequence[str], command: Command, *, alone: bool = False) -> Line:
    """Read what stands behind the name of a command: its options, its operand, and what belongs to the container.

    Args:
        words: The words.
        command: The command.
        alone: Whether the name was left out, so that the first word may be meant for one.

    Raises:
        FormatError: A word is no option of the program, or lacks its value.

    Source:
        spf13/pflag ``flag.go``, which all of these programs use.
    """
    rest = iter(words)
    given: list[tuple[str, str]] = []
    operand: str | None = None
    for word in rest:
        if word not in {"-", "--"} and word.startswith("-"):
            given += _long(word, rest, command) if word.startswith("--") else _short(word, rest, command)
            continue
        operand = next(rest, None) if word == "--" else word
        _check(operand, "the first word" if alone and word is words[0] else f"the {command.operand}", command)
        break
    counted = tuple((name, value) for name, value in given if name in COUNTED)
    return Line(command=command, given=counted, operand=operand or "", behind=tuple(rest))


# A name, in parts of lower case with a host in front of them or not, a tag and a digest.
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_TAG, _DIGEST = (
    r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
    r"[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}",
)
_IMAGE = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::{_TAG})?(?:@{_DIGEST})?", re.ASCII)
# Of containers/image, which Podman and Buildah take too; and a folder.
_TRANSPORT = re.compile(r"[a-z][a-z-]*:[\w./@:+-]+|[./~]?[\w.-]*/[\w./@:+-]*", re.ASCII)
_NAME = re.compile(r"[\w.][\w.:@/+-]*", re.ASCII)
_BEGINS = re.compile(r"[A-Za-z0-9][A-Za-z0-9./:_-]*", re.ASCII)  # what begins so is no option, whatever follows


def _check(word: str | None, place: str, command: Command) -> None:
    """Refuse what is no operand: it may be an option that is written in another way, or stand for some.

    Source:
        distribution/reference ``reference.go``, the grammar in front; docker/cli says "invalid reference format".
    """
    is_one: Callable[[str], object] = _IMAGE.fullmatch if command.operand == "image" else _NAME.fullmatch
    if word is None or is_one(word) or (command.program in {"podman", "buildah-from"} and _TRANSPORT.fullmatch(word)):
        return
    begins = _BEGINS.match(word)
    if has_placeholder(word):
        if begins and has_placeholder(word[begins.end() :]):
            return
        raise FormatError(place, word, f"the {command.operand}; what is put in this place may be options")
    example = ", such as alpine or registry/web:1.2" if command.operand == "image" else ""
    article = "an" if command.operand == "image" else "a"
    expected = f"an option, with a hyphen in front, or {article} {command.operand}{example}"
    raise FormatError(place, word, f"{command}, {expected}" if place == "the first word" else expected)


def _long(word: str, rest: Iterator[str], command: Command) -> list[tuple[str, str]]:
    options = command.options
    name, sign, value = word[2:].partition("=")
    if name in options.switches:
        return [(name, _truth(word, value) if sign else "true")]
    if name in options.optional:
        return [(name, value)]
    if name not in options.valued:
        known = options.switches | options.valued | options.optional
        ours = tuple(each for each in OURS if each in known)
        close = look_alike(name.lower(), ours) or look_alike(name, sorted(known))
        raise FormatError(word, word, f"an option of {command}{f', did you mean --{close[0]}?' if close else ''}")
    return [(name, value if sign else _next(rest, word))]


def _short(word: str, rest: Iterator[str], command: Command) -> list[tuple[str, str]]:
    """Read short options, several of which may stand in one word, the last one with its value."""
    if word[1:].partition("=")[0] in _ONE_HYPHEN:
        raise FormatError(word, word, f"two hyphens in front of a long option: -{word}")
    options = command.options
    found: list[tuple[str, str]] = []
    for at, letter in enumerate(word[1:], 2):
        if letter not in options.short:
            raise FormatError(word, f"-{letter}", f"an option of {command}; long options have two hyphens")
        name = options.short[letter]
        if name in options.switches and not word.startswith("=", at):
            found.append((name, "true"))
            continue
        behind = word[at:]
        value = (behind.removeprefix("=") or behind) if behind else _next(rest, word)
        return [*found, (name, _truth(word, value) if name in options.switches else value)]
    return found


def _truth(word: str, value: str) -> str:
    if value not in BOOLS and not has_placeholder(value):
        raise FormatError(word, value, f"one of {', '.join(BOOLS)}")
    return value


def _next(rest: Iterator[str], option: str) -> str:
    value = next(rest, None)
    if value is None:
        raise FormatError(option, option, "a value behind it")
    return value


def program(words: Sequence[str]) -> str:
    """Return the name of the program that a command line runs, behind what may stand in front of it."""
    rest = without_front(words)
    return _base(rest[0]) if rest else ""


def _base(word: str) -> str:
    """Return the name of a program without the folder that it is in; of what has a = in front, there is none."""
    front, _, _ = word.partition("/")
    return word if "=" in front else word.rpartition("/")[2]


def starts_elsewhere(words: Sequence[str]) -> bool:
    """Say whether a command starts what something else says the capabilities of, such as a file."""
    rest = without_front(words)
    if any(name in _elsewhere()[0] for name, _, _ in _names(rest)):
        return True
    verbs = _elsewhere()[1].get(program(rest))
    return verbs is not None and (not verbs or not verbs.isdisjoint(rest[1:]))


@cache
def _elsewhere() -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
    """Return the names of such commands, and of other programs words of which one stands behind; none if any may."""
    facts = load("formats/run-lines")["elsewhere"]
    return frozenset(facts["names"]), {name: frozenset(verbs) for name, verbs in facts["others"].items()}


def _command(words: Sequence[str], at: int = 0, seen: set[int] | None = None) -> tuple[Command, int, str] | None:
    """Find the command, where what it is given begins, and an option in front of its name that nobody knows."""
    names = _names(words, at, seen)
    return next(((commands()[name], behind, strange) for name, behind, strange in names if name in commands()), None)


def _names(words: Sequence[str], at: int = 0, seen: set[int] | None = None) -> Iterator[tuple[str, int, str]]:
    """Yield the name of a program, and those of the commands in it as long as they may be groups.

    Args:
        words: The words.
        at: Where the program stands.
        seen: Places where options were looked at in vain for another program in front; added to.

    Returns:
        Each name, where what follows it begins, and an option in front of it that nobody knows.
    """
    name, strange = "", ""
    while at < len(words):
        word = words[at]
        if seen is not None and name:
            if at in seen:
                return
            seen.add(at)
        if name and word.startswith("-"):
            options = _groups()[name]
            strange = strange or ("" if word in options else word)
            at += 2 if options.take_next(word) else 1
            continue
        name = f"{name} {word}" if name else _SAME.get(base := _base(word), base)
        at += 1
        yield name, at, strange
        if name not in _groups():
            return


_SAME = {"docker-compose": "docker compose"}


def runs_inside(words: Sequence[str]) -> int | None:
    """Return where a program stands that starts a container, behind something that is not known to run it."""
    seen = set[int]()
    return next((at for at in range(len(words)) if _command(words, at, seen)), None)


def without_front(words: Sequence[W]) -> list[W]:
    """Leave out what stands in front of a command: variables that are set for it, and programs such as sudo."""
    at = 0
    while at < len(words):
        word = words[at]
        if front := _in_front().get(_base(word)):
            options, operands = front
            at += 1
            while at < len(words) and words[at].startswith("-"):
                at += 2 if options.take_next(words[at]) else 1
            at += operands
        elif _VARIABLE.match(word):
            at += 1
        else:
            break
    return [*words[at:]]
