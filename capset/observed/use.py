"""Use: all that a trace says, and what of it is noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Literal, NamedTuple

from attrs import evolve, frozen

from capset.errors import require
from capset.observed.advice import Advice, advice, counted
from capset.observed.call import Call
from capset.observed.check import Check
from capset.observed.noise import Rule, chosen, rules
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Tabular

__all__ = ["Summed", "Unread", "Use"]

_NONE = CapSet()
_PARTIAL = {
    "strace": "strace shows no checks",
    "audit": "the audit shows no check but those that a security module answered",
    "cap-audit": "cap-audit leaves out what it takes for noise itself",
    "tetragon": "Tetragon shows what its policy lets through, which may limit how much",
}


@frozen(kw_only=True)
class Unread(Plain):
    """A line of a trace that was not understood; a check may stand in it.

    Attributes:
        line: Which one, counted from 1.
        text: What stands in it.
        why: What was expected.
    """

    line: int
    text: str
    why: str


class Summed(NamedTuple):
    """What was asked several times in one place.

    Attributes:
        cap: The capability.
        verdict: The answer.
        command: The name of the thread.
        where: The system call, and the function of the kernel that asked.
        times: How often.
        noise: The name of the rule that sets it aside; empty where none does.
    """

    cap: str
    verdict: str
    command: str
    where: str
    times: int
    noise: str


@frozen(kw_only=True)
class Use(Plain, Tabular):
    """What a tracer saw.

    Each check is a row of :meth:`to_records`: ``cap``, ``number``, ``verdict``, ``audited``, ``pid``, ``tid``, ``uid``,
    ``command``, ``syscall``, ``function``, ``user_ns``, ``outside``, ``module``, ``container``, ``errno``, ``count``,
    ``line`` and ``noise``, the name of the rule that sets it aside.

    Attributes:
        tracer: What it was: a key of :data:`TRACERS`.
        checks: What the kernel was asked, in that order.
        calls: The calls that came to EPERM or EACCES, where the tracer shows these.
        configured: What the program put into its effective or permitted set by capset(2), where the tracer shows that.
        unread: What was not understood.
        lost: How many events the tracer says it lost, of which nothing is known.
    """

    tracer: str
    checks: tuple[Check, ...] = ()
    calls: tuple[Call, ...] = ()
    configured: CapSet = _NONE
    unread: tuple[Unread, ...] = ()
    lost: int = 0

    @property
    def asked(self) -> CapSet:
        """All capabilities that were asked for, noise among them."""
        return CapSet({check.cap for check in self.checks})

    @property
    def granted(self) -> CapSet:
        """Those that the thread had, at least once."""
        return self._with("granted")

    @property
    def denied(self) -> CapSet:
        """Those that it had not, at least once."""
        return self._with("denied")

    def _with(self, verdict: Literal["granted", "denied"]) -> CapSet:
        return CapSet({check.cap for check in self.checks if check.verdict == verdict})

    def summed(self, *, off: Collection[str] = ()) -> list[Summed]:
        """Count what is the same; what is set aside comes last. The argument is that of :meth:`noise`."""
        aside = {id(check): rule.name for check, rule in self.noise(off=off)}
        found: Counter[tuple[int, str, str, str, str, str]] = Counter()
        for each in self.checks:
            where = ", ".join(
                filter(None, [each.syscall and f"{each.syscall}()", each.function and f"by {each.function}()"])
            )
            name = aside.get(id(each), "")
            found[int(each.cap), str(each.cap), each.verdict, each.command, where, name] += each.count
        rows = sorted(found.items(), key=lambda item: (bool(item[0][5]), item[0]))
        return [Summed(*key[1:5], times, key[5]) for key, times in rows]

    def of(
        self, *, commands: Collection[str] = (), pids: Collection[int] = (), containers: Collection[str] = ()
    ) -> Use:
        r"""Return what is about some threads alone, by their names, processes or containers; the rest stays as it is.

        Args:
            commands: The names of threads.
            pids: The processes.
            containers: The names of containers; what is of none that is told is left out then.

        Raises:
            TypeError: *commands* or *containers* is a text, which would be read as its letters.

        Examples:
            >>> from capset import observed
            >>> both = observed.read('{"cap": "CAP_KILL", "command": "a"}\n{"cap": "CAP_CHOWN", "command": "b"}')
            >>> print(both.of(commands=["a"]).asked)
            CAP_KILL
        """
        for names, what in ((commands, "commands"), (containers, "containers")):
            if isinstance(names, str):
                raise TypeError(f"expected names of {what}, got {names!r}: write [{names!r}]")

        def wanted(each: Check | Call) -> bool:
            return (
                (not commands or each.command in commands)
                and (not pids or each.pid in pids)
                and (not containers or each.container in containers)
            )

        return evolve(
            self,
            checks=tuple(check for check in self.checks if wanted(check)),
            calls=tuple(call for call in self.calls if wanted(call)),
        )

    def noise(self, *, off: Collection[str] = ()) -> list[tuple[Check, Rule]]:
        """Return the checks that are set aside, each with the first rule that does.

        Args:
            off: The names of rules that are not to be followed.

        Raises:
            ArgumentError: There is no rule of that name.
        """
        return self._by_rule([rule for rule in _followed(off) if rule.sure])

    def doubtful(self, *, off: Collection[str] = ()) -> list[tuple[Check, Rule]]:
        """Return the checks that seldom decide anything, each with the rule that says so; they are not set aside.

        The argument is that of :meth:`noise`.
        """
        return self._by_rule([rule for rule in _followed(off) if not rule.sure])

    def _by_rule(self, followed: list[Rule]) -> list[tuple[Check, Rule]]:
        found: list[tuple[Check, Rule]] = []
        for check in self.checks:
            rule = next((rule for rule in followed if rule.applies(check)), None)
            if rule is not None:
                found.append((check, rule))
        return found

    def relevant(self, *, off: Collection[str] = ()) -> list[Check]:
        """Return the checks that no rule sets aside; the argument is that of :meth:`noise`."""
        followed = [rule for rule in _followed(off) if rule.sure]
        return [check for check in self.checks if not any(rule.applies(check) for rule in followed)]

    def least(self, *, held: CapSet | None = None, off: Collection[str] = ()) -> Advice:
        """Say what would do for what was seen.

        Args:
            held: What the program was given, if that is known: what of it was not seen is told.
            off: As for :meth:`noise`.

        Returns:
            What was seen to be granted, and what else would do by the table of operations. What was not seen is not
            thereby not needed: what a program does on another day is not in the trace.

        Raises:
            ArgumentError: There is no rule of that name.
            TypeError: *held* is no set.

        Examples:
            >>> from capset import CapSet, observed
            >>> line = "ping-7 [0] ..... 1.5: cap_capable: cred 1, target_ns 2, capable_ns 2, cap 13, ret 0"
            >>> print(observed.read(line).least(held=CapSet(["net_raw", "kill"])))
            CAP_NET_RAW would do for what was seen; held and not seen: CAP_KILL
        """
        if held is not None:
            require(held, CapSet, "a CapSet for held")
        names = self.tracer.split(", ")
        partial = [_PARTIAL[name] for name in names if name in _PARTIAL]
        if not self.checks and not partial:
            partial = ["the trace shows no check"]
        return advice(
            self.relevant(off=off),
            self.noise(off=off),
            held,
            doubtful=self.doubtful(off=off),
            calls=self.calls,
            configured=self.configured,
            unread=len(self.unread),
            lost=self.lost,
            partial="; ".join(partial),
        )

    def __add__(self, other: Use) -> Use:
        """Put two together."""
        if not isinstance(other, Use):
            return NotImplemented
        tracers = dict.fromkeys([*self.tracer.split(", "), *other.tracer.split(", ")])
        return Use(
            tracer=", ".join(tracers),
            checks=self.checks + other.checks,
            calls=self.calls + other.calls,
            configured=self.configured | other.configured,
            unread=self.unread + other.unread,
            lost=self.lost + other.lost,
        )

    def to_jsonl(self) -> str:
        """Write what was seen as lines of JSON, which :func:`read` reads: a line for each check, and for the rest."""
        import json  # which most who trace do not need

        lines: list[object] = [{"tracer": self.tracer}]
        lines += [check.as_dict() for check in self.checks]
        lines += [{"call": call.as_dict()} for call in self.calls]
        lines += [{"configured": str(self.configured)}] if self.configured else []
        lines += [{"unread": each.as_dict()} for each in self.unread]
        lines += [{"lost": self.lost}] if self.lost else []
        return "".join(json.dumps(line) + "\n" for line in lines)

    def __str__(self) -> str:
        parts = [f"{counted(sum(check.count for check in self.checks), 'check')} of {self.asked or 'nothing'}"]
        parts += [counted(sum(call.count for call in self.calls), "refused call")] if self.calls else []
        parts += [f"{counted(len(self.unread), 'line')} not understood"] if self.unread else []
        parts += [f"{counted(self.lost, 'event')} lost"] if self.lost else []
        return ", ".join(parts)


def _followed(off: Collection[str]) -> list[Rule]:
    """Return the rules but for some."""
    if isinstance(off, str):
        raise TypeError(f"expected names of rules, got {off!r}: write [{off!r}]")
    left_out = chosen([*off])
    return [rule for rule in rules() if rule not in left_out]
