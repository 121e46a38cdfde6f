"""``capset lint``: what documents ask for, what comes of it, and what their targets do not take."""

from __future__ import annotations

import click

from capset import documents
from capset.cli.group import capset, json_option
from capset.cli.output import prose, say, say_json, table, warn, word
from capset.cli.reading import engine_or_none, read_document
from capset.documents import Outcome, Report
from capset.printable import printable
from capset.summary import summary

__all__ = ["lint"]


@capset.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--engine",
    metavar="ENGINE[@VERSION]",
    help="What runs the containers: by default docker for compose, containerd for pods.",
)
@click.option(
    "--policy",
    metavar="LEVEL[@VERSION]",
    help="Check pods against the Pod Security Standards too: baseline or restricted, or such as restricted@1.25.",
)
@click.option("--systemd", type=int, metavar="RELEASE", help="The release of systemd, by default the newest.")
@click.option("--sarif", is_flag=True, help="Write SARIF 2.1.0, for code hosts and editors.")
@json_option
def lint(
    files: tuple[str, ...], engine: str | None, policy: str | None, systemd: int | None, sarif: bool, as_json: bool
) -> None:
    """Say what the containers or the units in FILE get, and what in it is refused or ignored.

    FILE is a compose file, a pod or what makes pods, a systemd unit, or anything else that convert reads; - is standard
    input.

    Exit status: 0 nothing to tell, 1 problems or findings, 2 an error.
    """
    workloads = [each for file in files for each in read_document(file)]
    report = documents.lint(workloads, engine=engine_or_none(engine), policy=policy, systemd=systemd)
    for note in (finding for finding in report if finding.verdict == "note"):
        warn(str(note))
    for file in files:
        if all(outcome.workload.source != file for outcome in report.outcomes):
            warn(f"{printable(file)}: there is no container in it")
    if sarif:
        say_json(report.to_sarif())
    elif as_json:
        say_json(report.by_workload())
    else:
        _say(report, several=len(files) > 1)
    click.get_current_context().exit(int(bool(report.faults)))


def _say(report: Report, *, several: bool) -> None:
    def said(file: str, *parts: str) -> str:
        return printable(", ".join(filter(None, ((file if several else ""), *parts))))

    gets = [_row(said(outcome.workload.source, outcome.workload.label), outcome) for outcome in report.outcomes]
    if gets:
        table([word("what"), word("user"), prose("effective"), prose("bounding")], gets)
    if any(outcome.gets and outcome.workload.request and not outcome.workload.user for outcome in report.outcomes):
        say("Where no user is said, it is the image's; what is shown is for root.")
    rows = [
        [said(each.file, each.where), each.verdict, printable(each.message)]
        for each in report.faults
        if each.verdict != "forbidden"
    ]
    if rows:
        say()
        table([word("where"), word("verdict"), prose("why")], rows)
    rows = [
        [said(each.file, each.workload), *map(printable, (each.place, each.message, each.effect))]
        for each in report
        if each.verdict == "forbidden"
    ]
    if rows:
        say()
        table([word("container"), word("field"), prose("policy"), prose("effect")], rows)


def _row(what: str, outcome: Outcome) -> list[str]:
    user, gets = printable(outcome.workload.user) or "not said", outcome.gets
    if gets is None:
        return [what, user, "", printable(str(outcome))]
    return [what, user, summary(gets.effective), summary(gets.bounding)]
