"""Explanations of system calls, as text and as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from capset.display.text import printable, summary
from capset.sets import THREAD_SETS

if TYPE_CHECKING:
    from capset.kernel import Explanation, Group

__all__ = ["explanation_html", "explanation_text"]

_FEW = 5
_WORDS = {"kept": "kept", "gained": "gained", "lost": "lost", "absent": "not gained"}


def explanation_text(explanation: Explanation) -> str:
    """Write an explanation for a terminal: what happens to the ids, then set by set."""
    lines = _head(explanation)
    for name in THREAD_SETS:
        groups = explanation.groups(name)
        if groups:
            lines.append(name)
        lines += [f"  {_WORDS[group.change]}: {_caps(group)}: {group.why}" for group in groups]
    if explanation.after is not None and not any(map(explanation.groups, THREAD_SETS)):
        lines.append("no set has a capability, before or afterwards")
    return "\n".join(lines)


def _caps(group: Group) -> str:
    """Write the capabilities of a group; of what is not gained, many are told as what they are part of."""
    if group.change == "absent" and len(group.caps) > _FEW:
        return f"{len(group.caps)} capabilities of the bounding set"
    return summary(group.caps)


def explanation_html(explanation: Explanation) -> str:
    """Write an explanation for a notebook: a table with a row for what happens to capabilities for one reason."""
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in (name, _WORDS[group.change], _caps(group), group.why))
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
    if explanation.secure is False:  # if it is, a note says why
        lines.append("AT_SECURE is not set")
    lines += [f"assumed: {printable(text)}" for text in explanation.before.assumed]
    return lines
