"""Asking a reader again and again: the one property of Hypothesis that tests, the command and atheris run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capset.errors import CapsetError
from tests.fuzz.changes import changed, changed_text
from tests.fuzz.targets import BYTES, TARGETS, TEXT, Target


def inputs(target: Target) -> st.SearchStrategy:
    """Draw what nearly is what a reader reads."""
    corpus = target.corpus()
    if target.takes == TEXT:
        return changed_text(corpus)
    if target.takes == BYTES:  # each letter stands for a byte, also for one that is no UTF-8
        letters = changed_text([each.decode("latin-1") for each in corpus])
        return letters.map(lambda text: text.encode("latin-1", "replace"))
    return (
        st.sampled_from(corpus).flatmap(changed).flatmap(lambda each: st.just(each) if each is None else changed(each))
    )


def asking(name: str, told: Counter[str] | None = None, how: settings | None = None) -> Callable[[], None]:
    """Return a property: whatever a reader is given, it reads, and nothing of that is lost, or it refuses.

    Args:
        name: Of the target.
        told: Counts the inputs: ``"read"`` and ``"refused"``.
        how: How many are asked, and so on; as the profile says, if not given.
    """
    target = TARGETS[name]
    counts: Counter[str] = Counter() if told is None else told

    @settings(how or settings.default, suppress_health_check=list(HealthCheck), deadline=None)
    @given(inputs(target))
    def ask(given) -> None:
        if given is None:
            return
        try:
            value = target.read(given)
        except CapsetError as error:
            assert str(error)
            counts["refused"] += 1
            return
        counts["read"] += 1
        target.comes_back(value)

    return ask
