"""Assertions for the tests of other people: what a process may have, and what comes of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from attrs import frozen

from capset import documents, live
from capset.capability import Cap
from capset.documents import Finding, Outcome, Report, Workload
from capset.documents.rules import RULES
from capset.engines import Engine
from capset.errors import ArgumentError, CapsetError, PidError, ProcessGoneError, shown
from capset.live.containers import CONTAINERS
from capset.live.reading import Pid, has_ended, threads_of
from capset.live.rows import StatusRows
from capset.printable import message, printable
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState, HasCaps, five_sets
from capset.testing.differences import changed, failure, in_sets

__all__ = ["assert_caps", "assert_document"]

__unittest = True  # unittest leaves out of a traceback what stands in a module that has this; pytest has one a function

Caps = str | Iterable[Cap | int | str]
"""A set: anything that CapSet takes, or a text for :meth:`CapSet.parse`."""

Thread = int | str | CapState | HasCaps | StatusRows | Outcome


@frozen(kw_only=True)
class _Known:
    """What is known of a thread, and why the rest of it is not."""

    title: str
    sets: Mapping[str, CapSet]
    lacking: str = ""  # what is told of a set that is not among them
    no_new_privs: bool | None = None
    unsaid: str = ""  # and of that, where it is not known


_UNSAID = "not known, as this kernel does not say"


def assert_caps(
    thread: Thread,
    *,
    effective: Caps | None = None,
    permitted: Caps | None = None,
    inheritable: Caps | None = None,
    bounding: Caps | None = None,
    ambient: Caps | None = None,
    holds: Caps | None = None,
    lacks: Caps | None = None,
    beyond: Engine | CapState | HasCaps | Caps | None = None,
    no_new_privs: bool | None = None,
    proc: str = "/proc",
) -> None:
    r"""Assert what a process or a thread has, and what execve(2) can no longer give it.

    A set may be anything that :class:`~capset.CapSet` takes, or a text such as ``"net_raw,kill"``; ``""`` is the empty
    set. What is not given is not asked. What cannot be read or is not known fails the assertion, with the reason.

    Args:
        thread: A process id, ``"self"``, or a container as ``"docker:NAME"``, of which
            :func:`capset.live.container` finds the first process: what is asserted holds for each of its threads.
            ``"thread-self"`` is the calling thread alone. Or what was read before: a ``ProcStatus``, rows of one, a
            ``CapState``, credentials, or what a workload of a document gets (an :class:`~capset.documents.Outcome`).
        effective: The effective set, exactly; likewise the other four.
        permitted: The permitted set.
        inheritable: The inheritable set.
        bounding: The bounding set.
        ambient: The ambient set.
        holds: What it can use now: what is at least in its effective set.
        lacks: What it neither has nor can get by execve(2): what is in none of the five sets. Whoever lacks ``"all"``
            lacks those too that have no name yet.
        beyond: Beyond what nothing may be in any of the five sets: what an engine gives by default; or a set; or five
            sets, each for its own, such as ``engine.container(["NET_ADMIN"])``.
        no_new_privs: Whether execve(2) can no longer give privileges.
        proc: Where the proc file system is, for a process id.

    Raises:
        AssertionError: Something of that is not so, or not known. It says which capabilities are too many (``+``) and
            which are lacking (``-``), in which sets, and what each permits.
        ArgumentError: Nothing is asked, *thread* is a text that stands for none, or a *proc* is given for a container.
        UnknownCapabilityError: A name is no capability.
        PidError: *thread* is a number that is no process id.
        TypeError: *thread* is something else, or a set is none.

    Examples:
        >>> from capset import engines, testing
        >>> docker = engines.get("docker")
        >>> testing.assert_caps(docker.container(), beyond=docker, lacks="sys_admin")
        >>> testing.assert_caps(docker.container(["SYS_TIME"], ["ALL"]), effective="", beyond=docker)
        Traceback (most recent call last):
        AssertionError: the thread is not as expected
          effective: has 1 more than expected
            + CAP_SYS_TIME  Set the clocks.
          beyond what Docker Engine gives by default
            + CAP_SYS_TIME (effective, permitted, bounding)  Set the clocks.
    """
    __tracebackhide__ = True
    exact = {"effective": effective, "permitted": permitted, "inheritable": inheritable}
    exact |= {"bounding": bounding, "ambient": ambient}
    wanted = {name: _caps(caps) for name, caps in exact.items() if caps is not None}
    use, none = (None if caps is None else _caps(caps) for caps in (holds, lacks))
    if none is not None and none >= CapSet.all():
        none = CapSet.all(last_cap=63)
    limits = None if beyond is None else _limits(beyond)
    if no_new_privs is not None and not isinstance(no_new_privs, bool):
        raise TypeError(f"no_new_privs is True or False, got {shown(no_new_privs)}")
    if not wanted and all(each is None for each in (use, none, limits, no_new_privs)):
        ways = f"{', '.join(THREAD_SETS)}, holds, lacks, beyond or no_new_privs"
        raise ArgumentError(f"nothing is asserted: give one of {ways}", thread)
    for known in _known(thread, proc):
        if parts := _differences(known, wanted, use, none, limits, no_new_privs):
            raise AssertionError(failure(known.title, parts))


def _differences(
    known: _Known,
    wanted: Mapping[str, CapSet],
    use: CapSet | None,
    none: CapSet | None,
    limits: tuple[str, CapState] | None,
    no_new_privs: bool | None,
) -> list[str]:
    """Say what is not as it is asserted."""
    parts: list[str] = []
    needed = [*wanted, *(["effective"] if use is not None else [])]
    needed = [*THREAD_SETS] if none is not None or limits is not None else needed
    if unknown := [name for name in dict.fromkeys(needed) if name not in known.sets]:
        parts.append(f"  {', '.join(unknown)}: {known.lacking}")
    for name, caps in wanted.items():
        if name in known.sets and (diff := caps.diff(known.sets[name])):
            parts.append(changed(name, diff))
    if use is not None and "effective" in known.sets and (missing := use - known.sets["effective"]):
        parts.append(in_sets("does not hold what it should", {"effective": missing}, "-"))
    if none is not None and (found := {name: caps & none for name, caps in known.sets.items() if caps & none}):
        parts.append(in_sets("has what it should lack", found))
    if limits is not None:
        title, most = limits
        if found := {name: rest for name, caps in known.sets.items() if (rest := caps - getattr(most, name))}:
            parts.append(in_sets(f"beyond {title}", found))
    if no_new_privs is not None and known.no_new_privs is not no_new_privs:
        got = known.unsaid if known.no_new_privs is None else str(known.no_new_privs)
        parts.append(f"  no_new_privs: expected {no_new_privs}, got {got}")
    return parts


def _caps(caps: Caps) -> CapSet:
    return CapSet.parse(caps) if isinstance(caps, str) else CapSet(caps)


def _limits(beyond: Engine | CapState | HasCaps | Caps) -> tuple[str, CapState]:
    """Return what each of the five sets may have at most, and what that is called."""
    if isinstance(beyond, Engine):
        return f"what {beyond} gives by default", _five_times(beyond.default)
    if isinstance(beyond, str | Iterable):
        return "what is allowed", _five_times(_caps(beyond))
    return "the sets that are allowed", five_sets(beyond)


def _five_times(caps: CapSet) -> CapState:
    return CapState(**dict.fromkeys(THREAD_SETS, caps))


def _known(thread: Thread, proc: str) -> Iterator[_Known]:
    """Read a thread, or all of a process, or take what was read before."""
    __tracebackhide__ = True
    if isinstance(thread, bool) or not isinstance(thread, int | str):
        yield _as_read(thread)
        return
    try:
        pid, name = _pid(thread, proc)
        status = live.read(pid, proc=proc)
        others = (
            [] if pid == "thread-self" else [each for each in threads_of(status.pid, proc=proc) if each != status.pid]
        )
        ended = has_ended(status.pid, proc=proc)
    except (ArgumentError, PidError):
        raise
    except (CapsetError, OSError) as error:
        raise AssertionError(failure(str(thread), [f"  not known: {message(str(error))}"])) from None
    title = f"{name}{printable(status.name)} (pid {status.pid}"
    if ended:
        raise AssertionError(failure(f"{title})", ["  not known: it has ended"]))
    yield _of_state(f"{title})", status.caps, status.no_new_privs, _UNSAID)
    for tid in sorted(others):
        try:
            other = live.read(status.pid, tid=tid, proc=proc)
        except ProcessGoneError:
            continue  # it has ended since
        yield _of_state(f"{title}, thread {tid})", other.caps, other.no_new_privs, _UNSAID)


def _pid(thread: int | str, proc: str) -> tuple[Pid, str]:
    """Return a process id, and how a container is called."""
    __tracebackhide__ = True
    if not isinstance(thread, str) or thread in {"self", "thread-self"}:
        return cast("Pid", thread), ""
    engine, colon, name = thread.partition(":")
    if not colon or engine not in CONTAINERS:
        known = ", ".join(f"{each}:NAME" for each in CONTAINERS)
        message = f'expected a process id, "self", or a container ({known}), got {shown(thread)}'
        raise ArgumentError(message, thread)
    if proc != "/proc":
        raise ArgumentError(f"{engine} gives a process of this machine, which is not one of {proc}", thread)
    found = live.container(engine, name)
    if found.assumed:  # then it may be another process
        ways = "find its process by other means, and give its pid"
        raise AssertionError(failure(thread, [f"  not known: {'; '.join(found.assumed)}: {ways}"]))
    return found.pid, f"{thread}: "


def _as_read(thread: object) -> _Known:
    if isinstance(thread, Outcome):
        return _of_outcome(thread)
    if isinstance(thread, StatusRows):
        title = printable(thread.name or thread.path or thread.source)
        said = "not known, as there is no such row"
        return _Known(title=title, sets=thread.sets, lacking=said, no_new_privs=thread.no_new_privs, unsaid=said)
    if isinstance(thread, CapState):
        return _of_state("the thread", thread, None, "not known, as five sets do not say")
    caps = five_sets(thread)  # type: ignore[arg-type]
    name, flag = getattr(thread, "name", ""), getattr(thread, "no_new_privs", None)
    title = f"{printable(name)} (pid {getattr(thread, 'pid', '?')})" if name else "the thread"
    return _of_state(title, caps, flag, _UNSAID)


def _of_state(title: str, caps: CapState, no_new_privs: bool | None, unsaid: str) -> _Known:
    sets = {name: getattr(caps, name) for name in THREAD_SETS}
    return _Known(title=title, sets=sets, no_new_privs=no_new_privs, unsaid=unsaid)


def _of_outcome(outcome: Outcome) -> _Known:
    workload = outcome.workload
    said = {name: caps for name in THREAD_SETS if (caps := outcome.said(name)) is not None}
    if outcome.gets is None:
        why = message(f"{'there is none' if outcome.known else 'not known'}: {outcome.reason}")
        return _Known(title=_title(workload), sets={}, lacking=why, unsaid=why)
    return _Known(
        title=_title(workload),
        sets=said,
        lacking="not known, as its dialect does not say",
        no_new_privs=workload.no_new_privs,
        unsaid="not known, as the document does not say",
    )


def _title(workload: Workload) -> str:
    return printable(workload.label or workload.source) or "the workload"


Gets = CapState | Caps

Document = str | bytes | Report | Workload | Iterable[Workload]


def assert_document(
    document: Document,
    name: str = "",
    *,
    engine: Engine | None = None,
    policy: str | None = None,
    systemd: int | str | None = None,
    findings: Iterable[str] | None = (),
    gets: Gets | Mapping[str, Gets] | None = None,
) -> None:
    """Assert what lint finds in a document, nothing if not said otherwise, and what each workload of it gets.

    What cannot be read fails the assertion, and so does a text in which nothing asks for capabilities, an argument that
    concerns none of it, and, where *gets* asks for it, a workload of which it is not known what it gets. To say more of
    one workload, give its outcome to :func:`assert_caps`.

    Args:
        document: The text of a document, as :func:`capset.documents.read` takes it; or workloads; or a report, in which
            all is decided already.
        name: What the text is called; the kind of a unit or the dialect may depend on it.
        engine: As of :func:`capset.documents.lint`.
        policy: Likewise, such as ``"restricted"``: what it does not allow is found as well.
        systemd: Likewise.
        findings: The rules of which something is found, all of them and no others: keys of ``documents.RULES``. Notes,
            and what is silenced in the document, do not count. None where they are not asked.
        gets: The effective set of every workload, as :func:`assert_caps` takes it; or all five sets, as a CapState; or
            these by the labels of the workloads, none of which may be left out.

    Raises:
        AssertionError: Something of that is not so, or not known. It has the findings with their lines, and the
            capabilities that are too many or lacking, with what each permits.
        ArgumentError: Nothing is asked; or a report is given, and how to lint beside it.
        UnknownRuleError: There is no such rule.
        CapsetError: As of :func:`capset.documents.lint`, where its arguments are none.
        TypeError: *document* is something else, or *findings* is a single text.

    Examples:
        >>> from capset import engines, testing
        >>> line = "docker run --cap-drop ALL --cap-add NET_BIND_SERVICE web"
        >>> testing.assert_document(line, gets="net_bind_service")
        >>> testing.assert_document(f"{line} -p 80:80; docker run --cap-add SYS_TIMES ntp", "run.sh")
        Traceback (most recent call last):
        AssertionError: run.sh is not as expected
          found, and not expected
            run.sh:1:...: unknown-capability: Docker knows no capability 'SYS_TIMES': did you mean SYS_TIME or SYS_NICE?
    """
    __tracebackhide__ = True
    if findings is None and gets is None:
        raise ArgumentError("nothing is asserted: give findings or gets", document)
    if isinstance(findings, str):
        raise TypeError(f"findings is a list of rules, such as ['needs-root'], got {shown(findings)}")
    rules = None if findings is None else [RULES[rule].id for rule in findings]
    expected = _gets(gets)
    report = _report(document, name, engine=engine, policy=policy, systemd=systemd)
    sources = dict.fromkeys(outcome.workload.source for outcome in report.outcomes)
    title = message(name or ", ".join(filter(None, sources))) or "the document"
    nothing = not report.outcomes and not report.faults
    parts = ["  nothing in it asks for capabilities"] if nothing else []
    parts += [] if rules is None else _judged(report.faults, rules)
    parts += [f"  {finding}" for finding in report if finding.rule == "option-passed-over"]
    parts += [] if expected is None else _given(report, expected)
    if parts:
        raise AssertionError(failure(title, parts))


Expected = tuple[CapState | CapSet | None, Mapping[str, CapState | CapSet]]


def _gets(gets: Gets | Mapping[str, Gets] | None) -> Expected | None:
    """Return what every workload is to get, or what each of them is."""
    if gets is None:
        return None
    if isinstance(gets, Mapping):
        return None, {label: _get(each) for label, each in cast("Mapping[str, Gets]", gets).items()}
    return _get(gets), {}


def _get(gets: Gets) -> CapState | CapSet:
    return gets if isinstance(gets, CapState) else _caps(gets)


def _report(
    document: Document, name: str, *, engine: Engine | None, policy: str | None, systemd: int | str | None
) -> Report:
    __tracebackhide__ = True
    if isinstance(document, Report):
        if all(each is None for each in (engine, policy, systemd)):
            return document
        raise ArgumentError("a report is made already: give engine, policy and systemd to documents.lint()", document)
    if isinstance(document, str | bytes):
        try:
            document = documents.read(document, name)
        except CapsetError as error:
            raise AssertionError(failure(message(name) or "the document", [f"  not read: {error}"])) from None
    return documents.lint(document, engine=engine, policy=policy, systemd=systemd)


def _judged(found: list[Finding], rules: list[str]) -> list[str]:
    """Say which rules are found and not expected, with their findings, and which are not found."""
    parts: list[str] = []
    if more := [f"    {finding}" for finding in found if finding.rule not in rules]:
        parts += ["  found, and not expected", *more]
    there = {finding.rule for finding in found}
    if less := [f"    {rule}: {RULES[rule].meaning}" for rule in dict.fromkeys(rules) if rule not in there]:
        parts += ["  expected, and not found", *less]
    return parts


def _given(report: Report, expected: Expected) -> list[str]:
    """Say which workloads get something else."""
    every, each = expected
    labels = [outcome.workload.label for outcome in report.outcomes]
    parts = [f"  {printable(label)}: there is no such workload" for label in each if label not in labels]
    for outcome in report.outcomes:
        known = _of_outcome(outcome)
        wanted = every if every is not None else each.get(outcome.workload.label)
        if wanted is None:
            parts.append(f"  {known.title}: gets has no {outcome.workload.label!r}, which is its label")
            continue
        sets = {name: getattr(wanted, name) for name in THREAD_SETS} if isinstance(wanted, CapState) else None
        for name, caps in (sets or {"effective": wanted}).items():
            if name not in known.sets:
                parts.append(f"  {known.title}: {name}: {known.lacking}")
            elif diff := caps.diff(known.sets[name]):
                parts.append(changed(f"{known.title}: {name}", diff))
    return parts
