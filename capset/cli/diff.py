"""``capset diff``: what was added and dropped."""

from __future__ import annotations

import click

from capset import operations
from capset.cli.deeds import counted_ids
from capset.cli.group import json_option, proc_option, set_option
from capset.cli.operands import OPERANDS, operand
from capset.cli.output import diff_json, say, say_json
from capset.cli.subject import Subject, assumed, hint_of_bounding, tell
from capset.cli.tables import ADDED, DROPPED, cap_rows, number, prose, say_risks, table, word
from capset.operations import Operations
from capset.printable import printable
from capset.sets import THREAD_SETS, CapSet

__all__ = ["diff"]


@click.command(epilog=OPERANDS)
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

    Two processes are compared in the sets that are known of both.

    Exit status: 0 the same, 1 they differ, 2 an error.
    """
    left, right = operand(a, proc), operand(b, proc)
    pairs = _pairs(left, right, which)
    unknown: list[str] = []
    if which is None and left.thread is not None and right.thread is not None:
        unknown = [name for name in THREAD_SETS if name not in {each for each, _, _ in pairs}]
    differs = any(before != after for _, before, after in pairs)
    if as_json:
        sets = [{"set": name, **diff_json(before, after)} for name, before, after in pairs]
        told = {"a": printable(left.label), "b": printable(right.label), "same": not differs, "sets": sets}
        deeds = {name: [each.id for each in found] for name, found in _deeds(pairs).items()}
        say_json({**told, **deeds, "not_known": unknown, "assumed": assumed(left, right)})
    else:
        tell([left, right])
        say(f"from {printable(left.label)}\nto   {printable(right.label)}", hang=5)
        for name, before, after in pairs:
            _show_diff(name, before, after)
        _say_deeds(pairs)
        if which is None and (hint := hint_of_bounding(left, right)):
            say(f"\n{hint}")
        if unknown:
            say(f"\nnot compared, as they are not known of both: {', '.join(unknown)}")
        say_risks(*(before ^ after for _, before, after in pairs))
    ctx.exit(int(differs))


def _pairs(left: Subject, right: Subject, which: str | None) -> list[tuple[str, CapSet, CapSet]]:
    """Pair the sets that are to be compared, each pair with the name of the thread's set, if there is one."""
    if left.caps is not None and right.caps is not None:
        return [("", left.caps, right.caps)]
    names = [which or "effective"]
    if which is None and left.thread is not None and right.thread is not None:
        names = [name for name in THREAD_SETS if name in left.sets and name in right.sets] or names
    return [(name, left.one(name), right.one(name)) for name in names]


def _deeds(pairs: list[tuple[str, CapSet, CapSet]]) -> dict[str, Operations]:
    """Return what can be done after it and not before, and the reverse, by the effective sets or those of no thread.

    What another set has lets nobody do anything yet.
    """
    for name, before, after in pairs:
        if name in {"", "effective"}:
            changes, kept = before.diff(after), before & after
            return {
                "gained": operations.gained(changes, kept=kept),
                "lost": operations.gained(changes.inverse(), kept=kept),
            }
    return {"gained": Operations(), "lost": Operations()}


def _say_deeds(pairs: list[tuple[str, CapSet, CapSet]]) -> None:
    found = _deeds(pairs)
    if any(found.values()):
        say()
    for words, those in (("More can be done", found["gained"]), ("No longer can be done", found["lost"])):
        if those:
            say(f"{words}: {counted_ids(those)}")


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
