"""What a document asks for, as an operand: what each of its containers, units or files gets."""

from __future__ import annotations

from typing import Any

from capset import documents, engines, live
from capset.cli.output import Failure, warn
from capset.cli.subject import Subject
from capset.documents import DIALECTS, Outcome, Workload
from capset.engines.request import named_uid
from capset.ids import Ids
from capset.sets import THREAD_SETS

__all__ = ["of_document"]


def of_document(data: str | bytes, text: str, name: str) -> list[Subject]:
    """Read a document, and tell what there is to tell of it.

    Args:
        data: The document.
        text: The operand.
        name: What the document is called.

    Raises:
        CapsetError: It cannot be read: see :func:`capset.documents.read`.
    """
    report = documents.lint(documents.read(data, name))
    for finding in report:
        if finding.silence is None:
            warn(str(finding))
    if not report.outcomes:
        raise Failure(f"{name}: there is no container in it, and no unit")
    return [_subject(each, text, name, several=len(report.outcomes) > 1) for each in report.outcomes]


def _subject(outcome: Outcome, text: str, name: str, *, several: bool) -> Subject:
    workload = outcome.workload
    called = workload.label or (f"line {workload.line}" if several else "")
    front = "standard input" if text == "-" else text if text.startswith("file:") else name
    label = f"{front} ({called})" if called else front
    sets: dict[str, Any] = {each: outcome.said(each) for each in THREAD_SETS}
    user = outcome.user.partition(":")[0]
    uid = 0 if outcome.assumed else named_uid(user) if user else None
    rows = live.StatusRows(
        source=name,
        line=workload.line,
        name=called or None,
        uids=None if uid is None else Ids(uid, uid, uid, uid),
        no_new_privs=workload.no_new_privs if outcome.gets is not None else None,
        **sets,
    )
    unknown = "" if outcome.gets is not None else str(outcome)
    told = (f"{label} is read as {workload.dialect}{_whose(outcome)}", outcome.assumed, unknown)
    return Subject(
        text,
        label,
        thread=rows,
        assumed=(*filter(None, told),),
        says=workload.says,
        file_caps=workload.file_caps,
        engine_of=_engine(workload),
        name=called,
        not_root=uid is None and bool(user) and outcome.gets is not None,
        unknown=unknown,
    )


def _whose(outcome: Outcome) -> str:
    """Say whose sets are shown."""
    workload = outcome.workload
    if outcome.gets is None or workload.state is not None:
        return ""
    if engine := _engine(workload):
        return f": the sets are those of the container's first process, as {engines.get(engine).title} gives them"
    return ": the sets are those of its processes" if workload.file_caps is None else ": the sets are those of the file"


def _engine(workload: Workload) -> str:
    """Return the name of the engine that gives the sets; empty where none does."""
    asks = workload.request is not None and workload.state is None
    return (workload._engine or DIALECTS[workload.dialect].engine) * asks
