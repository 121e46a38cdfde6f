"""``capset decode``: masks as names."""

from __future__ import annotations

import re
import sys
from contextlib import suppress

import click

from capset import live
from capset.cli.group import json_option, proc_option
from capset.cli.inputs import read_bytes
from capset.cli.operands import OPERANDS, is_row, masks_and_names, of_rows, of_text, operands
from capset.cli.output import Failure, say, say_json
from capset.cli.show import show_thread, thread_json
from capset.cli.subject import Subject, tell
from capset.cli.tables import cap_rows, number, prose, say_risks, table, word
from capset.display.judging import marked, marked_name
from capset.printable import printable
from capset.sets import CapSet
from capset.summary import UNDEFINED, counted

__all__ = ["decode"]


@click.command(epilog=OPERANDS)
@click.argument("values", nargs=-1, metavar="[OPERAND]...")
@proc_option
@json_option
def decode(values: tuple[str, ...], proc: str, as_json: bool) -> None:
    """Write masks as names.

    Without an OPERAND, standard input is read: a mask or names a line, or rows of status files such as
    "CapEff: 00000000a80425fb", which may be operands too, in quotes or without.
    """
    subjects = _given(values, proc) if values else _piped()
    threads = [each for each in subjects if each.thread is not None and not _is_rows_alone(each)]
    sets = [labelled for each in subjects if each not in threads for labelled in _labelled(each)]
    if as_json:
        told: list[object] = [thread_json(each) for each in threads]
        say_json([*told, *({"label": printable(label), **caps.as_dict()} for label, caps in sets)])
        return
    tell(each for each in threads if each.says is not None)
    for at, each in enumerate(threads):
        say() if at else None
        show_thread(each)
    if sets:
        say() if threads else None
        _show_sets(sets, alone=not threads)


def _show_sets(sets: list[tuple[str, CapSet]], *, alone: bool) -> None:
    if len(sets) == 1 and alone:
        [(_, caps)] = sets
        say(f"{caps.hex()}: {counted(caps)}")
        if caps:
            table([number("no."), word("name"), prose("what for")], cap_rows(caps))
    else:
        told = [", ".join(map(marked_name, caps)) if not caps.undefined else marked(caps) for _, caps in sets]
        rows = [
            [printable(label), caps.hex(), str(len(caps)), each] for (label, caps), each in zip(sets, told, strict=True)
        ]
        table([word("value"), word("mask"), number("held"), prose("capabilities")], rows)
        if any(caps.undefined for _, caps in sets):
            say(f"{UNDEFINED}.")
    say_risks(*(caps for _, caps in sets))


def _is_rows_alone(subject: Subject) -> bool:
    """Say whether a thread is nothing but some rows of sets, without its name."""
    return isinstance(subject.thread, live.StatusRows) and subject.thread.name is None and subject.says is None


def _labelled(subject: Subject) -> list[tuple[str, CapSet]]:
    """Return a set, or those of some rows, each with what it is called."""
    if subject.caps is not None:
        return [(subject.text, subject.caps)]
    from capset.live.rows import ROWS

    path = getattr(subject.thread, "path", "")
    front = f"{path}:" if path else ""
    said = ((row, getattr(subject.thread, name)) for name, row in ROWS.items())
    return [(front + row, caps) for row, caps in said if caps is not None]


def _given(words: tuple[str, ...], proc: str) -> list[Subject]:
    """Read operands, and rows that a shell has divided into words."""
    joined: list[str] = []
    for each in words:
        if joined and _ROW_LABEL.fullmatch(joined[-1]):
            joined[-1] += f" {each}"
        else:
            joined.append(each)
    return [subject for text in joined for subject in operands(text, proc)]


_ROW_LABEL = re.compile(r"(?:.*:)?Cap(?:Inh|Prm|Eff|Bnd|Amb):?")


def _piped() -> list[Subject]:
    """Read the threads on standard input, and sets that have a line of their own; without a row, each line is one."""
    if sys.stdin is None or _is_terminal():
        raise Failure("nothing to decode: give operands, or pipe masks, names or rows of status files in")
    # Bytes that are no text may stand in a process name; they pass through unchanged.
    text = read_bytes("-").decode("utf-8", "surrogateescape")
    if not text.strip():
        raise Failure("nothing to decode: the input is empty")
    of_capset, rows_in_it = '"mask"' in text, is_row(text)
    if text.lstrip().startswith("[") and not of_capset and not rows_in_it:  # a list, of whichever number of lines
        with suppress(ValueError):
            return [Subject("standard input", "standard input", caps=masks_and_names(text))]
    lines, found = text.split("\n"), list[tuple[int, Subject]]()
    for at, line in enumerate(lines):
        if of_capset or not line.strip() or is_row(line) or (rows_in_it and _NUMBER.fullmatch(line.strip())):
            continue
        try:
            found.append((at, Subject(line.strip(), line, caps=masks_and_names(line))))
            lines[at] = ""
        except ValueError as error:
            if not rows_in_it:
                return of_text(text, "-", "standard input", f"line {at + 1}: {error}")
    threads = live.parse_rows("\n".join(lines), source="standard input") if of_capset or rows_in_it else []
    found += [(rows.line, each) for rows, each in zip(threads, of_rows("-", threads), strict=True)]
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


_NUMBER = re.compile("[0-9]{1,7}")  # among rows anything may be numbered


def _is_terminal() -> bool:
    return sys.stdin.isatty()
