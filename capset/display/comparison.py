"""Sets beside each other, as text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capset.display.judging import risky
from capset.display.markup import Html, block, listed, markup, paragraph, signed, table
from capset.display.text import printable
from capset.display.values import told
from capset.engines import Engine
from capset.live import ProcStatus
from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.comparison import Column, Comparison

__all__ = ["comparison_html", "comparison_text"]


def comparison_text(comparison: Comparison) -> str:
    """Write a comparison for a terminal: a row for each capability, a column for each set."""
    sets = {printable(name): caps for name, caps in comparison.sets.items()}
    if not sets:
        return "nothing to compare"
    rows: list[Sequence[str]] = [("no.", "capability", *sets)]
    rows += [
        (str(int(cap)), str(cap), *("yes" if cap in caps else "-" for caps in sets.values())) for cap in comparison.rows
    ]
    width = max(len(row[1]) for row in rows)
    first = [f"{row[0]:>3} {row[1]:{width}}" for row in rows] + ["held in all"]
    rows.append(("", "", *(str(len(caps)) for caps in sets.values())))
    columns = [first, *([row[at] for row in rows] for at in range(2, len(sets) + 2))]
    widths = [max(map(len, column)) for column in columns]
    return "\n".join(
        " ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in zip(*columns, strict=True)
    )


def comparison_html(comparison: Comparison) -> str:
    """Show a comparison: a row for each capability, a column for each set, and what is the same below."""
    sets = comparison.sets
    if not sets:
        return block(paragraph("nothing to compare"))
    differing, common = comparison.differing, comparison.common
    missing = CapSet.all() - common - differing
    title = f"{_several(len(differing))} among {len(sets)} {comparison.set} set{'' if len(sets) == 1 else 's'}"
    head = ["no.", "capability", *(_heading(name, value) for name, value in comparison.columns.items())]
    marked = risky(CapSet(comparison.rows))
    rows: list[list[str | int]] = [
        [int(cap), listed(CapSet([cap]), marked), *(_HELD if cap in caps else _NOT for caps in sets.values())]
        for cap in comparison.rows
    ]
    rows.append(["", "held in all", *(Html(f"{len(caps)}") for caps in sets.values())])
    rows.append(["", "mask", *(_mask(caps) for caps in sets.values())])
    shown = [table(title, head, rows, header=1, foot=2)]
    if not comparison.everything:
        shown.append(paragraph(Html(f"{signed('✓', 'in all of them')} ({len(common)}): {listed(common)}")))
        shown.append(paragraph(Html(f"{signed('–', 'in none of them')} ({len(missing)}): {listed(missing)}")))  # noqa: RUF001
    return block(*shown, *told(CapSet(comparison.rows)))


_HELD = signed("✓", "yes")
_NOT = Html("– no")  # noqa: RUF001, a dash


def _several(number: int) -> str:
    return {0: "No capability differs", 1: "1 capability differs"}.get(number, f"{number} capabilities differ")


def _mask(caps: CapSet) -> Html:
    """Write a mask so that it may be broken: columns are narrow."""
    digits = caps.hex()
    return Html(f"<code>{'<wbr>'.join(digits[at : at + 4] for at in range(0, 16, 4))}</code>")


def _heading(name: str, value: Column) -> Html:
    """Write the name of a column, and what it is where that says more."""
    match value:
        case Engine():
            what = str(value)
        case ProcStatus():
            what = f"{value.name} ({value.pid})"
            if value.user_ns is not None:  # it counts only there
                what += f" in user namespace {value.user_ns}"
        case _:
            what = ""
    return Html(markup(name) + (f"<br><small>{markup(what)}</small>" if what else ""))
