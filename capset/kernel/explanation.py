"""Explanation: what a system call does to each capability of each set, and by which rule."""

from __future__ import annotations

from itertools import groupby
from typing import Literal, NamedTuple, cast

from attrs import frozen

from capset.capability import Cap
from capset.errors import KernelError
from capset.kernel.credentials import Credentials
from capset.kernel.releases import NEWEST, Rules
from capset.kernel.rules import RULES, Rule
from capset.plain import Plain
from capset.printable import printable
from capset.sets import THREAD_SETS, CapSet
from capset.shown import Tabular
from capset.state import check_set
from capset.summary import summary

__all__ = ["Decision", "Explanation", "Group", "Reason"]

_FEW = 5  # so many that are not gained are named


class Decision(NamedTuple):
    """What one rule decides about some capabilities of one set.

    Attributes:
        kind: It gives them, takes them, says why it does not give them, or begins the set anew.
        set: The name of the set.
        caps: The capabilities.
        rule: The rule.
        why: Why, in words that go on after *it is lost:* and the like.
        as_in: The set whose own reason comes first: of what is given, or instead of *why* for what is not.
    """

    kind: Literal["give", "take", "withhold", "begin"]
    set: str
    caps: CapSet
    rule: Rule
    why: str
    as_in: str = ""


@frozen(kw_only=True)
class Reason(Plain):
    """Why a capability is in a set afterwards, or is not.

    Attributes:
        set: The name of the set.
        cap: The capability.
        change: ``"kept"``, ``"gained"``, ``"lost"``, or ``"absent"``: it was not there, and is not.
        rule: The rule that decided.
        why: Why, in words.
    """

    set: str
    cap: Cap
    change: Literal["kept", "gained", "lost", "absent"]
    rule: Rule
    why: str

    def __str__(self) -> str:
        verb = {"kept": "stays in", "gained": "comes into", "lost": "goes from", "absent": "does not come into"}
        return f"{self.cap} {verb[self.change]} {self.set}: {self.why}"


class Group(NamedTuple):
    """Capabilities of one set to which the same happens for the same reason.

    Attributes:
        change: As of a :class:`Reason`.
        caps: The capabilities.
        why: As of a :class:`Reason`.
    """

    change: str
    caps: CapSet
    why: str

    @property
    def verb(self) -> str:
        """What happens to them, such as ``"lost"``, or ``"not gained"``."""
        return "not gained" if self.change == "absent" else self.change

    @property
    def named(self) -> str:
        """The capabilities in a line; of what is not gained, many are told as what they are part of."""
        if self.change == "absent" and len(self.caps) > _FEW:
            return f"{len(self.caps)} capabilities of the bounding set"
        return summary(self.caps)


@frozen(kw_only=True)
class Explanation(Plain, Tabular):
    """What a system call does, capability by capability, or why it is refused.

    Its rows (:meth:`to_records`) are its :attr:`reasons`: ``set``, ``number``, ``name``, ``mask``, ``change``, ``rule``
    and ``why``.

    Attributes:
        call: The call, as text.
        before: The credentials before.
        after: The credentials afterwards; None if the call is refused.
        error: The refusal; None if there is none.
        secure: AT_SECURE of the new program, which then ignores LD_PRELOAD and the like; None if this
            is no execve(2).
        notes: What else happens, a sentence each: about ids and securebits.
        decisions: What the rules decided, in their order.
        rules: Which kernel's rules.

    Examples:
        >>> from capset import CapState, kernel
        >>> cred = kernel.Credentials(uids=1000, gids=1000, caps=CapState(bounding=["net_raw", "kill"]))
        >>> explanation = kernel.explain_execve(cred, kernel.Executable())
        >>> print(explanation.why("net_raw"))
        CAP_NET_RAW does not come into effective: the file has no capabilities, user 1000 is not root, \
and it is not ambient
    """

    call: str
    before: Credentials
    after: Credentials | None
    error: KernelError | None = None
    secure: bool | None = None
    notes: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    rules: Rules = NEWEST

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is not known of the thread and of the kernel, and was assumed, a sentence each."""
        return self.rules.all_assumed(self.before)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """A reason for every capability that is in a set before or afterwards; none if the call is refused."""
        if self.after is None:
            return ()
        return tuple(
            self.why(cap, name)
            for name in THREAD_SETS
            for cap in getattr(self.before.caps, name) | getattr(self.after.caps, name)
        )

    def why(self, cap: Cap | int | str, set: str = "effective") -> Reason:
        """Say why a capability is in a set afterwards, or is not.

        Args:
            cap: The capability.
            set: The name of the set.

        Raises:
            ArgumentError: There is no such set.
            KernelError: The call is refused, which leaves everything as it is.
        """
        check_set(set)
        if self.after is None:
            raise cast("KernelError", self.error)
        [one] = CapSet([cap])
        was, is_there = one in getattr(self.before.caps, set), one in getattr(self.after.caps, set)
        rule, why = self._decided(one, set)
        return Reason(set=set, cap=one, change=_CHANGE[was, is_there], rule=rule, why=why)

    def _decided(self, cap: Cap, set: str) -> tuple[Rule, str]:
        """Return the rule that decided last, and its words; several may be why a capability is not given."""
        name = self.call.partition("(")[0]
        last: Decision | None = None
        withheld: list[Decision] = []
        for decision in self.decisions:
            if decision.set != set or cap not in decision.caps:
                continue
            if decision.kind == "withhold":
                withheld.append(decision)
            elif decision.kind == "begin":
                last, withheld = None, []
            elif last is None or decision.kind == "take" or last.kind == "take":
                last = decision
        if last is not None:
            return last.rule, f"{self._decided(cap, last.as_in)[1]}, and {last.why}" if last.as_in else last.why
        if not withheld:
            return RULES["unchanged"], f"{name} leaves it as it is"
        told = [self._decided(cap, each.as_in)[1] if each.as_in else each.why for each in withheld]
        return withheld[0].rule, _and(told)

    def groups(self, set: str) -> list[Group]:
        """Put together what happens in a set to several capabilities for the same reason.

        What is not gained is told of the permitted set alone, for what the bounding set would allow.
        """
        check_set(set)
        after = self.after
        if after is None:
            return []
        caps: CapSet = getattr(self.before.caps, set) | getattr(after.caps, set)
        if set == "permitted":
            caps |= after.caps.bounding
        order = list(_CHANGE.values())
        found = sorted(
            (self.why(cap, set) for cap in caps), key=lambda reason: (order.index(reason.change), reason.why)
        )
        return [
            Group(change, CapSet(reason.cap for reason in reasons), why)
            for (change, why), reasons in groupby(found, key=lambda reason: (reason.change, reason.why))
        ]

    @property
    def headlines(self) -> list[str]:
        """What happens besides the sets, a line each, the call first; what is not printable is left as it is."""
        told = [self.call]
        if self.error is not None:
            told.append(f"refused: {self.error}")
        told += self.notes
        if self.secure is False:  # if it is, a note says why
            told.append("AT_SECURE is not set")
        told += [f"assumed: {text}" for text in self.assumed]
        if self.after is not None and not any(map(self.groups, THREAD_SETS)):
            told.append("no set has a capability, before or afterwards")
        return told

    def __str__(self) -> str:
        told = [printable(line) for line in self.headlines]
        for name in THREAD_SETS:
            if groups := self.groups(name):
                told += [name, *(f"  {group.verb}: {group.named}: {group.why}" for group in groups)]
        return "\n".join(told)


_CHANGE: dict[tuple[bool, bool], Literal["kept", "gained", "lost", "absent"]] = {
    (True, True): "kept",
    (False, True): "gained",
    (True, False): "lost",
    (False, False): "absent",
}


def _and(words: list[str]) -> str:
    words = list(dict.fromkeys(words))
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])}, and {words[-1]}"
