"""Explanations of system calls, as text and as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from capset.display.text import printable, summary
from capset.sets import THREAD_SETS

if TYPE_CHECKING:
    from capset.kernel import Explanation

__all__ = ["explanation_html", "explanation_text"]

_WORDS = {"kept": "kept", "gained": "gained", "lost": "lost", "absent": "not gained"}


def explanation_text(explanation: Explanation) -> str:
    """Write an explanation for a terminal: what happens to the ids, then set by set."""
    lines = _head(explanation)
    for name in THREAD_SETS:
        groups = explanation.groups(name)
        if groups:
            lines.append(name)
        lines += [f"  {_WORDS[group.change]}: {summary(group.caps)}: {group.why}" for group in groups]
    return "\n".join(lines)


def explanation_html(explanation: Explanation) -> str:
    """Write an explanation for a notebook: a table with a row for what happens to capabilities for one reason."""
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in (name, _WORDS[group.change], summary(group.caps), group.why))
        + "</tr>"
        for name in THREAD_SETS
        for group in explanation.groups(name)
    )
    head = "<br>".join(map(escape, _head(explanation)))
    titles = "".join(f"<th>{title}</th>" for title in ("set", "change", "capabilities", "why"))
    table = f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    return f"<p>{head}</p>{table}"


def _head(explanation: Explanation) -> list[str]:
    lines = [printable(explanation.call)]
    if explanation.error is not None:
        lines.append(f"refused: {printable(str(explanation.error))}")
    lines += [printable(note) for note in explanation.notes]
    if explanation.secure is not None:
        lines.append(f"AT_SECURE is {'set' if explanation.secure else 'not set'}")
    lines += [f"assumed: {printable(text)}" for text in explanation.before.assumed]
    return lines
