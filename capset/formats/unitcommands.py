"""The commands of a unit, some of which run with other credentials than the unit says: by a sign in front of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

from capset.engines.request import Request
from capset.formats.document import depends, ignored
from capset.formats.unitfile import Assignment, assignments, command_words
from capset.formats.unitfilters import truth
from capset.formats.unitsettings import SystemdRelease, changes
from capset.problem import Problem

__all__ = ["COMMANDS", "Commands", "as_written", "command_lines", "with_specifiers", "with_variables"]

COMMANDS = (
    *("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecReloadPost"),
    *("ExecStop", "ExecStopPre", "ExecStopPost"),
)
"""The keys whose values are commands."""

_MAIN = "ExecStart"
_WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\\.|[^\s"'\\]|\\$)+""", re.DOTALL)
_SINCE = {"+": "plus-before-commands", "!": "exclamation-mark-before-commands"}
_HAS_ALL = "has all that systemd has, whatever is said here"


@frozen
class _Command:
    """A command whose credentials are decided by more than the unit's settings.

    Attributes:
        line: Where it stands.
        sign: What stands in front of it and counts: ``+`` or ``!``; empty where nothing does.
    """

    line: Assignment
    sign: str


class Commands:
    """The commands as they stand after the lines so far, for one release of systemd.

    Attributes:
        start_only: Whether the user and the settings count for ``ExecStart=`` alone: ``PermissionsStartOnly=``.
    """

    def __init__(self, release: SystemdRelease) -> None:
        self.release = release
        self.start_only = False
        self._listed: dict[str, list[_Command]] = {}

    def assign(self, line: Assignment, problems: list[Problem]) -> None:
        """Add the commands of a line; an empty one clears those before it."""
        if not line.value:
            self._listed.pop(line.key, None)
        for signs in _signs(line.value):
            sign = "+" if "+" in signs else "!" if "!" in signs else ""
            if sign and not self.release.does(_SINCE[sign]):
                since = changes()[_SINCE[sign]].since
                told = f"systemd knows {sign} in front of a command since {since}, and runs no such command before"
                problems.append(ignored(line.node, "newer-directive", told))
            else:
                # Both of two are for kernels without ambient capabilities, older than all that are told of here.
                sign = "" if signs.count("!") > 1 else sign
                self._listed.setdefault(line.key, []).append(_Command(line, sign))

    def assign_start_only(self, line: Assignment, problems: list[Problem]) -> None:
        """Read ``PermissionsStartOnly=``, which services alone have."""
        if line.section == "Service":
            self.start_only = truth(line, self.start_only, problems)
        else:
            told = f"systemd knows it in [Service], and not in [{line.section}]"
            problems.append(ignored(line.node, "misplaced", told))

    def problems(self, *, limited: bool, named: bool) -> Iterator[Problem]:
        """List the commands for which what is shown does not hold.

        Args:
            limited: Whether what the unit says is anything else than all of root's.
            named: Whether the unit names another user than root, or has one made.
        """
        for key, commands in self._listed.items():
            for command in commands:
                if limited and command.sign == "+":
                    yield depends(command.line.node, "command-prefix", f"with + this command {_HAS_ALL}")
                elif limited and self.start_only and key != _MAIN:
                    told = f"with PermissionsStartOnly= this command {_HAS_ALL}"
                    yield depends(command.line.node, "start-only", told)
                elif command.sign == "!" and named:
                    told = "with ! this command runs as root, with these capabilities"
                    yield depends(command.line.node, "command-prefix", told)

    def why_not_known(self, *, limited: bool, named: bool) -> str:
        """Say why what the settings give is not what the unit's process has; an empty text where it is.

        Args:
            limited: As for :meth:`problems`.
            named: As for :meth:`problems`.
        """
        signs = {command.sign for command in self._listed.get(_MAIN, ())}
        counts = {"+": limited, "!": named}
        found = next((sign for sign, does in counts.items() if does and sign in signs), "")
        return f"its command has {found} in front, and other credentials for that" if found else ""


def _signs(value: str) -> Iterator[str]:
    """Yield what stands in front of each command of a line; a lone semicolon ends a command."""
    begins = True
    for word in _WORD.findall(value):
        if word == ";":
            begins = True
        elif begins:
            command = word.lstrip("\"'")
            yield command[: len(command) - len(command.lstrip("@:+!|-"))]
            begins = False


_SIGNS = re.compile(r"[-@:+!|]*")
_SPECIFIER = re.compile(r"%(?P<letter>[A-Za-z%])")


def command_lines(parts: Iterable[str], section: str) -> Iterator[tuple[Assignment, list[str]]]:
    """Yield the commands of a unit and its drop-ins, each with the line that it stands on and its words.

    A specifier becomes a variable: something else puts its value there, and who reads command lines need not know both.

    Source:
        systemd ``src/core/load-fragment.c``, ``config_parse_exec()``.
    """
    listed: dict[str, list[tuple[Assignment, list[str]]]] = {}
    for at, part in enumerate(parts):
        for line in assignments(part, [], drop_in=at):
            if line.section != section or line.key not in COMMANDS:
                continue
            if not line.value:
                listed.pop(line.key, None)
            divided: list[list[str]] = [[]]
            for word in command_words(line.value) or ():
                if word == ";":
                    divided.append([])
                else:
                    divided[-1].append(with_variables(word))
            listed.setdefault(line.key, []).extend((line, _without_signs(each)) for each in divided if each)
    for commands in listed.values():
        yield from commands


def with_variables(word: str) -> str:
    """Return a word in which each specifier is a variable, as %i is ``${%i}``."""
    return _SPECIFIER.sub(_as_variable, word)


_AS_VARIABLE = re.compile(r"\$\{(%[A-Za-z])\}")


def with_specifiers(word: str) -> str:
    """Return a word as it stands in the unit: what :func:`with_variables` does, undone."""
    return _AS_VARIABLE.sub(r"\1", word)


def as_written(request: Request) -> Request:
    """Return a request in which specifiers stand as they do in the unit, where they were variables."""
    user, *names = map(with_specifiers, (request.user, *request.add, *request.drop))
    problems = (evolve(each, value=with_specifiers(each.value)) for each in request.problems)
    added = len(request.add)
    return evolve(request, add=names[:added], drop=names[added:], user=user, problems=tuple(problems))


def _as_variable(found: re.Match[str]) -> str:
    return "%" if found["letter"] == "%" else f"${{{found[0]}}}"


def _without_signs(words: list[str]) -> list[str]:
    """Leave out what stands in front of a command, and with @ the name that it is to believe to have."""
    first, *rest = words
    signs = _SIGNS.match(first)
    end = signs.end() if signs else 0
    return [first[end:], *(rest[1:] if "@" in first[:end] else rest)]
