"""Advice: what would do for what was seen, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from capset.capability import Cap
from capset.errors import ArgumentError
from capset.observed.check import Check
from capset.observed.noise import Rule
from capset.operations.catalogue import for_syscall
from capset.operations.requirement import Requirement
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Shown

__all__ = ["Advice", "Choice", "SetAside", "advice", "counted"]

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
        needs: What would do for all that was granted, or of which it is not known whether it was; None where there are
            so many ways that they are not written.
        least: The smallest of these sets.
        choices: Each capability in each place where it was asked for, with what would do there.
        denied: What was asked for and never granted. The program went on without; it may have done less.
        unknown: What was asked for, and the tracer does not tell whether it was granted: it may have been done without.
        noise: What was set aside, by rule; see :meth:`Use.noise`.
        unseen: What is held and was not seen; None where it is not known what is held. What is not seen in one trace
            may be needed on another day.
        unread: How many lines were not understood.
        lost: How many events were lost.
    """

    needs: Requirement | None
    least: tuple[CapSet, ...]
    choices: tuple[Choice, ...] = ()
    denied: CapSet = _NONE
    unknown: CapSet = _NONE
    noise: tuple[SetAside, ...] = ()
    unseen: CapSet | None = None
    unread: int = 0
    lost: int = 0

    def __str__(self) -> str:
        return "; ".join(self.sentences())

    def sentences(self) -> list[str]:
        """Say it in words, a sentence each."""
        if self.needs is None:
            told = ["there are too many ways to write"]
        elif self.needs.satisfied_by(()):
            told = ["no capability that was seen is needed"]
        else:
            ways = " or ".join(map(str, self.least))
            told = [f"{ways} would do for what was seen"]
        told += [each.sentence for each in self.choices if len(each.needs.ways) > 1]
        told += [f"whether it was granted is not known: {self.unknown}"] if self.unknown else []
        told += [f"asked for and never granted, so that less may have been done: {self.denied}"] if self.denied else []
        told += [f"set aside as {each.rule}: {each.caps}" for each in self.noise]
        told += [f"held and not seen: {self.unseen}"] if self.unseen else []
        told += [f"not understood, and may have more: {counted(self.unread, 'line')}"] if self.unread else []
        told += [f"lost, and may have had more: {counted(self.lost, 'event')}"] if self.lost else []
        return told


def counted(number: int, what: str) -> str:
    """Write how many there are of something."""
    return f"{number} {what}{'s' * (number != 1)}"


def advice(
    relevant: list[Check], noise: list[tuple[Check, Rule]], held: CapSet | None, unread: int, lost: int
) -> Advice:
    """Put together what would do for checks."""
    granted = CapSet({check.cap for check in relevant if check.verdict == "granted"})
    unknown = CapSet({check.cap for check in relevant if check.verdict == "not known"}) - granted
    denied = CapSet({check.cap for check in relevant if check.verdict == "denied"}) - granted - unknown
    places = {(check.cap, check.syscall, _stack(check)): check for check in relevant if check.verdict != "denied"}
    choices = tuple(dict.fromkeys(_choice(check) for check in places.values()))
    needs = _all(choice.needs for choice in choices)
    smallest = min(map(len, needs), default=0) if needs is not None else 0
    aside: dict[str, set[Cap]] = {}
    for check, rule in noise:
        aside.setdefault(rule.name, set()).add(check.cap)
    seen = granted | unknown | denied | CapSet({check.cap for check, _ in noise})
    return Advice(
        needs=needs,
        least=() if needs is None else tuple(way for way in needs if len(way) == smallest),
        choices=choices,
        denied=denied,
        unknown=unknown,
        noise=tuple(SetAside(rule=name, caps=CapSet(caps)) for name, caps in aside.items()),
        unseen=None if held is None else held - seen,
        unread=unread,
        lost=lost,
    )


def _stack(check: Check) -> tuple[str, ...]:
    return check.stack or (check.function,)


def _choice(check: Check) -> Choice:
    """Say what would do in the place of a capability: what every operation takes that the check may belong to."""
    found = [
        each for each in for_syscall(check.syscall) if each.function == check.function and check.cap in each.needs.caps
    ]
    needs = Requirement([CapSet([check.cap])])
    common = _all(each.needs for each in found) if found else None
    if common is not None:
        needs |= Requirement([way for way in common if check.cap not in way])
    return Choice(
        cap=check.cap,
        syscall=check.syscall,
        function=check.function,
        needs=needs,
        operations=tuple(each.id for each in found),
    )


def _all(needs: Iterable[Requirement]) -> Requirement | None:
    """Put requirements together; None where these are too many ways to write."""
    both = Requirement([CapSet()])
    try:
        for each in dict.fromkeys(needs):
            both &= each
    except ArgumentError:
        return None
    return both
