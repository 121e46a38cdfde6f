"""Convert: from one dialect to another, and what is lost on the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

from attrs import frozen

from capset import engines
from capset.diff import CapDiff
from capset.documents import meaning
from capset.documents.dialect import Dialect
from capset.documents.dialects import DIALECTS
from capset.documents.meaning import Meaning
from capset.documents.reading import dialect_named
from capset.documents.workload import Workload, listed
from capset.engines import Engine, Request
from capset.engines.request import named_uid
from capset.errors import DocumentError, FormatError, RequestError, shown
from capset.live.rows import ROWS
from capset.plain import Plain
from capset.printable import message, printable
from capset.problem import Problem
from capset.sets import THREAD_SETS
from capset.shown import Shown

__all__ = ["Conversion", "Loss", "convert"]


@frozen(kw_only=True)
class Loss(Plain):
    """Something that did not go over, or that comes out in another way.

    Attributes:
        rule: What kind of thing it is: a key of :data:`~capset.documents.RULES`.
        message: What it is, in words.
        workload: The name of the container; empty where it has none.
    """

    rule: str
    message: str
    workload: str = ""

    def __str__(self) -> str:
        return message(f"{self.workload}: {self.message}" if self.workload else self.message)


@frozen(kw_only=True)
class Conversion(Plain, Shown):
    """What :func:`convert` wrote, and what was lost.

    Attributes:
        text: The document; ``str()`` gives it too.
        to: The dialect in which it is written.
        losses: What the source says and its own target does not take, what the other dialect has no place for, and
            what a program would have in another way; empty where nothing is lost.
    """

    text: str
    to: str
    losses: tuple[Loss, ...] = ()

    def __str__(self) -> str:
        return self.text


def convert(
    workload: Workload | Iterable[Workload], to: str, *, reads: Engine | None = None, writes: Engine | None = None
) -> Conversion:
    """Write what a workload asks for in another dialect, or what several ask for as one document.

    Args:
        workload: One workload, or all that :func:`~capset.documents.read` gives.
        to: The dialect to write, one of :data:`~capset.documents.DIALECTS`.
        reads: The engine to which the source is addressed: it makes sets of what is asked for. By default that of
            the source's dialect: Docker, or containerd for pods.
        writes: The engine for which it is written. By default that of the dialect that is written.

    Returns:
        The document, and what is lost: also what *writes* gives in another way than *reads*.

    Raises:
        UnknownDialectError: There is no such dialect, or it is only read.
        FormatError: What is asked for cannot be written in that dialect, or a workload could not be read; or there
            are several, and the dialect is about one.
        DocumentError: Nothing comes of a unit, it is not known what comes of a workload, or there is nothing to write.
        RequestError: The engine refuses a request of which it is to make sets.
        UnreachableError: The engine cannot give just these sets.
        TypeError: An engine is none, or *workload* is something else.

    Examples:
        >>> from capset import documents, engines
        >>> [vpn] = documents.read("docker run --cap-add NET_ADMIN --user 0 vpn")
        >>> pod = documents.convert(vpn, "kubernetes", writes=engines.get("cri-o"))
        >>> for loss in pod.losses:
        ...     print(loss)
        what CRI-O gives is not the same: effective: -CAP_NET_RAW -CAP_SYS_CHROOT ...
    """
    target = dialect_named(to)
    if target._writer is None:
        written = tuple(name for name, each in DIALECTS.items() if each.is_written)
        raise FormatError("to", to, f"a dialect that is written: {', '.join(written)}")
    for name, engine in (("reads", reads), ("writes", writes)):
        if engine is not None and not isinstance(engine, Engine):
            raise TypeError(f"{name} is an Engine, as engines.get() gives it, got {shown(engine)}")
    losses: list[Loss] = []
    parts: dict[str, Any] = {}
    taken = Counter[str]()
    workloads = [given if reads is None else given.for_engine(reads) for given in listed(workload)]
    only_told = bool(workloads) and all(each.dialect and DIALECTS[each.dialect].partial for each in workloads)
    for each in workloads:
        name = _free_name(each, parts, taken)
        losses += (_of_problem(name, problem) for problem in each.problems)
        means = _meaning(each, name)
        if means is None:
            continue
        _all_known(each, target)
        if each._pod is not None and each._pod.windows:
            losses.append(Loss(rule="windows", message=_WINDOWS, workload=name or each.within))
        by = _engines(each, target, reads, writes)
        asked = by[0] if isinstance(means, Request) and not target.engine else by[1]
        try:
            part = target._writer(_as_sets(means, by) if target.sets else means, asked)
        except FormatError as error:
            raise _located(error, each, name) from None
        lost = [*_losses(name, means, part.says, target, by), *_unsaid(name, each, target)]
        losses += (loss for loss in lost if loss.rule != "engine-refuses" or each.refusal is None)  # else it is told
        parts[name] = part.value
    if not parts:
        told = "".join(f"; {loss}" for loss in losses)
        nothing = "there are no sets in it" if only_told else "there is no container in it"
        raise DocumentError("", None, f"{nothing}{told}")
    return Conversion(text=target._join(parts), to=to, losses=tuple(losses))


def _unsaid(name: str, workload: Workload, target: Dialect) -> Iterator[Loss]:
    """Tell of sets of which the source says nothing, though the thread has them, and something was written."""
    if workload.state is None or not DIALECTS[workload.dialect].partial:
        return
    lacking = [each for each in THREAD_SETS if each not in workload.says and each not in target.lacks]
    if lacking:
        message = f"the source does not say {', '.join(lacking)}: what was written of that is the least there can be"
        yield Loss(rule="not-said", message=message, workload=name)


def _as_sets(means: Meaning, by: tuple[Engine, Engine]) -> Meaning:
    """Return the sets that are given for a request, unless it is addressed to the same engine.

    Raises:
        RequestError: The engine refuses it.
    """
    if not isinstance(means, Request) or by[0].name == by[1].name:
        return means
    caps = meaning.after_execve(means, by[0])
    return meaning.Sets(caps=caps, user=means.user, no_new_privs=means.no_new_privs)


_WINDOWS = "Windows has no capabilities: what is written is for Linux"


def _free_name(workload: Workload, parts: dict[str, Any], taken: Counter[str]) -> str:
    """Return a name that no other workload has: only within one pod are names unique.

    *taken* counts how many have wanted a name, so that the next number need not be looked for from the first.
    """
    name = "" if workload.name.startswith("[") else printable(workload.name)  # the section of a unit without a name
    longer = f"{printable(workload.within)}-{name}"
    taken[longer] += 1
    names = chain([name, longer], (f"{longer}-{number}" for number in count(max(2, taken[longer] - 1))))
    return next(free for free in names if free not in parts)


def _located(error: FormatError, workload: Workload, name: str) -> FormatError:
    """Say where in its document stands what cannot be written: where the workload's own problem is, if it is one."""
    field, *_ = re.split(r"[.\[]", error.place)
    place, line = (f"{name}.{error.place}" if name else error.place), workload._lines.get(field, workload.line)
    source = workload._files.get(field, workload.source)
    for problem in workload.problems:
        if problem.value == error.value:
            place, line, source = problem.place, problem.line or line, problem.source or workload.source
            break
    return FormatError(place, error.value, error.expected, source, line)


def _meaning(workload: Workload, name: str) -> Meaning | None:
    """Return what is to be written; None for what asks for nothing, such as a document without a pod.

    Raises:
        FormatError: It cannot be read.
        DocumentError: Nothing comes of it, or nobody can tell what does: whatever was written, it would be a guess.
    """
    if (error := workload._error) is not None:
        line = next((problem.line for problem in workload.problems if problem.line), workload.line)
        raise FormatError(error.place, error.value, error.expected, workload.source, line)
    if workload.unit is not None and (refusal := workload.refusal):
        raise DocumentError(workload.source, None, f"nothing comes of it: {refusal}")
    if (twice := workload.refusal) and twice.rule == "duplicate-name":
        expected = "a name that no other container of the pod has"
        raise FormatError(twice.place, twice.value, expected, workload.source, twice.line or workload.line)
    if workload.not_known and workload.asks is not None:
        why = next((problem for problem in workload.problems if problem.rule in _NOT_KNOWN), None)
        told = f" ({why}): {_RESOLVED}" if why else ""
        reason = f"{f'{name}: ' * bool(name)}what is asked for is not known, as {workload.not_known}{told}"
        source = (why and why.source) or workload.source
        raise DocumentError(source, (why and why.line) or workload.line, reason)
    return meaning.of(workload)


def _all_known(workload: Workload, target: Dialect) -> None:
    """Refuse to write a set that no row of a status file says: it would be a guess.

    Raises:
        DocumentError: Such a set is needed.
    """
    needed = ("bounding",) if target.engine else [name for name in THREAD_SETS if name not in target.lacks]
    if workload._thread is not None and (missing := [name for name in needed if name not in workload.says]):
        rows = ", ".join(ROWS[name] for name in missing)
        reason = f"no row says the {' and the '.join(missing)} set, which {target.name} needs: copy {rows} too"
        raise DocumentError(workload.source, workload.line, reason)


_NOT_KNOWN = frozenset({"extends", "not-read", "variable"})
_RESOLVED = "give the document as its tool resolves it"


def _of_problem(name: str, problem: Problem) -> Loss:
    """Tell what the source's own target does not take."""
    message = f"{problem.rule.replace('-', ' ')}: {problem.message}" if problem.verdict == "note" else str(problem)
    return Loss(rule=problem.rule, message=message, workload=name)


def _engines(workload: Workload, target: Dialect, reads: Engine | None, writes: Engine | None) -> tuple[Engine, Engine]:
    """Return the engine that reads and the one that writes; where neither dialect has one, nobody asks them."""
    usual = (workload._engine or DIALECTS[workload.dialect].engine, target.engine)
    chosen = (given or engines.get(name or "docker") for given, name in zip((reads, writes), usual, strict=True))
    first, second = chosen
    return first, second


def _losses(name: str, source: Meaning, written: Meaning, target: Dialect, by: tuple[Engine, Engine]) -> Iterator[Loss]:
    """List what a source says that is not in what was written: what has no place there, and what differs."""
    user, wrote = _who(source), _who(written)
    if "user" in target.lacks:
        wrote = "root" if user == _IMAGES else user  # as whom the sets were computed
    if user and user != wrote:
        yield Loss(rule="other-user", message=f"the user is {user}, and what is written is for {wrote}", workload=name)
    changes: dict[str, CapDiff] = {}
    try:
        changes.update(_changes(source, written, by))
    except RequestError as error:  # the one or the other request; what was written stands all the same
        yield Loss(rule="engine-refuses", message=str(error), workload=name)
    lacking = [each for each in changes if each in target.lacks]
    left = [f"the {' and the '.join(lacking)} set"] if lacking else []
    if "user" in target.lacks and source.user and {*source.user.split(":")} - {"", "0", "root"}:
        left.append(f"the user ({user if user == _MADE else source.user})")
    if "no_new_privs" in target.lacks and source.no_new_privs:
        left.append("no_new_privs")
    if "rootid" in target.lacks and not isinstance(source, Request) and source.file and source.file.rootid:
        left.append(f"the root id {source.file.rootid}")
    if left:
        yield Loss(rule="left-out", message=f"left out: {', '.join(left)}", workload=name)
    if differing := [f"{each}: {change}" for each, change in changes.items() if each not in target.lacks]:
        gives = f"what {by[1] if target.engine else target.name} gives is not the same"
        yield Loss(rule="other-sets", message=f"{gives}: {'; '.join(differing)}", workload=name)


_IMAGES, _MADE = "the image's", "one whom systemd makes"


def _who(source: Meaning) -> str:
    """Say who the user is; an empty text where none is said."""
    name = source.user.partition(":")[0]
    if isinstance(source, Request) and not name:
        return _IMAGES
    if not isinstance(source, Request) and source.unit and source.unit.dynamic_user and source.unit.uid:
        return _MADE
    number = named_uid(name) if name else None
    return name if number is None else "root" if number == 0 else str(number)


def _changes(source: Meaning, written: Meaning, by: tuple[Engine, Engine]) -> Iterator[tuple[str, CapDiff]]:
    """Yield each set named by the source that a program would hold differently under what was written.

    Raises:
        RequestError: An engine refuses its request.
    """
    before, after = (meaning.after_execve(each, engine) for each, engine in zip((source, written), by, strict=True))
    for name in THREAD_SETS if isinstance(source, Request) else source.says:
        if change := getattr(before, name).diff(getattr(after, name)):
            yield name, change
