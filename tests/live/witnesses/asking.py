"""What a kernel says of an operation: the least sets, where they count, and how it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.live.witnesses import calls
from tests.live.witnesses.search import cuts, minimal_sets
from tests.live.witnesses.stage import INITIAL, Place, Verdict, try_out
from tests.live.witnesses.witness import Witness

__all__ = ["Answer", "Claim", "Confirmation", "WaveringError", "ask", "confirm", "misplaced", "named"]


class WaveringError(AssertionError):
    """One run says this and another that."""


class Answer(NamedTuple):
    """What was found out.

    Attributes:
        sets: The minimal sets, as masks; empty where no capability would do.
        refusal: What comes of it without any of them; an errno, or in words.
        places: What comes of it with every capability in a user namespace of one's own: alone (an empty name), and
            together with each namespace that may own the object, and with all of them.
        runs: How many it took.
        why_not: Why nothing was decided; the rest is empty then.
    """

    sets: list[int]
    refusal: str
    places: dict[str, str]
    runs: int
    why_not: str = ""


class Claim(NamedTuple):
    """What is said of an operation, and to be confirmed.

    Attributes:
        sets: Its minimal sets, as masks; empty where no capability would do.
        namespace: In which user namespace they count, as a record has it; empty where that is not said.
        refusal: What comes of it without any of them: an errno, or in words.
    """

    sets: list[int]
    namespace: str
    refusal: str


class Confirmation(NamedTuple):
    """What became of a claim.

    Attributes:
        apart: What is otherwise, in words.
        runs: How many it took.
        why_not: Why nothing was decided.
    """

    apart: list[str]
    runs: int
    why_not: str = ""


class _Runs:
    """The runs of a witness: the same one is made as often as is asked for, once."""

    def __init__(self, witness: Witness, repeat: int) -> None:
        self.witness = witness
        self.repeat = repeat
        self.held = calls.supported()
        self.found: dict[tuple[int, Place], Verdict] = {}

    def __call__(self, caps: int, place: Place = INITIAL) -> Verdict:
        if (caps, place) not in self.found:
            found = [try_out(self.witness, caps | self.witness.kept, place) for _ in range(self.repeat)]
            if len(set(found)) > 1:
                raise WaveringError(f"{self.witness.id} with {named(caps)}: {found}")
            self.found[caps, place] = found[0]
        return self.found[caps, place]

    def why_not(self) -> str:
        """Say why nothing can be decided here; empty where it can."""
        full, empty = self(self.held), self(0)
        if "broken" in {full.word, empty.word} or full.word == "not here":
            return f"{full.word}: {full.how}; without any: {empty.word}: {empty.how}"
        return ""

    def unfit(self) -> str:
        """Say which of the runs that were made could not be tried; empty where all were."""
        return "; ".join(
            f"{each.word}: {each.how}" for each in self.found.values() if each.word in {"broken", "not here"}
        )

    def elsewhere(self) -> dict[str, Verdict]:
        """Say what comes of it with every capability in a user namespace of one's own, by what else belongs to it."""
        own = [(kind,) for kind in self.witness.own]
        return {" ".join(kinds): self(self.held, Place(True, kinds)) for kinds in ((), *own, self.witness.own)}


def ask(witness: Witness, repeat: int = 3) -> Answer:
    """Find the minimal sets of an operation, with each run made several times.

    Raises:
        WaveringError: The same run does not always come to the same end.
    """
    run = _Runs(witness, repeat)
    if why_not := run.why_not():
        return Answer([], "", {}, len(run.found), why_not)
    full, empty = run(run.held), run(0)
    sets = minimal_sets(lambda caps: run(caps).done, run.held & ~witness.kept) if full.done else []
    asked = run.elsewhere() if full.done else {}
    places = {name: "done" if found.done else f"{found.word}: {found.how}" for name, found in asked.items()}
    return Answer(sets, "" if empty.done else empty.how, places, len(run.found))


def confirm(witness: Witness, claim: Claim, repeat: int = 1, *, sets_alone: bool = False) -> Confirmation:
    """Look whether a claim is so, with as few runs as that takes.

    Each of its sets has to do, and what lacks one capability of each must not: then there is no other minimal set.

    Args:
        witness: What tries it.
        claim: What is claimed.
        repeat: How often each run is made.
        sets_alone: Whether it is left out how it is refused, and in which user namespaces it is done.
    """
    run = _Runs(witness, repeat)
    if sets_alone:
        apart = [*_sets_apart(run, claim)]
        return Confirmation(apart, len(run.found), run.unfit())
    if why_not := run.why_not():
        return Confirmation([], len(run.found), why_not)
    if claim.sets and not run(run.held).done and (missing := _missing(claim, run.held)):
        return Confirmation([], len(run.found), f"not here: nobody holds {named(missing)}")
    apart = [*_sets_apart(run, claim), *_refusal_apart(run, claim), *_places_apart(run, claim)]
    return Confirmation(apart, len(run.found))


def _missing(claim: Claim, held: int) -> int:
    """Return what each of its sets has and nobody holds; 0 where one of them can be tried."""
    missing = [each & ~held for each in claim.sets]
    return 0 if 0 in missing else missing[0]


def _sets_apart(run: _Runs, claim: Claim) -> Iterator[str]:
    sets = [each for each in claim.sets if not each & ~run.held]
    for each in sets:
        if not (found := run(each)).done:
            yield f"with {named(each)} it is {found.word}: {found.how}"
    for cut in cuts(sets):
        if run(run.held & ~cut).done:
            yield f"it is done with everything{f' but {named(cut)}' if cut else ''}"


def _refusal_apart(run: _Runs, claim: Claim) -> Iterator[str]:
    """Compare how it is refused; where that is said in words, nothing tells but that it is no error."""
    found = run(0)
    same = found.how == claim.refusal or (found.how == "nothing happens" and not claim.refusal.isupper())
    if not found.done and not same:
        yield f"without any it is {found.word}: {found.how}, not {claim.refusal or 'done'}"


def _places_apart(run: _Runs, claim: Claim) -> Iterator[str]:
    """Compare where the sets count."""
    if claim.namespace and 0 not in claim.sets and run(run.held).done:
        yield from misplaced(claim, {kinds: found.done for kinds, found in run.elsewhere().items()})


def misplaced(claim: Claim, done: dict[str, bool]) -> Iterator[str]:
    """Say where it is done and should not be, or is not and should be.

    Args:
        claim: What is claimed.
        done: Whether it is done with every capability in a user namespace of one's own, by the other namespaces that
            belong to it: none, each that may, all that may.
    """
    kinds, every = [*done][1:-1], [*done][-1]
    if claim.namespace in {"own", "target", "object"}:
        wanted = {"": True}
    elif claim.namespace == "initial":
        wanted = dict.fromkeys(done, False)
    elif claim.namespace in done:
        wanted = {"": False, **dict.fromkeys(kinds, False), claim.namespace: done[claim.namespace], every: True}
    else:
        yield f"the witness does not try it in a {claim.namespace} namespace of one's own"
        return
    for owned, expected in wanted.items():
        if done[owned] != expected:
            place = f"one's own user{f' and {owned}' if owned else ''} namespace"
            yield f"in {place} it is {'done' if done[owned] else 'refused'}, and {claim.namespace} counts"


def named(mask: int) -> str:
    """Write a mask as a requirement writes it."""
    names: list[Any] = [f"CAP_{name.upper()}" for number, name in enumerate(calls.CAP_NAMES) if mask >> number & 1]
    return " & ".join(names) or "nothing"
