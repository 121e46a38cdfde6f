"""The command line of ``docker run``: which words are options, and where their values are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from capset.errors import FormatError, shown
from capset.facts import load
from capset.formats.document import has_placeholder, look_alike

__all__ = ["BOOLS", "OURS", "options", "program"]

OURS = ("cap-add", "cap-drop", "privileged", "security-opt", "user")
"""The options that concern capabilities."""

BOOLS: dict[str, bool] = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""What Go's strconv.ParseBool() takes, and nothing else."""

# Options of docker itself that have a value, which stand before run.
_GLOBAL = ("-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey")

_GLOBAL_SWITCHES = ("-D", "--debug", "-h", "--help", "--tls", "--tlsverify", "-v", "--version")

# What stands behind them, if a container is started.
_RUNS = (["run"], ["create"], ["container"])

_SUDO = ("-C", "-D", "-R", "-T", "-U", "-g", "-h", "-p", "-r", "-t", "-u")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")

# What -privileged and -cap-add really are: -p with a port, -c with a share of the processor, both refused.
_ONE_HYPHEN = {"privileged", "cap-add", "cap-drop"}


def options(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Read a command line as Docker does.

    Args:
        words: Options alone, or a command with ``docker run`` or ``docker create`` in front.

    Returns:
        The options of :data:`OURS` with their values, those without one as ``"true"``; and what stands
        behind the image, which is the container's own.

    Raises:
        FormatError: A word is no option of Docker, or lacks its value.
        TypeError: A word is no str.

    Source:
        docker/cli ``cli/command/container/opts.go``; spf13/pflag ``flag.go``.
    """
    for word in words:
        if not isinstance(word, str):
            raise TypeError(f"expected the words of a command line, got {shown(word)} among them")
    rest = iter(_without_command(words))
    found: list[tuple[str, str]] = []
    for word in rest:
        if word == "--":
            _image(next(rest, None))
            break
        if word == "-" or not word.startswith("-"):
            _image(word, "the first word" if word is words[0] else "the image")
            break
        found += _long(word, rest) if word.startswith("--") else _short(word, rest)
    return [(name, value) for name, value in found if name in OURS], list(rest)


# A name, in parts of lower case with a host in front of them or not, a tag and a digest.
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?"
_TAG, _DIGEST = (
    r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
    r"[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}",
)
_IMAGE = re.compile(rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::{_TAG})?(?:@{_DIGEST})?", re.ASCII)


def _image(word: str | None, place: str = "the image") -> None:
    """Refuse what Docker takes for no image: it may be an option that is written in another way, or stand for some.

    Source:
        distribution/reference ``reference.go``, the grammar in front; docker/cli says "invalid reference format".
    """
    if word is None or _IMAGE.fullmatch(word):
        return
    if has_placeholder(word):
        raise FormatError(place, word, "the image; what is put in this place may be options")
    expected = "an option, with a hyphen in front, or an image, such as alpine or registry/web:1.2"
    raise FormatError(place, word, expected if place == "the image" else f"docker run, {expected}")


@cache  # every word is looked up in it
def _table() -> tuple[frozenset[str], frozenset[str], Mapping[str, str]]:
    """Return the options without a value, those with one, and the short names."""
    table = load("formats/docker-run")["options"]
    switches, valued = {"privileged", *table["switches"]}, {*OURS, *table["valued"]} - {"privileged"}
    return frozenset(switches), frozenset(valued), {"u": "user", **table["short"]}


def _long(word: str, rest: Iterator[str]) -> list[tuple[str, str]]:
    switches, valued, _ = _table()
    name, sign, value = word[2:].partition("=")
    if name not in switches and name not in valued:
        close = look_alike(name.lower(), OURS) or look_alike(name, tuple(sorted(switches | valued)))
        raise FormatError(word, word, f"an option of docker run{f', did you mean --{close[0]}?' if close else ''}")
    if name in switches:
        return [(name, _truth(word, value) if sign else "true")]
    return [(name, value if sign else _next(rest, word))]


def _short(word: str, rest: Iterator[str]) -> list[tuple[str, str]]:
    """Read short options, several of which may stand in one word, the last one with its value."""
    if word[1:].partition("=")[0] in _ONE_HYPHEN:
        raise FormatError(word, word, f"two hyphens in front of a long option: -{word}")
    switches, _, short = _table()
    found: list[tuple[str, str]] = []
    for at, letter in enumerate(word[1:], 2):
        if letter not in short:
            raise FormatError(word, f"-{letter}", "an option of docker run; long options have two hyphens")
        if short[letter] in switches and not word.startswith("=", at):
            found.append((short[letter], "true"))
            continue
        behind = word[at:]
        value = (behind.removeprefix("=") or behind) if behind else _next(rest, word)
        return [*found, (short[letter], _truth(word, value) if short[letter] in switches else value)]
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


def program(words: list[str]) -> str:
    """Return the name of the program that a command line runs, behind what may stand in front of it."""
    rest = _without_prefix(words)
    return rest[0].rpartition("/")[2] if rest else ""


def _without_command(words: list[str]) -> list[str]:
    """Leave out ``docker run``, and what may stand before or in it, in front of the options."""
    rest = _without_prefix(words)
    if program(words) != "docker":
        # Behind options stands an image, which may run a docker of its own.
        at = _runs_docker(words) if words and not words[0].startswith("-") else None
        if at is not None:
            expected = "docker run in front, or its options: leave out what runs it"
            raise FormatError(words[0], " ".join(words[: at + 2]), expected)
        if len(rest) < len(words) or rest[1:2] in _RUNS:
            expected = "docker run or its options, as other programs read theirs in other ways"
            if program(words) == "podman":
                expected = "docker run: write that, and name podman as the engine"
            raise FormatError(program(words) or words[0], " ".join(words[:3]), expected)
        return words
    at = _behind_globals(rest)[1]
    for word in rest[1:at]:
        if word.startswith("-") and word.partition("=")[0] not in (*_GLOBAL, *_GLOBAL_SWITCHES):
            raise FormatError(word, word, "an option of docker itself: those of docker run stand behind run")
    rest = rest[at + 1 :] if rest[at : at + 1] == ["container"] else rest[at:]
    if rest[:1] not in (["run"], ["create"]):
        raise FormatError("docker", " ".join(words[:3]), "docker run or docker create, and its options")
    return rest[1:]


def _runs_docker(words: list[str]) -> int | None:
    """Return where a docker stands that runs or creates a container."""
    behind = _behind_globals(words)
    for at, word in enumerate(words):
        if word.rpartition("/")[2] == "docker" and words[(end := behind[at + 1]) : end + 1] in _RUNS:
            return at
    return None


def _behind_globals(words: list[str]) -> list[int]:
    """Return for each word where the options of docker itself end, if they begin with it; and for the end, itself."""
    behind = [len(words)] * (len(words) + 2)
    for at, word in reversed([*enumerate(words)]):
        behind[at] = behind[at + (2 if word in _GLOBAL else 1)] if word.startswith("-") else at
    return behind


def _without_prefix(words: list[str]) -> list[str]:
    """Leave out variables that are set for a command, and sudo with its options."""
    at = 0
    while at < len(words) and _VARIABLE.match(words[at]):
        at += 1
    if words[at : at + 1] == ["sudo"]:
        at += 1
        while at < len(words) and (words[at].startswith("-") or _VARIABLE.match(words[at])):
            at += 2 if words[at] in _SUDO else 1
    return words[at:]
