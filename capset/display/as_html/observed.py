"""What tracers saw, and what would do for it, as HTML."""

from __future__ import annotations

from capset.display import html
from capset.display.as_html.markup import block, paragraph, signed, table
from capset.observed.advice import Advice
from capset.observed.use import Use

_SIGNS = {"granted": "+", "denied": "−", "not known": "?"}  # noqa: RUF001


@html.register(Use)
def _use(use: Use) -> str:
    """Show what was asked, the same once, and what of it is noise."""
    heads = ("answer", "capability", "who", "where", "times", "set aside")
    rows = [
        (signed(_SIGNS[each.verdict], each.verdict), each.cap, each.command, each.where, each.times, each.noise)
        for each in use.summed()
    ]
    parts = [paragraph(str(use))]
    return block(*parts, table("what was asked", heads, rows)) if rows else block(*parts)


@html.register(Advice)
def _advice(advice: Advice) -> str:
    """Show what would do, and in which place something else."""
    parts = [paragraph(line) for line in advice.sentences()]
    rows = [
        (str(each.cap), each.syscall, each.function, str(each.needs))
        for each in advice.choices
        if len(each.needs.ways) > 1
    ]
    return (
        block(*parts, table("where there is a choice", ("asked", "call", "by", "would do"), rows))
        if rows
        else block(*parts)
    )
