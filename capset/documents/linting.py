"""Lint: what documents ask for, what comes of it, and what their targets do not take."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, get_args

from attrs import evolve

from capset import engines
from capset.documents import meaning
from capset.documents.columns import column, lines_of
from capset.documents.dialects import DIALECTS
from capset.documents.finding import Finding, Verdict
from capset.documents.report import Outcome, Report
from capset.documents.rules import RULES
from capset.documents.silencing import Entry, Silences
from capset.documents.workload import Workload, listed
from capset.engines import Engine, Request
from capset.errors import FormatError, RequestError, UnreachableError, require, shown
from capset.policy.constraints import scc_rule
from capset.policy.rule import NOT_ROOT, Rule, who
from capset.policy.standards import Level, pod_rule
from capset.sets import CapSet
from capset.summary import summary

if TYPE_CHECKING:
    from capset.observed import Advice, Use

__all__ = ["lint"]


def lint(
    workloads: Iterable[Workload] | Workload,
    *,
    engine: Engine | None = None,
    policy: str | None = None,
    systemd: int | str | None = None,
    used: Use | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    silences: Mapping[str, Iterable[Entry]] | None = None,
) -> Report:
    """Say what workloads get, and what in their documents is refused, ignored, or not allowed.

    Args:
        workloads: What :func:`~capset.documents.read` gives, of one document or of several.
        engine: What runs the containers: by default Docker for Compose and Docker's own, containerd for pods.
        policy: Check pods against the rule about capabilities in the Pod Security Standards too: ``"baseline"`` or
            ``"restricted"``, with a version as in ``"restricted@1.25"``; or against a security context constraint of
            OpenShift, as in ``"scc:restricted-v2"``.
        systemd: The release of systemd that reads the units, such as 252 or ``"252.39-1~deb12u1"``; the newest that was
            read if not given.
        used: What a tracer saw of what all of the workloads do: what they grant beyond it is told, and what they lack.
        select: The rules that alone are told; all if none is given.
        ignore: The rules that are not told.
        silences: What a configuration silences, by the name of the document: what
            :meth:`Settings.of() <capset.documents.Settings.of>` returns.

    Returns:
        The findings in the order of the workloads, and what each of these gets. A comment in the document such as
        ``# capset: ignore[needs-root] the entry point has file capabilities`` silences what that rule finds on its own
        line or, where it stands alone, on the next one: the finding is there all the same, with its ``silence``. That a
        document cannot be read is always told.

    Raises:
        FormatError: There is no such policy, or no such release.
        UnknownVersionError: There is no such version of the policy.
        UnknownRuleError: There is no such rule.
        ArgumentError: There is no such security context constraint.
        TypeError: *engine* is none, or *workloads* holds something else.

    Examples:
        >>> from capset import documents
        >>> report = documents.lint(documents.read("docker run --cap-add NET_RAWW web", name="run.sh"))
        >>> print(report)
        run.sh:1:22: unknown-capability: Docker knows no capability 'NET_RAWW': did you mean NET_RAW?
        >>> print(report.outcomes[0])
        nothing: Docker knows no capability 'NET_RAWW': did you mean NET_RAW?
    """
    if engine is not None and not isinstance(engine, Engine):
        raise TypeError(f"engine is an Engine, as engines.get() gives it, got {shown(engine)}")
    require(policy, str | None, 'a policy as str, such as "restricted@1.25"')
    require(systemd, int | str | None, "systemd, the release that reads the units, such as 252")
    wanted, rule = _wanted(select, ignore), _rule(policy)
    advice = None if used is None else _advice(used)
    subjects = [_as_read_by(each, engine, systemd) for each in listed(workloads)]
    notes = _of_arguments(subjects, engine, policy, systemd, used)
    parts: list[tuple[Outcome, tuple[Finding, ...]]] = []
    for workload in subjects:
        applies = rule if workload._pod is not None else None
        usual = _usual(workload) if applies is None else applies.runtime
        runtime = engine or engines.get(usual or "docker")
        admitted = _admitted(workload, applies)
        outcome = _outcome(admitted, runtime)
        outcome = evolve(outcome, workload=workload, user=admitted.user, assumed=_assumed(outcome, admitted))
        judged = (*_judged(outcome, admitted.request, runtime), *_by_policy(workload, applies, runtime))
        if used is not None and advice is not None:
            judged = (*judged, *_by_use(outcome, used, advice, runtime))
        parts.append((outcome, (*_told(workload, applies), *judged, *notes.pop(workload.source, ()))))
    parts = _silenced(
        [
            (part, tuple(each for each in told if not part.workload.dialect or wanted(each.rule)))
            for part, told in parts
        ],
        silences or {},
        lambda rule: (
            wanted(rule)
            and (policy is not None or not RULES[rule].example.policy)
            and (used is not None or not RULES[rule].example.used)
        ),
    )
    findings = dict.fromkeys(finding for _, told in parts for finding in told)  # a pod's own are in each container's
    return Report(findings, (outcome for outcome, _ in parts if outcome.gets or outcome.reason), subjects=parts)


def _wanted(select: Iterable[str], ignore: Iterable[str]) -> Callable[[str], bool]:
    """Return what says of a rule whether it is to be told."""
    chosen, left = (_rules(given, name) for given, name in ((select, "select"), (ignore, "ignore")))
    return lambda rule: (not chosen or rule in chosen) and rule not in left


def _rules(given: Iterable[str], name: str) -> frozenset[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{name} is a list of rules, such as ['needs-root'], got {shown(given)}")
    return frozenset(RULES[id].id for id in given)


Parts = list[tuple[Outcome, tuple[Finding, ...]]]


def _silenced(parts: Parts, silences: Mapping[str, Iterable[Entry]], asked: Callable[[str], bool]) -> Parts:
    """Say of each finding where it stands and whether it is silenced, and tell of comments that silence nothing."""
    entries = {source: [*given] for source, given in silences.items()}
    documents: dict[tuple[str, str], Silences] = {}

    def of(workload: Workload, file: str) -> Silences:
        document = file, workload._texts.get(file, "")
        if document not in documents:
            dialect = DIALECTS.get(workload._written_in) if workload.dialect else None
            documents[document] = Silences(*document, dialect, entries.get(file, ()))
        return documents[document]

    done: Parts = []
    for part, told in parts:
        by_file = {file: of(part.workload, file) for file in {each.file for each in told}}
        found = (by_file[each.file].of(_placed(each, by_file[each.file].text)) for each in told)
        done.append((part, tuple(found)))
    judged: set[Silences] = set()
    for at, (part, told) in enumerate(done):  # what is to be told of comments is told with the first part of a document
        if (document := of(part.workload, part.workload.source)) not in judged:
            judged.add(document)
            done[at] = part, (*told, *document.judged(asked))
    return done


def _placed(finding: Finding, text: str) -> Finding:
    """Say of a finding in which column it is, as far as that is known."""
    at = column(lines_of(text), finding.line, finding.value, finding.place)
    return finding if at is None else evolve(finding, column=at)


def _as_read_by(workload: Workload, engine: Engine | None, release: int | str | None) -> Workload:
    workload = workload if engine is None else workload.for_engine(engine)
    again = DIALECTS[workload.dialect]._again if workload.dialect else None
    return workload if again is None or release is None else workload.as_read_again(again(workload, release))


def _usual(workload: Workload) -> str:
    """Return the name of the engine that answers for a workload; empty where there is none."""
    return workload._engine or (DIALECTS[workload.dialect].engine if workload.dialect else "")


def _rule(policy: str | None) -> Rule | None:
    if policy is None:
        return None
    kind, colon, name = policy.partition(":")
    if colon and kind == "scc":
        return scc_rule(name)
    level, at, version = policy.partition("@")
    if level not in get_args(Level):
        raise FormatError(
            "policy", policy, f"{' or '.join(get_args(Level))}, or such as restricted@1.25 or scc:restricted-v2"
        )
    return pod_rule(level, version if at else "latest")


def _admitted(workload: Workload, rule: Rule | None) -> Workload:
    """Return what admission makes of a pod's container; one that starts only as another user than root is another's."""
    if (request := workload.request) is None:
        return workload
    if rule is not None:
        request = rule.admitted(request)
    if request.user.partition(":")[0] == "" and any(each.rule == "image-user" for each in workload.problems):
        request = evolve(request, user=f"{NOT_ROOT}{request.user}")
    return evolve(workload, request=request)


def _assumed(outcome: Outcome, workload: Workload) -> str:
    """Say what is taken for granted of the user."""
    if outcome.gets is None or workload.request is None or workload.user.partition(":")[0]:
        return ""
    return "nothing names the user, so it is the image's, which is taken for root"


def _told(workload: Workload, rule: Rule | None) -> Iterator[Finding]:
    """List what the document says and its target does not take, as far as admission under a policy leaves that open."""
    for problem in workload.problems:
        if rule is not None and rule.settles(problem):
            continue
        yield Finding(
            file=problem.source or workload.source,
            line=problem.line or workload.line,
            rule=problem.rule,
            verdict=problem.verdict,
            message=problem.message,
            workload="" if workload.unit is None or workload.name.startswith("[") else workload.name,
            place=problem.place,
            value=problem.value,
        )


def _outcome(workload: Workload, engine: Engine) -> Outcome:
    """Say what a workload gets; without a reason there is nothing that could get anything."""
    if workload.asks is not None and (refusal := workload.refusal):
        return Outcome(workload=workload, gets=None, reason=refusal.message)
    if workload.not_known:
        return Outcome(workload=workload, gets=None, reason=workload.not_known, known=False)
    if workload._pod is not None and workload._pod.windows:
        return Outcome(workload=workload, gets=None, reason="Windows has no capabilities")
    means = meaning.of(workload)
    if means is None:
        return Outcome(workload=workload, gets=None)
    try:
        return Outcome(workload=workload, gets=meaning.after_execve(means, engine))
    except RequestError as error:
        return Outcome(workload=workload, gets=None, reason=str(error))


def _judged(outcome: Outcome, request: Request | None, engine: Engine) -> Iterator[Finding]:
    """List what comes of a request, as it is admitted, that the document does not show."""
    workload = outcome.workload
    if request is None or workload.state is not None or not outcome.known or workload.refusal:
        return
    if outcome.gets is None:
        if workload._pod is None or not workload._pod.windows:
            yield _of(workload, "engine-refuses", "refused", outcome.reason, "add")
        return
    added = CapSet() if request.privileged else _added(request, engine)
    if added and not added & outcome.gets.effective:
        user = who(request)
        message = f"{user} cannot use what is added: {engine} makes nothing of it ambient, so only a program with file "
        message += "capabilities, or root, has it"
        if request.no_new_privs:
            message = f"{user} can never use what is added: {engine} makes nothing of it ambient, and no_new_privs "
            message += "keeps file capabilities from counting"
        yield _of(workload, "needs-root", "ignored" if request.no_new_privs else "depends", message, "add")


def _added(request: Request, engine: Engine) -> CapSet:
    """Return what a request adds by name, within what the engine gives, also where it is in the default."""
    if not request.add:
        return CapSet()
    gives = engine.resolve(request)
    added = gives - engine.resolve(drop=request.drop)
    with suppress(RequestError):  # what is named beside no default; some engines take no ALL in both lists
        added |= gives & engine.resolve(request.add, ["ALL"])
    return added


def _of(workload: Workload, rule: str, verdict: Verdict, message: str, field: str) -> Finding:
    return Finding(
        file=workload._files.get(field, workload.source),
        line=workload._lines.get(field, workload.line),
        rule=rule,
        verdict=verdict,
        message=message,
        workload=workload.label,
    )


def _by_policy(workload: Workload, rule: Rule | None, engine: Engine) -> Iterator[Finding]:
    """List what a policy does not allow of a pod's container."""
    if rule is None or workload._pod is None or workload._node is None or workload.request is None:
        return
    for finding in rule.findings(workload._pod, workload.label, workload._node, workload.request, engine):
        side = finding.field.rpartition(".")[2]
        yield Finding(
            file=workload.source,
            line=workload._lines.get(side, workload.line),
            rule=finding.rule,
            verdict="forbidden",
            message=finding.message,
            workload=finding.container,
            place=finding.field,
            value=finding.value,
            effect=finding.effect,
        )


def _advice(used: Use) -> Advice:
    """Return what would do for what was seen.

    Raises:
        TypeError: It is no Use.
    """
    from capset.observed import Use  # which most who lint do without

    require(used, Use, "a Use, as observed.read() gives it")
    return used.least()


def _by_use(outcome: Outcome, used: Use, advice: Advice, engine: Engine) -> Iterator[Finding]:
    """List what a workload grants and nobody was seen to use, and what was used and is not granted."""
    workload = outcome.workload
    if outcome.gets is None or workload.asks is None or advice.least is None:
        return  # nothing follows from a trace that shows no checks
    holds = outcome.gets.effective | outcome.gets.permitted
    granted = holds or outcome.gets.bounding
    instead = "" if workload.request is None else _instead(advice.least, engine)
    told = [f"{len(used.unread)} of its lines were not understood"] if used.unread else []
    told += [f"{used.lost} events were lost"] if used.lost else []
    instead += f" (the trace is not whole: {', '.join(told)})" if told else ""
    if unused := granted - used.asked - used.configured:
        message = f"not seen to be asked for: {summary(unused)}{instead}"
        yield _of(workload, "unused-capability", "depends", message, "add")
    enough = advice.needs is not None and advice.needs.satisfied_by(granted)
    if (missing := advice.least - granted) and not enough:
        message = f"asked for in the trace, and not granted here: {summary(missing)}{instead}"
        yield _of(workload, "missing-capability", "depends", message, "drop")


def _instead(least: CapSet, engine: Engine) -> str:
    """Say how an engine is asked for what would do."""
    try:
        flags = engine.flags(least)
    except UnreachableError:
        return ""
    return f"; to give root {summary(least)} and nothing else: {shlex.join(flags) or 'ask for nothing'}"


def _of_arguments(
    workloads: list[Workload],
    engine: Engine | None,
    policy: str | None,
    systemd: int | str | None,
    used: Use | None,
) -> dict[str, list[Finding]]:
    """Tell which arguments do not concern a document, and what is assumed of them: for each source, once."""
    told: dict[str, dict[Finding, None]] = {}
    for workload in workloads:
        if workload.asks is None:
            continue
        was_passed = f"was passed over for {DIALECTS[workload.dialect].about}"
        asks = workload.request is not None and workload.state is None
        about_engines = "an engine is about " + ("containers" if workload.request is None else "what is asked of it")
        passed = [about_engines] if engine is not None and not asks else []
        passed += ["a policy is about pods"] if policy is not None and workload._pod is None else []
        passed += ["the trace shows no check"] if used is not None and not used.checks else []
        passed += ["a release of systemd is about units"] if systemd is not None and workload.unit is None else []
        newer = engine.assumed if engine is not None and asks else ()
        other = workload.unit.assumed if workload.unit is not None else ()
        file, line = workload.source, 1
        found = [
            Finding(
                file=file, line=line, rule="option-passed-over", verdict="note", message=f"{each}, and {was_passed}"
            )
            for each in passed
        ]
        found += [Finding(file=file, line=line, rule="newer-engine", verdict="note", message=each) for each in newer]
        found += [Finding(file=file, line=line, rule="other-systemd", verdict="note", message=each) for each in other]
        told.setdefault(file, {}).update(dict.fromkeys(found))
    return {source: [*notes] for source, notes in told.items()}
