"""``capset diff``: what was added and dropped."""

from __future__ import annotations

import click

from capset.cli.group import json_option, proc_option, set_option
from capset.cli.operands import Operand, assumed, operand
from capset.cli.output import diff_json, say, say_json
from capset.cli.tables import ADDED, DROPPED, cap_rows, number, prose, say_risks, table, word
from capset.printable import printable
from capset.sets import THREAD_SETS, CapSet

__all__ = ["diff"]


@click.command()
@click.argument("a")
@click.argument("b")
@set_option(
    "Which set of a process to compare; by default all five of two processes, the effective one with a set.",
    default=None,
)
@proc_option
@json_option
@click.pass_context
def diff(ctx: click.Context, a: str, b: str, which: str | None, proc: str, as_json: bool) -> None:
    """Show what was added and dropped on the way from A to B.

    A and B are each the name of an engine, such as docker or docker@20.10 (its default set), pid:N
    (a live process), file:PATH (a saved /proc/PID/status), a mask, or a list of capabilities.

    Exit status: 0 the same, 1 they differ, 2 an error.
    """
    left, right = operand(a, proc), operand(b, proc)
    pairs = _pairs(left, right, which)
    differs = any(before != after for _, before, after in pairs)
    if as_json:
        sets = [{"set": name, **diff_json(before, after)} for name, before, after in pairs]
        told = {"a": printable(left.label), "b": printable(right.label), "same": not differs, "sets": sets}
        say_json({**told, "assumed": assumed(left.engine, right.engine)})
    else:
        say(f"from {printable(left.label)}\nto   {printable(right.label)}", hang=5)
        for name, before, after in pairs:
            _show_diff(name, before, after)
        say_risks(*(before ^ after for _, before, after in pairs))
    ctx.exit(int(differs))


def _pairs(left: Operand, right: Operand, which: str | None) -> list[tuple[str, CapSet, CapSet]]:
    """Pair the sets that are to be compared, each pair with the name of the thread's set, if there is one."""
    a, b = left.value, right.value
    if isinstance(a, CapSet) and isinstance(b, CapSet):
        return [("", a, b)]
    two_processes = not isinstance(a, CapSet) and not isinstance(b, CapSet)
    names = THREAD_SETS if two_processes and which is None else [which or "effective"]
    return [(name, left.one(name), right.one(name)) for name in names]


def _show_diff(name: str, before: CapSet, after: CapSet) -> None:
    changes = before.diff(after)
    kept = before & after
    say()
    say(
        f"{name + ': ' if name else ''}{len(changes.added)} added, {len(changes.dropped)} dropped, "
        f"{len(kept)} kept ({before.hex()} to {after.hex()})"
    )
    if changes:
        rows = cap_rows(changes.added, ADDED) + cap_rows(changes.dropped, DROPPED)
        table([word("change"), number("no."), word("name"), prose("what for")], rows)
