"""Capabilities, sets, differences and file capabilities, as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from capset import engines
from capset.capability import Cap
from capset.display.judging import against, docker_default, judged, risky, verdicts, warnings
from capset.display.markup import Html, block, details, lines, listed, markup, mono, paragraph, signed, table
from capset.display.text import summary
from capset.sets import THREAD_SETS, CapSet

if TYPE_CHECKING:
    from capset.diff import CapDiff, StateDiff
    from capset.filecaps import FileCaps
    from capset.state import CapState

__all__ = [
    "cap_html",
    "cap_table",
    "diff_html",
    "file_caps_html",
    "held",
    "set_html",
    "set_rows",
    "state_diff_html",
    "state_html",
    "state_parts",
    "told",
]

MORE = signed("+", "more than Docker's default")
SAME = signed("=", "as in Docker's default")
LESS = signed("−", "missing from Docker's default")  # noqa: RUF001, the sign is meant
WARNED = signed("!", "published warnings")
LISTS = "What published lists say"
MEANING = "what for, and what published lists say"
NAMELESS = signed("?", "without a name in capset")


def cap_html(cap: Cap) -> str:
    """Show a capability: what it permits, since when, and what published lists say of it."""
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
    permits = Html("".join(f"<li>{markup(line)}</li>" for line in info.permits))
    more = details(f"What it permits ({len(info.permits)})", Html(f"<ul>{permits}</ul>")) if permits else Html()
    return block(table(f"{cap} ({int(cap)})" if cap.known else f"Capability {cap}", (), rows), more)


def held(number: int) -> str:
    """Write how many capabilities there are."""
    return "no capability" if number == 0 else "1 capability" if number == 1 else f"{number} capabilities"


def set_rows(caps: CapSet) -> list[tuple[Html, int | str, Html]]:
    """Divide a set by what it has to do with Docker's default, and add what is said of it."""
    default = docker_default()
    parts = (
        (MORE, caps - default - caps.unknown),
        (NAMELESS, caps.unknown),
        (SAME, caps & default),
        (LESS, default - caps),
    )
    rows: list[tuple[Html, int | str, Html]] = [
        (title, len(part), listed(part, risky(part) if title is not LESS else CapSet()))
        for title, part in parts
        if part
    ]
    if said := warnings(caps):
        rows.append((WARNED, "", lines(said)))
    return rows


def set_html(caps: CapSet) -> str:
    """Show a set: what it has, against Docker's default, and what published lists say of it."""
    title = Html(f"{held(len(caps))}, {mono(caps.hex())}")
    more = details("What each is for", cap_table(f"{held(len(caps))}, one by one", caps)) if caps else Html()
    return block(table(title, (), set_rows(caps)), more)


def cap_table(title: str, caps: Iterable[Cap]) -> Html:
    """Make a table with a row for each capability."""
    rows = [(int(cap), str(cap), _told_of(cap)) for cap in caps]
    return table(title, ("no.", "name", MEANING), rows, header=1)


def _told_of(cap: Cap) -> Html:
    """Write what a capability is for and what published lists say of it, in one cell: that leaves room for words."""
    return lines([cap.info.summary, *verdicts(cap)])


def diff_html(diff: CapDiff) -> str:
    """Show what was added and dropped, and what each is for."""
    if not diff:
        return block(paragraph(signed("=", "no difference")))
    rows = [
        (signed(sign, word), int(cap), str(cap), _told_of(cap))
        for sign, word, caps in (("+", "added", diff.added), ("−", "dropped", diff.dropped))  # noqa: RUF001
        for cap in caps
    ]
    title = f"{len(diff.added)} added, {len(diff.dropped)} dropped"
    return block(table(title, ("change", "no.", "name", MEANING), rows, header=2))


def state_diff_html(diff: StateDiff) -> str:
    """Show what was added and dropped, set by set."""
    if not diff:
        return block(paragraph(signed("=", "no difference in any of the five sets")))
    parts = {name: getattr(diff, name) for name in THREAD_SETS if getattr(diff, name)}
    rows = [
        (
            ", ".join(name for name in parts if parts[name] == part),
            listed(part.added, risky(part.added)),
            listed(part.dropped),
        )
        for part in dict.fromkeys(parts.values())
    ]
    return block(table("What was added and dropped", ("set", signed("+", "added"), signed("−", "dropped")), rows))  # noqa: RUF001


def state_html(state: CapState) -> str:
    """Show the five sets of a thread, those that are equal together."""
    return block(*state_parts("The five sets of a thread", state))


def state_parts(title: str, state: CapState, *facts: Html) -> list[Html]:
    """Make a table of the five sets of a thread, tell what is wrong with them, if anything is, and what they mean."""
    docker = engines.get("docker").container()
    sets = {name: (getattr(state, name), getattr(docker, name)) for name in THREAD_SETS}
    rows: list[tuple[str | int | Html, ...]] = [
        (
            ", ".join(name for name in sets if sets[name] == pair),
            len(pair[0]),
            mono(pair[0].hex()),
            summary(pair[0]),
            against(*pair),
        )
        for pair in dict.fromkeys(sets.values())
    ]
    shown = [table(title, ("set", "held", "mask", "capabilities", "against a Docker container's"), rows)]
    shown += facts
    shown += [paragraph(signed("!", f"no thread can have these: {broken}")) for broken in state.violations()]
    return [*shown, *told(state.effective | state.permitted | state.ambient)]


def told(caps: CapSet) -> list[Html]:
    """Tell what published lists about containers warn of, and fold away what all of them say."""
    marked = risky(caps)
    shown = [paragraph(Html(f"<b>!</b>&nbsp;Published lists warn of {listed(marked)}."))] if marked else []
    said = judged(caps)
    return [*shown, details(LISTS, lines(said))] if said else shown


def file_caps_html(caps: FileCaps) -> str:
    """Show the capabilities of a program file."""
    bit = signed("+", "on: what is permitted is effective at once") if caps.effective else signed("−", "off")  # noqa: RUF001
    rows: list[tuple[str | Html, str | Html]] = [
        ("permitted", listed(caps.permitted, risky(caps.permitted))),
        ("inheritable", listed(caps.inheritable, risky(caps.inheritable))),
        ("effective bit", bit),
        ("counts", f"where user {caps.rootid} is root" if caps.rootid else "in every user namespace"),
        ("revision", str(caps.revision)),
    ]
    shown = table("The capabilities of a file", (), rows)
    return block(shown, *told(caps.permitted | caps.inheritable))
