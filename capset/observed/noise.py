"""Noise: checks whose answer decides nothing, by rules that are data."""

from __future__ import annotations

from functools import cache
from typing import Any

from attrs import frozen

from capset.errors import ArgumentError, shown
from capset.facts import load
from capset.observed.check import Check
from capset.plain import Plain
from capset.sets import CapSet

__all__ = ["Rule", "chosen", "rules"]

_ANY = CapSet()


@frozen(kw_only=True)
class Rule(Plain):
    """What is set aside, or may be, and why.

    Everything that a rule names has to be so of a check; what it leaves empty does not matter.

    Attributes:
        name: What it is called.
        why: Why such a check decides nothing, in words.
        source: Where that can be read.
        caps: The capabilities that are asked for; any, where it is empty.
        functions: The functions of the kernel that ask.
        syscalls: The system calls that they are in.
        commands: The names of the threads.
        verdict: What the answer was.
        audited: Whether a refusal would have been audited.
        outside: Whether it was asked for in the initial user namespace by a thread in another.
        sure: Whether such a check decides nothing whatever the program does. What is not sure is not set aside: it is
            told that it may be.
        without_function: Whether it is for tracers that do not print the function alone.
    """

    _plain = ("name",)

    name: str
    why: str
    source: str
    caps: CapSet = _ANY
    functions: tuple[str, ...] = ()
    syscalls: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    verdict: str = ""
    audited: bool | None = None
    outside: bool | None = None
    sure: bool = True
    without_function: bool = False

    @classmethod
    def _of_plain(cls, **entries: str) -> Rule:
        [rule] = chosen([entries["name"]])
        return rule

    def applies(self, check: Check) -> bool:
        """Say whether a check is set aside by this rule."""
        return (
            (not self.caps or check.cap in self.caps)
            and (not self.functions or check.function in self.functions)
            and (not self.syscalls or check.syscall in self.syscalls)
            and (not self.commands or check.command in self.commands)
            and self.verdict in {"", check.verdict}
            and self.audited in {None, check.audited}
            and self.outside in {None, check.outside}
            and not (self.without_function and check.function)
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


def rules() -> list[Rule]:
    """List the rules, in the order in which they are tried.

    Examples:
        >>> from capset import observed
        >>> print(observed.rules()[0])
        memory: every mmap(2), brk(2) and execve(2) asks for it, to let root have the last of the memory; without it \
they work as long as there is some
    """
    return [*_rules().values()]


def chosen(names: list[str]) -> list[Rule]:
    """Return the rules of these names.

    Raises:
        ArgumentError: There is none of a name, and the error lists them.
    """
    known = _rules()
    if strange := [name for name in names if name not in known]:
        raise ArgumentError(f"there is no rule of noise {shown(strange[0])}: known are {', '.join(known)}", strange[0])
    return [known[name] for name in names]


@cache
def _rules() -> dict[str, Rule]:
    facts: list[dict[str, Any]] = load("noise")["rules"]
    return {fact["name"]: _made(fact) for fact in facts}


def _made(fact: dict[str, Any]) -> Rule:
    made = dict(fact)
    for name in ("functions", "syscalls", "commands"):
        made[name] = tuple(fact.get(name, ()))
    made["caps"] = CapSet(fact.get("caps", ()))
    return Rule(**made)
