"""The five sets of a thread, as HTML."""

from __future__ import annotations

from capset import engines
from capset.display import html
from capset.display.as_html.judging import against, told
from capset.display.as_html.markup import Html, block, mono, paragraph, signed, table
from capset.sets import THREAD_SETS
from capset.state import CapState
from capset.summary import UNDEFINED, summary

__all__ = ["state_parts"]


@html.register(CapState)
def _state(state: CapState) -> str:
    """Show the five sets, those that are equal together."""
    return block(*state_parts("The five sets of a thread", state))


def state_parts(title: str, state: CapState, *facts: Html) -> list[Html]:
    """Make a table of the five sets of a thread, tell what is wrong with them, if anything is, and what they mean."""
    docker = engines.get("docker").container()
    sets = {name: (getattr(state, name), getattr(docker, name)) for name in THREAD_SETS}
    rows: list[tuple[str | int | Html, ...]] = [
        (
            ", ".join(name for name in sets if sets[name] == pair),
            len(pair[0]),
            mono(pair[0].hex()),
            summary(pair[0]),
            against(*pair),
        )
        for pair in dict.fromkeys(sets.values())
    ]
    shown = [table(title, ("set", "held", "mask", "capabilities", "against a Docker container's"), rows)]
    shown += facts
    if any(caps.undefined for caps, _ in sets.values()):
        shown.append(paragraph(signed("?", UNDEFINED)))
    shown += [paragraph(signed("!", f"no thread can have these: {broken}")) for broken in state.violations()]
    return [*shown, *told(state.effective | state.permitted | state.ambient)]
