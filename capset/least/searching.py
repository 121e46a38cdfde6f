"""Which set to try next, so that the minimal ones are found in few trials."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from capset.capability import Cap
from capset.errors import ArgumentError, require, shown
from capset.least.masks import Known, bits, hitting
from capset.least.search import Search, Trial
from capset.sets import CapSet

__all__ = ["minimal_sets"]


def minimal_sets(
    works: Callable[[CapSet], bool],
    *,
    universe: Iterable[Cap | int | str],
    hints: Iterable[Iterable[Cap | int | str]] = (),
    all: bool = True,
    repeat: int = 1,
    known: Iterable[Trial] = (),
    limit: int | None = None,
    record: Callable[[Trial], object] | None = None,
    check: bool = False,
) -> Search:
    """Find the minimal sets with which something works, in few trials.

    It is taken for granted that more capabilities never hurt. What follows from that is not tried: no set of which a
    part has worked, and none that is part of one that has failed. No set is tried twice, but for *repeat*.

    First come the hints, one by one. Without one that works the whole universe is tried: where that fails, no set will
    do, and the search is over. What works is made smaller: half of it at a time, and a hint one capability at a time,
    so that a hint that is minimal takes one trial more than it has capabilities. All are found when everything fails
    that lacks a capability of each of them. One set of *k* out of *n* capabilities takes about ``2 * k * log2(n / k) +
    2 * k`` trials; all of them take that for each, and one for each largest set that fails, which can be very many.

    What contradicts that more never hurts is in :attr:`Search.counterexamples`, as far as it was met. It is not looked
    for but by *check*, and what was not tried may always be otherwise.

    An error that *works* or *record* raises, KeyboardInterrupt too, is passed on. The trials before it are with
    *record*: give it a list's ``append`` to lose nothing. ``Search(universe=..., trials=...)`` tells what they
    say, and as *known* they are where the next search begins.

    Args:
        works: What tries a set: True where it works with that set and no others of the universe.
        universe: The capabilities of which sets are made, a CapSet or what makes one; such as those that an
            engine can give, ``CapSet.all()``, or ``live.supported()``.
        hints: Sets that may be minimal, or near to it, the most likely first; a Requirement is such.
        all: Whether every minimal set is looked for. Otherwise the search is over when one is found.
        repeat: How often a set is asked for. Where the answers differ, the trial is flaky: nothing follows
            from it.
        known: Trials of an earlier search, which are not made again, however often their sets were asked for.
        limit: So many sets are tried at most, beside the known ones; each of them *repeat* times. A search that stops
            there is not complete, and says what is not decided.
        record: Called with each trial after it was made.
        check: Whether the whole universe and the empty set are tried too at the end, where they were not: two sets from
            which it is far to those that decided them, so that what contradicts is likely met there.

    Raises:
        ArgumentError: The universe is empty; a hint or a known trial is not within it; *repeat* is less than 1, or
            *limit* less than 0.
        UnknownCapabilityError: A name or a number is no capability.
        TypeError: An argument has another type, or *works* has returned something else than True and False.

    Examples:
        >>> from capset import CapSet, least
        >>> def works(caps):
        ...     return "sys_admin" in caps or {"perfmon", "bpf"} <= set(caps)
        >>> tried = []
        >>> admin = ["sys_admin"]
        >>> print(least.minimal_sets(works, universe=CapSet.all(), hints=[admin], all=False, record=tried.append))
        found so far, each minimal: CAP_SYS_ADMIN (41 capabilities, 2 trials)
        not decided: whether there are others within all known but CAP_SYS_ADMIN
        >>> found = least.minimal_sets(works, universe=CapSet.all(), known=tried)
        >>> found.trials[:2] == tuple(tried)
        True
    """
    if not callable(works):
        raise TypeError(f"expected a function that tries a set, got {shown(works)}")
    if record is not None and not callable(record):
        raise TypeError(f"expected a function that is called with each trial, or None, got {shown(record)}")
    require(all, bool, "True or False for all")
    require(check, bool, "True or False for check")
    _at_least(1, repeat, "repeat")
    if limit is not None:
        _at_least(0, limit, "limit")
    start = Search(universe=universe, trials=known)
    search = _Searching(start, works, repeat, limit, record)
    try:
        search.run([_within(hint, start.universe) for hint in hints], every=all)
        if check:
            search.check()
    except _EnoughError:
        pass
    return Search(universe=start.universe, trials=search.trials)


def _at_least(least: int, number: int, name: str) -> None:
    if type(number) is not int:
        raise TypeError(f"expected {name} as int, got {shown(number)}")
    if number < least:
        raise ArgumentError(f"expected {name} of at least {least}, got {shown(number)}", number)


def _within(hint: Iterable[Cap | int | str], universe: CapSet) -> int:
    caps = CapSet(hint)
    if not caps <= universe:
        raise ArgumentError(f"expected hints within {universe}, got {caps}: {caps - universe} is not in it", caps)
    return caps.mask


class _EnoughError(Exception):
    """As many sets were tried as may be."""


class _Searching:
    """A search as it goes on: all that it knows are trials, so that it can go on from any."""

    def __init__(
        self,
        start: Search,
        works: Callable[[CapSet], bool],
        repeat: int,
        limit: int | None,
        record: Callable[[Trial], object] | None,
    ) -> None:
        self.universe = start.universe.mask
        self.works = works
        self.repeat = repeat
        self.trials = [*start.trials]
        self.most = None if limit is None else len(self.trials) + limit
        self.record = record
        self.known = Known()
        for trial in self.trials:
            self.known.add(trial.caps.mask, trial.works)

    def run(self, hints: list[int], *, every: bool) -> None:
        """Try until every set is decided, or one minimal set is found."""
        left = hints[::-1]
        while True:
            rough = [mask for mask in self.known.working if not self.known.is_minimal(mask)]
            if rough:
                self.shrink(rough[0], singly=rough[0] in hints)
            elif self.known.working and not every:
                return
            elif left:
                self.ask(left.pop())
            elif not any(self.ask(self.universe & ~cut) for cut in hitting(self.known.working)):
                return

    def check(self) -> None:
        """Try what is furthest from what decided it."""
        for mask in (self.universe, 0):
            if mask not in self.known.tried:
                self.attempt(mask)

    def ask(self, mask: int) -> bool:
        """Say whether a mask works, by a trial where nothing else tells; a flaky one does not."""
        if self.known.is_open(mask):
            self.attempt(mask)
        return self.known.says(mask) is True

    def attempt(self, mask: int) -> None:
        """Make a trial."""
        if len(self.trials) == self.most:
            raise _EnoughError
        caps = CapSet.from_mask(mask)
        answers = [self.answer(caps)]
        while len(answers) < self.repeat and answers[-1] is answers[0]:
            answers.append(self.answer(caps))
        trial = Trial(caps=caps, works=answers[0] if answers[-1] is answers[0] else None, count=len(answers))
        self.trials.append(trial)
        self.known.add(mask, trial.works)
        if self.record is not None:
            self.record(trial)

    def answer(self, caps: CapSet) -> bool:
        answer: object = self.works(caps)
        if not isinstance(answer, bool):
            raise TypeError(f"works() is to return True or False, got {shown(answer)} for {caps or 'the empty set'}")
        return answer

    def shrink(self, mask: int, *, singly: bool) -> None:
        """Make trials of parts of a mask that works, at least one: it has a part that is one less and is open."""
        likely = mask if singly else self.likely()  # of these most are needed, so that halves of them would fail
        for bit in bits(mask & likely):
            if self.ask(mask ^ bit):
                return
        others = [bit for bit in bits(mask & ~likely) if self.known.is_open(mask ^ bit)]
        self.needed(mask & ~sum(others), others, changed=True)  # which comes to all but the last of them at least

    def likely(self) -> int:
        """Return all that is in a minimal set so far."""
        found = 0
        for mask in self.known.working:
            if self.known.is_minimal(mask):
                found |= mask
        return found

    def needed(self, kept: int, others: list[int], *, changed: bool) -> int:
        """Return those of some bits without which a mask does not work, by halves.

        Args:
            kept: What is there in any case.
            others: The bits of which some are needed; with all of them it works.
            changed: Whether *kept* is another than that of which it is known that it does not work.

        Source:
            U. Junker, *QuickXplain: preferred explanations and relaxations for over-constrained problems* (2004).
        """
        if changed and self.ask(kept):
            return 0
        if len(others) <= 1:
            return sum(others)
        half = len(others) // 2
        one, two = others[:half], others[half:]
        of_two = self.needed(kept | sum(one), two, changed=True)
        return self.needed(kept | of_two, one, changed=of_two != 0) | of_two
