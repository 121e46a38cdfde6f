"""Reading the arguments of the command line: what people write for a set, a process or a file."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

import click
from attrs import frozen

from capset import engines, live
from capset.errors import ParseError, UnknownCapabilityError
from capset.live.reading import Pid
from capset.sets import CapSet
from capset.state import CapState

__all__ = ["Operand", "decodable", "labelled_sets", "masks_and_names", "operand", "pid_or_self", "status_files"]

# No capability has a number of 8 digits or a name of hexadecimal digits alone.
_MASK = re.compile(r"(?:0[xX])?([0-9a-fA-F]{8,16})|0[xX]([0-9a-fA-F]{1,16})")
_NAMED: dict[str, Pid] = {"self": "self", "thread-self": "thread-self"}
_CAP_LINE = re.compile(r"(?:.*:)?(Cap(?:Inh|Prm|Eff|Bnd|Amb)):\s*(.*)")  # grep puts a path in front


@frozen(kw_only=True)
class Operand:
    """One side of a comparison: a label and either a set or the five sets of a thread."""

    label: str
    value: CapSet | CapState


def operand(text: str, proc: str) -> Operand:
    """Read an engine name, ``pid:N``, ``file:PATH``, a mask or a list of names."""
    kind, colon, rest = text.partition(":")
    if colon and kind == "pid":
        status = live.read(pid_or_self(rest), proc=proc)
        return Operand(label=f"{text} ({status.name})", value=status.caps)
    if colon and kind == "file":
        status = live.parse_status(Path(rest).read_bytes(), source=rest)
        return Operand(label=f"{text} ({status.name})", value=status.caps)
    if text in engines.names():
        engine = engines.get(text)
        return Operand(label=f"{engine.title}'s default", value=engine.default)
    try:
        return Operand(label=text or "the empty set", value=masks_and_names(text))
    except UnknownCapabilityError as error:
        close = get_close_matches(text, engines.names())
        why = f"did you mean {close[0]}?" if close else str(error)
        forms = f"an engine ({', '.join(engines.names())}), pid:N, file:PATH, a mask or capabilities"
        raise click.UsageError(f"cannot read {text!r} as {forms}: {why}") from None


def masks_and_names(text: str) -> CapSet:
    """Read a mask, with or without ``0x``, or whatever :meth:`CapSet.parse` takes."""
    if match := _MASK.fullmatch(text.strip()):
        return CapSet.from_hex(match[1] or match[2])
    return CapSet.parse(text)


def pid_or_self(text: str) -> Pid:
    """Read a process id, ``self`` or ``thread-self``."""
    if text in _NAMED:
        return _NAMED[text]
    if not (text.isascii() and text.isdecimal()) or int(text) == 0:
        raise ParseError(text, 0, "a process id, self or thread-self")
    return int(text)


def decodable(values: tuple[str, ...]) -> list[str]:
    """Return what is to be decoded: the arguments, or else the lines of standard input."""
    if values:
        return list(values)
    if _is_terminal():
        raise click.UsageError("nothing to decode: give masks or names, or pipe them or a status file in")
    # Bytes that are no text may stand in a process name; they pass through unchanged.
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\n")


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def status_files(lines: list[str]) -> list[live.ProcStatus]:
    """Parse the status files in *lines*, one after the other; there is none if no line is a Name line."""
    starts = [number for number, line in enumerate(lines) if line.startswith("Name:\t")]
    return [
        live.parse_status("\n".join(lines[start:end]), source=f"standard input, from line {start + 1}")
        for start, end in pairwise([*starts, len(lines)])
    ]


def labelled_sets(lines: list[str]) -> list[tuple[str, CapSet]]:
    """Read each line that is not blank as a set, behind the label that /proc gives it, if any."""
    sets: list[tuple[str, CapSet]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = _CAP_LINE.fullmatch(line.strip())
        label, text = (match[1], match[2]) if match else (line.strip(), line)
        try:
            sets.append((label, masks_and_names(text)))
        except ValueError as error:
            where = f"line {number}: " if len(lines) > 1 else ""
            raise click.UsageError(f"{where}{error}") from None
    return sets
