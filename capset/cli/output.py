"""Writing to the terminal: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from capset.capability import Cap
from capset.live import ProcStatus
from capset.sets import THREAD_SETS, CapSet

__all__ = ["cap_rows", "say", "say_json", "set_json", "status_json", "table", "warn"]

_WIDE = 10_000  # where nobody looks at columns, nothing is folded


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table; a title that begins with ``>`` is of a column of numbers."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDE
    grid = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=True)
    for title in columns:
        grid.add_column(
            Text(title.removeprefix(">")),
            justify="right" if title.startswith(">") else "left",
            no_wrap=title not in _LONG,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    with console.capture() as capture:
        console.print(grid)
    say("\n".join(line.rstrip() for line in capture.get().split("\n")).strip("\n"))


_LONG = {"capabilities", "names", "what for"}
_STYLES = {"added": "green", "dropped": "red"}


def cap_rows(caps: CapSet, *first: str) -> list[list[str]]:
    """List the members of a set as rows: number, name and what it is for."""
    return [[*first, str(int(cap)), str(cap), _purpose(cap)] for cap in caps]


def _purpose(cap: Cap) -> str:
    return cap.info.summary if cap.known else "newer than this version of capset"


def say(text: str = "") -> None:
    """Print a line."""
    click.echo(text)


def warn(text: str) -> None:
    """Print a line where errors go."""
    click.echo(f"capset: {text}", err=True)


def say_json(value: object) -> None:
    """Print a value as JSON; text that is no valid Unicode is escaped."""
    say(json.dumps(value, indent=2))


def set_json(caps: CapSet) -> dict[str, object]:
    """Return a set as JSON has it. The mask is text: JavaScript's numbers have 53 bits."""
    return {"mask": caps.hex(), "names": caps.names()}


def status_json(status: ProcStatus) -> dict[str, object]:
    """Return a process as JSON has it."""
    return {
        "pid": status.pid,
        "tgid": status.tgid,
        "ppid": status.ppid,
        "name": status.name,
        "uids": status.uids._asdict(),
        "gids": status.gids._asdict(),
        "groups": list(status.groups),
        "no_new_privs": status.no_new_privs,
        "seccomp": status.seccomp,
        "user_ns": status.user_ns,
        "caps": {name: set_json(getattr(status.caps, name)) for name in THREAD_SETS},
    }
