"""What was added and dropped, as HTML."""

from __future__ import annotations

from capset.diff import CapDiff, StateDiff
from capset.display import html
from capset.display.as_html.capability import MEANING, told_of
from capset.display.as_html.markup import block, listed, paragraph, signed, table
from capset.display.judging import risky
from capset.sets import THREAD_SETS


@html.register(CapDiff)
def _diff(diff: CapDiff) -> str:
    """Show what was added and dropped, and what each is for."""
    if not diff:
        return block(paragraph(signed("=", "no difference")))
    rows = [
        (signed(sign, word), int(cap), str(cap), told_of(cap))
        for sign, word, caps in (("+", "added", diff.added), ("−", "dropped", diff.dropped))  # noqa: RUF001
        for cap in caps
    ]
    title = f"{len(diff.added)} added, {len(diff.dropped)} dropped"
    return block(table(title, ("change", "no.", "name", MEANING), rows, header=2))


@html.register(StateDiff)
def _state_diff(diff: StateDiff) -> str:
    """Show what was added and dropped, set by set."""
    if not diff:
        return block(paragraph(signed("=", "no difference in any of the five sets")))
    parts = {name: getattr(diff, name) for name in THREAD_SETS if getattr(diff, name)}
    rows = [
        (
            ", ".join(name for name in parts if parts[name] == part),
            listed(part.added, risky(part.added)),
            listed(part.dropped),
        )
        for part in dict.fromkeys(parts.values())
    ]
    return block(table("What was added and dropped", ("set", signed("+", "added"), signed("−", "dropped")), rows))  # noqa: RUF001
