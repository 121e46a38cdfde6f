"""Explanations of system calls, as text and as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capset.display.markup import block, paragraph, signed, strong, table
from capset.display.text import printable, summary
from capset.sets import THREAD_SETS

if TYPE_CHECKING:
    from capset.kernel import Explanation, Group

__all__ = ["explanation_html", "explanation_text"]

_FEW = 5
_WORDS = {"kept": "kept", "gained": "gained", "lost": "lost", "absent": "not gained"}


def explanation_text(explanation: Explanation) -> str:
    """Write an explanation for a terminal: what happens to the ids, then set by set."""
    lines = [printable(line) for line in _head(explanation)]
    for name in THREAD_SETS:
        groups = explanation.groups(name)
        if groups:
            lines.append(name)
        lines += [f"  {_WORDS[group.change]}: {_caps(group)}: {group.why}" for group in groups]
    return "\n".join(lines + _nothing(explanation))


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


_SIGNS = {"kept": "=", "gained": "+", "lost": "−", "absent": "·"}  # noqa: RUF001, the minus is meant


def _head(explanation: Explanation) -> list[str]:
    """Tell what happens besides the sets, a line each; what is not printable is left as it is."""
    lines = [explanation.call]
    if explanation.error is not None:
        lines.append(f"refused: {explanation.error}")
    lines += explanation.notes
    if explanation.secure is False:  # if it is, a note says why
        lines.append("AT_SECURE is not set")
    lines += [f"assumed: {text}" for text in explanation.before.assumed]
    return lines
