"""``capset compare``: any number of sets beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain, count

import click

from capset.cli.group import json_option, proc_option, set_option
from capset.cli.operands import Operand, assumed, operand
from capset.cli.output import say, say_json
from capset.comparison import compare as compare_sets
from capset.printable import printable

__all__ = ["compare"]


@click.command()
@click.argument("operands", nargs=-1, required=True, metavar="A [B]...")
@set_option("Which set of a process or a container to compare.")
@click.option("--all", "everything", is_flag=True, help="Show every capability, not only those that differ.")
@proc_option
@json_option
def compare(operands: tuple[str, ...], which: str, everything: bool, proc: str, as_json: bool) -> None:
    """Show sets beside each other, a column each.

    Each is the name of an engine, such as docker or docker@20.10 (what root has in a container), pid:N (a live
    process), file:PATH (a saved /proc/PID/status), a mask, or a list of capabilities. Rows are the capabilities
    that some of them have and others have not.
    """
    read = {name: _operand(text, proc) for name, text in _numbered(operands)}
    comparison = compare_sets(**{name: each.engine or each.value for name, each in read.items()}).of(which)
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
                "assumed": assumed(*(each.engine for each in read.values())),
            }
        )
        return
    say(f"{comparison.kind}s")
    say(str(comparison))
    if not comparison.rows and len(read) > 1:
        say("no capability differs")
    say()
    for name, each in read.items():
        say(printable(each.label if each.label.startswith(name) else f"{name}: {each.label}"))


def _numbered(operands: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Give each operand a name of its own, also where one is given twice."""
    given, times = set(operands), Counter[str]()
    taken: set[str] = set()
    for text in operands:
        times[text] += 1
        names = chain([text], (name for n in count(times[text]) if (name := f"{text} ({n})") not in given))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        yield name, text


def _operand(text: str, proc: str) -> Operand:
    """Read an operand; an engine stands for what root has in a container of it, which may be more than its default."""
    read = operand(text, proc)
    return read._replace(label=f"{read.engine}, root in a container") if read.engine else read
