"""A capability, as HTML."""

from __future__ import annotations

from collections.abc import Iterable

from capset.capability import Cap
from capset.display import html
from capset.display.as_html.judging import LISTS
from capset.display.as_html.markup import Html, block, details, lines, markup, signed, table
from capset.display.judging import docker_default, permitted, verdicts

__all__ = ["MEANING", "SAME", "cap_table", "told_of"]

MEANING = "what for, and what published lists say"
SAME = signed("=", "as in Docker's default")


@html.register(Cap)
def _cap(cap: Cap) -> str:
    """Show what it permits, since when, and what published lists say of it."""
    info = cap.info
    rows: list[tuple[str, Html | str]] = [("what for", info.summary)]
    if info.since_linux:
        rows.append(("since", f"Linux {info.since_linux}"))
    if info.split_from:
        rows.append(("split from", str(info.split_from)))
    if info.implied_by:
        rows.append(("also permitted by", str(info.implied_by)))
    rows.append(("Docker", SAME if cap in docker_default() else signed("−", "not in Docker's default")))  # noqa: RUF001
    if info.risks:
        rows.append((LISTS.lower(), lines(verdicts(cap))))
    permits = Html("".join(f"<li>{markup(line)}</li>" for line in permitted(cap)))
    more = details(f"What it permits ({len(info.permits)})", Html(f"<ul>{permits}</ul>")) if permits else Html()
    return block(table(f"{cap} ({int(cap)})" if cap.known else f"Capability {cap}", (), rows), more)


def cap_table(title: str, caps: Iterable[Cap]) -> Html:
    """Make a table with a row for each capability."""
    rows = [(int(cap), str(cap), told_of(cap)) for cap in caps]
    return table(title, ("no.", "name", MEANING), rows, header=1)


def told_of(cap: Cap) -> Html:
    """Write what a capability is for and what published lists say of it, in one cell: that leaves room for words."""
    return lines([cap.info.summary, *verdicts(cap)])
