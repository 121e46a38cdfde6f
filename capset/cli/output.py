"""Printing: sentences for people, JSON for programs."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from capset.cli import terminal
from capset.printable import message
from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.engines import Release

__all__ = [
    "Failure",
    "diff_json",
    "releases_json",
    "say",
    "say_as_is",
    "say_json",
    "say_options",
    "warn",
]


_GOES_ON = " \\"


class Failure(click.ClickException):
    """What went wrong, in one line; exit status 2 as for a wrong usage, because 1 means that two sets differ."""

    exit_code = 2

    def show(self, file: Any = None) -> None:  # noqa: ARG002, as click calls it
        """Print it as every message of this command."""
        with suppress(OSError):  # where not even that can be written, the exit status says it
            warn(self.message)


def say(text: str = "", *, hang: int = 2) -> None:
    """Print lines for people, each folded at words on a terminal, where what goes on stands further in."""
    room = terminal.width(sys.stdout)
    say_as_is("\n".join(folded for line in text.split("\n") for folded in terminal.fold(line, room, hang=hang)))


def say_as_is(text: str) -> None:
    """Print what is a document, or has its shape already."""
    click.echo(text, color=terminal.has_colours())


def say_options(words: Iterable[str]) -> None:
    """Print options, ready for a shell; where they are folded, a backslash tells it that they go on."""
    quoted, room = list(map(shlex.quote, words)), terminal.width(sys.stdout)
    line = " ".join(quoted)
    if room is not None and terminal.cells(line) > room >= max(map(terminal.cells, quoted)) + len(_GOES_ON):
        line = f"{_GOES_ON}\n".join(terminal.fold(line, room - len(_GOES_ON)))
    say_as_is(line)


def warn(text: str) -> None:
    """Print a line where errors go."""
    for line in terminal.fold(f"capset: {message(text)}", terminal.width(sys.stderr)):
        click.echo(line, err=True)


def say_json(value: object) -> None:
    """Print a value as JSON."""
    import json

    say_as_is(json.dumps(value, indent=2))


def diff_json(before: CapSet, after: CapSet) -> dict[str, object]:
    """Return a difference as JSON has it."""
    changes = before.diff(after)
    return {
        "before": before.hex(),
        "after": after.hex(),
        "added": changes.added.names(),
        "dropped": changes.dropped.names(),
        "kept": (before & after).names(),
    }


def releases_json(releases: Iterable[Release]) -> list[dict[str, str | None]]:
    """Return stretches of releases as JSON has them."""
    return [{"since": release.since, "until": release.until or None} for release in releases]
