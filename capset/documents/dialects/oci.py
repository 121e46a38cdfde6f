"""OCI: the ``config.json`` of a runtime."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from attrs import evolve

from capset.documents.containers import broken, not_known
from capset.documents.dialect import Dialect, Part, Text, the_one
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
    problems = tuple(evolve(problem, line=lines.at(problem.place)) for problem in process.problems)
    return [
        Workload(
            dialect="oci",
            source=text.source,
            line=lines.at("process") or 1,
            process=evolve(process, problems=problems),
            not_known=not_known(problems),
            problems=problems,
        )
    ]


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
        about="a runtime's config.json",
        structured=True,
        signs=re.compile(r"""["'](?:process|ociVersion|capabilities)["']"""),
        refuses=_refuses,
        reader=_read,
        writer=_write,
        join=the_one,
    ),
)
