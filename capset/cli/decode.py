"""``capset decode``: masks as names."""

from __future__ import annotations

import click

from capset.cli.group import json_option
from capset.cli.operands import input_lines, labelled_set, status_files
from capset.cli.output import Failure, say, say_json
from capset.cli.show import show_status
from capset.cli.tables import cap_rows, number, prose, say_risks, table, word
from capset.display.judging import marked, marked_name
from capset.printable import printable
from capset.summary import UNDEFINED, counted

__all__ = ["decode"]


@click.command()
@click.argument("values", nargs=-1, metavar="[VALUE]...")
@json_option
def decode(values: tuple[str, ...], as_json: bool) -> None:
    """Write masks as names.

    A VALUE is a mask, of 8 to 16 digits or with 0x in front, or a list of capabilities such as
    "net_raw,chown". Without any, standard input is read: a value a line, lines such as
    "CapEff: 00000000a80425fb", or whole status files.
    """
    lines = [] if values else input_lines()
    if statuses := status_files(lines):
        if as_json:
            say_json([status.as_dict() for status in statuses])
            return
        for at, status in enumerate(statuses):
            say() if at else None
            show_status(status)
        return
    sets = [labelled_set(value) for value in values]
    for at, line in enumerate(lines, 1):
        try:
            sets += [labelled_set(line)] if line.strip() else []
        except ValueError as error:
            raise Failure(f"line {at}: {error}") from None
    if as_json:
        say_json([{"label": printable(label), **caps.as_dict()} for label, caps in sets])
    elif len(sets) == 1:
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
    if not as_json:
        say_risks(*(caps for _, caps in sets))
