"""systemd: units."""

from __future__ import annotations

import re

from attrs import evolve

from capset.documents.dialect import Dialect, Part, Text
from capset.documents.dialects.docker import one_by_one
from capset.documents.meaning import Meaning, Sets, after_execve, of_unit
from capset.documents.workload import Workload
from capset.engines import Engine
from capset.engines.request import named_uid
from capset.errors import DialectError
from capset.formats import systemd
from capset.formats.unitfile import sections
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["DIALECTS"]

_SECTIONS = {".service": "Service", ".socket": "Socket", ".mount": "Mount", ".swap": "Swap"}
_QUADLET = ("Container", "Pod", "Kube", "Build", "Image", "Volume", "Network")
_HEADER = re.compile(r"\[[A-Za-z][A-Za-z-]*\]?")
_LINE = re.compile(r"line ([0-9]+)")


def _suffix(text: Text) -> str:
    return text.source[text.source.rfind(".") :] if "." in text.source else ""


def _section(text: Text) -> tuple[str, str]:
    """Return the section with the capabilities, or else why there is none."""
    found, suffix = sections(text.text), _suffix(text)
    for name in _QUADLET:
        if name in found or suffix == f".{name.lower()}":
            generator = "give the unit that podman-system-generator --dryrun prints"
            return "", f"[{name}] is for Podman's Quadlet, which makes a unit of it: {generator}"
    sought = [_SECTIONS[suffix]] if suffix in _SECTIONS else [*_SECTIONS.values()]
    if known := [each for each in sought if each in found]:
        return known[0], ""
    if _is_refused(text.text):
        return sought[0], ""
    return "", f"it has no section with capabilities, {' or '.join(f'[{each}]' for each in sought)}"


def _is_refused(text: str) -> bool:
    """Say whether systemd loads no such file at all, which is a problem of the unit."""
    rules = {problem.rule for problem in systemd.from_unit(text).problems if problem.verdict == "refused"}
    return not rules.isdisjoint({"masked-unit", "section-header"})


def _refuses(text: Text) -> str:
    lines = (line.strip() for line in text.text.splitlines())
    first = next((line for line in lines if line and line[0] not in "#;"), "")
    if _suffix(text) not in _SECTIONS and not _HEADER.fullmatch(first):
        return "its first line is no section, such as [Service]"
    return _section(text)[1]


def _read(text: Text) -> list[Workload]:
    section, why_not = _section(text)
    if why_not:
        raise DialectError(text.text, text.source, (("systemd", why_not),))
    lines = enumerate(text.text.splitlines(), 1)
    header = next((number for number, line in lines if line.strip() == f"[{section}]"), 1)
    workload = Workload(dialect="systemd", name=f"[{section}]", source=text.source, line=header, text=text.text)
    return [for_release(workload, None)]


def for_release(workload: Workload, release: int | None) -> Workload:
    """Read the unit again as a release of systemd does; None stands for the newest rules."""
    unit = systemd.from_unit(workload._text, section=workload.name.strip("[]"), version=release)
    problems = tuple(map(_with_line, unit.problems))
    variable = any(problem.rule == "variable" for problem in problems)
    return evolve(
        workload,
        unit=evolve(unit, problems=problems),
        problems=problems,
        not_known="a specifier decides" if variable else "",
    )


def _with_line(problem: Problem) -> Problem:
    found = _LINE.match(problem.place)
    return evolve(problem, line=int(found[1])) if found else problem


def _write(meaning: Meaning, engine: Engine) -> Part:
    unit, section = (meaning.unit, meaning.section) if isinstance(meaning, Sets) else (None, "Service")
    unit = unit or _unit(meaning, engine)
    return Part(value=systemd.to_unit(unit, section=section).rstrip("\n"), says=of_unit(unit, section))


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
        refuses=_refuses,
        reader=_read,
        writer=_write,
        join=one_by_one,
        again=for_release,
    ),
)
