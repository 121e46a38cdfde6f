"""What tools print about the capabilities of processes and of units that run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import evolve

from capset.documents.dialect import Text
from capset.documents.runs import client_in, of_unit
from capset.documents.shell import Word
from capset.documents.tools import by_lines, tool
from capset.documents.workload import Workload
from capset.formats import processes, systemctl
from capset.problem import Problem

__all__ = ["DIALECTS"]

_CAPSH = re.compile(r"(?:Current: |Bounding set =|Ambient set =|Current IAB:).*")
_OF_CAPSH = re.compile(r"(?:Securebits: | secure-|uid=|gid=|groups=|Guessed mode: ).*")
_DECODED = re.compile(r"0x[0-9a-f]{16}=.*")
_ANY = re.compile(".*")
_PROPERTY = re.compile(r"[A-Z][A-Za-z0-9]*=.*")


_NO_QUOTES = "systemctl shows no quotes, and so where its words end is not known: give what systemctl cat prints"


def _shown(text: Text) -> list[Workload]:
    """Read what systemctl show prints."""
    return [workload for each in systemctl.show(text.text) for workload in _with_containers(text.source, each)]


def _with_containers(source: str, shown: systemctl.Shown) -> Iterator[Workload]:
    """Yield a unit, and the containers that its commands start."""
    commands = [[Word(word, line) for word in words] for line, words in shown.commands]
    yield Workload(
        name=shown.name,
        dialect="systemctl",
        source=source,
        line=shown.line,
        unit=shown.unit,
        not_known=shown.not_known,
        problems=(*shown.problems, *client_in(commands, shown.line)),
        parts=((shown.line - 1, shown.settings),),
    )
    told = Problem(rule="not-read", place="", value="", verdict="depends", message=_NO_QUOTES)
    yield from of_unit(source, shown.name, shown.unit, commands, more=(told,))


def _of_release(workload: Workload, release: int | str | None) -> Workload:
    """Understand what a unit's settings mean as a release of systemd does, which systemctl does not show."""
    [(_, settings)] = workload._parts
    assert workload.unit is not None, "systemctl shows units"
    return evolve(workload, unit=systemctl.of_release(workload.unit, settings, release))


DIALECTS = (
    tool(
        "capsh",
        "what capsh --print or --current prints",
        signs=r"(?m)^(?:Current: |Bounding set =|Current IAB:)",
        is_line=_CAPSH.fullmatch,
        belongs=_OF_CAPSH.fullmatch,
        reader=by_lines("capsh", processes.capsh),
    ),
    tool(
        "capsh-decode",
        "what capsh --decode prints of a mask",
        signs=r"0x[0-9a-f]{16}=",
        is_line=_DECODED.fullmatch,
        reader=by_lines("capsh-decode", processes.decoded),
    ),
    tool(
        "getpcaps",
        "what getpcaps prints of processes",
        signs=r"(?m)^[0-9]{1,10}: \"?[a-z_,]{0,60}=|Capabilities for .[0-9]",
        is_line=processes.is_getpcaps,
        reader=by_lines("getpcaps", processes.getpcaps),
    ),
    tool(
        "podman-top",
        "what podman top prints, with columns such as capeff",
        signs=r"(?:AMBIENT|BOUNDING|EFFECTIVE|INHERITED|PERMITTED) CAPS",
        is_line=processes.is_header_of_top,
        belongs=_ANY.fullmatch,
        reader=by_lines("podman-top", processes.top),
    ),
    tool(
        "pscap",
        "the table that pscap prints",
        signs=r"(?m)^ppid +pid +",
        is_line=processes.is_pscap,
        reader=by_lines("pscap", processes.pscap),
    ),
    tool(
        "systemctl",
        "what systemctl show prints of units",
        signs=r"(?m)^(?:CapabilityBoundingSet|AmbientCapabilities)=",
        is_line=systemctl.is_property,
        belongs=_PROPERTY.fullmatch,
        never="[",
        reader=_shown,
        again=_of_release,
    ),
)
