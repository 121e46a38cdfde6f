"""Judging: what an engine makes of each name of a request, where that is not what the name asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from attrs import evolve, field, frozen

from capset.capability import Cap
from capset.engines.request import Request
from capset.engines.rules import FAMILIES, Options, Rules
from capset.engines.spelling import Asked
from capset.errors import ContradictionError, RequestError, UnknownCapabilityError, UnknownNameError, shown
from capset.problem import Problem
from capset.sets import CapSet

__all__ = ["Judge"]

Side = Literal["add", "drop"]

_ALL = CapSet.all()
_OTHER: dict[Side, Side] = {"add": "drop", "drop": "add"}
_DONE = {"add": "added", "drop": "dropped"}


@frozen(kw_only=True)
class Judge:
    """An engine that is asked what it makes of each name of a request.

    Attributes:
        rules: Its rules.
        default: What it gives when nothing is asked for.
        title: What it is called in messages.
    """

    rules: Rules
    default: CapSet = field(default=CapSet())
    title: str

    @classmethod
    def usual(cls, family: str, title: str) -> Judge:
        """Make one of a family of engines whose release is not known; none of them is taken not to know a name."""
        options = Options(add="{}", drop="{}", privileged="privileged")
        return cls(rules=Rules(family=FAMILIES[family], names=_ALL, all="held", options=options), title=title)

    def problems(self, request: Request) -> list[Problem]:
        """List what it refuses, and what has no effect; the place of each is such as ``add[0]``."""
        return [*self.names(request).values(), *self.effects(request).values()]

    def names(self, request: Request) -> dict[str, Problem]:
        """Return the names that are none to it, by their places; only of a list at which it looks."""
        looks_at = [side for side in _OTHER if self._looks_at(side, request)]
        found = {place: self._name(side, text) for side, place, text in _entries(request) if side in looks_at}
        return {place: evolve(problem, place=place) for place, problem in found.items() if problem}

    def effects(self, request: Request) -> dict[str, Problem]:
        """Return the names that are taken and have no effect, by their places."""
        none = self.names(request)
        taken = [entry for entry in _entries(request) if entry[1] not in none]
        add, drop = ([text for side, _, text in taken if side == each] for each in _OTHER)
        kept = Request(add, drop, privileged=request.privileged)
        found: dict[str, Problem] = {}
        if request.privileged and not self.rules.family.changes_privileged:
            for _, place, text in taken:
                told = f"{self.title} gives a privileged container everything, whatever is named"
                found[place] = Problem(
                    rule="privileged-anyway", place=place, value=text, verdict="ignored", message=told
                )
            return found
        try:
            gives = self.rules.resolve(kept, self.default, _ALL, self.title).caps
        except ContradictionError:
            gives = None
        except RequestError:  # which whoever asks for the sets is told
            return found
        asked: dict[Side, Asked] = {side: self._list(getattr(kept, side)) for side in _OTHER}
        for side, place, text in taken:
            one, other, done = self._read(text), asked[_OTHER[side]], _DONE[_OTHER[side]]
            twice = bool(one.caps & other.caps) or other.all
            if gives is None:
                if one.caps & other.caps or (one.all and other.all):
                    told = f"it is {done} as well, which {self.title} refuses"
                    found[place] = Problem(
                        rule="in-both-lists", place=place, value=text, verdict="refused", message=told
                    )
            elif self._is_without(side, one, asked, gives) and twice:
                told = f"it is {done} as well, and {self.title} lets that win"
                found[place] = Problem(rule="in-both-lists", place=place, value=text, verdict="ignored", message=told)
            elif self._is_without(side, one, asked, gives):
                told = f"what {self.title} gives is the same as without it"
                found[place] = Problem(rule="no-effect", place=place, value=text, verdict="ignored", message=told)
        return found

    def _looks_at(self, side: Side, request: Request) -> bool:
        """Say whether it reads the names of a list at all."""
        family = self.rules.family
        if request.privileged and not (family.reads_for_privileged or family.changes_privileged):
            return False
        if family.all_swallows and self._list(getattr(request, side)).all:
            return False
        return not (family.drop_all_ends and side == "add" and self._list(request.drop).all)

    def _is_without(self, side: Side, one: Asked, asked: dict[Side, Asked], gives: CapSet) -> bool:
        """Say whether what the engine gives contradicts an entry; of ALL it may take away what is named, or add it."""
        everything = self.rules.everything(_ALL) - self.rules.withheld
        if side == "drop":
            return bool(gives - asked["add"].caps if one.all else gives & one.caps)
        return bool(everything - gives - asked["drop"].caps if one.all else one.caps - gives)

    def _name(self, side: Side, text: str) -> Problem | None:
        """Say what is wrong with a name; None if it is one to the engine, or there is no option that takes names."""
        if not getattr(self.rules.options, side):
            return None
        try:
            told = self.rules.passed_over(text, side, _ALL, self.title)
        except UnknownNameError as error:
            none = f"{self.title} knows no capability {shown(text)}: {error.reason}"
            return Problem(rule="unknown-capability", place="", value=text, verdict="refused", message=none)
        if not told:
            return None
        message = "; ".join(told)
        if _is_known(text):
            return Problem(rule="capability-prefix", place="", value=text, verdict="ignored", message=message)
        return Problem(rule="unknown-capability", place="", value=text, verdict="ignored", message=message)

    def _read(self, text: str) -> Asked:
        return self._list((text,))

    def _list(self, texts: tuple[str, ...]) -> Asked:
        return self.rules.family.spelling.read(texts, _ALL, _ALL)


def _entries(request: Request) -> Iterator[tuple[Side, str, str]]:
    for side in _OTHER:
        for at, text in enumerate(getattr(request, side)):
            yield side, f"{side}[{at}]", text


def _is_known(text: str) -> bool:
    """Say whether a name is one to people, however an engine takes it."""
    try:
        Cap.parse(text)
    except UnknownCapabilityError:
        return False
    return True
