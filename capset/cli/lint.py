"""``capset lint``: what documents ask for, what comes of it, and what their targets do not take."""

from __future__ import annotations

from collections.abc import Callable

import click

from capset import documents
from capset.cli.group import json_option
from capset.cli.inputs import read_bytes
from capset.cli.operands import engine_named
from capset.cli.output import Failure, say, say_json, warn
from capset.cli.progress import progress
from capset.cli.reading import read_document
from capset.cli.tables import prose, say_risks, table, word
from capset.display.judging import marked
from capset.documents import Outcome, Report, Workload
from capset.errors import CapsetError
from capset.printable import printable

__all__ = ["lint"]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--engine", metavar="ENGINE[@VERSION][:FILE]", help="What runs the containers: docker, or containerd for pods."
)
@click.option(
    "--policy", metavar="POLICY", help="Check pods too by baseline, restricted@1.25, or an SCC: scc:restricted-v2."
)
@click.option("--systemd", metavar="RELEASE", help="The release of systemd, by default the newest.")
@click.option("--merge", is_flag=True, help="Read compose files as one, as docker compose -f FILE -f FILE does.")
@click.option("--sarif", is_flag=True, help="Write SARIF 2.1.0, for code hosts and editors.")
@json_option
def lint(
    files: tuple[str, ...],
    engine: str | None,
    policy: str | None,
    systemd: str | None,
    merge: bool,
    sarif: bool,
    as_json: bool,
) -> None:
    """Say what the containers or the units in FILE get, and what in it is refused or ignored.

    FILE is a compose file, a pod or what makes pods, a systemd unit, or anything else that convert reads; - is standard
    input.

    Exit status: 0 nothing to tell, 1 problems or findings, 2 an error, also where one of several files is unreadable.
    """
    if sarif and as_json:
        raise Failure("--json and --sarif are two forms: give one of them")
    with progress() as report_on:
        workloads = _merged(files) if merge else _read(files, report_on)
    chosen = None if engine is None else engine_named(engine, tell=False)  # the report does
    report = documents.lint(workloads, engine=chosen, policy=policy, systemd=systemd)
    for note in (str(finding) for finding in report if finding.verdict == "note"):
        warn(note)
    for file in sorted({*files} - {outcome.workload.source for outcome in report.outcomes} if not merge else ()):
        warn(f"{printable(file)}: there is no container in it")
    if sarif or as_json:
        say_json(report.to_sarif() if sarif else report.by_workload())
    else:
        _say(report, several=len(files) > 1)
    unread = any(not workload.dialect for workload in workloads)
    click.get_current_context().exit(2 if unread else int(bool(report.faults)))


def _merged(files: tuple[str, ...]) -> list[Workload]:
    try:
        return documents.merge({file: read_bytes(file) for file in files})
    except CapsetError as error:
        raise Failure(str(error)) from error


def _read(files: tuple[str, ...], report_on: Callable[[str], None]) -> list[Workload]:
    """Read files; one of several that cannot be read hides no other, and one may extend another."""
    found: list[Workload] = []
    texts: dict[str, bytes] = {}
    failed: dict[str, Failure | OSError] = {}
    for file in dict.fromkeys(files):
        try:
            texts[file] = read_bytes(file)
        except CapsetError as error:
            failed[file] = Failure(str(error))
            failed[file].__cause__ = error
        except (Failure, OSError) as error:
            failed[file] = error
    for file in files:
        report_on(printable(file))
        try:
            if file in failed:
                raise failed[file]
            found += read_document(file, beside=texts)
        except (Failure, OSError) as error:
            if len(files) == 1:
                raise
            found.append(documents.unread(error.__cause__ or str(getattr(error, "strerror", "") or error), file))
    return found


def _say(report: Report, *, several: bool) -> None:
    def said(file: str, *parts: str) -> str:
        return printable(", ".join(filter(None, ((file if several else ""), *parts))))

    gets = [[said(each.workload.source, each.workload.label), *_gets(each)] for each in report.outcomes]
    if gets:
        table([word("what"), word("user"), prose("effective"), prose("bounding")], gets)
    if any(outcome.gets and outcome.workload.request and not outcome.user for outcome in report.outcomes):
        say("Where no user is said, it is the image's; what is shown is for root.")
    say_risks(*filter(None, (each.said(name) for each in report.outcomes for name in ("effective", "bounding"))))
    faults = [each for each in report.faults if each.verdict != "forbidden"]
    told = [
        [said(each.file, each.workload * bool(each.place), each.where), each.verdict, printable(each.message)]
        for each in faults
    ]
    broken = [each for each in report if each.verdict == "forbidden"]
    by_policy = [
        [said(each.file, each.workload), *map(printable, (each.place, each.message, each.effect))] for each in broken
    ]
    of_policy = [word("container"), word("field"), prose("policy"), prose("effect")]
    for columns, rows in (([word("where"), word("verdict"), prose("why")], told), (of_policy, by_policy)):
        if rows:
            say()
            table(columns, rows)


def _gets(outcome: Outcome) -> list[str]:
    sets = [outcome.said(name) for name in ("effective", "bounding")]
    shown = ["not said" if caps is None else marked(caps) for caps in sets]
    nothing = ["", printable(str(outcome))]
    return [printable(outcome.user) or "not said", *(nothing if outcome.gets is None else shown)]
