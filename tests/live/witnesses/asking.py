"""What a kernel says of an operation: the least sets, where they count, and how it refuses."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.live.witnesses import calls
from tests.live.witnesses.search import minimal_sets
from tests.live.witnesses.stage import INITIAL, Place, Verdict, try_out
from tests.live.witnesses.witness import Witness

__all__ = ["Answer", "WaveringError", "ask", "named"]


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


def ask(witness: Witness, repeat: int = 3) -> Answer:
    """Find the minimal sets of an operation, with each run made several times.

    Raises:
        WaveringError: The same run does not always come to the same end.
    """
    held = calls.supported()
    runs: dict[tuple[int, Place], Verdict] = {}

    def run(caps: int, place: Place = INITIAL) -> Verdict:
        if (caps, place) not in runs:
            found = [try_out(witness, caps | witness.kept, place) for _ in range(repeat)]
            if len(set(found)) > 1:
                raise WaveringError(f"{witness.id} with {named(caps)}: {found}")
            runs[caps, place] = found[0]
        return runs[caps, place]

    full, empty = run(held), run(0)
    if "broken" in {full.word, empty.word} or full.word == "not here":
        return Answer([], "", {}, len(runs), f"{full.word}: {full.how}; without any: {empty.word}: {empty.how}")
    sets = minimal_sets(lambda caps: run(caps).done, held & ~witness.kept) if full.done else []
    own = [(kind,) for kind in witness.own]
    asked = {" ".join(kinds): run(held, Place(True, kinds)) for kinds in ((), *own, witness.own)} if full.done else {}
    places = {name: "done" if found.done else f"{found.word}: {found.how}" for name, found in asked.items()}
    return Answer(sets, "" if empty.done else empty.how, places, len(runs))


def named(mask: int) -> str:
    """Write a mask as a requirement writes it."""
    names: list[Any] = [f"CAP_{name.upper()}" for number, name in enumerate(calls.CAP_NAMES) if mask >> number & 1]
    return " & ".join(names) or "nothing"
