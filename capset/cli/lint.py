"""``capset lint``: what documents ask for, what comes of it, and what their targets do not take."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable

import click

from capset import documents
from capset.cli.fixing import fix_all
from capset.cli.folders import Found, merge_all, read_all
from capset.cli.group import json_option
from capset.cli.inputs import read_bytes, read_trace, slashed
from capset.cli.operands import engine_named
from capset.cli.output import Failure, say, say_json, warn
from capset.cli.progress import progress
from capset.cli.tables import prose, say_risks, table, word
from capset.cli.terminal import is_watched
from capset.display.judging import marked
from capset.documents import Outcome, Report, Settings
from capset.printable import message, printable

__all__ = ["lint"]

FORMATS = ("table", "text", "json", "sarif", "github", "gitlab")


def _rules(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(rule for each in value for part in each.split(",") if (rule := part.strip()))


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--engine", metavar="ENGINE[@VERSION][:FILE]", help="What runs the containers: docker, or containerd for pods."
)
@click.option(
    "--policy",
    metavar="POLICY",
    help="Check pods by what baseline, restricted@1.25 or an SCC such as scc:restricted-v2 says of capabilities.",
)
@click.option("--systemd", metavar="RELEASE", help="The release of systemd, by default the newest.")
@click.option("--used", metavar="TRACE", help="Tell what is granted and was not seen in a trace, and what is missing.")
@click.option(
    "--from",
    "dialect",
    type=click.Choice([*documents.DIALECTS]),
    metavar="DIALECT",
    help="How each FILE is written, if it is not recognised.",
)
@click.option("--merge", is_flag=True, help="Read compose files as one, as docker compose -f FILE -f FILE does.")
@click.option(
    "--select", metavar="RULE", multiple=True, callback=_rules, help="Report this rule alone; several with commas."
)
@click.option("--ignore", metavar="RULE", multiple=True, callback=_rules, help="Do not report this rule; likewise.")
@click.option("--exclude", metavar="PATTERN", multiple=True, help="Skip such files of a folder: 'charts/*'.")
@click.option("--pass-over", is_flag=True, help="Skip a FILE that is no document, as in a folder.")
@click.option(
    "--config", metavar="FILE", help="The configuration, by default the capset.toml or pyproject.toml nearest."
)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="How to write: on a terminal as a table, elsewhere as text."
)
@json_option
@click.option("--diff", "only_diff", is_flag=True, help="Only show what --fix would change; exit status 1 if anything.")
@click.option("--fix", is_flag=True, help="Write names as every target takes them: NET_ADMIN, not cap_net_admin.")
def lint(
    files: tuple[str, ...],
    engine: str | None,
    policy: str | None,
    systemd: str | None,
    used: str | None,
    dialect: str | None,
    merge: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    pass_over: bool,
    config: str | None,
    form: str | None,
    as_json: bool,
    only_diff: bool,
    fix: bool,
) -> None:
    """Say what the containers or the units in FILE get, and what in it is refused or ignored.

    FILE is a compose file, a pod or what makes pods, a systemd unit, or anything else that convert reads; - is standard
    input; of a folder, all documents in it. On a terminal a table shows what each gets; elsewhere there is a line for
    each finding, FILE:LINE:COLUMN: RULE: MESSAGE, and nothing where there is none. Notes, which are no findings, go to
    standard error.

    Exit status: 0 no findings, 1 findings, 2 an error, also where one of several files is unreadable.
    """
    if only_diff and fix:
        raise Failure("--diff only shows what --fix would change: give one of them")
    if as_json and form not in {None, "json"}:
        raise Failure(f"--json and --format {form} are two forms: give one of them")
    form = "json" if as_json else form or ("table" if is_watched(sys.stdout) else "text")
    settings, folder = _settings(config)
    if config is None:  # nobody has named it
        for told, rules in (("told alone", settings.select), ("not told", settings.ignore)):
            if rules:
                warn(f"{printable(settings.name)}: {told}: {', '.join(rules)}")
    files = tuple(map(slashed, files))

    def seen_from_there(path: str) -> str:
        return slashed(os.path.relpath(path, folder))

    patterns = Settings(exclude=exclude)

    def excluded(path: str) -> bool:
        return settings.excludes(seen_from_there(path)) or patterns.excludes(slashed(os.path.normpath(path)))

    def read() -> Found:
        with progress() as report_on:
            if merge:
                return merge_all(files)
            return read_all(files, excluded, dialect=dialect, pass_over=pass_over, report_on=report_on)

    found = read()
    if only_diff or fix:
        changed = fix_all(found.workloads, write=fix, dialect="compose" if merge else None)
        if not changed and not found.unread:
            warn("there is nothing to fix")
        if not fix:
            for workload in found.workloads:
                if not workload.dialect:
                    warn(f"{printable(workload.source)}: {workload.problems[0].message}")
            click.get_current_context().exit(2 if found.unread else int(changed))
        found = read()
    sources = {source for workload in found.workloads for source in (workload.source, *workload._texts)}
    report = documents.lint(
        found.workloads,
        engine=None if engine is None else engine_named(engine, tell=False),  # the report does
        policy=policy,
        systemd=systemd,
        used=None if used is None else read_trace(used),
        select=select or settings.select,
        ignore=(*settings.ignore, *ignore),
        silences={source: settings.of(seen_from_there(source)) for source in sources - {"-"}},
    )
    if policy is not None and any(workload._pod is not None for workload in found.workloads):
        warn(f"of {policy}, the rule about capabilities is checked, and no other")
    _tell(report, set() if merge else found.named - found.inside, found.inside, found.skipped)
    _write(report, form, several=len(found.named) > 1 or bool(found.inside))
    click.get_current_context().exit(2 if found.unread else int(bool(report.faults)))


def _settings(config: str | None) -> tuple[Settings, str]:
    """Read the configuration, and say in which folder it is."""
    if config is not None:
        found = Settings.read(read_bytes(config), config)
        if found is None:
            raise Failure(f"{printable(config)}: it has no [tool.capset.lint]")
        return found, os.path.dirname(os.path.abspath(config))
    here = os.getcwd()
    while True:
        for name in ("capset.toml", "pyproject.toml"):
            path = os.path.join(here, name)
            if os.path.isfile(path) and (found := Settings.read(read_bytes(path), os.path.relpath(path))) is not None:
                return found, here
        if (above := os.path.dirname(here)) == here:
            return Settings(), os.getcwd()
        here = above


def _tell(report: Report, named: set[str], inside: set[str], skipped: Counter[str]) -> None:
    """Tell on standard error what there is besides the findings."""
    of_others = 0
    for note in report:
        if note.verdict == "note" and note.silence is None:
            if note.rule == "passed-over" and note.file in inside:
                of_others += 1
            else:
                warn(str(note))
    for file in sorted(each for each in named if each == "-" or not os.path.isdir(each)):
        if file not in {outcome.workload.source for outcome in report.outcomes}:
            warn(f"{printable(file)}: there is no container in it")
    for what, (one, several) in _SKIPPED.items():
        if count := skipped[what]:
            warn(f"{count} {one if count == 1 else several}")
    if of_others:
        warn(
            "1 document has no container in it"
            if of_others == 1
            else f"{of_others} documents have no container in them"
        )
    if count := len(report.silenced):
        warn(f"{count} finding{' is' if count == 1 else 's are'} silenced")


_SKIPPED = {
    "other": ("file is no document that capset reads", "files are no document that capset reads"),
    "versions": ("folder of version control is not entered", "folders of version control are not entered"),
    "link": ("symbolic link is not followed", "symbolic links are not followed"),
    "excluded": ("file or folder is excluded", "files or folders are excluded"),
}


def _write(report: Report, form: str, *, several: bool) -> None:
    if form == "table":
        _say(report, several=several)
    elif form == "text":
        for finding in report.faults:
            say(str(finding))
    elif form == "github":
        if commands := report.to_github(folder=os.getcwd()):
            say(commands)
    else:
        write = {"sarif": report.to_sarif, "gitlab": report.to_gitlab}.get(form)
        say_json(report.by_workload() if write is None else write(folder=os.getcwd()))


def _say(report: Report, *, several: bool) -> None:
    def said(file: str, *parts: str) -> str:
        return printable(", ".join(filter(None, ((file if several else ""), *parts))))

    names = [name for name in _SHOWN if name != "permitted" or any(map(_says_permitted_alone, report.outcomes))]
    gets = [[said(each.workload.source, each.workload.label), *_gets(each, names)] for each in report.outcomes]
    if gets:
        table([word("what"), word("user"), *map(prose, names)], gets)
    if any(outcome.assumed for outcome in report.outcomes):
        say("Where no user is said, it is the image's; what is shown is for root.")
    say_risks(*filter(None, (each.said(name) for each in report.outcomes for name in names)))
    faults = [each for each in report.faults if each.verdict != "forbidden"]
    told = [
        [said(each.file, each.workload * bool(each.place), each.where), each.verdict, message(each.message)]
        for each in faults
    ]
    broken = [each for each in report.faults if each.verdict == "forbidden"]
    by_policy = [
        [said(each.file, each.workload), printable(each.place), message(each.message), message(each.effect)]
        for each in broken
    ]
    of_policy = [word("container"), word("field"), prose("policy"), prose("effect")]
    for columns, rows in (([word("where"), word("verdict"), prose("why")], told), (of_policy, by_policy)):
        if rows:
            say()
            table(columns, rows)


_SHOWN = ("permitted", "effective", "bounding")


def _says_permitted_alone(outcome: Outcome) -> bool:
    return outcome.gets is not None and outcome.said("effective") is None and outcome.said("permitted") is not None


def _gets(outcome: Outcome, names: Iterable[str]) -> list[str]:
    sets = [outcome.said(name) for name in names]
    shown = ["not said" if caps is None else marked(caps) for caps in sets]
    nothing = [message(str(outcome)), *[""] * (len(sets) - 1)]
    return [printable(outcome.user) or "not said", *(nothing if outcome.gets is None else shown)]
