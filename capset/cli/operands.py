"""Reading the arguments of the command line: what people write for a set, a process or a file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from capset import engines, live
from capset.capability import LAST_CAP, Cap
from capset.cli.inputs import read_bytes, whole
from capset.cli.output import Failure, warn
from capset.cli.subject import Subject
from capset.errors import DialectError, PidError, ProcUnavailableError, StatusError, UnknownCapabilityError
from capset.sets import CapSet
from capset.summary import counted

if TYPE_CHECKING:
    from capset.live.reading import Pid

__all__ = [
    "OPERANDS",
    "caps_of_options",
    "engine_named",
    "is_foreign",
    "is_row",
    "masks_and_names",
    "of_rows",
    "of_text",
    "operand",
    "operands",
    "own_status",
    "pid_or_self",
]

# No capability has a number of 8 digits or a name of hexadecimal digits alone.
_MASK = re.compile(r"[0-9a-fA-F]{8,16}")
# Elsewhere such a number is a process (show 1) or a mask (capsh --decode=1).
_NUMBER = re.compile(r"[0-9]{1,7}")
# The version of a package may begin with an epoch, which ends with a colon too.
_ENGINE = re.compile(r"([^@:]*)(?:@((?:[0-9]+:(?=v?[0-9]+\.[0-9]))?[^:]*))?(?::(.*))?", re.DOTALL)
_NAMED: dict[str, Pid] = {"self": "self", "thread-self": "thread-self"}


OPERANDS = """\b
Each operand is one of these:
pid:N              a process; pid:self and pid:thread-self are this command
file:PATH          a saved /proc/PID/status or some of its rows, whatever else
                   stands between, also of many (grep -H); JSON of capset; or
                   what lint reads, such as a unit or a line of getcap; with
                   #NAME behind it one of several
-                  the same, on standard input
docker:NAME        a running container; also podman:, nerdctl:, incus:, lxc:,
                   systemd-nspawn: and crictl:ID
ENGINE[@VERSION][:FILE]
                   the default of a container engine, such as docker@20.10, or
                   as FILE configures it, which has a / in it or ends with
                   .conf, .json or .toml
MASK               8 to 16 hexadecimal digits, or any with 0x in front
NAMES              capabilities, such as net_raw,chown, or a JSON list of them
show, why, recognise and exec --pid take the number of a process alone too.
"""
"""What an operand may be, for the help of every command that takes one."""

_CONFIGURATION = re.compile(r".*/.*|.*\.(?:conf|json|toml)", re.DOTALL)


def operand(text: str, proc: str, *, alone: bool = False, tid: int | None = None) -> Subject:
    """Read an operand that is to be one thing; the arguments are those of :func:`operands`."""
    found = operands(text, proc, alone=alone, tid=tid)
    if len(found) > 1:
        some = ", ".join(each.name or each.label for each in found[:3]) + (", ..." if len(found) > 3 else "")
        where, file = ("standard input", "file:PATH") if text == "-" else (text, text)
        named = next((each.name for each in found if each.name), "")
        way = f"choose one, as in {file}#{named}" if named else "give one alone"
        raise Failure(f"{where} has {len(found)} processes in it, and one is asked for; {way}: {some}")
    return found[0]


def operands(text: str, proc: str, *, alone: bool = False, tid: int | None = None) -> list[Subject]:
    """Read what an operand names: one thing, or the processes of a text that has several.

    Args:
        text: One of :data:`OPERANDS`.
        proc: Where processes are looked up.
        alone: Whether a number alone, or ``self``, is a process, as nothing else could be meant.
        tid: A thread of the process.
    """
    kind, colon, rest = text.partition(":")
    if alone and (text in _NAMED or text.isdecimal()):
        kind, colon, rest = "pid", ":", text
    if kind == "pid" and colon:
        return [_process(f"pid:{rest}", pid_or_self(rest), proc, tid)]
    if tid is not None:
        raise Failure(f"--thread is one of a process, and {text!r} is none: give pid:N")
    if text == "-":
        return _saved(text, "")
    if kind == "file" and colon:
        path, name = _path_and_name(rest)
        found = _saved(f"file:{path}", path)
        return _named(found, name, text) if name else found
    if colon and kind in _containers() and not _CONFIGURATION.fullmatch(rest):
        container = live.container(kind, rest)
        return [_process(text, container.pid, "/proc")._replace(assumed=container.assumed)]
    if is_row(text):
        return of_rows(text, live.parse_rows(text, source=text))
    if not _MASK.fullmatch(text) and engines.is_engine(re.split("[@:]", text)[0]):
        engine = engine_named(text)
        return [Subject(text, f"{engine}'s default", caps=engine.default, engine=engine, assumed=engine.assumed)]
    return _set(text)


def _process(label: str, pid: Pid, proc: str, tid: int | None = None) -> Subject:
    status = live.read(pid, tid=tid, proc=proc, user_ns=True)
    foreign = ", in another user namespace: it counts only there" if is_foreign(status.user_ns) else ""
    uid = None if foreign else status.uids.effective
    return Subject(label, f"{label} ({status.name}{foreign})", thread=status, pid=pid, uid=uid)


def _path_and_name(text: str) -> tuple[str, str]:
    """Divide ``PATH#NAME``; a file that is there may have a # in its own name."""
    if "#" not in text or os.path.exists(text):
        return text, ""
    path, _, name = text.rpartition("#")
    return path, name


def _named(found: list[Subject], name: str, text: str) -> list[Subject]:
    """Choose by its name, which may be without that of its pod."""
    chosen = [each for each in found if name in {each.name, each.name.rpartition(": ")[2]}]
    if not chosen:
        known = ", ".join(each.name for each in found if each.name) or "none, as nothing in it has a name"
        raise Failure(f"{text}: there is no {name!r} in it: known are {known}")
    return chosen


def _saved(text: str, path: str) -> list[Subject]:
    """Read the threads of a file, or of standard input."""
    if text != "-" and not path:
        raise Failure("file: is to be followed by the path of a file: file:PATH")
    data, source = (read_bytes("-"), "standard input") if text == "-" else (_contents(path), path)
    try:
        return of_rows(text, live.parse_rows(data, source=source))
    except StatusError as error:
        if is_row(data.decode("latin-1")):  # one of them is broken
            raise
        return of_text(data, text, source, str(error))


def of_text(data: bytes | str, text: str, source: str, otherwise: str) -> list[Subject]:
    """Read as a document what is nothing else, if it has more than a word.

    Args:
        data: The document.
        text: The operand.
        source: What the document is called.
        otherwise: Why it is nothing else.
    """
    from capset.cli.asked import of_document

    if not re.search(r"\S[ \t]+\S|[=:{]", data if isinstance(data, str) else data.decode("latin-1")):
        raise Failure(otherwise)
    try:
        return of_document(data, text, source)
    except DialectError as error:
        reasons = dict(error.tried)
        near = next((f" ({name}: {reasons[name]})" for name in error.near if reasons.get(name)), "")
        raise Failure(f"{otherwise}; nor is it a document{near}: see capset help dialects") from None


def _contents(path: str) -> bytes:
    with open(path, "rb") as file:
        return whole(file, path)


def of_rows(text: str, every: list[live.StatusRows]) -> list[Subject]:
    """Name the threads that an operand has in it, whichever way their rows do."""

    def called(rows: live.StatusRows) -> str:
        named = rows.path if rows.name is None else rows.name
        return named or (f"line {rows.line}" if len(every) > 1 else "")

    front = "standard input" if text == "-" else text
    return [
        Subject(text, f"{front} ({name})" if name else front, thread=rows, assumed=tuple(rows.assumed), name=name)
        for rows in every
        for name in [called(rows)]
    ]


def _containers() -> tuple[str, ...]:
    from capset.live.containers import CONTAINERS

    return CONTAINERS


def is_row(text: str) -> bool:
    """Say whether a text is a row of a status file; the module that reads them loads where it may be one."""
    if "Cap" not in text:
        return False
    from capset.live.pasted import holds_rows

    return holds_rows(text)


def _set(text: str) -> list[Subject]:
    """Read a mask, or a list of names, or else a line of a document."""
    if _NUMBER.fullmatch(text):
        named = f" or {Cap(int(text))}" if int(text) <= LAST_CAP else ""
        raise Failure(f"{text} alone may be a process, a mask or a capability: write pid:{text}, 0x{text}{named}")
    try:
        caps = masks_and_names(text)
    except UnknownCapabilityError as error:
        return _pasted(text, error)
    return [Subject(text, _label(text, caps), caps=caps)]


def _pasted(text: str, error: UnknownCapabilityError) -> list[Subject]:
    """Read what nothing else can be: a file, or as it stands what a tool has printed or somebody typed for one."""
    if os.path.isfile(text):
        return _saved(f"file:{text}", text)
    return of_text(text, text, "the operand", f"cannot read {text!r} as {_FORMS}: {_advice(text, error)}")


_FORMS = "pid:N, file:PATH, -, a container, an engine (see capset engines), a mask or capabilities"


def _advice(text: str, error: UnknownCapabilityError) -> str:
    """Say what may be meant by what is none of all that."""
    from difflib import get_close_matches

    from capset.filename import how_to_read

    if how_to_read(text, "", "") or os.path.isfile(text):
        return f"it looks like the name of a file: write file:{text}"
    close = get_close_matches(text.lower().partition("@")[0], engines.names())
    return f"did you mean {close[0]}?" if close else str(error)


def engine_named(text: str, *, tell: bool = True) -> engines.Engine:
    """Read the name of an engine, as ``NAME[@VERSION]``, and ``:FILE`` with its configuration; tell what is assumed."""
    name, version, path = _ENGINE.fullmatch(text).groups()  # type: ignore[union-attr]  # any text is one
    engine = engines.get(name, version)
    for told in engine.assumed if tell else ():
        warn(told)
    if path is None:
        return engine
    from capset.formats import configuration

    try:
        data = read_bytes(path)
    except FileNotFoundError:
        what = "an engine is configured by a file, and a container is an operand, such as that of show and diff"
        raise Failure(f"there is no file {path!r}: {what}") from None
    configured = configuration.read(data, engine, source=path, called=name)
    if configured is engine:
        warn(f"{path}: it says nothing of capabilities, and leaves {engine} as it is")
    return configured


def _label(text: str, caps: CapSet) -> str:
    """Say what a text was taken for."""
    if not caps:
        return "the empty set"
    named = str(caps) if len(caps) <= 3 else counted(caps)
    return text if text == named else f"{text} ({named})"


def is_foreign(user_ns: int | None) -> bool:
    """Say whether a process is in another user namespace than this one; False where that is unknown."""
    return user_ns is not None and ((own := own_status()) is None or user_ns != own.user_ns)


def own_status() -> live.ProcStatus | None:
    """Return the status of this command; None off Linux."""
    try:
        return live.read(user_ns=True)
    except ProcUnavailableError:
        return None


def masks_and_names(text: str) -> CapSet:
    """Read a mask, with or without ``0x``, a JSON list of names, or whatever :meth:`CapSet.parse` takes."""
    if _MASK.fullmatch(text.strip()):
        return CapSet.from_hex(text.strip())
    names = _json_list(text)
    return CapSet.parse(text) if names is None else CapSet(names)


def _json_list(text: str) -> list[str] | None:
    """Read names as config.json and docker inspect have them; None where it is something else."""
    if not text.lstrip().startswith("["):
        return None
    import json

    try:
        found: list[object] = json.loads(text)  # as it begins with a bracket
    except (ValueError, RecursionError):
        return None
    names = [each for each in found if isinstance(each, str)]
    return names if len(names) == len(found) else None


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
