"""LXC: the configuration of a container."""

from __future__ import annotations

import re
from functools import partial
from posixpath import normpath

from attrs import evolve

from capset import engines
from capset.documents.containers import not_known, request_of
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.meaning import Meaning
from capset.documents.workload import Workload
from capset.engines import Engine
from capset.formats import lxc
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["DIALECTS"]

_SIGNS = re.compile(r"(?m)^[ \t]{0,20}lxc\.[a-z_]")
_PLACE = re.compile(r"(?s)(?:(?P<file>.*), )?line (?P<line>[0-9]+) \(")
_FIELDS = {
    "lxc.cap.keep": "add",
    "lxc.cap.drop": "drop",
    "lxc.init.uid": "user",
    "lxc.init_uid": "user",
}
_NAMES = ("lxc.uts.name", "lxc.utsname")


def _refuses(text: Text) -> str:
    return "" if _SIGNS.search(text.text) else "no line of it begins with lxc. and a key"


def _read(text: Text) -> list[Workload]:
    return [_file(text)]


def _file(text: Text, *, engine: Engine | None = None) -> Workload:
    of_lxc = engine if engine is not None and engine.name.startswith("lxc") else None
    request = lxc.from_config(
        text.text,
        *(() if engine is None else (engine.judge,)),
        release=of_lxc.version if of_lxc else "",
        common=_common(of_lxc),
        other=partial(_other, text),
    )
    problems = tuple(map(_with_line, request.problems))
    lines: dict[str, int] = {}
    name = ""
    for line in lxc.lines_of(text.text):
        if field := _FIELDS.get(line.key):
            lines.setdefault(field, line.number)
        name = line.value if line.key in _NAMES else name
    first = min((line.number for line in lxc.lines_of(text.text) if line.key.startswith("lxc.")), default=1)
    return Workload(
        name=name,
        dialect="lxc",
        source=text.source,
        line=first,
        request=evolve(request, problems=problems),
        not_known=not_known(problems),
        problems=problems,
        lines=lines,
        again=partial(_file, text),
    )


def _common(engine: Engine | None) -> tuple[str, ...]:
    """Return what common.conf drops, for an engine that does not drop it by itself."""
    if engine is None or engine.name == "lxc":
        return ()
    dropped = CapSet.all() - engines.get("lxc", engine.version or None).default
    return tuple(cap.name.lower() for cap in dropped)


def _other(text: Text, path: str) -> tuple[str, str] | None:
    found = text.other(normpath(path))
    return None if found is None else (found.source, found.text)


def _with_line(problem: Problem) -> Problem:
    """Say on which line of which file a problem is."""
    found = _PLACE.match(problem.place)
    return problem if found is None else evolve(problem, line=int(found["line"]), source=found["file"] or "")


def _write(meaning: Meaning, engine: Engine) -> Part:
    written = lxc.to_config(request_of(meaning, engine))
    return Part(value=written.rstrip("\n"), says=lxc.from_config(written))


DIALECTS = (
    Dialect(
        name="lxc",
        about="the configuration of a container of LXC",
        engine="lxc",
        sets=True,
        signs=_SIGNS,
        comments=("#",),
        refuses=_refuses,
        reader=_read,
        writer=_write,
    ),
)
