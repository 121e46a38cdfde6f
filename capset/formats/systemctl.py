"""What ``systemctl show`` prints: the properties of units that decide about capabilities."""

from __future__ import annotations

import re

from attrs import evolve

from capset.errors import clipped, require, shown
from capset.formats.printed import Line, Names, lines_of, names_of
from capset.formats.systemd import Unit, from_unit
from capset.formats.unitsettings import settings
from capset.problem import Problem
from capset.securebits import Securebits
from capset.sets import CapSet

__all__ = ["PROPERTIES", "Shown", "is_property", "of_release", "show"]


def __dir__() -> list[str]:
    return sorted(__all__)


PROPERTIES = ("CapabilityBoundingSet", "AmbientCapabilities")
"""The properties by which such a text is known."""

_ONCE = frozenset({*PROPERTIES, "Id", "User", "DynamicUser", "NoNewPrivileges", "SecureBits"})
_FLAGS = ("DynamicUser", "NoNewPrivileges")
_BOOLEANS = {"yes": True, "no": False}
_COMMAND = re.compile(r"Exec[A-Z][A-Za-z]*")
_BEHIND = (" ; ignore_errors=", " ; flags=")  # a command
_SIGN = re.compile(r" ; flags=[a-z -]*\b(privileged|no-setuid)\b[a-z -]* ; start_time=")
_SIGNS = {"privileged": "+", "no-setuid": "!"}
_UNSET = {"~", str(2**64 - 1)}  # a list that forbids nothing, and of namespaces the flags that nobody has set


def is_property(text: str) -> bool:
    """Say whether a line is one of the properties by which such a text is known, as systemctl writes its value."""
    require(text, str, "a line as str")
    name, equals, value = text.partition("=")
    return bool(name in PROPERTIES and equals and value == value.lower() and "~" not in value)


class Shown:
    """What ``systemctl show`` prints of one unit.

    Attributes:
        name: Its ``Id=``; empty where that is not shown.
        line: The line on which it begins, counted from 1.
        unit: What it says.
        settings: What of it has another meaning for other releases, as a unit would have it.
        not_known: Why it cannot be said what its processes get; empty where it can.
        problems: What is not as it looks.
        commands: Its commands, each with the line on which it stands. As systemctl shows no quotes, where the words of
            one end is not known: here they do at every blank.
    """

    def __init__(self, line: int) -> None:
        self.name = ""
        self.line = line
        self.unit = Unit()
        self.settings = ""
        self.not_known = ""
        self.problems: list[Problem] = []
        self.commands: list[tuple[int, list[str]]] = []

    def tell(self, line: Line, rule: str, message: str, *, note: bool = False) -> None:
        """Tell of a line; unless it is a note, it is not known what the unit gets."""
        self.problems.append(
            Problem(
                rule=rule,
                place=f"line {line.number}",
                value=clipped(line.text),
                verdict="note" if note else "depends",
                message=message,
                line=line.number,
            )
        )
        if not note:
            self.not_known = self.not_known or message


def show(text: str) -> list[Shown]:
    r"""Read what ``systemctl show`` prints of one unit or several, with all properties or those of ``-p``.

    A blank line begins another unit, and so does a property that stands a second time. Read are the bounding and the
    ambient set, the user, and what of ``DynamicUser=``, ``NoNewPrivileges=``, ``SecureBits=``, the settings that make
    filters and the commands is shown. Of a set or a user that is not shown nothing is assumed, so that it is not known
    what the unit gets. Others are passed over. ``ProtectHostname=private``, which makes no filter, is shown as
    ``yes`` and so is taken for one.

    Source:
        systemctl(1), *show*; systemd ``src/systemctl/systemctl-show.c``: sets as lower-case names between blanks. 252,
        257 and 262 were run.

    Examples:
        >>> from capset.formats import systemctl
        >>> text = "CapabilityBoundingSet=cap_kill cap_chown\nAmbientCapabilities=cap_kill\nUser=web\n"
        >>> [web] = systemctl.show(text)
        >>> web.unit.bounding, web.unit.user
        (CapSet.parse('CAP_CHOWN,CAP_KILL'), 'web')
    """
    units: list[dict[str, Line]] = []
    commands: list[list[Line]] = []  # of each unit, with a line for each
    others: list[Line] = []
    for line in lines_of(text):
        name, equals, _ = line.text.partition("=")
        if not equals or not name.isidentifier():
            others.append(line)
            continue
        if not units or line.after_blank or (name in units[-1] and name in _ONCE):
            units.append({})
            commands.append([])
        units[-1].setdefault(name, line)
        if _COMMAND.fullmatch(name):
            commands[-1].append(line)
    found = [_unit_of(*each) for each in zip(units, commands, strict=True)]
    for line in others:
        if not found:
            found.append(Shown(line.number))
        shown_in = next((each for each in reversed(found) if each.line <= line.number), found[0])
        shown_in.tell(line, "not-read", f"this line was not understood: {clipped(line.text)!r}")
    return found


def _unit_of(lines: dict[str, Line], commands: list[Line]) -> Shown:
    """Read the properties of one unit, of which those of commands may stand there several times."""
    found = Shown(min(line.number for line in lines.values()))
    values = {name: line.text.partition("=")[2].strip() for name, line in lines.items()}
    found.name = values.get("Id", "")
    lacking = [f"{name}=" for name in (*PROPERTIES, "User") if name not in values]
    if lacking:
        found.not_known = f"{' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not shown"
    sets = {name: _names(found, lines[name], values[name]) for name in PROPERTIES if name in values}
    flags = {name: _flag(found, lines[name], values[name]) for name in _FLAGS if name in values}
    bounding = sets.get("CapabilityBoundingSet", Names(CapSet())).caps
    unit = Unit(
        bounding=_wide(bounding),
        ambient=sets.get("AmbientCapabilities", Names(CapSet())).caps,
        user=values.get("User", ""),
        group=values.get("Group", ""),
        dynamic_user=flags.get("DynamicUser", False),
    )
    if bits := values.get("SecureBits", "0").strip():
        try:
            unit = evolve(unit, securebits=Securebits(int(bits)))
        except ValueError:
            found.tell(lines["SecureBits"], "unknown-value", f"SecureBits= is a number, got {shown(bits)}")
    found.settings = "[Service]\n"
    for name, value in values.items():
        if (line := _as_set(name, value)) and (name not in _FLAGS or flags[name]):
            found.settings += f"{line}\n"
            place = lines[name].number
            read = from_unit(f"[Service]\n{line}\n")
            found.not_known = found.not_known or read.not_known
            for each in read.problems:
                found.problems.append(evolve(each, place=f"line {place}", value=clipped(value), line=place))
    unit = of_release(unit, found.settings, None)
    seen = set[tuple[str, str]]()
    for command in commands:
        name, _, value = command.text.partition("=")
        sign = _SIGN.search(value) if name.endswith("Ex") else None
        if sign and (unit != Unit() if sign[1] == "privileged" else unit.uid != 0):
            told = f"its command has {_SIGNS[sign[1]]} in front, and other credentials for that"
            found.tell(command, "command-prefix", told, note=name != "ExecStartEx")
        argv = _argv(value)
        if (key := (name.removesuffix("Ex"), argv)) not in seen and argv:  # ExecStart= and ExecStartEx= show the same
            seen.add(key)
            found.commands.append((command.number, argv.split()))
    found.unit = evolve(unit, not_known=found.not_known)
    return found


def _argv(value: str) -> str:
    """Return the command that a property shows, its words joined by blanks; an empty text where it shows none."""
    _, _, rest = value.partition(" argv[]=")
    end = max(map(rest.rfind, _BEHIND))
    return rest if end < 0 else rest[:end]


def _as_set(name: str, value: str) -> str:
    """Write a property as the line of a unit that gives it; an empty text where nothing is set, or it does not count.

    Of families, an empty list is one that allows nothing.
    """
    setting = settings().get(name)
    if setting is None or value in _UNSET or not (setting.filter or setting.not_counted or name in _FLAGS):
        return ""
    value = value or ("none" if setting.value == "families" else "")
    return f"{name}={value}" if value else ""


def of_release(unit: Unit, settings: str, version: int | str | None) -> Unit:
    """Return a unit as a release of systemd understands the settings of :class:`Shown`, which do not say which one.

    Raises:
        FormatError: *version* is no release.
    """
    read = from_unit(settings, version=version)
    return evolve(unit, no_new_privs=read.no_new_privs, filters=read.filters, assumed=read.assumed)


def _wide(bounding: CapSet) -> CapSet | None:
    """Return a bounding set as units have it: all that is known is none that limits."""
    return None if bounding == CapSet.all() else bounding


def _names(found: Shown, line: Line, value: str) -> Names:
    names = names_of(value)
    for word in names.unknown:
        told = f"capset knows no capability {shown(word)}: it is newer than capset, or misspelled"
        found.tell(line, "unknown-capability", told)
    return names


def _flag(found: Shown, line: Line, value: str) -> bool:
    if value not in _BOOLEANS:
        found.tell(line, "odd-boolean", f"expected yes or no, as systemctl prints it, got {shown(value)}")
    return _BOOLEANS.get(value, False)
