"""Explanations of system calls, as text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capset.display.markup import Html, block, lines, markup, paragraph, signed, strong, table
from capset.display.text import summary
from capset.printable import printable
from capset.sets import THREAD_SETS

if TYPE_CHECKING:
    from capset.kernel import Answer, Explanation, Group, History

__all__ = ["answer_html", "explanation_html", "explanation_text", "histories_html"]

_FEW = 5
_WORDS = {"kept": "kept", "gained": "gained", "lost": "lost", "absent": "not gained"}


def explanation_text(explanation: Explanation) -> str:
    """Write an explanation for a terminal: what happens to the ids, then set by set."""
    told = [printable(line) for line in _head(explanation)]
    for name in THREAD_SETS:
        groups = explanation.groups(name)
        if groups:
            told.append(name)
        told += [f"  {_WORDS[group.change]}: {_caps(group)}: {group.why}" for group in groups]
    return "\n".join(told + _nothing(explanation))


def _nothing(explanation: Explanation) -> list[str]:
    """Say so if there is no capability to tell anything of."""
    if explanation.after is None or any(map(explanation.groups, THREAD_SETS)):
        return []
    return ["no set has a capability, before or afterwards"]


def _caps(group: Group) -> str:
    """Write the capabilities of a group; of what is not gained, many are told as what they are part of."""
    if group.change == "absent" and len(group.caps) > _FEW:
        return f"{len(group.caps)} capabilities of the bounding set"
    return summary(group.caps)


def explanation_html(explanation: Explanation) -> str:
    """Write an explanation for a notebook: a row for what happens to capabilities for one reason."""
    rows = [
        (name, signed(_SIGNS[group.change], _WORDS[group.change]), _caps(group), group.why)
        for name in THREAD_SETS
        for group in explanation.groups(name)
    ]
    title, *told = _head(explanation)
    if not rows:
        return block(*map(paragraph, (strong(title), *told, *_nothing(explanation))))
    return block(table(title, ("set", "change", "capabilities", "why"), rows), *map(paragraph, told))


def answer_html(answer: Answer) -> str:
    """Show why a thread has, or has not, a capability: what would give it, and how the thread may have come here."""
    where = f"It is in these sets: {', '.join(answer.sets) or 'none'}."
    rows = [
        (signed("+", "yes") if way.gives else signed("−", "no"), way.what.rstrip(","), way.because)  # noqa: RUF001
        for way in answer.ways
    ]
    ways = [table(f"What would give {answer.cap}", ("gives it", "what", "because"), rows, header=1)] if rows else []
    assumed = [paragraph(f"assumed: {text}") for text in answer.cred.assumed]
    return block(paragraph(strong(answer.verdict)), paragraph(where), *ways, _histories(answer.histories), *assumed)


def histories_html(histories: Sequence[History]) -> str:
    """Show how a thread may have come to its sets, the most telling first."""
    return block(_histories(histories))


def _histories(histories: Sequence[History]) -> Html:
    if not histories:
        return paragraph("None of the usual histories ends with just these sets.")
    rows = [(each.title, each.says, lines(_called(step) for step in each.steps)) for each in histories]
    return table("How a thread may have come to its sets", ("as after", "which means", "by"), rows)


def _called(step: Explanation) -> Html:
    """Write a call so that a list in it may be broken."""
    return Html(f"<code>{markup(step.call).replace(',', ',<wbr>')}</code>")


_SIGNS = {"kept": "=", "gained": "+", "lost": "−", "absent": "·"}  # noqa: RUF001, the minus is meant


def _head(explanation: Explanation) -> list[str]:
    """Tell what happens besides the sets, a line each; what is not printable is left as it is."""
    told = [explanation.call]
    if explanation.error is not None:
        told.append(f"refused: {explanation.error}")
    told += explanation.notes
    if explanation.secure is False:  # if it is, a note says why
        told.append("AT_SECURE is not set")
    told += [f"assumed: {text}" for text in explanation.before.assumed]
    return told
