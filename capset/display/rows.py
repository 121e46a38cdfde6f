"""The rows of each collection, for data frames."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from capset.capability import Cap
from capset.display.judging import docker_default, verdicts
from capset.display.text import releases_text
from capset.printable import printable
from capset.records import Kind, Records
from capset.sets import THREAD_SETS, CapSet

if TYPE_CHECKING:
    from capset.comparison import Comparison
    from capset.diff import CapDiff, StateDiff
    from capset.engines import Engine, Match
    from capset.kernel import Explanation, History
    from capset.live import CapFile, ProcStatus
    from capset.policy import Finding
    from capset.state import CapState

__all__ = [
    "comparison_records",
    "diff_records",
    "engine_records",
    "explanation_records",
    "file_records",
    "finding_records",
    "history_records",
    "match_records",
    "set_records",
    "state_diff_records",
    "state_records",
    "status_records",
]

_CAP: dict[str, Kind] = {
    "number": "number",
    "name": "text",
    "mask": "mask",
    "docker": "flag",
    "since_linux": "text",
    "summary": "text",
    "risks": "text",
}


def _cap(cap: Cap) -> tuple[Any, ...]:
    info = cap.info
    return (
        int(cap),
        str(cap),
        cap.mask,
        cap in docker_default(),
        info.since_linux,
        info.summary,
        "; ".join(verdicts(cap)),
    )


def set_records(caps: CapSet) -> Records:
    """Make a row of each capability."""
    return Records(_CAP, map(_cap, caps))


def diff_records(diff: CapDiff) -> Records:
    """Make a row of each capability that is added or dropped."""
    return Records({"change": "text", **_CAP}, _changes(diff))


def _changes(diff: CapDiff) -> Iterator[tuple[Any, ...]]:
    for change in ("added", "dropped"):
        for cap in getattr(diff, change):
            yield change, *_cap(cap)


def state_records(state: CapState) -> Records:
    """Make a row of each of the five sets."""
    sets: dict[str, CapSet] = {name: getattr(state, name) for name in THREAD_SETS}
    return Records(
        {"set": "text", "held": "number", "mask": "mask", "names": "text"},
        ((name, len(caps), caps.mask, str(caps)) for name, caps in sets.items()),
    )


def state_diff_records(diff: StateDiff) -> Records:
    """Make a row of each capability of each set that is added or dropped."""
    rows = ((name, *row) for name in THREAD_SETS for row in _changes(getattr(diff, name)))
    return Records({"set": "text", "change": "text", **_CAP}, rows)


def status_records(statuses: Iterable[ProcStatus]) -> Records:
    """Make a row of each thread."""
    ids = [f"{kind}_{which}" for kind in ("uid", "gid") for which in ("real", "effective", "saved", "fs")]
    columns: dict[str, Kind] = {
        "pid": "number",
        "tgid": "number",
        "ppid": "number",
        "name": "text",
        **dict.fromkeys(ids, "number"),
        "groups": "text",
        **dict.fromkeys(THREAD_SETS, "mask"),
        "no_new_privs": "flag",
        "seccomp": "number",
        "user_ns": "number",
    }
    rows = (
        (
            status.pid,
            status.tgid,
            status.ppid,
            printable(status.name),
            *status.uids,
            *status.gids,
            " ".join(map(str, status.groups)),
            *_masks(status.caps),
            status.no_new_privs,
            status.seccomp,
            status.user_ns,
        )
        for status in statuses
    )
    return Records(columns, rows)


def file_records(files: Iterable[CapFile]) -> Records:
    """Make a row of each file with capabilities."""
    columns: dict[str, Kind] = {
        "path": "text",
        "permitted": "mask",
        "inheritable": "mask",
        "effective": "flag",
        "rootid": "number",
        "revision": "number",
    }
    rows = (
        (printable(path), caps.permitted.mask, caps.inheritable.mask, caps.effective, caps.rootid, caps.revision)
        for path, caps in files
    )
    return Records(columns, rows)


def engine_records(engines: Iterable[Engine]) -> Records:
    """Make a row of each engine, or of each stretch of releases of one."""
    columns: dict[str, Kind] = {
        "engine": "text",
        "title": "text",
        "releases": "text",
        "held": "number",
        "default": "mask",
        "names": "text",
        "source": "text",
    }
    rows = (
        (
            engine.name,
            engine.title,
            releases_text(engine.releases),
            len(engine.default),
            engine.default.mask,
            str(engine.default),
            str(engine.source),
        )
        for engine in engines
    )
    return Records(columns, rows)


def match_records(matches: Iterable[Match]) -> Records:
    """Make a row of each match."""
    columns: dict[str, Kind] = {
        "engine": "text",
        "title": "text",
        "releases": "text",
        "flags": "text",
        "size": "number",
        "root": "flag",
        "also_privileged": "flag",
    }
    rows = (
        (
            match.engine.name,
            match.engine.title,
            releases_text(match.releases),
            " ".join(match.flags),
            match.request.size,
            match.root,
            match.also_privileged,
        )
        for match in matches
    )
    return Records(columns, rows)


def explanation_records(explanation: Explanation) -> Records:
    """Make a row of each capability of each set, with the rule that decided and why."""
    columns: dict[str, Kind] = {
        "set": "text",
        "number": "number",
        "name": "text",
        "mask": "mask",
        "change": "text",
        "rule": "text",
        "why": "text",
    }
    rows = (
        (reason.set, int(reason.cap), str(reason.cap), reason.cap.mask, reason.change, reason.rule.name, reason.why)
        for reason in explanation.reasons
    )
    return Records(columns, rows)


def finding_records(findings: Iterable[Finding]) -> Records:
    """Make a row of each finding."""
    names = ("container", "field", "value", "message", "effect")
    return Records(dict.fromkeys(names, "text"), ([getattr(each, name) for name in names] for each in findings))


def history_records(histories: Iterable[History]) -> Records:
    """Make a row of each step of each history, with the five sets after it."""
    columns: dict[str, Kind] = {
        **dict.fromkeys(("title", "says"), "text"),
        "step": "number",
        "call": "text",
        **dict.fromkeys(THREAD_SETS, "mask"),
    }
    return Records(columns, (row for each in histories for row in _steps(each)))


def _steps(history: History) -> Iterator[tuple[Any, ...]]:
    for number, step in enumerate(history.steps, 1):
        assert step.after is not None, "no step of a history is refused"
        yield history.title, history.says, number, printable(step.call), *_masks(step.after.caps)


def _masks(state: CapState) -> Iterator[int]:
    for name in THREAD_SETS:
        yield getattr(state, name).mask


def comparison_records(comparison: Comparison) -> Records:
    """Make a row of each capability, with a flag for each column."""
    sets: dict[str, CapSet] = {}
    for name, caps in comparison.sets.items():
        sets[_encodable(name, comparison.columns.keys() | sets.keys())] = caps
    columns: dict[str, Kind] = {"number": "number", "name": "text", "mask": "mask", **dict.fromkeys(sets, "flag")}
    rows = ((int(cap), str(cap), cap.mask, *(cap in caps for caps in sets.values())) for cap in comparison.rows)
    return Records(columns, rows)


def _encodable(name: str, taken: Container[str]) -> str:
    """Return the name of a column as it is, or, where no data frame would take it, with escapes, and as none other."""
    if name.isprintable():
        return name
    name = printable(name)
    while name in taken:
        name += "_"
    return name
