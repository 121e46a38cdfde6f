"""Findings as code hosts take them: SARIF, the commands of a GitHub workflow, GitLab's Code Quality."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import join, normpath
from urllib.parse import quote

from attrs import evolve

from capset.documents.finding import Finding
from capset.documents.rules import RULES
from capset.printable import encoded, message, printable

__all__ = ["github", "gitlab", "sarif", "seen_from"]

_MAN_PAGE = "https://man7.org/linux/man-pages/man7/capabilities.7.html"
# Where what reads a dialect tells how it does; of all others, the kernel's own page.
_PAGES = {
    "compose": "https://docs.docker.com/reference/compose-file/services/",
    "docker": "https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities",
    "kubernetes": "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    "oci": "https://github.com/opencontainers/runtime-spec/blob/main/config.md",
    "systemd": "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html",
}
_POD_SECURITY = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"


def seen_from(folder: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings with the paths of files below a folder as they are seen from there, and others from the top."""
    inside = f"{folder.rstrip('/')}/"
    for each in findings:
        if not folder or each.file in {"", "-"}:
            yield each
        else:
            yield evolve(each, file=normpath(join(inside, each.file)).removeprefix(inside))


def sarif(findings: Iterable[Finding]) -> dict[str, object]:
    """Return findings as SARIF 2.1.0."""
    found = list(findings)
    ids = sorted({finding.rule for finding in found})
    places = {rule: at for at, rule in enumerate(ids)}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "capset", "rules": [_rule(id) for id in ids]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, places[finding.rule]) for finding in found],
            }
        ],
    }


def _rule(id: str) -> dict[str, object]:
    rule = RULES[id]
    page = _POD_SECURITY if id.startswith("pod-security") else _PAGES.get(rule.example.dialect, _MAN_PAGE)
    return {
        "id": id,
        "shortDescription": {"text": rule.meaning},
        "fullDescription": {"text": f"{rule.meaning} {rule.remedy}"},
        "help": {"text": rule.remedy},
        "helpUri": page,
        "defaultConfiguration": {"level": rule.level},
    }


def _result(finding: Finding, at: int) -> dict[str, object]:
    region: dict[str, object] = {"startLine": finding.line}
    if finding.column is not None:
        region["startColumn"] = finding.column
    location: dict[str, object] = {
        "physicalLocation": {"artifactLocation": {"uri": _uri(finding.file)}, "region": region}
    }
    if finding.place:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(finding.place)}]
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": at,
        "level": finding.level,
        "message": {"text": finding.told},
        "locations": [location],
        "partialFingerprints": {"capset/v1": _print(finding)},
    }
    if finding.silence is not None:
        kind = "inSource" if finding.silence.inside else "external"
        result["suppressions"] = [{"kind": kind, "justification": printable(finding.silence.reason)}]
    return result


def _uri(file: str) -> str:
    """Write a path as a URI has it: one from the top with its scheme, as a viewer takes others from where it likes."""
    return "file://" * file.startswith("/") + quote(encoded(file), safe="/") or "stdin"


def github(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield a command of a workflow for each finding that is not silenced.

    Source:
        GitHub, *Workflow commands for GitHub Actions*; actions/toolkit ``packages/core/src/command.ts`` for the
        escapes.
    """
    for each in findings:
        if each.silence is None:
            level = "notice" if each.level == "note" else each.level
            given: dict[str, object] = {
                "file": each.file or "-",
                "line": each.line,
                "col": each.column,
                "title": each.rule,
            }
            about = ",".join(f"{name}={_property(str(value))}" for name, value in given.items() if value is not None)
            yield f"::{level} {about}::{_data(each.told)}"


_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = {**_DATA, **str.maketrans({":": "%3A", ",": "%2C"})}


def _data(text: str) -> str:
    return message(text).translate(_DATA)


def _property(text: str) -> str:
    return message(text).translate(_PROPERTY)


_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def gitlab(findings: Iterable[Finding]) -> list[dict[str, object]]:
    """Return a report of GitLab's Code Quality, of the findings that are not silenced.

    Source:
        GitLab, *Code Quality*, "Code Quality report format".
    """
    seen: dict[str, int] = {}
    found: list[dict[str, object]] = []
    for each in findings:
        if each.silence is not None:
            continue
        fingerprint = _print(each)
        seen[fingerprint] = again = seen.get(fingerprint, -1) + 1  # of two that are alike GitLab would show one
        found.append(
            {
                "description": each.told,
                "check_name": each.rule,
                "fingerprint": f"{fingerprint}-{again}" if again else fingerprint,
                "severity": _SEVERITIES[each.level],
                "location": {"path": printable(each.file).removeprefix("./") or "-", "lines": {"begin": each.line}},
            }
        )
    return found


def _print(finding: Finding) -> str:
    """Return what tells a finding from others, also after lines were added above it."""
    from hashlib import sha256

    parts = (finding.file, finding.rule, finding.workload, finding.place, finding.value, finding.message)
    return sha256(encoded("\0".join(parts))).hexdigest()[:32]
