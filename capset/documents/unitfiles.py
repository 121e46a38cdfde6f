"""Unit files in one text: what ``systemctl cat`` prints, and whether a text is a unit at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve, frozen

from capset.formats.unitfile import assignments, physical_lines
from capset.formats.unitsettings import keys
from capset.problem import Problem

__all__ = [
    "UnitFile",
    "base_name",
    "folder_of",
    "has_known_key",
    "is_of_user",
    "line_in_text",
    "unit_files",
    "with_line",
]

_KINDS = "automount|device|mount|path|scope|service|slice|socket|swap|target|timer"
_OF_OTHERS = "nspawn|artifact|build|container|image|kube|network|pod|volume"
_HEADER = re.compile(
    rf"# (?P<path>/(?:.*/)?(?:[^/]+\.(?:{_KINDS}|{_OF_OTHERS})|[^/]+\.d/[^/]+\.conf))[ \t\r]*"
    r"|---(?P<made>[^/]+\.service)---"  # what Quadlet prints of the units that it makes
)
_LINE = re.compile(r"(?:drop-in ([0-9]+), )?line ([0-9]+)")
_OF_USERS = re.compile(
    r"(?:^|/)(?:systemd/users?|run/user/[0-9]+/(?:containers/)?systemd|\.config/containers/systemd)(?:\.[a-z]+)?/"
)


@frozen(kw_only=True)
class UnitFile:
    """One file of a text.

    Attributes:
        path: Its path, as the line in front of it says; that of the text where there is no such line.
        before: How many lines of the text stand before its first one.
        text: What stands in it.
        drop_ins: The drop-ins of a unit, which follow it.
    """

    path: str
    before: int
    text: str
    drop_ins: tuple[UnitFile, ...] = ()

    @property
    def is_drop_in(self) -> bool:
        """Whether it is a part of a unit, and not a unit itself."""
        return bool(folder_of(self.path)) or self.path.endswith(".conf")


def base_name(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def folder_of(path: str) -> str:
    """Return the name of what a drop-in is for, such as ``web.service``, by the folder it is in; else an empty text."""
    folder = base_name(path.rpartition("/")[0])
    return folder.removesuffix(".d") if folder.endswith(".d") else ""


def unit_files(text: str, source: str) -> list[UnitFile]:
    """Divide a text at the lines that ``systemctl cat`` puts in front of files, such as ``# /etc/systemd/a.service``.

    A unit takes the drop-ins that follow it and are for it by the name of their folder.

    Source:
        systemctl(1), *cat*; systemd.unit(5) for the folders of drop-ins.
    """
    found: list[tuple[UnitFile, list[UnitFile]]] = []
    for each in _divided(text, source):
        if found and each.is_drop_in and not found[-1][0].is_drop_in and _is_for(each, found[-1][0]):
            found[-1][1].append(each)
        else:
            found.append((each, []))
    return [evolve(file, drop_ins=tuple(drop_ins)) for file, drop_ins in found]


def _divided(text: str, source: str) -> Iterator[UnitFile]:
    """Yield each file; such a line is a comment like any other where no section follows it."""
    path, before, start = source, 0, 0
    waiting: tuple[str, int, int, int] | None = None
    has_content = False
    for number, (begin, end, line) in enumerate(physical_lines(text), 1):
        stripped = line.strip(" \t\ufeff")
        if header := _HEADER.fullmatch(line):
            waiting = header["path"] or header["made"], number, begin, end
        elif stripped and stripped[0] not in "#;":
            if waiting and stripped[0] == "[":
                if has_content:
                    yield UnitFile(path=path, before=before, text=text[start : waiting[2]])
                path, before, _, start = waiting
            waiting, has_content = None, True
    yield UnitFile(path=path, before=before, text=text[start:])


def _is_for(drop_in: UnitFile, unit: UnitFile) -> bool:
    """Say whether a drop-in is for a unit: for all of its kind, for all that begin so, or for it alone."""
    stem, _, kind = folder_of(drop_in.path).rpartition(".")
    name, _, suffix = base_name(unit.path).rpartition(".")
    template, at, _ = name.partition("@")
    return kind == suffix and (
        not stem
        or stem == name
        or (stem.endswith("-") and name.startswith(stem))
        or (bool(at) and stem.startswith(f"{template}@"))
    )


def has_known_key(text: str) -> bool:
    """Say whether a text has one of the keys of units; other programs have files with sections too."""
    return any(each.key in keys() and not each.section.startswith("X-") for each in assignments(text, []))


def is_of_user(path: str) -> bool:
    """Say whether a file is in a folder of those that the managers of users read."""
    return bool(_OF_USERS.search(path))


def with_line(problem: Problem, before: tuple[int, ...]) -> Problem:
    """Count the line of a problem in the whole text, and not in the one file.

    Args:
        problem: The problem.
        before: How many lines of the text stand before the unit, and before each of its drop-ins.
    """
    found = _LINE.match(problem.place)
    if found is None:
        return problem
    line = line_in_text(problem.place, before)
    return evolve(problem, line=line, place=f"line {line}{problem.place[found.end() :]}")


def line_in_text(place: str, before: tuple[int, ...]) -> int:
    """Return the line in the whole text of a place such as ``drop-in 1, line 3``; 1 of any other."""
    found = _LINE.match(place)
    return int(found[2]) + before[int(found[1] or 0)] if found else 1
