"""What is set beside every set: Docker's default, and what published lists say of capabilities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from capset import engines
from capset.capability import Cap
from capset.display.markup import Html, lines, listed, markup
from capset.display.text import summary
from capset.info import RiskList, risk_lists
from capset.sets import CapSet

__all__ = ["against", "docker_default", "in_short", "judged", "risky", "verdicts", "warnings"]

_FEW = 8  # so many are named
_EXCEPTIONS = 3  # so many are told as an exception


def docker_default() -> CapSet:
    """Return Docker's default set."""
    return engines.get("docker").default


def in_short(caps: CapSet) -> str:
    """Describe a set by what most containers have where it differs little from that, else as :func:`summary` does."""
    usual = docker_default()
    more, less = caps - usual, usual - caps
    if len(more) + len(less) > _EXCEPTIONS:
        return summary(caps)
    words = [f"and {', '.join(map(str, more))}"] * bool(more) + [f"but {', '.join(map(str, less))}"] * bool(less)
    return " ".join(["Docker's default", *words])


def risky(caps: CapSet) -> CapSet:
    """Return those that a list about containers warns of.

    A list about hosts warns of most of what Docker gives to everybody, so a sign for it would be everywhere.
    """
    return CapSet(cap for cap in caps if any(risk.risk_list.of_containers for risk in cap.info.risks))


def verdicts(cap: Cap) -> list[str]:
    """Write what each list says of a capability, those about containers first."""
    ordered = sorted(cap.info.risks, key=lambda risk: not risk.risk_list.of_containers)
    return [f"{'! ' if risk.risk_list.of_containers else ''}{risk.risk_list.name}: {risk.verdict}" for risk in ordered]


def warnings(caps: CapSet) -> list[Html]:
    """Write what the lists about containers say of a set, a line for each that says something."""
    return list(_judged(caps, [each for each in risk_lists() if each.of_containers]))


def judged(caps: CapSet) -> list[Html]:
    """Write what each list says of a set, a line for each list that says something, those about containers first.

    Of what a list finds harmless nothing is said here.
    """
    return list(_judged(caps, sorted(risk_lists(), key=lambda each: not each.of_containers)))


def _judged(caps: CapSet, lists: Iterable[RiskList]) -> Iterator[Html]:
    for risk_list in lists:
        said: defaultdict[str, list[Cap]] = defaultdict(list)
        for cap in caps:
            for risk in cap.info.risks:
                if risk.risk_list == risk_list and risk.verdict != risk_list.harmless:
                    said[risk.verdict].append(cap)
        if said:
            told = "; ".join(f"{listed(CapSet(those))} ({markup(verdict)})" for verdict, those in said.items())
            sign = "<b>!</b>&nbsp;" if risk_list.of_containers else ""
            yield Html(f"{sign}{markup(risk_list.name)}: {told}")


def against(caps: CapSet, base: CapSet) -> Html:
    """Write what a set has more and less than another, or that it is the same.

    Of what is many more, those alone are named that a list warns of, and those that have no name yet: the set
    itself stands beside this.
    """
    changes = base.diff(caps)
    told: list[Html] = []
    if more := changes.added:
        marked = risky(more)
        few = more if len(more) <= _FEW else marked | more.unknown
        named = f"{':' if few == more else ', with'} {listed(few, marked)}" if few else ""
        told.append(Html(f"<b>+{len(more)}</b>{named}"))
    if less := changes.dropped:
        words = listed(less)
        if len(less) > _FEW:  # what is left of it is less to read
            words = Html(f"all but {listed(base - less)}" if base - less else "all of it")
        told.append(Html(f"<b>−{len(less)}</b>: {words}"))  # noqa: RUF001, the sign is meant
    return lines(told) if told else Html("<b>=</b>&nbsp;the same")
