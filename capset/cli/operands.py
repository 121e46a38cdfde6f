"""Reading the arguments of the command line: what people write for a set, a process or a file."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from capset import engines, live
from capset.capability import LAST_CAP, Cap
from capset.cli.inputs import read_bytes, whole
from capset.cli.output import Failure, warn
from capset.errors import PidError, ProcUnavailableError, UnknownCapabilityError
from capset.sets import CapSet
from capset.summary import counted

if TYPE_CHECKING:
    from capset import CapState
    from capset.live.reading import Pid

__all__ = [
    "Operand",
    "assumed",
    "caps_of_options",
    "engine_named",
    "input_lines",
    "is_foreign",
    "labelled_set",
    "masks_and_names",
    "operand",
    "own_status",
    "pid_or_self",
    "saved_status",
    "status_files",
]

# No capability has a number of 8 digits or a name of hexadecimal digits alone.
_MASK = re.compile(r"[0-9a-fA-F]{8,16}")
# Elsewhere such a number is a process (show 1) or a mask (capsh --decode=1).
_NUMBER = re.compile(r"[0-9]{1,7}")
_CAP_LINE = re.compile(r"((?:.*:)?Cap(?:Inh|Prm|Eff|Bnd|Amb)):\s*(.*)")  # grep puts a path in front
# The version of a package may begin with an epoch, which ends with a colon too.
_ENGINE = re.compile(r"([^@:]*)(?:@((?:[0-9]+:(?=v?[0-9]+\.[0-9]))?[^:]*))?(?::(.*))?", re.DOTALL)
_NAMED: dict[str, Pid] = {"self": "self", "thread-self": "thread-self"}


class Operand(NamedTuple):
    """What a person names: a label and either a set or the five sets of a thread."""

    label: str
    value: CapSet | CapState
    uid: int | None = None  # of a thread, where that is its user id in its own user namespace
    engine: engines.Engine | None = None  # of which the value is the default

    def one(self, which: str) -> CapSet:
        """Return the set, or *which* of the five."""
        return self.value if isinstance(self.value, CapSet) else getattr(self.value, which)


def operand(text: str, proc: str) -> Operand:
    """Read an engine name, ``pid:N``, ``file:PATH``, a mask or a list of names; a number alone may be any."""
    kind, colon, rest = text.partition(":")
    if colon and kind == "pid":
        status = live.read(pid_or_self(rest), proc=proc, user_ns=True)
        foreign = ", in another user namespace: it counts only there" if is_foreign(status) else ""
        uid = None if foreign else status.uids.effective
        return Operand(label=f"{text} ({status.name}{foreign})", value=status.caps, uid=uid)
    if colon and kind == "file":
        status = saved_status(rest)
        return Operand(label=f"{text} ({status.name})", value=status.caps)
    if engines.is_engine(re.split("[@:]", text)[0]):
        engine = engine_named(text)
        return Operand(label=f"{engine}'s default", value=engine.default, engine=engine)
    if _NUMBER.fullmatch(text):
        named = f" or {Cap(int(text))}" if int(text) <= LAST_CAP else ""
        raise Failure(f"{text} alone may be a process, a mask or a capability: write pid:{text}, 0x{text}{named}")
    try:
        caps = masks_and_names(text)
    except UnknownCapabilityError as error:
        from difflib import get_close_matches

        close = get_close_matches(text.lower().partition("@")[0], engines.names())
        why = f"did you mean {close[0]}?" if close else str(error)
        forms = "an engine (see capset engines), pid:N, file:PATH, a mask or capabilities"
        raise Failure(f"cannot read {text!r} as {forms}: {why}") from None
    return Operand(label=_label(text, caps), value=caps)


def saved_status(path: str) -> live.ProcStatus:
    """Read a saved status file."""
    with open(path, "rb") as file:
        return live.parse_status(whole(file, path), source=path)


def assumed(*chosen: engines.Engine | None) -> list[str]:
    """Return what was taken for granted of engines, for JSON, each sentence once; None is no engine."""
    return list(dict.fromkeys(told for engine in chosen if engine for told in engine.assumed))


def engine_named(text: str, *, tell: bool = True) -> engines.Engine:
    """Read the name of an engine, as ``NAME[@VERSION]``, and ``:FILE`` with its configuration; tell what is assumed."""
    name, version, path = _ENGINE.fullmatch(text).groups()  # type: ignore[union-attr]  # any text is one
    engine = engines.get(name, version)
    for told in engine.assumed if tell else ():
        warn(told)
    if path is None:
        return engine
    from capset.formats import configuration

    configured = configuration.read(read_bytes(path), engine, source=path, called=name)
    if configured is engine:
        warn(f"{path}: it says nothing of capabilities, and leaves {engine} as it is")
    return configured


def _label(text: str, caps: CapSet) -> str:
    """Say what a text was taken for."""
    if not caps:
        return "the empty set"
    named = str(caps) if len(caps) <= 3 else counted(caps)
    return text if text == named else f"{text} ({named})"


def is_foreign(status: live.ProcStatus) -> bool:
    """Say whether a process is in another user namespace than this one; False where that is unknown."""
    return status.user_ns is not None and ((own := own_status()) is None or status.user_ns != own.user_ns)


def own_status() -> live.ProcStatus | None:
    """Return the status of this command; None off Linux."""
    try:
        return live.read(user_ns=True)
    except ProcUnavailableError:
        return None


def masks_and_names(text: str) -> CapSet:
    """Read a mask, with or without ``0x``, or whatever :meth:`CapSet.parse` takes."""
    return CapSet.from_hex(text.strip()) if _MASK.fullmatch(text.strip()) else CapSet.parse(text)


def caps_of_options(values: tuple[str, ...]) -> CapSet:
    """Read an option that may be repeated and may hold a list."""
    return CapSet().union(*map(CapSet.parse, values))


def pid_or_self(text: str) -> Pid:
    """Read a process id, ``self`` or ``thread-self``."""
    if text in _NAMED:
        return _NAMED[text]
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) == 0:
        raise PidError(text, "a process id, self or thread-self")
    return int(text)


def input_lines() -> list[str]:
    """Return the lines of standard input."""
    if sys.stdin is None or _is_terminal():
        raise Failure("nothing to decode: give masks or names, or pipe them or a status file in")
    # Bytes that are no text may stand in a process name; they pass through unchanged.
    lines = whole(sys.stdin.buffer, "standard input").decode("utf-8", "surrogateescape").split("\n")
    if not any(line.strip() for line in lines):
        raise Failure("nothing to decode: the input is empty")
    return lines


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def status_files(lines: list[str]) -> list[live.ProcStatus]:
    """Parse the status files in *lines*, one after the other; there is none if no line is a Name line."""
    starts = [number for number, line in enumerate(lines) if line.startswith("Name:\t")]
    if starts and (stray := [line for line in lines[: starts[0]] if line.strip()]):
        raise Failure(f"line {lines.index(stray[0]) + 1}: {stray[0]!r} stands before the first status file")
    return [
        live.parse_status("\n".join(lines[start:end]), source=f"the status file that begins on line {start + 1}")
        for start, end in pairwise([*starts, len(lines)])
    ]


def labelled_set(text: str) -> tuple[str, CapSet]:
    """Read a value, or a line of ``/proc`` with the label in front of its mask."""
    if match := _CAP_LINE.fullmatch(text.strip()):
        return match[1], CapSet.from_hex(match[2])
    return text.strip(), masks_and_names(text)
