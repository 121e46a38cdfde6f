"""Sets beside each other, as HTML."""

from __future__ import annotations

from collections.abc import Iterator

from capset.comparison import Column, Comparison
from capset.display import html
from capset.display.as_html.judging import told
from capset.display.as_html.markup import Html, block, foreign, listed, markup, paragraph, signed, table
from capset.display.as_html.sets import held
from capset.display.judging import risky
from capset.engines.engine import Engine
from capset.engines.releases import releases_text
from capset.live.status import ProcStatus
from capset.sets import CapSet
from capset.summary import UNDEFINED


def _unknown(comparison: Comparison) -> Iterator[Html]:
    """Tell of which processes it is not known where their capabilities count."""
    columns = comparison.columns.items()
    names = [name for name, value in columns if isinstance(value, ProcStatus) and value.user_ns is None]
    if names:
        listed_names = ", ".join(map(foreign, names))
        yield Html(f"User namespace not known of {listed_names}; live.read(pid, user_ns=True) reads it.")


@html.register(Comparison)
def _comparison(comparison: Comparison) -> str:
    """Show a row for each capability, a column for each set, and what is the same below."""
    sets = comparison.sets
    if not sets:
        return block(paragraph("nothing to compare"))
    differing, common = comparison.differing, comparison.common
    missing = CapSet.all() - common - differing
    several = f"{_several(len(differing))} among {len(sets)} {comparison.kind}s"
    title = several if len(sets) > 1 else f"{held(len(common))} in one {comparison.kind}"
    head = ["no.", "capability", *(_heading(name, value) for name, value in comparison.columns.items())]
    marked = risky(CapSet(comparison.rows))
    rows: list[list[str | int]] = [
        [int(cap), listed(CapSet([cap]), marked), *(_HELD if cap in caps else _NOT for caps in sets.values())]
        for cap in comparison.rows
    ]
    rows.append(["", "total", *(Html(f"{len(caps)}") for caps in sets.values())])
    rows.append(["", "mask", *(_mask(caps) for caps in sets.values())])
    shown = [table(title, head, rows, header=1, foot=2)]
    if common and not comparison.everything:
        shown.append(paragraph(Html(f"{_ALL} ({len(common)}): {listed(common, risky(common))}")))
    if missing and not comparison.everything:
        shown.append(paragraph(Html(f"{_NONE} ({len(missing)}): {listed(missing)}")))
    counting = [Html(f"<b>!</b>&nbsp;{foreign(name)} is {where}") for name, where in comparison.elsewhere.items()]
    names = ", ".join(map(foreign, comparison.undefined))
    strange = [Html(f"<b>?</b>&nbsp;{names}: {markup(UNDEFINED)}.")] if names else []
    return block(*shown, *map(paragraph, [*strange, *counting, *_unknown(comparison)]), *told(differing | common))


_ALL, _NONE = signed("✓", "in all of them"), signed("–", "in none of them")  # noqa: RUF001, a dash
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
            newest = value.version or repr(value) == f"engines.get({value.name!r})"
            what = markup(str(value) if newest else f"{value} {releases_text(value.releases)}")
        case ProcStatus():
            what = f"{foreign(value.name)} ({value.pid})"
        case _:
            what = ""
    return Html(foreign(name) + (f"<br><small>{what}</small>" if what else ""))
