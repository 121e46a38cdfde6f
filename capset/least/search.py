"""Search: what was tried, and what follows from that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import field, frozen

from capset.errors import ArgumentError, require, shown
from capset.least.masks import Known, hitting
from capset.operations.requirement import Requirement
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Tabular
from capset.summary import counted, summary

__all__ = ["MOST_UNDECIDED", "Counterexample", "Search", "Trial", "merged"]

MOST_UNDECIDED = 1024
"""So many undecided sets are listed by themselves; of more, the whole universe is said to be undecided."""

_MOST_TOLD = 5  # so many sets of a kind are told in words


@frozen(kw_only=True)
class Trial(Plain):
    """A set that was tried, and what came of it.

    Attributes:
        caps: The set.
        works: Whether it works with that set; None where the answers differed.
        count: How often it was asked.

    Raises:
        ArgumentError: *count* is less than 1.
        TypeError: A value has another type.

    Examples:
        >>> from capset.least import Trial
        >>> print(Trial(caps=["kill"], works=None, count=2))
        CAP_KILL: answers differ (asked 2 times)
    """

    caps: CapSet = field(converter=CapSet)
    works: bool | None
    count: int = 1

    def __attrs_post_init__(self) -> None:
        if self.works is not None:
            require(self.works, bool, "True or False for works, or None where the answers differed")
        if type(self.count) is not int:
            raise TypeError(f"expected a number of times as int, got {shown(self.count)}")
        if self.count < 1:
            raise ArgumentError(f"expected a count of at least 1, got {shown(self.count)}", self.count)

    def __str__(self) -> str:
        verdict = {True: "works", False: "does not work", None: "answers differ"}[self.works]
        times = "once" if self.count == 1 else f"{self.count} times"
        return f"{summary(self.caps)}: {verdict} (asked {times})"


@frozen(kw_only=True)
class Counterexample(Plain):
    """Two trials that contradict each other, if more capabilities never hurt.

    Attributes:
        works: The set with which it works.
        fails: One that has more, with which it does not.
    """

    works: CapSet
    fails: CapSet

    def __str__(self) -> str:
        return f"it works with {summary(self.works)}, and does not with {summary(self.fails)}, which is more"


def merged(trials: Iterable[Trial], universe: CapSet) -> tuple[Trial, ...]:
    """Put together trials of the same set; where they do not agree, the answers differ.

    Raises:
        ArgumentError: A set is not within the universe.
        TypeError: They are no trials.
    """
    found: dict[CapSet, Trial] = {}
    for trial in trials:
        require(trial, Trial, "trials, as Search.trials has them")
        if not trial.caps <= universe:
            raise ArgumentError(f"expected trials within {universe}, got one of {trial.caps}", trial.caps)
        before = found.get(trial.caps)
        if before is not None:
            same = trial.works if trial.works == before.works else None
            trial = Trial(caps=trial.caps, works=same, count=trial.count + before.count)  # noqa: PLW2901
        found[trial.caps] = trial
    return tuple(found.values())


def _trials(given: Iterable[Trial]) -> tuple[Trial, ...]:
    return tuple(given)


@frozen(kw_only=True)
class Search(Plain, Tabular):
    """What was tried, and what follows from that if more capabilities never hurt.

    All but the trials is computed from them: ``Search(universe=..., trials=...)`` tells of any trials what they say.
    A set that was not tried is taken to work if a part of it did, and not to work if it is part of one that did not.
    Two searches are equal where the same was tried, in the same order.

    Each trial is a row of :meth:`to_records`: ``caps``, ``size``, ``mask``, ``works`` (None where the answers differed)
    and ``count``.

    Attributes:
        universe: The capabilities of which sets are made.
        trials: What was tried, in that order. Of those that are given, those of the same set are put together.
        minimal: The sets that were tried and worked, and of which each that has one less does not work, or does not
            reliably; the smallest first.
        smallest: The smallest set that was tried and worked; None where none did. It may not be minimal yet.
        undecided: The largest sets that may work, or have a minimal set in them, for all that the trials say. A minimal
            set that was not found is within one of these. Of more than :data:`MOST_UNDECIDED` it is the universe
            alone.
        flaky: The trials whose answers differed. Nothing is concluded from them, and they are never taken to work.
        counterexamples: For each set that was tried and failed, though a part of it works, these two.
        complete: Whether every set is decided: nothing is undecided, flaky, or contradicts something else.

    Raises:
        ArgumentError: The universe is empty, or a trial is of a set that is not within it.
        TypeError: *trials* are none, or the universe is no set.

    Examples:
        >>> from capset.least import Search, Trial
        >>> tried = [Trial(caps=["kill", "chown"], works=True), Trial(caps=["chown"], works=False)]
        >>> print(Search(universe=["kill", "chown"], trials=tried))
        no minimal set was found yet; it works with CAP_CHOWN, CAP_KILL (2 capabilities, 2 trials)
        not decided: whether there are others within CAP_CHOWN, CAP_KILL
    """

    _plain = ("universe", "trials", "minimal", "undecided", "flaky", "counterexamples", "complete")

    universe: CapSet = field(converter=CapSet)
    trials: tuple[Trial, ...] = field(default=(), converter=_trials)
    minimal: tuple[CapSet, ...] = field(init=False, repr=False, eq=False)
    smallest: CapSet | None = field(init=False, repr=False, eq=False)
    undecided: tuple[CapSet, ...] = field(init=False, repr=False, eq=False)
    flaky: tuple[Trial, ...] = field(init=False, repr=False, eq=False)
    counterexamples: tuple[Counterexample, ...] = field(init=False, repr=False, eq=False)
    complete: bool = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if not self.universe:
            raise ArgumentError("expected a universe of at least one capability, got the empty set", self.universe)
        known = Known()
        trials = merged(self.trials, self.universe)
        for trial in trials:
            known.add(trial.caps.mask, trial.works)
        working = sorted(map(CapSet.from_mask, known.working), key=lambda caps: (len(caps), caps.mask))
        undecided = tuple(map(CapSet.from_mask, _undecided(known, self.universe.mask)))
        flaky = tuple(trial for trial in trials if trial.works is None)
        contradictory = tuple(
            Counterexample(works=works[0], fails=trial.caps)
            for trial in trials
            if trial.works is False and (works := [caps for caps in working if caps <= trial.caps])
        )
        computed: dict[str, object] = {
            "trials": trials,
            "minimal": tuple(caps for caps in working if known.is_minimal(caps.mask)),
            "smallest": working[0] if working else None,
            "undecided": undecided,
            "flaky": flaky,
            "counterexamples": contradictory,
            "complete": not (undecided or flaky or contradictory),
        }
        for name, value in computed.items():
            object.__setattr__(self, name, value)  # the class is frozen from here on

    @classmethod
    def _of_plain(cls, **entries: Any) -> Search:
        search = cls(universe=entries["universe"], trials=entries["trials"])
        for name in cls._plain:
            if getattr(search, name) != entries[name]:
                raise ArgumentError(f"expected {name} as they follow from the trials", entries[name])
        return search

    @property
    def requirement(self) -> Requirement | None:
        """What it needs, where the search is complete; else None, as that is not known.

        Raises:
            ArgumentError: There are more minimal sets than a Requirement has,
                :data:`capset.operations.MOST_WAYS`.
        """
        return Requirement(self.minimal) if self.complete else None

    def __str__(self) -> str:
        return "\n".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        """Say what was found, and what was not."""
        trials = f"{len(self.trials) or 'no'} trial{'s' * (len(self.trials) != 1)}"
        size = f"{counted(self.universe)}, {trials}"
        if self.complete:
            yield f"{_found(self)} ({size})"
        elif self.minimal:
            yield f"found so far, each minimal: {_ways(self.minimal)} ({size})"
        elif self.smallest is not None:
            yield f"no minimal set was found yet; it works with {summary(self.smallest)} ({size})"
        else:
            yield f"no set was found with which it works ({size})"
        if self.undecided:
            others = "whether there are others" if self.minimal or self.smallest is not None else "whether it works"
            yield f"not decided: {others} within {_few([summary(caps) for caps in self.undecided], ', or within ')}"
        if self.flaky:
            yield f"not known, as answers differ: with {_few([summary(trial.caps) for trial in self.flaky], '; with ')}"
        if self.counterexamples:
            examples = _few([str(each) for each in self.counterexamples], "; ")
            yield f"more capabilities do hurt, so that what was not tried may be otherwise: {examples}"


def _undecided(known: Known, universe: int) -> list[int]:
    """List the largest masks in which a minimal one may be that was not found: each lacks a bit of each that was."""
    found: list[int] = []
    for cut in hitting([mask for mask in known.working if known.is_minimal(mask)]):
        if known.says(universe & ~cut) is not False:
            found.append(universe & ~cut)
        if len(found) > MOST_UNDECIDED:
            return [universe]
    return found


def _found(search: Search) -> str:
    """Say what a complete search has found."""
    if not search.minimal:
        return "never: it does not work even with the whole universe"
    if search.minimal == (CapSet(),):
        return "nothing: it works without any capability"
    return f"{_ways(search.minimal)}: no other set is minimal"


def _ways(sets: Iterable[CapSet]) -> str:
    """Write sets as a requirement does."""
    return _few([" & ".join(map(str, caps)) or "nothing" for caps in sets], " | ")


def _few(texts: list[str], between: str) -> str:
    """Write the first of some texts, and how many more there are."""
    more = len(texts) - _MOST_TOLD
    return between.join(texts[:_MOST_TOLD]) + (f", and {more} more" if more > 0 else "")
