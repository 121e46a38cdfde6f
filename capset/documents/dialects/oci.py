"""OCI: the ``config.json`` of a runtime, and what prints one of a running container."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from attrs import evolve

from capset.documents.containers import broken, not_known
from capset.documents.dialect import Dialect, Part, Text
from capset.documents.lines import Lines
from capset.documents.meaning import Meaning, Sets, of_process, stand_in
from capset.documents.workload import Workload
from capset.engines import Engine
from capset.engines.engine import LAST_ID
from capset.engines.request import named_uid
from capset.errors import FormatError
from capset.formats import oci
from capset.formats.document import Node
from capset.sets import THREAD_SETS

__all__ = ["DIALECTS"]


def _refuses(text: Text) -> str:
    root = Node(text.one().value)
    if not isinstance(root.value, Mapping):
        return "expected a mapping"
    process, lists = root["process"], root["capabilities"]
    has_sets = isinstance(lists.value, Mapping) and any(name in lists for name in THREAD_SETS)
    return "" if isinstance(process.value, Mapping) or has_sets else "it has no process"


def _read(text: Text) -> list[Workload]:
    document = text.one()
    lines = document.lines()
    try:
        process = oci.from_process(document.value)
    except FormatError as error:
        return [broken("oci", text, error, lines)]
    return [_made("oci", text, lines, "process", process)]


def _made(
    dialect: str, text: Text, lines: Lines, place: str, process: oci.Process, *, name: str = "", within: str = ""
) -> Workload:
    problems = tuple(evolve(problem, line=lines.at(problem.place)) for problem in process.problems)
    return Workload(
        name=name,
        within=within,
        dialect=dialect,
        source=text.source,
        line=lines.at(place) or 1,
        process=evolve(process, problems=problems),
        not_known=not_known(problems),
        problems=problems,
    )


# -- what asks a runtime that follows the specification ---------------------------------------------


def _spec(node: Node) -> Node | None:
    """Return the config.json of an inspected container; None where it is none.

    crictl shows it beside the status, containerd's own clients beside the labels.
    """
    if not isinstance(node.value, Mapping):
        return None
    if isinstance(node["status"].value, Mapping) and isinstance(node["info"].value, Mapping):
        return node.at("info", "runtimeSpec")
    spec = node["Spec"]
    return spec if isinstance(spec.value, Mapping) and "process" in spec else None


def _inspected(text: Text) -> list[Node]:
    root = Node(text.one().value)
    return list(root) if isinstance(root.value, list) else [root]


def _refuses_inspected(text: Text) -> str:
    told = "expected what crictl inspect prints, with status and info, or a container of containerd, with Spec.process"
    return "" if any(_spec(node) is not None for node in _inspected(text)) else told


def _read_inspected(text: Text) -> list[Workload]:
    lines = text.one().lines()
    return [_inspected_one(text, lines, node) for node in _inspected(text)]


def _inspected_one(text: Text, lines: Lines, node: Node) -> Workload:
    try:
        labels = [node.at("status", "labels"), node["Labels"]]
        name = next((found for each in labels for key in _NAMES if (found := each[key].text())), "")
        pod = next((found for each in labels if (found := each["io.kubernetes.pod.name"].text())), "")
        name = name or node.at("status", "metadata", "name").text() or node["ID"].text()
        spec = _spec(node) or Node(None, node.place)
        if spec.value is None:
            raise spec.error(_WITHOUT)
        process = oci.read_process(spec)
    except FormatError as error:
        return broken("crictl", text, error, lines)
    return _made("crictl", text, lines, node.place, process, name=name, within=pod)


_NAMES = ("io.kubernetes.container.name", "nerdctl/name")
_WITHOUT = "the runtime's own config.json, which crictl inspect and nerdctl inspect --mode=native print of a container"


def _write(meaning: Meaning, engine: Engine) -> Part:
    user, _, group = meaning.user.partition(":")
    ids = [named_uid(user), named_uid(group)]
    if any(number is None or not 0 <= number <= LAST_ID for number in ids):
        raise FormatError("user", meaning.user, "numbers alone, as config.json takes no names")
    uid, gid = (number or 0 for number in ids)
    caps = meaning.caps if isinstance(meaning, Sets) else engine.configured(meaning, uid=stand_in(meaning))
    process = oci.Process(caps=caps, no_new_privs=meaning.no_new_privs, uid=uid, gid=gid)
    return Part(value=json.dumps({"process": oci.to_process(process)}, indent=2), says=of_process(process))


DIALECTS = (
    Dialect(
        name="oci",
        keys=("ociVersion", "process", "capabilities"),
        about="a runtime's config.json",
        structured=True,
        signs=re.compile(r"""["'](?:process|ociVersion|capabilities)["']"""),
        refuses=_refuses,
        reader=_read,
        writer=_write,
    ),
    Dialect(
        name="crictl",
        keys=("runtimeSpec",),
        signs=re.compile(r"runtimeSpec"),
        about="what crictl inspect prints, or nerdctl inspect --mode=native",
        structured=True,
        refuses=_refuses_inspected,
        reader=_read_inspected,
    ),
)
