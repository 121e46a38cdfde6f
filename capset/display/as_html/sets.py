"""A set, as HTML."""

from __future__ import annotations

from capset.display import html
from capset.display.as_html.capability import SAME, cap_table
from capset.display.as_html.judging import warnings
from capset.display.as_html.markup import Html, block, details, lines, listed, markup, mono, signed, table
from capset.display.judging import docker_default, risky
from capset.sets import CapSet
from capset.summary import UNDEFINED, counted

__all__ = ["held", "set_rows"]

_MORE = signed("+", "more than Docker's default")
_LESS = signed("−", "missing from Docker's default")  # noqa: RUF001, the sign is meant
_WARNED = signed("!", "published warnings")
_NAMELESS = signed("?", "without a name in capset")
_STRANGE = signed("?", "no capability there")


@html.register(CapSet)
def _set(caps: CapSet) -> str:
    """Show what it has, against Docker's default, and what published lists say of it."""
    title = Html(f"{counted(caps)}, {mono(caps.hex())}")
    named = caps - caps.undefined
    more = details("What each is for", cap_table(f"{counted(named)}, one by one", named)) if named else Html()
    return block(table(title, (), set_rows(caps)), more)


def held(number: int) -> str:
    """Write how many capabilities there are."""
    return "no capability" if number == 0 else "1 capability" if number == 1 else f"{number} capabilities"


def set_rows(caps: CapSet) -> list[tuple[Html, int | str, Html]]:
    """Divide a set by what it has to do with Docker's default, and add what is said of it."""
    default = docker_default()
    strange = caps.undefined
    parts = (
        (_MORE, caps - default - caps.unknown - strange),
        (_NAMELESS, caps.unknown - strange),
        (SAME, caps & default),
        (_LESS, default - caps),
    )
    rows: list[tuple[Html, int | str, Html]] = [
        (title, len(part), listed(part, risky(part) if title is not _LESS else CapSet()))
        for title, part in parts
        if part
    ]
    if strange:
        rows.append((_STRANGE, len(strange), Html(f"{int(min(strange))} to 63")))
        rows.append((Html(), "", Html(markup(UNDEFINED))))
    if said := warnings(caps):
        rows.append((_WARNED, "", lines(said)))
    return rows
