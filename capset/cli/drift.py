"""``capset drift``: what changed from one snapshot of hosts to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from capset.cli.group import exit_code_option, json_option
from capset.cli.output import Failure, say, say_json
from capset.cli.tables import say_risks
from capset.errors import ArgumentError, FormatError
from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.fleet.changes import By

__all__ = ["drift"]


@click.command()
@click.argument("before")
@click.argument("after")
@click.option(
    "--by",
    type=click.Choice(["process", "program"]),
    default="process",
    show_default=True,
    help="Compare each process that is in both, or on each host what programs of one name hold.",
)
@exit_code_option("something has changed")
@json_option
def drift(before: str, after: str, by: By, exit_code: bool, as_json: bool) -> None:
    """Show what changed from one snapshot of hosts to a later one, as capset snapshot writes them.

    It tells of the five sets, of users, user namespaces, no_new_privs and seccomp. Of processes that are new it tells
    by program alone.
    """
    from capset import fleet  # which needs an extra

    try:
        found = fleet.drift(fleet.read(before), fleet.read(after), by=by)
    except (ArgumentError, FormatError) as error:
        raise Failure(str(error)) from error
    if as_json:
        say_json(found.as_dict())
    else:
        for line in str(found).splitlines():
            say(line)
        say_risks(CapSet().union(*(caps for change in found for caps in change.added.values())))
    if exit_code:
        if not found.changes and (found.unread or found.unsure or found.same == 0):
            raise Failure("nothing has changed of what could be compared, and what could not may have")
        click.get_current_context().exit(int(bool(found.changes)))
