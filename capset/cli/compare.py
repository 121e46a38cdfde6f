"""``capset compare``: any number of sets beside each other."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, count

import click

from capset.cli import terminal
from capset.cli.group import json_option, proc_option, set_option
from capset.cli.operands import OPERANDS, operands
from capset.cli.output import say, say_json
from capset.cli.subject import Subject, assumed, tell
from capset.cli.tables import number, say_risks, table, word
from capset.comparison import Comparison
from capset.comparison import compare as compare_sets
from capset.display.judging import marked_name
from capset.engines import Engine
from capset.printable import printable
from capset.sets import CapSet
from capset.state import CapState
from capset.summary import UNDEFINED

__all__ = ["compare"]


@click.command(epilog=OPERANDS)
@click.argument("texts", nargs=-1, required=True, metavar="A [B]...")
@set_option("Which set of a process or a container to compare.")
@click.option("--all", "everything", is_flag=True, help="Show every capability, not only those that differ.")
@proc_option
@json_option
def compare(texts: tuple[str, ...], which: str, everything: bool, proc: str, as_json: bool) -> None:
    """Show sets beside each other, a column each.

    There is a row for each capability that not all of them have. For an engine, that is what root has in a container.
    """
    read = dict(_numbered([each for text in texts for each in _subjects(text, proc)]))
    comparison = compare_sets(**{name: _column(each, which) for name, each in read.items()}).of(which)
    if everything:
        comparison = comparison.all()
    if as_json:
        say_json(
            {
                "set": which,
                "columns": [
                    {"name": printable(name), "label": printable(read[name].label), **caps.as_dict()}
                    for name, caps in comparison.sets.items()
                ],
                "rows": [
                    {"number": int(cap), "name": str(cap), "held": [cap in caps for caps in comparison.sets.values()]}
                    for cap in comparison.rows
                ],
                "assumed": assumed(*read.values()),
            }
        )
        return
    tell(read.values())
    say(f"{comparison.kind}s")
    names = _table(comparison)
    if comparison.undefined:
        say(f"! {', '.join(map(printable, comparison.undefined))}: {UNDEFINED}")
    if not comparison.rows and len(read) > 1:
        say("no capability differs")
    say_risks(CapSet(comparison.rows))
    say()
    for name, each in read.items():
        told = printable(each.label if each.label.startswith(name) else f"{name}: {each.label}")
        say(told if names[name] == printable(name) else f"{names[name]} is {told}")


def _table(comparison: Comparison) -> Mapping[str, str]:
    """Print a column for each set. On a terminal too narrow for names columns are numbered, and some stand below."""
    sets, room = comparison.sets, terminal.width(sys.stdout)
    first = [*((str(int(cap)), marked_name(cap)) for cap in comparison.rows), ("", "total")]
    names = {name: printable(name) for name in sets}
    used = 4 + max(len("capability"), *(len(name) for _, name in first))  # of a line, before the first column
    if room and used + sum(1 + max(3, terminal.cells(name)) for name in names.values()) > room:
        names = {name: str(at) for at, name in enumerate(sets, 1)}
    most = max(1, (room - used) // (1 + max(3, *map(len, names.values())))) if room else len(sets)
    columns = list(sets.items())
    for start in range(0, len(columns), most):
        shown = columns[start : start + most]
        cells = [[*("yes" if cap in caps else "-" for cap in comparison.rows), str(len(caps))] for _, caps in shown]
        say() if start else None
        table(
            [number("no."), word("capability"), *(word(names[name]) for name, _ in shown)],
            [[*front, *held] for front, *held in zip(first, *cells, strict=True)],
        )
    return names


def _subjects(text: str, proc: str) -> list[Subject]:
    """Read an operand; an engine stands for what root has in a container of it, which may be more than its default."""
    found = operands(text, proc)
    return [
        each._replace(
            text=text if len(found) == 1 else each.label,
            label=f"{each.engine}, root in a container" if each.engine else each.label,
        )
        for each in found
    ]


def _column(subject: Subject, which: str) -> Engine | CapSet | CapState:
    if subject.engine is not None:
        return subject.engine
    return CapState(**{which: subject.one(which)}) if subject.caps is None else subject.caps


def _numbered(subjects: list[Subject]) -> Iterator[tuple[str, Subject]]:
    """Give each a name of its own, also where one is given twice."""
    given, times = {each.text for each in subjects}, Counter[str]()
    taken: set[str] = set()
    for each in subjects:
        text = each.text
        times[text] += 1
        names = chain([text], (name for n in count(times[text]) if (name := f"{text} ({n})") not in given))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        yield name, each
