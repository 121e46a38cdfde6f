"""systemd: units."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import evolve

from capset.documents.dialect import Dialect, Part, Text
from capset.documents.meaning import Meaning, Sets, after_execve
from capset.documents.meaning import of_unit as meaning_of
from capset.documents.runs import client_in, commands_of, of_unit
from capset.documents.unitfiles import (
    UnitFile,
    base_name,
    folder_of,
    has_known_key,
    is_of_user,
    with_line,
)
from capset.documents.workload import Workload
from capset.engines import Engine
from capset.engines.request import named_uid
from capset.errors import DialectError
from capset.formats import systemd
from capset.formats.document import has_placeholder
from capset.formats.quadlet import KINDS
from capset.formats.unitfile import SECTIONS, assignments, begins_again, physical_lines, sections
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["DIALECTS"]

_WITHOUT = frozenset({".automount", ".device", ".path", ".scope", ".slice", ".target", ".timer"})
_HEADER = re.compile(r"\[[A-Za-z][A-Za-z-]*\]?")
_OF_THE_SYSTEM = re.compile(r"(?:^|/)systemd/system(?:\.[a-z]+)?/")
_DEPENDENCIES = ("After", "PartOf", "RequiredBy", "Requires", "Requisite", "WantedBy", "Wants")
_NOT_KNOWN = "it is for a manager that runs as a user, and has at most what that user has"
_NO_UNIT = (0, "# the unit itself is not read")
_ALONE = "a drop-in counts together with its unit, which is not read: give what systemctl cat prints"


def _suffix(file: UnitFile) -> str:
    """Return the end of the name of a unit, also of the one for which a drop-in is."""
    name = folder_of(file.path) or base_name(file.path)
    kind = f".{name.rpartition('.')[2]}"
    return kind if "." in name or kind in SECTIONS else ""


def _section(file: UnitFile) -> tuple[str, str]:
    """Return the section with the capabilities, or else why there is none."""
    suffix, found = _suffix(file), set[str]().union(*(sections(each.text) for each in (file, *file.drop_ins)))
    for name in KINDS:
        if name in found or suffix == f".{name.lower()}":
            return "", f"[{name}] is for Podman's Quadlet, which makes a unit of it: its dialect is quadlet"
    if suffix not in SECTIONS and not file.is_drop_in and (twice := begins_again(file.text)):
        joined = "as where units are joined without their names: give what systemctl cat prints, or each by itself"
        return "", f"[{twice[0]}] begins again on line {twice[1] + file.before}, {joined}"
    if suffix in _WITHOUT:
        return "", f"a {suffix[1:]} has no section with capabilities"
    sought = [SECTIONS[suffix]] if suffix in SECTIONS else [*SECTIONS.values()]
    if known := [each for each in sought if each in found]:
        return known[0], ""
    if _is_refused(file.text):
        return sought[0], ""
    return "", f"it has no section with capabilities, {' or '.join(f'[{each}]' for each in sought)}"


def _is_refused(text: str) -> bool:
    """Say whether systemd loads no such file at all, which is a problem of the unit."""
    rules = {problem.rule for problem in systemd.from_unit(text).problems if problem.verdict == "refused"}
    return not rules.isdisjoint({"masked-unit", "section-header"})


def _refuses(text: Text) -> str:
    files = text.unit_files
    lines = (line.strip() for _, _, line in physical_lines(text.text))
    first = next((line for line in lines if line and line[0] not in "#;"), "")
    if _suffix(files[0]) not in SECTIONS and not _HEADER.fullmatch(first):
        return "its first line is no section, such as [Service]"
    return _all_refused(files) or _is_of_others(files[0])


def _is_of_others(file: UnitFile) -> str:
    """Say why a file that says nowhere that it is a unit is none: other programs have sections of these names too."""
    suffix = _suffix(file)
    if suffix in SECTIONS or suffix in _WITHOUT:
        return ""
    if suffix and not file.is_drop_in:
        return f"its name ends with {suffix}, and those of units with {', '.join(SECTIONS)}"
    return "" if has_known_key(file.text) or _is_refused(file.text) else "no key in it is one of a unit"


def _all_refused(files: list[UnitFile]) -> str:
    """Say why there is no unit among some files; an empty text if there is one."""
    reasons = [_section(each)[1] for each in files]
    return "" if "" in reasons else reasons[0]


def _read(text: Text) -> list[Workload]:
    files = text.unit_files
    if why_not := _all_refused(files):
        raise DialectError(text.text, text.source, (("systemd", why_not),))
    return [workload for each in files for workload in _with_containers(text, each)]


def _with_containers(text: Text, file: UnitFile) -> list[Workload]:
    """Return a unit, and the containers that its commands start, whose capabilities are not the unit's."""
    unit = _unit_in(text, file)
    if not unit._parts:
        return [unit]
    commands = commands_of(unit._parts, unit._section)
    return [unit, *of_unit(text.source, unit.name, unit.unit or systemd.Unit(), commands)]


def _unit_in(text: Text, file: UnitFile) -> Workload:
    section, why_not = _section(file)
    name = base_name(file.path) if file.before else ""
    if why_not:
        return _not_a_unit(text, file, name, why_not)
    parts = ((file.before, file.text), *((each.before, each.text) for each in file.drop_ins))
    line = sections(file.text).get(section, 1) + file.before
    if file.is_drop_in:
        parts = (_NO_UNIT, *parts)
    manager, sign = _manager_of(file, parts)
    workload = Workload(
        dialect="systemd",
        name=name or f"[{section}]",
        source=text.source,
        line=line,
        parts=parts,
        section=section,
        manager=manager,
        sign=sign,
    )
    return for_release(workload, None)


def _not_a_unit(text: Text, file: UnitFile, name: str, why_not: str) -> Workload:
    """Tell of a file between others of which nothing is made."""
    note = _suffix(file) in _WITHOUT
    problem = Problem(
        rule="passed-over" if note else "not-read",
        place="",
        value=name,
        verdict="note" if note else "depends",
        message=f"{name or 'the first file'}: {why_not}",
        line=file.before + 1,
    )
    reason = "" if note else "it is not read"
    return Workload(
        dialect="systemd",
        name=name,
        source=text.source,
        line=file.before + 1,
        not_known=reason,
        problems=(problem,),
    )


def for_release(workload: Workload, release: int | str | None) -> Workload:
    """Read the unit again as a release of systemd does; None stands for the newest rules."""
    if not workload._parts:
        return workload
    before, texts = zip(*workload._parts, strict=True)
    manager = workload._manager
    unit = systemd.from_unit(*texts, section=workload._section, version=release, manager=manager)
    problems = tuple(with_line(problem, before) for problem in unit.problems)
    problems = (*problems, *client_in(commands_of(workload._parts, workload._section), workload.line))
    if alone := workload._parts[0] == _NO_UNIT:
        told = Problem(rule="not-read", place="", value="", verdict="depends", message=_ALONE, line=workload.line)
        problems = (told, *problems)
    # Filters and no_new_privs give nothing; for all else such a manager would have to be root's.
    asks = evolve(unit, filters="", no_new_privs=False) != systemd.Unit(manager="user")
    if manager == "user" and (asks or workload._sign):
        message = _why_user(workload._sign)
        told = Problem(rule="user-manager", place="", value="", verdict="depends", message=message, line=workload.line)
        problems = (told, *problems)
    reasons = (
        "the unit is not read" if alone else "",
        unit.not_known,
        _who_decides(unit.problems),
        _NOT_KNOWN if manager == "user" else "",
    )
    return evolve(
        workload, unit=evolve(unit, problems=problems), problems=problems, not_known=next(filter(None, reasons), "")
    )


def _who_decides(problems: Iterable[Problem]) -> str:
    """Say by what the user is decided, where that is not in the unit."""
    values = [problem.value for problem in problems if problem.rule == "variable"]
    return "a variable decides" if any(map(has_placeholder, values)) else "a specifier decides" if values else ""


def _manager_of(file: UnitFile, parts: tuple[tuple[int, str], ...]) -> tuple[systemd.Manager, str]:
    """Say whose unit it is: by the folder that it is in, or else by what only units of users say, which is the sign."""
    if is_of_user(file.path):
        return "user", ""
    sign = "" if _OF_THE_SYSTEM.search(file.path) else _sign([text for _, text in parts])
    return ("user" if sign else "system"), sign


def _sign(texts: Iterable[str]) -> str:
    """Return what a unit says that those of users say, and that has another meaning, or none, for others."""
    lines = [line for text in texts for line in assignments(text, [])]
    if any(line.key in {"User", "DynamicUser"} for line in lines):
        return ""
    for line in lines:
        if line.key in _DEPENDENCIES:
            for word in line.value.split():
                if word.startswith("graphical-session") or (line.section == "Install" and word == "default.target"):
                    return f"{line.key}={word}"
        elif "%h" in line.value.replace("%%", ""):
            return "%h"
    return ""


def _why_user(sign: str) -> str:
    """Say by what a unit is taken for one of a user's manager."""
    by = f"by {sign} it looks like a unit of" if sign else "it is a unit of"
    remedy = "; if it is one of the system, give it as systemctl cat prints it, with its path" if sign else ""
    return f"{by} the manager that a user has, which runs as that user and not as root{remedy}"


def _write(meaning: Meaning, engine: Engine) -> Part:
    unit, section = (meaning.unit, meaning.section) if isinstance(meaning, Sets) else (None, "Service")
    unit = unit or _unit(meaning, engine)
    return Part(value=systemd.to_unit(unit, section=section).rstrip("\n"), says=meaning_of(unit, section))


def _unit(meaning: Meaning, engine: Engine) -> systemd.Unit:
    state = after_execve(meaning, engine)
    lacking = CapSet.all() - state.bounding
    # What lacks little has what is to come.
    bounding = state.bounding if len(lacking) > len(state.bounding) else CapSet.from_mask(2**64 - 1) - lacking
    user, group = ("" if each == "0" else each for each in map(_plain_id, meaning.user.partition(":")[::2]))
    if user and meaning.user.partition(":")[2]:
        group = group or "0"
    return systemd.Unit(
        bounding=bounding, ambient=state.ambient, user=user, group=group, no_new_privs=meaning.no_new_privs
    )


def _plain_id(name: str) -> str:
    """Write a number without a sign or zeros in front, which systemd would not take; root has one too."""
    number = named_uid(name)
    return name if number is None else str(number)


DIALECTS = (
    Dialect(
        name="systemd",
        about="a unit of systemd",
        signs=re.compile(r"""(?m)^\s{0,20}\[[A-Z]|CapabilityBoundingSet|AmbientCapabilities"""),
        refuses=_refuses,
        reader=_read,
        writer=_write,
        again=for_release,
    ),
)
