"""Strategies of documents: their texts, what is read of them, what lint finds, and what becomes of them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from attrs import evolve
from hypothesis import strategies as st

from capset import documents as library
from capset.documents import (
    DIALECTS,
    RULES,
    Conversion,
    Dialect,
    Edit,
    Entry,
    Finding,
    Fix,
    Loss,
    Outcome,
    Report,
    Rule,
    Settings,
    Silence,
    Workload,
)
from capset.documents.rules import Example
from capset.engines import Request
from capset.errors import ArgumentError, CapsetError, shown
from capset.formats import libcap, oci, systemd
from capset.testing.strategies.engines import cap_names, requests
from capset.testing.strategies.formats import iabs, processes, units
from capset.testing.strategies.live import status_texts
from capset.testing.strategies.values import states

__all__ = [
    "conversions",
    "dialects",
    "document_rules",
    "documents",
    "edits",
    "entries",
    "examples",
    "findings",
    "fixes",
    "losses",
    "outcomes",
    "pod",
    "reports",
    "settings",
    "silences",
    "workloads",
]

T = TypeVar("T")
Requests = Mapping[str, Request]


def _service(request: Request) -> dict[str, Any]:
    said = {
        "cap_add": [*request.add],
        "cap_drop": [*request.drop],
        "privileged": request.privileged,
        "user": request.user,
        "security_opt": ["no-new-privileges:true"] * request.no_new_privs,
    }
    return {"image": "web"} | {key: value for key, value in said.items() if value}


def compose(asked: Requests) -> str:
    """Write a compose file, in JSON, which is YAML too."""
    return json.dumps({"services": {name: _service(request) for name, request in asked.items()}}, indent=1)


def pod(asked: Requests) -> dict[str, Any]:
    """Make a pod; a user is written where it has a number."""
    containers: list[dict[str, Any]] = []
    for name, request in asked.items():
        context: dict[str, Any] = {"capabilities": {"add": [*request.add], "drop": [*request.drop]}}
        if request.user and request.uid is not None:
            context["runAsUser"] = request.uid
        if request.privileged:
            context["privileged"] = True
        elif request.no_new_privs:
            context["allowPrivilegeEscalation"] = False
        containers.append({"name": name, "image": "web", "securityContext": context})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}}


def command_lines(asked: Requests, program: str = "docker") -> str:
    """Write command lines that start containers."""
    lines: list[list[str]] = []
    for name, request in asked.items():
        words = [f"--cap-add={each}" for each in request.add] + [f"--cap-drop={each}" for each in request.drop]
        words += ["--privileged"] * request.privileged + [f"--user={request.user}"] * bool(request.user)
        words += ["--security-opt=no-new-privileges"] * request.no_new_privs
        lines.append([program, "run", f"--name={name}", *words, "image"])
    return "".join(shlex.join(words) + "\n" for words in lines)


def _asked() -> st.SearchStrategy[Requests]:
    return st.dictionaries(st.sampled_from(["web", "db", "vpn"]), requests(), min_size=1, max_size=2)


_TEXTS: dict[str, Callable[[], st.SearchStrategy[str]]] = {
    "docker": lambda: _asked().map(command_lines),
    "podman": lambda: _asked().map(lambda asked: command_lines(asked, "podman")),
    "compose": lambda: _asked().map(compose),
    "kubernetes": lambda: _asked().map(lambda asked: json.dumps(pod(asked), indent=1)),
    "systemd": lambda: units().map(systemd.to_unit),
    "oci": lambda: processes().map(lambda process: json.dumps({"process": oci.to_process(process)})),
    "libcap": lambda: states(known=True).map(libcap.to_text),
    "iab": lambda: iabs(known=True).map(str).filter(bool),
    "status": status_texts,
}


def documents(*dialects: str) -> st.SearchStrategy[str]:
    r"""Draw texts of documents, which :func:`capset.documents.read` understands.

    What they ask for may be refused, and names in them may be none, as in documents that people write.

    Args:
        dialects: Those in which they are; if none is given, all that are drawn: ``"docker"``, ``"podman"``,
            ``"compose"``, ``"kubernetes"``, ``"systemd"``, ``"oci"``, ``"libcap"``, ``"iab"`` and ``"status"``.

    Raises:
        ArgumentError: No texts of such a dialect are drawn.

    Examples:
        >>> from hypothesis import given
        >>> from capset import documents, testing
        >>> @given(testing.documents("compose"))
        ... def test_nobody_is_left_out(text):
        ...     assert len(documents.lint(documents.read(text)).outcomes) == text.count('"image"')
        >>> test_nobody_is_left_out()
    """
    for dialect in dialects:
        if dialect not in _TEXTS:
            message = f"expected a dialect of which texts are drawn ({', '.join(_TEXTS)}), got {shown(dialect)}"
            raise ArgumentError(message, dialect)
    return st.one_of([_TEXTS[dialect]() for dialect in dialects or _TEXTS])


def _read(*dialects: str) -> st.SearchStrategy[list[Workload]]:
    return st.one_of([documents(name).map(partial(library.read, dialect=name)) for name in dialects or tuple(_TEXTS)])


def workloads(*dialects: str) -> st.SearchStrategy[Workload]:
    """Draw what is read of one container, unit or file in a document.

    Args:
        dialects: As of :func:`documents`.

    Raises:
        ArgumentError: As of :func:`documents`.
    """
    return _one(_read(*dialects))


def _one(several: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return several.filter(bool).flatmap(st.sampled_from)


def reports(*dialects: str) -> st.SearchStrategy[Report]:
    """Draw what lint finds in documents, and what each workload gets.

    Args:
        dialects: As of :func:`documents`.

    Raises:
        ArgumentError: As of :func:`documents`.

    Examples:
        >>> from hypothesis import given
        >>> from capset import testing
        >>> @given(testing.reports("kubernetes"))
        ... def test_what_is_refused_is_told(report):
        ...     for outcome in report.outcomes:
        ...         assert outcome.gets is not None or report.of(outcome.workload)
        >>> test_what_is_refused_is_told()
    """
    return _read(*dialects).map(library.lint)


def outcomes() -> st.SearchStrategy[Outcome]:
    """Draw what one workload gets."""
    return _one(reports().map(lambda report: report.outcomes))


def findings() -> st.SearchStrategy[Finding]:
    """Draw one thing that lint has to tell, some of which are silenced."""

    def silenced(finding: Finding, silence: Silence | None) -> Finding:
        return evolve(finding, silence=silence)

    return st.builds(silenced, _one(reports()), st.none() | silences())


def silences() -> st.SearchStrategy[Silence]:
    """Draw why findings do not count."""
    reasons = st.sampled_from(["the entry point has file capabilities", "known"])
    return st.builds(Silence, reason=reasons, where=st.just("line 5"), inside=st.booleans())


def entries() -> st.SearchStrategy[Entry]:
    """Draw what a configuration silences in one document."""
    rules = st.lists(st.sampled_from(sorted(RULES)), min_size=1, max_size=2, unique=True).map(tuple)
    return st.builds(Entry, rules=rules, silence=silences())


def settings() -> st.SearchStrategy[Settings]:
    """Draw what a configuration of lint says."""
    rules = st.lists(st.sampled_from(sorted(RULES)), max_size=2, unique=True).map(tuple)
    files = st.sampled_from([("*",), ("deploy/*.json", "a.yaml")])
    return st.builds(
        Settings,
        name=st.sampled_from(["capset.toml", "pyproject.toml"]),
        select=rules,
        ignore=rules,
        exclude=st.sampled_from([(), ("charts/*",)]),
        silenced=st.lists(st.tuples(files, entries()), max_size=2).map(tuple),
    )


def _written() -> list[str]:
    return [name for name in ("docker", "compose", "kubernetes", "oci", "systemd") if DIALECTS[name].is_written]


def conversions() -> st.SearchStrategy[Conversion]:
    """Draw documents that were written in another dialect, with what was lost."""

    def converted(workload: Workload, to: str) -> Conversion | None:
        try:
            return library.convert(workload, to)
        except CapsetError:  # such as names that are none: nothing comes of them
            return None

    made = st.builds(converted, workloads("docker", "compose", "kubernetes"), st.sampled_from(_written()))
    return made.filter(bool)  # type: ignore[return-value]


def losses() -> st.SearchStrategy[Loss]:
    """Draw one thing that was lost."""
    return _one(conversions().map(lambda conversion: conversion.losses))


def _respelled() -> st.SearchStrategy[str]:
    names = st.lists(cap_names(), min_size=1, max_size=3, unique=True)
    return names.map(lambda names: compose({"web": Request(names)}))


def fixes() -> st.SearchStrategy[Fix]:
    """Draw documents in which names are written as every target takes them; in some nothing has to change."""
    return _respelled().map(library.fix)


def edits() -> st.SearchStrategy[Edit]:
    """Draw one such change."""
    return _one(fixes().map(lambda fixed: fixed.edits))


def dialects() -> st.SearchStrategy[Dialect]:
    """Draw dialects."""
    return st.sampled_from(list(DIALECTS.values()))


def document_rules() -> st.SearchStrategy[Rule]:
    """Draw the rules that findings and losses name."""
    return st.sampled_from([RULES[id] for id in RULES])


def examples() -> st.SearchStrategy[Example]:
    """Draw the documents that stand beside these rules, of which each tells."""
    return document_rules().map(lambda rule: rule.example)
