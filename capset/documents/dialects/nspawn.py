"""systemd-nspawn: the settings of a container."""

from __future__ import annotations

import re
from functools import partial

from attrs import evolve

from capset.documents.containers import as_docker_reads, judge_of, not_known, request_of
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.meaning import Meaning
from capset.documents.unitfiles import UnitFile, base_name, folder_of, line_in_text, with_line
from capset.documents.workload import Workload
from capset.engines import Engine
from capset.formats import nspawn
from capset.formats.unitfile import assignments, sections

__all__ = ["DIALECTS"]

_SIGNS = re.compile(r"(?m)^\s{0,20}\[Exec\]")

_TRUSTED = ("/etc/systemd/nspawn/", "/run/systemd/nspawn/")
_BESIDE_IMAGES = "/var/lib/machines/"
_FIELDS = {"Capability": "add", "DropCapability": "drop", "User": "user"}


def _is_named_so(file: UnitFile) -> bool:
    return (folder_of(file.path) or file.path).endswith(".nspawn")


_NO_SECTION = "it has no section [Exec] with a key of systemd-nspawn"


def _refuses(text: Text) -> str:
    files = text.unit_files
    if any(_is_named_so(file) for file in files):
        return ""
    if "[Exec]" not in text.text:  # reading all lines of what is something else takes long
        return _NO_SECTION
    lines = (line for file in files for line in assignments(file.text, []))
    is_one = any(line.section == "Exec" and line.key in (*nspawn.KEYS, "Boot", "Parameters") for line in lines)
    return "" if is_one else _NO_SECTION


def _read(text: Text) -> list[Workload]:
    return [_file(text.source, file) for file in text.unit_files]


def _file(source: str, file: UnitFile, *, engine: Engine | None = None) -> Workload:
    """Read one file with its drop-ins."""
    before = (file.before, *(each.before for each in file.drop_ins))
    texts = (file.text, *(each.text for each in file.drop_ins))
    trusted = True if file.path.startswith(_TRUSTED) else False if file.path.startswith(_BESIDE_IMAGES) else None
    request = as_docker_reads(nspawn.from_settings(texts, *judge_of(engine), trusted=trusted))
    problems = tuple(with_line(problem, before) for problem in request.problems)
    lines: dict[str, int] = {}
    for at, part in enumerate(texts):
        for line in assignments(part, [], drop_in=at):
            if line.section == "Exec" and (field := _FIELDS.get(line.key)):
                lines.setdefault(field, line_in_text(line.place, before))
    return Workload(
        name=base_name(file.path).removesuffix(".nspawn") if file.before else "",
        dialect="nspawn",
        source=source,
        line=sections(file.text).get("Exec", 1) + file.before,
        request=evolve(request, problems=problems),
        not_known=not_known(problems),
        problems=problems,
        lines=lines,
        again=partial(_file, source, file),
    )


def _write(meaning: Meaning, engine: Engine) -> Part:
    written = nspawn.to_settings(request_of(meaning, engine))
    return Part(value=written.rstrip("\n"), says=as_docker_reads(nspawn.from_settings([written], trusted=True)))


DIALECTS = (
    Dialect(
        name="nspawn",
        about="the settings of a container of systemd-nspawn",
        engine="systemd-nspawn",
        signs=_SIGNS,
        refuses=_refuses,
        reader=_read,
        writer=_write,
    ),
)
