"""Strategies of what tracers saw, and of what would do for it."""

from __future__ import annotations

from hypothesis import strategies as st

from capset import observed
from capset.observed import Advice, Call, Check, Choice, Refused, Rule, SetAside, Summed, Unread, Use
from capset.sets import CapSet
from capset.testing.strategies.operations import requirements
from capset.testing.strategies.values import caps, capsets

__all__ = ["advice", "calls", "checks", "choices", "refused", "rules", "sets_aside", "summed", "unread", "uses"]

_IDS = st.none() | st.integers(0, 2**22)


def checks() -> st.SearchStrategy[Check]:
    """Draw what the kernel was asked: with little or much of what a tracer may print."""
    return st.builds(
        Check,
        cap=caps(),
        verdict=st.sampled_from(["granted", "denied", "not known"]),
        audited=st.none() | st.booleans(),
        pid=_IDS,
        tid=_IDS,
        uid=_IDS,
        command=st.text(max_size=15),
        syscall=st.sampled_from(["", "mount", "setsockopt", "execve"]),
        function=st.sampled_from(["", "may_mount", "security_vm_enough_memory_mm"]),
        stack=st.sampled_from([(), ("cap_capable", "may_mount")]),
        user_ns=st.sampled_from(["", "0000000025f042da"]),
        outside=st.none() | st.booleans(),
        module=st.sampled_from(["", "", "SELinux", "AppArmor"]),
        container=st.sampled_from(["", "default/web/nginx"]),
        errno=st.sampled_from(["", "0", "EPERM"]),
        count=st.integers(1, 9),
        line=st.integers(0, 99),
    )


def calls() -> st.SearchStrategy[Call]:
    """Draw calls that were refused."""
    return st.builds(
        Call,
        syscall=st.sampled_from(["mount", "getpid", "165"]),
        errno=st.sampled_from(["EPERM", "EACCES"]),
        asked=st.none() | capsets(),
        pid=_IDS,
        command=st.text(max_size=15),
        container=st.sampled_from(["", "default/web/nginx"]),
        count=st.integers(1, 9),
        line=st.integers(0, 99),
    )


def refused() -> st.SearchStrategy[Refused]:
    """Draw calls that were refused, with what may have been missing."""
    return advice().map(lambda found: found.calls).filter(bool).map(lambda found: found[0])


def unread() -> st.SearchStrategy[Unread]:
    """Draw lines that were not understood."""
    return st.builds(Unread, line=st.integers(1, 99), text=st.text(max_size=20), why=st.just("expected a check"))


def uses() -> st.SearchStrategy[Use]:
    """Draw what tracers saw."""
    return st.builds(
        Use,
        tracer=st.sampled_from(list(observed.TRACERS)),
        checks=st.lists(checks(), max_size=6).map(tuple),
        calls=st.lists(calls(), max_size=3).map(tuple),
        configured=st.just(CapSet()) | capsets(),
        unread=st.lists(unread(), max_size=2).map(tuple),
        lost=st.integers(0, 3),
    )


def advice() -> st.SearchStrategy[Advice]:
    """Draw what would do for what was seen."""

    def advised(use: Use, held: CapSet | None) -> Advice:
        return use.least(held=held)

    return st.builds(advised, uses(), st.none() | capsets())


def choices() -> st.SearchStrategy[Choice]:
    """Draw what would do in one place."""
    return st.builds(
        Choice,
        cap=caps(),
        syscall=st.sampled_from(["", "mount"]),
        function=st.sampled_from(["", "may_mount"]),
        needs=requirements(),
        operations=st.sampled_from([(), ("mount",)]),
    )


def rules() -> st.SearchStrategy[Rule]:
    """Draw rules of noise, of those that capset knows."""
    return st.sampled_from(observed.rules())


def sets_aside() -> st.SearchStrategy[SetAside]:
    """Draw what a rule of noise has set aside."""
    return st.builds(SetAside, rule=rules().map(lambda rule: rule.name), caps=capsets())


def summed() -> st.SearchStrategy[Summed]:
    """Draw what was asked several times in one place."""
    return uses().map(Use.summed).filter(bool).map(lambda rows: rows[0])
