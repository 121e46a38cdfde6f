"""Advice: what would do for what was seen, and what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

from attrs import evolve, frozen

from capset.capability import Cap
from capset.errors import ArgumentError
from capset.observed.call import Call
from capset.observed.check import Check
from capset.observed.noise import Rule
from capset.operations.catalogue import Operations, for_syscall, table
from capset.operations.requirement import Requirement
from capset.plain import Plain
from capset.printable import printable
from capset.sets import CapSet
from capset.shown import Shown
from capset.summary import summary

__all__ = ["Advice", "Choice", "Refused", "SetAside", "advice", "counted"]

_NONE = CapSet()
_SOME = 3  # so many operations are named


@frozen(kw_only=True)
class Choice(Plain):
    """A capability that was asked for in one place, and what would do there in its stead.

    Attributes:
        cap: The one that was asked for.
        syscall: In which system call; empty where the trace does not tell.
        function: By which function of the kernel; likewise.
        needs: What would do: it, and what the operations that this may have been all take for it.
        operations: The ids of these operations, which are those of that call and that function. None where the table
            has none, so that nothing is known but what was asked. A compiler may have put one function into another:
            the names of both are then that of the outer one.
    """

    cap: Cap
    syscall: str
    function: str
    needs: Requirement
    operations: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What would do in its stead, and what that rests on, in words."""
        others = " or ".join(str(way) for way in self.needs if self.cap not in way)
        some = ", ".join(self.operations[:_SOME])
        more = f" or one of {len(self.operations) - _SOME} more" if len(self.operations) > _SOME else ""
        return f"in the place of {self.cap} in {self.syscall}() {others} does, if that was {some}{more}"


@frozen(kw_only=True)
class Refused(Plain):
    """A system call that was refused, and what may have been missing.

    Attributes:
        call: The call, of the first thread that made it; its ``count`` is that of all.
        caps: What the operations of that call take that are refused with this errno, any of it: one of them may be
            missing. Empty where the trace tells that none was asked for, or the table has no such operation.
        operations: The ids of these operations.
    """

    call: Call
    caps: CapSet = _NONE
    operations: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What came of it, and what would mend that, in words."""
        call = self.call
        name = printable(call.syscall)
        named = f"system call {name}" if call.syscall.isdigit() else f"{name}()"
        told = f"{named} came to {call.errno}{f' {call.count} times' if call.count > 1 else ''}"
        if call.asked is not None and not call.asked:
            mends = "none would mend that, unless a seccomp filter refused it"
            return f"{told} and no capability was asked for in it: {mends}"
        if call.asked:
            return f"{told}; asked for in it: {call.asked}"
        if call.syscall.isdigit():
            return f"{told}; which call that is the log does not say, and ausearch -i does"
        if not self.caps:
            path = (
                "; on a path CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE may be missing" if call.errno == "EACCES" else ""
            )
            return f"{told}; the table has no operation of that call{path}"
        some = ", ".join(self.operations[:_SOME])
        more = f" or one of {len(self.operations) - _SOME} more" if len(self.operations) > _SOME else ""
        return f"{told}; of {self.caps} something may be missing, if that was {some}{more}"


@frozen(kw_only=True)
class SetAside(Plain):
    """What a rule of noise has set aside.

    Attributes:
        rule: The name of the rule.
        caps: The capabilities that were asked for.
    """

    rule: str
    caps: CapSet


@frozen(kw_only=True)
class Advice(Plain, Shown):
    """What would do for what was seen.

    Attributes:
        least: What was granted, or of which it is not known whether it was; None where the trace shows no check.
        needs: What else would do, if each operation was one of those that its choice names; None where the trace shows
            no check, or where there are so many ways that they are not written.
        perhaps: That without what is doubtful, to be tried; None where nothing of it is.
        doubtful: What seldom decides anything, by rule; see :meth:`Use.doubtful`. It is part of what is needed.
        choices: Each capability in each place where it was asked for, with what would do there.
        denied: What was asked for and never granted. The program went on without; it may have done less.
        unknown: What was asked for, and the tracer does not tell whether it was granted: it may have been done without.
        refused: What was held, and refused by a security module: its policy has to allow it.
        calls: The calls that were refused, where the tracer shows these.
        configured: What the program put into its sets by capset(2) beside that: without it the call fails.
        noise: What was set aside, by rule; see :meth:`Use.noise`.
        unseen: What is held and was not seen; None where it is not known what is held. What is not seen in one trace
            may be needed on another day.
        unread: How many lines were not understood.
        lost: How many events were lost.
        partial: What the tracer does not show, in words; empty where it shows every check.
    """

    needs: Requirement | None
    least: CapSet | None
    choices: tuple[Choice, ...] = ()
    perhaps: CapSet | None = None
    doubtful: tuple[SetAside, ...] = ()
    denied: CapSet = _NONE
    unknown: CapSet = _NONE
    refused: CapSet = _NONE
    calls: tuple[Refused, ...] = ()
    configured: CapSet = _NONE
    noise: tuple[SetAside, ...] = ()
    unseen: CapSet | None = None
    unread: int = 0
    lost: int = 0
    partial: str = ""

    def __str__(self) -> str:
        return "; ".join(self.sentences())

    def sentences(self) -> list[str]:
        """Say it in words, a sentence each."""
        if self.least is None:
            told = ["what is needed is not known"]
        elif not self.least:
            told = ["no capability that was seen is needed"]
        else:
            told = [f"{self.least} would do for what was seen"]
        told += [self.partial] if self.partial else []
        if self.perhaps is not None:
            rules = ", ".join(f"{each.caps} as {each.rule}" for each in self.doubtful)
            told.append(
                f"perhaps {self.perhaps or 'nothing'} would, to be tried, as there is what is seldom needed: {rules}"
            )
        told += [each.sentence for each in self.choices if len(each.needs.ways) > 1]
        told += [f"whether it was granted is not known: {self.unknown}"] if self.unknown else []
        told += [f"asked for and never granted, so that less may have been done: {self.denied}"] if self.denied else []
        told += [f"held, and refused by the policy of a module: {self.refused}"] if self.refused else []
        told += [each.sentence for each in self.calls]
        put = "put into a set by capset(2), which fails without, and not needed for what was seen"
        told += [f"{put}: {summary(self.configured)}"] if self.configured else []
        told += [f"set aside as {each.rule}: {each.caps}" for each in self.noise]
        told += [f"held and not seen: {self.unseen}"] if self.unseen else []
        told += [f"not understood, and may have more: {counted(self.unread, 'line')}"] if self.unread else []
        told += [f"lost, and may have had more: {counted(self.lost, 'event')}"] if self.lost else []
        return told


def counted(number: int, what: str) -> str:
    """Write how many there are of something."""
    return f"{number} {what}{'s' * (number != 1)}"


def advice(
    relevant: list[Check],
    noise: list[tuple[Check, Rule]],
    held: CapSet | None,
    *,
    doubtful: list[tuple[Check, Rule]],
    calls: tuple[Call, ...],
    configured: CapSet,
    unread: int,
    lost: int,
    partial: str,
) -> Advice:
    """Put together what would do for what was seen."""
    granted = CapSet({check.cap for check in relevant if check.verdict == "granted"})
    unknown = CapSet({check.cap for check in relevant if check.verdict == "not known"}) - granted
    denied = CapSet({check.cap for check in relevant if check.verdict == "denied" and not check.module})
    refused = CapSet({check.cap for check in relevant if check.verdict == "denied" and check.module})
    choices = _choices(relevant)
    known = bool(relevant or noise)
    asked = granted | unknown
    needs = _all(choice.needs for choice in choices) if known else None
    seldom = [check for check, _ in doubtful if check.verdict != "denied"]
    ids = {id(check) for check in seldom}
    without = CapSet({each.cap for each in relevant if id(each) not in ids and each.verdict != "denied"})
    seen = granted | unknown | denied | refused | CapSet({check.cap for check, _ in noise})
    return Advice(
        needs=needs,
        least=asked if known else None,
        choices=choices,
        perhaps=without if without != asked else None,
        doubtful=_aside((check, rule) for check, rule in doubtful if check.verdict != "denied"),
        denied=denied - granted - unknown,
        unknown=unknown,
        refused=refused,
        calls=tuple(_refused(calls)),
        configured=configured - asked,
        noise=_aside(noise),
        unseen=None if held is None else held - seen,
        unread=unread,
        lost=lost,
        partial=partial,
    )


def _choices(relevant: list[Check]) -> tuple[Choice, ...]:
    """Say of each place where something was granted, or may have been, what would do there."""
    places = {(check.cap, check.syscall, _stack(check)): check for check in relevant if check.verdict != "denied"}
    return tuple(dict.fromkeys(_choice(check) for check in places.values()))


def _aside(found: Iterable[tuple[Check, Rule]]) -> tuple[SetAside, ...]:
    caps: dict[str, set[Cap]] = {}
    for check, rule in found:
        caps.setdefault(rule.name, set()).add(check.cap)
    return tuple(SetAside(rule=name, caps=CapSet(each)) for name, each in caps.items())


def _refused(calls: tuple[Call, ...]) -> Iterator[Refused]:
    """Put together the calls that were refused alike."""
    times: Counter[tuple[str, str, CapSet | None]] = Counter()
    first: dict[tuple[str, str, CapSet | None], Call] = {}
    for call in calls:
        key = (call.syscall, call.errno, call.asked)
        times[key] += call.count
        first.setdefault(key, call)
    for key, call in first.items():
        counted_all = evolve(call, count=times[key])
        if call.asked is not None:
            yield Refused(call=counted_all)
            continue
        found = [each for each in for_syscall(call.syscall) if each.refusal == call.errno]
        caps = CapSet().union(*(each.needs.caps for each in found))
        yield Refused(call=counted_all, caps=caps, operations=tuple(each.id for each in found if each.needs.caps))


def _stack(check: Check) -> tuple[str, ...]:
    return check.stack or (check.function,)


def _choice(check: Check) -> Choice:
    """Say what would do in the place of a capability: what every operation takes that the check may belong to."""
    among = for_syscall(check.syscall) if check.syscall else table()
    if check.cap is Cap.DAC_OVERRIDE:  # where CAP_DAC_READ_SEARCH would do, the kernel has asked for that first
        among = Operations()
    found = [
        each
        for each in among
        if check.function
        and not each.example
        and check.function in {each.function, *each.functions}
        and check.cap in each.needs.caps
    ]
    itself = Requirement([CapSet([check.cap])])
    needs = _all(_instead(each.needs, check.cap) for each in found) if found else None
    return Choice(
        cap=check.cap,
        syscall=check.syscall,
        function=check.function,
        needs=itself if needs is None else needs,
        operations=tuple(each.id for each in found),
    )


@cache
def _instead(needs: Requirement, cap: Cap) -> Requirement:
    """Return what would do instead of a capability, beside the others of each set that has it.

    Where several of a set could be replaced at once by what does not do together, nothing would do but itself.
    """
    for way in needs:
        parts = [Requirement(other - (way - CapSet([each])) for other in needs) for each in way]
        together = _all(parts)
        if together is None or not all(needs.satisfied_by(chosen) for chosen in together):
            return Requirement([CapSet([cap])])
    replaced = [Requirement(other - (way - CapSet([cap])) for other in needs) for way in needs if cap in way]
    found = _all(replaced)
    return Requirement([CapSet([cap])]) if found is None else found


def _all(needs: Iterable[Requirement]) -> Requirement | None:
    """Put requirements together; None where these are too many ways to write."""
    both = Requirement([CapSet()])
    try:
        for each in dict.fromkeys(needs):
            both &= each
    except ArgumentError:
        return None
    return both
