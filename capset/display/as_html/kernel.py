"""Explanations of system calls, and how a thread came to its sets, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from capset.display import html
from capset.display.as_html.markup import Html, block, lines, markup, paragraph, signed, strong, table
from capset.kernel.answer import Answer
from capset.kernel.explanation import Explanation
from capset.kernel.history import Histories, History
from capset.sets import THREAD_SETS

_SIGNS = {"kept": "=", "gained": "+", "lost": "−", "absent": "·"}  # noqa: RUF001, the minus is meant


@html.register(Explanation)
def _explanation(explanation: Explanation) -> str:
    """Show a row for what happens to capabilities for one reason."""
    rows = [
        (name, signed(_SIGNS[group.change], group.verb), group.named, group.why)
        for name in THREAD_SETS
        for group in explanation.groups(name)
    ]
    title, *told = explanation.headlines
    if not rows:
        return block(*map(paragraph, (strong(title), *told)))
    return block(table(title, ("set", "change", "capabilities", "why"), rows), *map(paragraph, told))


@html.register(Answer)
def _answer(answer: Answer) -> str:
    """Show why a thread has, or has not, a capability: what would give it, and how the thread may have come here."""
    where = f"It is in these sets: {', '.join(answer.sets) or 'none'}."
    rows = [
        (signed("+", "yes") if way.gives else signed("−", "no"), way.what.rstrip(","), way.because)  # noqa: RUF001
        for way in answer.ways
    ]
    ways = [table(f"What would give {answer.cap}", ("gives it", "what", "because"), rows, header=1)] if rows else []
    assumed = [paragraph(f"assumed: {text}") for text in answer.assumed]
    return block(paragraph(strong(answer.verdict)), paragraph(where), *ways, _table(answer.histories), *assumed)


@html.register(Histories)
def _histories(histories: Histories) -> str:
    """Show how a thread may have come to its sets, the most telling first."""
    return block(_table(histories))


def _table(histories: Sequence[History]) -> Html:
    if not histories:
        return paragraph("None of the usual histories ends with just these sets.")
    rows = [(each.title, each.says, lines(_called(step) for step in each.steps)) for each in histories]
    return table("How a thread may have come to its sets", ("as after", "which means", "by"), rows)


def _called(step: Explanation) -> Html:
    """Write a call so that a list in it may be broken."""
    return Html(f"<code>{markup(step.call).replace(',', ',<wbr>')}</code>")
