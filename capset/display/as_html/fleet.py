"""Processes of a fleet, and what was asked of it, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from capset.display import html
from capset.display.as_html.judging import told
from capset.display.as_html.markup import Cell, Html, block, foreign, lines, listed, paragraph, signed, strong, table
from capset.display.judging import in_short, risky
from capset.display.threads import MANY
from capset.fleet.apart import apart
from capset.fleet.changes import Change, Drift
from capset.fleet.excesses import Beyond, Excess
from capset.fleet.held import Held
from capset.fleet.outliers import Outlier, Rare
from capset.fleet.row import Row
from capset.sets import THREAD_SETS, CapSet
from capset.summary import counted, summary

_SOME = 5  # so many names stand for all
_FEW = 8  # so many capabilities are named, whatever they are


def _shown(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], facts: Iterable[str], *more: Html) -> str:
    """Show the first rows of a table, how many more there are, and what it does not have."""
    shown = [table(title, heads, rows[:MANY]) if rows else paragraph(strong(title))]
    if len(rows) > MANY:
        shown.append(paragraph(f"and {len(rows) - MANY} more rows; to_records() has all of them"))
    return block(*shown, *(paragraph(foreign(fact)) for fact in facts), *more)


def _held(held: Held) -> Html:
    sets = [f"{name}: {in_short(caps)}" for name, caps in held.sets.items()]
    return lines(sets or ["not known"])


@html.register(Held)
def _held_alone(held: Held) -> str:
    return block(*(paragraph(part) for part in str(held).split("; ")))


@html.register(Row)
def _process(process: Row) -> str:
    """Show who it is, and its five sets as far as they are known."""
    who = "What could not be read" if process.pid is None else f"Process {process.pid}"
    title = Html(f"{who} of {foreign(process.host)}{': ' if process.name else ''}{foreign(process.name or '')}")
    rows: list[tuple[Cell, ...]] = []
    for name in THREAD_SETS:
        caps: CapSet | None = getattr(process, name)
        rows.append((name, "", "not known") if caps is None else (name, len(caps), summary(caps)))
    facts = [] if process.unread is None else [f"! {process.unread}"]
    return _shown(title, ("set", "held", "capabilities"), rows, facts)


@html.register(Change)
def _change(change: Change) -> str:
    return _changes("What changed", [change], [])


@html.register(Drift)
def _drift(drift: Drift) -> str:
    """Show what changed, a row for all processes that changed alike."""
    title = f"What changed of {'processes' if drift.by == 'process' else 'programs'}: {len(drift) or 'nothing'}"
    return _changes(title, drift.changes, drift.facts())


def _changes(title: str, changes: Iterable[Change], facts: Iterable[str]) -> str:
    found = [*changes]
    more = apart((each.name, each.before, each.after) for each in found)
    rows = [
        (
            foreign(each.name or "without a name"),
            each.count,
            each.hosts,
            _where(each.host, each.pid),
            lines([_what(each), words]) if words else _what(each),
        )
        for each, words in zip(found, more, strict=True)
    ]
    return _shown(title, ("program", "processes", "hosts", "such as", "change"), rows, facts)


def _where(host: str, pid: int | None = None) -> Html:
    return foreign(host if pid is None else f"{host}, pid {pid}")


def _what(change: Change) -> Html:
    if change.before is None or change.after is None:
        held, words = (change.after, signed("+", "now")) if change.after else (change.before, signed("−", "no longer"))  # noqa: RUF001
        return lines([words, *([_held(held)] if held else [])])
    return lines(change.before.changes(change.after))


@html.register(Outlier)
def _outlier(outlier: Outlier) -> str:
    return _outliers("A rare set", [*outlier.peers] or ["peers"], [outlier], [])


@html.register(Rare)
def _rare(rare: Rare) -> str:
    """Show the sets that few of their peers hold."""
    return _outliers(
        f"Rare {rare.set} sets: {len(rare) or 'none'}", [*rare.by] or ["peers"], rare.outliers, rare.facts()
    )


def _outliers(title: str, by: Sequence[str], outliers: Iterable[Outlier], facts: Iterable[str]) -> str:
    rows = [
        (
            foreign(", ".join(map(str, each.peers.values())) or "all"),
            f"{each.count} of {each.of}",
            each.hosts,
            _where(each.example, each.pid),
            listed(each.diff.added, risky(each.diff.added)),
            listed(each.diff.dropped),
        )
        for each in outliers
    ]
    return _shown(title, (", ".join(by), "processes", "hosts", "such as", "more", "less"), rows, facts)


@html.register(Excess)
def _excess(excess: Excess) -> str:
    return _excesses("More than its engine gives", [excess], [])


@html.register(Beyond)
def _beyond(beyond: Beyond) -> str:
    """Show the processes in containers that hold more than their engine gives."""
    what = beyond.engine.title if beyond.engine else "their engine"
    title = f"Processes in containers that hold more than {what} gives: {sum(each.count for each in beyond)}"
    return _excesses(title, beyond.excesses, beyond.facts())


def _excesses(title: str, excesses: Sequence[Excess], facts: Iterable[str]) -> str:
    rows = [
        (
            foreign(", ".join([*each.names][:_SOME]) + (" …" if len(each.names) > _SOME else "")),
            each.count,
            foreign(each.where),
            lines(Html(f"{', '.join(sets)}: {_extra(caps)}") for caps, sets in each.by_extra().items()),
            lines([each.engine.title, *filter(None, [each.how.lstrip(", "), each.place.lstrip("; ")])]),
        )
        for each in excesses
    ]
    head = ("who", "count", "where", "beyond its engine's default", "engine, and how")
    extra = CapSet().union(*(each.extra for each in excesses))
    return _shown(title, head, rows, facts, *(told(extra) if extra else []))


def _extra(extra: CapSet) -> Html:
    """List what there is more; of what is much, how much it is, what lists warn of, and what has no name yet."""
    marked = risky(extra)
    if len(extra) <= _FEW:
        return listed(extra, marked)
    return Html(f"{counted(extra)}, with {listed(marked | extra.unknown, marked)}")
