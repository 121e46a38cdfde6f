"""Quadlet: the files of which Podman makes units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from attrs import evolve

from capset.documents.containers import as_docker_reads, judge_of, not_known, request_of, unread_part
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.meaning import Meaning
from capset.documents.runs import commands_of, limits_of, of_unit
from capset.documents.unitfiles import UnitFile, base_name, folder_of, is_of_user, line_in_text, with_line
from capset.documents.workload import Workload
from capset.engines import Engine
from capset.errors import DialectError, FormatError
from capset.formats import quadlet, systemd
from capset.formats.unitfile import Assignment, physical_lines, sections
from capset.problem import Problem

__all__ = ["DIALECTS"]

_SIGNS = re.compile(r"(?m)^\s{0,20}\[(?:Artifact|Build|Container|Image|Kube|Network|Pod|Volume)\]")

# Of files of systemd-networkd and systemd-nspawn, which have a section [Network] too.
_OF_OTHERS = frozenset({"Match", "NetDev", "Link", "DHCPv4", "DHCPv6", "Exec", "Files"})
_RUNS_NOTHING = {
    "Artifact": "an artifact runs nothing, and has no capabilities",
    "Build": "it makes an image, and what runs in that has no capabilities of the file's",
    "Image": "an image has no capabilities: what runs it says which",
    "Network": "a network runs nothing, and has no capabilities",
    "Pod": "a pod has no capabilities of its own: its containers are in other files",
    "Volume": "a volume runs nothing, and has no capabilities",
}


def _kind(file: UnitFile) -> str:
    """Return the section of Quadlet's that a file is about; an empty text if there is none."""
    found = set[str]().union(*(sections(each.text) for each in (file, *file.drop_ins)))
    if not found.isdisjoint(_OF_OTHERS):
        return ""
    name = folder_of(file.path) or base_name(file.path)
    if name.endswith(".nspawn"):
        return ""
    suffix = name.rpartition(".")[2].capitalize()
    return suffix if suffix in quadlet.KINDS else next((kind for kind in quadlet.KINDS if kind in found), "")


def _refuses(text: Text) -> str:
    lines = (line.strip() for _, _, line in physical_lines(text.text))
    first = next((line for line in lines if line and line[0] not in "#;"), "")
    if first[:1] != "[":
        return "its first line is no section, such as [Container]"
    kinds = [_kind(file) for file in text.unit_files]
    return "" if any(kinds) else f"it has no section of Quadlet's, {', '.join(f'[{kind}]' for kind in quadlet.KINDS)}"


def _read(text: Text) -> list[Workload]:
    files = [(file, _kind(file)) for file in text.unit_files]
    if not any(kind for _, kind in files):
        raise DialectError(text.text, text.source, (("quadlet", _refuses(text)),))
    return [workload for file, kind in files for workload in _with_started(text.source, file, kind)]


def _with_started(source: str, file: UnitFile, kind: str) -> Iterator[Workload]:
    """Yield what a file says, and the containers that other commands of its unit start."""
    workload = _file(source, file, kind)
    yield workload
    before, texts = _parts(file)
    commands = commands_of(zip(before, texts, strict=True), "Service")
    yield from of_unit(source, workload.name, systemd.from_unit(*texts, manager=_manager(file)), commands)


def _parts(file: UnitFile) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the texts of a file and its drop-ins, and how many lines stand before each."""
    before, texts = zip(*((each.before, each.text) for each in (file, *file.drop_ins)), strict=True)
    return before, texts


def _manager(file: UnitFile) -> systemd.Manager:
    return "user" if is_of_user(file.path) else "system"


def _file(source: str, file: UnitFile, kind: str, *, engine: Engine | None = None) -> Workload:
    """Read one file with its drop-ins."""
    name = base_name(file.path) if file.before else ""
    before, texts = _parts(file)
    begins = sections(file.text).get(kind, 1) + file.before
    workload = Workload(
        name=name or f"[{kind}]",
        dialect="quadlet",
        source=source,
        line=begins,
        again=partial(_file, source, file, kind),
    )
    if not kind:
        told = _unread(f"{name or 'the first file'}: it has no section of Quadlet's", begins)
        return evolve(workload, name=name, not_known="it is not read", problems=(told,))
    release = engine.version if engine is not None and engine.name.startswith("podman") else ""
    problems: list[Problem] = []
    if kind == "Container":
        try:
            request = as_docker_reads(quadlet.from_container(texts, *judge_of(engine), release=release))
        except FormatError as error:
            return evolve(unread_part("quadlet", source, begins, error), name=workload.name)
        problems += request.problems
    else:
        lines = quadlet.lines_of(texts, kind, problems, release)
        problems += _of_kind(kind, [line for line in lines if line.section == kind])
        request = None
    problems = [with_line(problem, before) for problem in problems]
    problems += _beside(file, texts, begins, container=kind == "Container")
    if request is not None:
        request = evolve(request, problems=tuple(problems))
    return evolve(
        workload,
        request=request,
        not_known=not_known(problems),
        problems=tuple(problems),
        lines=_lines(texts, before) if kind == "Container" else {},
    )


_FIELDS = {"AddCapability": "add", "DropCapability": "drop", "User": "user"}


def _lines(texts: tuple[str, ...], before: tuple[int, ...]) -> dict[str, int]:
    """Return where that of a request stands of which findings tell: the first line of each."""
    found: dict[str, int] = {}
    for line in quadlet.lines_of(texts, "Container", []):
        if line.section == "Container" and (field := _FIELDS.get(line.key)):
            found.setdefault(field, line_in_text(line.place, before))
    return found


def _unread(message: str, line: int) -> Problem:
    return Problem(rule="not-read", place="", value="", verdict="depends", message=message, line=line)


def _of_kind(kind: str, lines: list[Assignment]) -> Iterator[Problem]:
    """Say what a file that is about no container has to do with capabilities."""
    if kind == "Kube":
        files = [line for line in lines if line.key == "Yaml" and line.value]
        for line in files:
            told = f"what runs is in {line.value}, which is not read: give that file"
            yield Problem(rule="not-read", place=line.node.place, value=line.value, verdict="depends", message=told)
        if not files:
            told = "without Yaml= Podman makes no unit"
            yield Problem(rule="no-image", place="Yaml", value="", verdict="refused", message=told)
        return
    for line in lines:
        if line.key == "PodmanArgs" and any(word in line.value for word in ("cap-", "privileged", "security-opt")):
            told = "not counted here: what is asked for what runs while the image is made, or for a pod"
            yield Problem(rule="not-counted", place=line.node.place, value=line.value, verdict="depends", message=told)
    yield Problem(rule="passed-over", place="", value="", verdict="note", message=_RUNS_NOTHING[kind])


def _beside(file: UnitFile, texts: tuple[str, ...], line: int, *, container: bool) -> Iterator[Problem]:
    """Tell of a drop-in without its file, and of what the unit means for podman, which runs in it."""
    if file.is_drop_in:
        told = "a drop-in counts together with its file, which is not read: give both"
        yield _unread(told, line)
    if container:
        for problem in limits_of(systemd.from_unit(*texts, manager=_manager(file)), "podman"):
            yield evolve(problem, line=line)


def _write(meaning: Meaning, engine: Engine) -> Part:
    request = request_of(meaning, engine)
    written = quadlet.to_container(request)
    return Part(value=written.rstrip("\n"), says=as_docker_reads(quadlet.from_container([written])))


DIALECTS = (
    Dialect(
        name="quadlet",
        about="a file of Podman's Quadlet",
        engine="podman",
        signs=_SIGNS,
        refuses=_refuses,
        reader=_read,
        writer=_write,
    ),
)
