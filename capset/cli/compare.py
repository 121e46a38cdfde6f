"""``capset compare``: any number of sets beside each other."""

from __future__ import annotations

import click

from capset.cli.group import capset, json_option, proc_option
from capset.cli.operands import operand
from capset.cli.output import say, say_json, set_json
from capset.comparison import compare as compare_sets
from capset.display import printable
from capset.sets import THREAD_SETS

__all__ = ["compare"]


@capset.command()
@click.argument("operands", nargs=-1, required=True, metavar="A [B]...")
@click.option(
    "--set",
    "which",
    type=click.Choice(THREAD_SETS),
    default="effective",
    show_default=True,
    help="Which set of a process to compare.",
)
@click.option("--all", "everything", is_flag=True, help="Show every capability, not only those that differ.")
@proc_option
@json_option
def compare(operands: tuple[str, ...], which: str, everything: bool, proc: str, as_json: bool) -> None:
    """Show sets beside each other, a column each.

    Each is the name of an engine, such as docker or docker@20.10 (its default set), pid:N (a live process),
    file:PATH (a saved /proc/PID/status), a mask, or a list of capabilities. Rows are the capabilities that
    some of them have and others have not.
    """
    read = {text: operand(text, proc) for text in operands}
    comparison = compare_sets(**{text: each.value for text, each in read.items()}).of(which)
    if everything:
        comparison = comparison.all()
    if as_json:
        say_json(
            {
                "set": which,
                "columns": [
                    {"name": printable(text), "label": printable(read[text].label), **set_json(caps)}
                    for text, caps in comparison.sets.items()
                ],
                "rows": [
                    {"number": int(cap), "name": str(cap), "held": [cap in caps for caps in comparison.sets.values()]}
                    for cap in comparison.rows
                ],
            }
        )
        return
    say(str(comparison))
    if not comparison.rows:
        say("no capability differs")
    say()
    for text, each in read.items():
        say(printable(each.label if each.label.startswith(text) else f"{text}: {each.label}"))
