"""A set against another, and what published lists say of it, as pieces of HTML."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from capset.capability import Cap
from capset.display.as_html.markup import Html, details, lines, listed, markup, paragraph
from capset.display.judging import risky
from capset.info import RiskList, risk_lists
from capset.sets import CapSet

__all__ = ["LISTS", "against", "told", "warnings"]

LISTS = "What published lists say"
_FEW = 8  # so many are named


def warnings(caps: CapSet) -> list[Html]:
    """Write what the lists about containers say of a set, a line for each that says something."""
    return list(_judged(caps, [each for each in risk_lists() if each.of_containers]))


def told(caps: CapSet) -> list[Html]:
    """Tell what published lists about containers warn of, and fold away what all of them say.

    Those about containers come first. Of what a list finds harmless nothing is said here.
    """
    marked = risky(caps)
    shown = [paragraph(Html(f"<b>!</b>&nbsp;Published lists warn of {listed(marked)}."))] if marked else []
    said = list(_judged(caps, sorted(risk_lists(), key=lambda each: not each.of_containers)))
    return [*shown, details(LISTS, lines(said))] if said else shown


def _judged(caps: CapSet, lists: Iterable[RiskList]) -> Iterator[Html]:
    for risk_list in lists:
        said: defaultdict[str, list[Cap]] = defaultdict(list)
        for cap in caps - caps.undefined:
            for risk in cap.info.risks:
                if risk.risk_list == risk_list and risk.verdict != risk_list.harmless:
                    said[risk.verdict].append(cap)
        if said:
            words = "; ".join(f"{listed(CapSet(those))} ({markup(verdict)})" for verdict, those in said.items())
            sign = "<b>!</b>&nbsp;" if risk_list.of_containers else ""
            yield Html(f"{sign}{markup(risk_list.name)}: {words}")


def against(caps: CapSet, base: CapSet) -> Html:
    """Write what a set has more and less than another, or that it is the same.

    Of what is many more, those alone are named that a list warns of, and those that have no name yet: the set
    itself stands beside this.
    """
    changes = base.diff(caps)
    shown: list[Html] = []
    if more := changes.added:
        marked = risky(more)
        few = more if len(more) <= _FEW else marked | more.unknown
        named = f"{':' if few == more else ', with'} {listed(few, marked)}" if few else ""
        shown.append(Html(f"<b>+{len(more)}</b>{named}"))
    if less := changes.dropped:
        words = listed(less)
        if len(less) > _FEW:  # what is left of it is less to read
            words = Html(f"all but {listed(base - less)}" if base - less else "all of it")
        shown.append(Html(f"<b>−{len(less)}</b>: {words}"))  # noqa: RUF001, the sign is meant
    return lines(shown) if shown else Html("<b>=</b>&nbsp;the same")
