"""Report: what lint finds, and what each workload really gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import SupportsIndex, overload

from attrs import frozen

from capset.documents import hosts
from capset.documents.finding import Finding
from capset.documents.workload import Workload
from capset.errors import require
from capset.listed import Listed
from capset.plain import Plain
from capset.printable import message, printable
from capset.sets import THREAD_SETS, CapSet
from capset.shown import Tabular
from capset.state import CapState

__all__ = ["Outcome", "Report"]


@frozen(kw_only=True)
class Outcome(Plain):
    """What one workload really gets.

    Attributes:
        workload: The workload.
        gets: The sets of its first process, after an execve(2) of an ordinary program; None where there are none, or
            where they are not known.
        reason: Why there are none, or why they are not known; empty where there are sets.
        known: Whether it is known what it gets: ``gets``, or nothing at all.
        user: As whom it runs: as of the workload, unless a policy changes that; empty where nobody says.
        assumed: What is taken for granted of the user where nobody says, in words.

    Of a set for which the dialect has no place, :meth:`said` gives None; what ``gets`` has is made of the others then.
    """

    workload: Workload
    gets: CapState | None
    reason: str = ""
    known: bool = True
    user: str = ""
    assumed: str = ""

    def said(self, name: str) -> CapSet | None:
        """Return one of the sets; None where there are none, or where the dialect says nothing of this one.

        Args:
            name: Its name, such as ``"bounding"``.

        Examples:
            >>> from capset import documents
            >>> [outcome] = documents.lint(documents.read("!cap_sys_admin")).outcomes
            >>> print(outcome.said("effective"))
            None
        """
        said: CapSet | None = getattr(self.gets, name) if self.gets is not None and name in self.workload.says else None
        return said

    def __str__(self) -> str:
        if self.gets is not None:
            lacking = "".join(f"\n{name}: not said" for name in THREAD_SETS if name not in self.workload.says)
            lines = str(self.gets).splitlines()
            return "\n".join(line for line in lines if line.partition(":")[0] in self.workload.says) + lacking
        return f"{'nothing' if self.known else 'not known'}: {self.reason}"


class Report(Listed[Finding], Tabular):
    """What lint finds: a list of findings, with what each workload gets.

    Its text has a line for each finding that is not silenced, ``file:line:column: rule: message``, as compilers write
    theirs. Made by :func:`~capset.documents.lint`. Each finding is a row of ``to_records()``, with its attributes.

    Attributes:
        outcomes: What each container or unit gets, in the order of the documents.
    """

    __slots__ = ("_subjects", "outcomes")

    def __init__(
        self,
        findings: Iterable[Finding] = (),
        outcomes: Iterable[Outcome] = (),
        *,
        subjects: Iterable[tuple[Outcome, tuple[Finding, ...]]] = (),
    ) -> None:
        super().__init__(findings)
        self.outcomes: tuple[Outcome, ...] = tuple(outcomes)
        self._subjects = tuple(subjects)  # each part of the documents, and what is told of it

    @overload
    def __getitem__(self, at: SupportsIndex) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> Report: ...
    def __getitem__(self, at: SupportsIndex | slice) -> Finding | Report:
        found = list(self)[at]
        if not isinstance(found, list):
            return found
        kept = set(found)
        subjects = ((part, tuple(each for each in told if each in kept)) for part, told in self._subjects)
        return Report(found, self.outcomes, subjects=subjects)

    @property
    def faults(self) -> list[Finding]:
        """The findings that count: without the notes, which tell of nothing wrong, and without what is silenced."""
        return [finding for finding in self if finding.verdict != "note" and finding.silence is None]

    @property
    def silenced(self) -> list[Finding]:
        """The findings that somebody has silenced, with a reason."""
        return [finding for finding in self if finding.silence is not None]

    def of(self, workload: Workload) -> list[Finding]:
        """Return the findings about one workload."""
        require(workload, Workload, "a workload, such as report.outcomes[0].workload")
        return [finding for part, told in self._subjects if part.workload == workload for finding in told]

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self if finding.silence is None)

    def by_workload(self) -> list[dict[str, object]]:
        """Return what each workload gets, and what there is to tell of it, in values that JSON has.

        That is what ``capset lint --json`` writes. Masks are texts there, as JavaScript's numbers have 53 bits. A part
        that was passed over, as it asks for nothing, is there too, with its note in ``problems``.
        """
        return [_plain(outcome, told) for outcome, told in self._subjects]

    def to_sarif(self, *, folder: str = "") -> dict[str, object]:
        """Return the findings as SARIF 2.1.0, which code hosts and editors show beside the lines.

        Args:
            folder: The path of the folder in which the command runs, usually the top of a repository: the files below
                it are named as they are seen from there. Without it, they are as they were given.

        Source:
            OASIS, *Static Analysis Results Interchange Format (SARIF) Version 2.1.0*.
        """
        return hosts.sarif(hosts.seen_from(folder, self))

    def to_github(self, *, folder: str = "") -> str:
        """Return the findings as commands of a workflow, which GitHub shows beside the lines of a change.

        Args:
            folder: As of :meth:`to_sarif`.

        Examples:
            >>> from capset import documents
            >>> report = documents.lint(documents.read("docker run --cap-add X web", name="a.sh"))
            >>> print(report.to_github())
            ::error file=a.sh,line=1,col=22,title=unknown-capability::Docker knows no capability 'X'...
        """
        return "\n".join(hosts.github(hosts.seen_from(folder, self)))

    def to_gitlab(self, *, folder: str = "") -> list[dict[str, object]]:
        """Return the findings as a report of GitLab's Code Quality, which a merge request shows.

        Args:
            folder: As of :meth:`to_sarif`.
        """
        return hosts.gitlab(hosts.seen_from(folder, self))


def _plain(outcome: Outcome, findings: Iterable[Finding]) -> dict[str, object]:
    workload, sets = outcome.workload, {name: outcome.said(name) for name in ("effective", "bounding")}
    nothing = message(str(outcome)) if outcome.gets is None and outcome.reason else None
    return {
        "file": printable(workload.source),
        "name": printable(workload.label),
        "dialect": workload.dialect,
        "user": printable(outcome.user),
        "assumed": outcome.assumed,
        **{name: None if caps is None else caps.as_dict() for name, caps in sets.items()},
        "refused": nothing if outcome.known else None,
        "not_known": None if outcome.known else nothing,
        "problems": [_told(each, "place", "verdict") for each in findings if each.verdict != "forbidden"],
        "findings": [_told(each, "field", "effect") for each in findings if each.verdict == "forbidden"],
    }


def _told(finding: Finding, place: str, other: str) -> dict[str, object]:
    quoted = {"message": message(finding.message), other: message(getattr(finding, other))}
    texts = {"rule": finding.rule, place: finding.place, "value": finding.value}
    silence = finding.silence
    silenced = None if silence is None else {"reason": printable(silence.reason), "where": printable(silence.where)}
    told = {name: printable(text) for name, text in texts.items()} | quoted
    where = {"file": printable(finding.file), "line": finding.line, "column": finding.column}
    return {**where, **told, "silenced": silenced}
