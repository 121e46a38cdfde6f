"""Reading whichever rows of ``/proc/<pid>/status`` a text has, and what people paste between. No file is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from capset.bounds import bounded
from capset.errors import StatusError, shown
from capset.live.rows import ROWS, StatusRows
from capset.live.status import LINES, WHOLE_MASK
from capset.sets import CapSet

__all__ = ["holds_rows", "parse_rows"]


def parse_rows(text: bytes | str, *, source: str = "<rows>") -> list[StatusRows]:
    r"""Read whichever rows of ``/proc/<pid>/status`` a text has, with whatever people paste between them.

    A whole status file, or several; some rows of one, in any order; what ``grep -H`` prints of many files. Lines that
    are no rows, such as ``[...]``, a prompt or a command, are passed over; indentation, the ``>`` of a quotation,
    CRLF, blanks in the place of tabs, rows on one line and comments behind masks do no harm. What capset itself writes
    as JSON of processes is read too.

    A mask has 16 digits, as the kernel prints it: one that is cut off would look like a smaller set.

    Args:
        text: The text; best as bytes, as a process name need not be valid text.
        source: What error messages call it, such as its path.

    Returns:
        One for each thread. Where a row comes a second time, the next one begins if it is the row with which the last
        one began, and with each ``Name``.

    Raises:
        StatusError: There is no row of a capability set; one holds what no kernel prints, or is cut off; or it says
            something else than another of the same label. The error names source, line and value.
        FormatError: It is JSON of capset, and broken.
        TooLargeError: It is longer than :data:`capset.bounds.LONGEST_TEXT`.
        TypeError: *text* is neither bytes nor str.

    Examples:
        >>> from capset import live
        >>> [shell] = live.parse_rows("$ grep CapE /proc/7/status\nCapEff: 00000000a80425fb # as root\n")
        >>> len(shell.effective), shell.bounding, shell.line
        (14, None, 2)
        >>> [each.pid for each in live.parse_rows("/proc/1/status:CapEff:\t0000000000000000\n"
        ...                                       "/proc/7/status:CapEff:\t00000000a80425fb\n")]
        [1, 7]
        >>> live.parse_rows("CapEff: 000001ff")
        Traceback (most recent call last):
        capset.errors.StatusError: <rows>:1: CapEff: expected 16 hexadecimal digits, as the kernel prints a mask: ...
    """
    if not isinstance(text, bytes | str):
        raise TypeError(f"expected rows of a status file as bytes or str, got {shown(text)}")
    if not isinstance(source, str):
        raise TypeError(f"expected the name of a text as str, got {shown(source)}")
    bounded(text, source)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    text = text.removeprefix("\ufeff")
    if '"mask"' in text and text.lstrip()[:1] in ("{", "["):
        from capset.live.ownjson import from_json

        return from_json(text, source, parse_rows)
    lines = text.split("\n")
    found: dict[str, list[_Row]] = {}
    for number, line in enumerate(lines, 1):
        for row in _rows(line.rstrip("\r"), number, source):
            found.setdefault(row.path, []).append(row)
    entries = [_entry(rows, lines, source) for every in found.values() for rows in _divided(every)]
    if not entries:
        from capset.filename import how_to_read  # for errors alone

        file = how_to_read(text, "live.parse_rows", "source")
        expected = "a row such as CapEff: and 16 hexadecimal digits, as /proc/PID/status has it"
        raise StatusError(source, "CapEff", f"the rows of a status file; {file}" if file else expected)
    return sorted(entries, key=lambda entry: entry.line)


def holds_rows(text: str) -> bool:
    """Say whether a line of a text is the row of a capability set, be it whole or broken."""
    return any(
        label[1] and _FRONT.fullmatch(line, 0, label.start())
        for line in text.split("\n")
        if (label := _LABEL.search(line))
    )


class _Row(NamedTuple):
    path: str
    label: str
    text: str
    value: Any
    line: int


_CAP = "Cap(?:Inh|Prm|Eff|Bnd|Amb)"
# A colon or the like ends a label; a mask that is whole may also stand behind it without one, as in a table.
_LABEL = re.compile(
    rf"\b(?:({_CAP})(?:[ \t]*+[:=][ \t]*+|[ \t]*+(?:\|[ \t]*+)?(?=[0-9a-fA-F]{{16}}(?![0-9a-zA-Z])))"
    rf"|({'|'.join(label for label in LINES if not label.startswith('Cap'))}):)"
)
_QUOTES = r"[ \t>|*`'\"-]*+"
_TIME = r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.,]+(?:Z|[+-][0-9:]+)?[ \t]+)?"
# What grep -H and -n, docker compose logs and the like put in front of a line.
_FRONT = re.compile(rf"{_QUOTES}(?:(?P<name>\w[\w.-]*)[ \t]+\|[ \t]*)?{_TIME}(?:(?P<path>\S.*?):)??(?:[0-9]+:)?")
_PATH_OF_PROC = re.compile(r".*?/([0-9]{1,10})(?:/task/([0-9]{1,10}))?/status")
_MASK = re.compile(r"[`'\"]*([0-9a-fA-F]{16})(?![0-9a-zA-Z])(?!\.\.|…)")
_CUT = f"{WHOLE_MASK}, leave out what is no row, and write a mask of your own without a label, with 0x in front"


def _rows(line: str, number: int, source: str) -> Iterator[_Row]:
    """Yield the rows that a line has: none, as a rule one, and more where line breaks were lost."""
    _no_label_misspelt(line, number, source)
    for at, label in enumerate(_LABEL.finditer(line)):
        # Of a third one nobody need look at what stands in front, which may be long.
        if at < 2 and (front := _FRONT.fullmatch(line, 0, label.start())):
            break
        if label[1] and _MASK.match(line, label.end()):
            told = f"a row by itself; leave out what stands in front of {label[1]}"
            raise StatusError(source, label[1], told, number, line.strip())
    else:
        return
    path = front["path"] or front["name"] or ""
    while True:
        name = label[1] or label[2]
        if label[2]:
            yield _converted(path, name, line[label.end() :], number, source)
            return
        mask = _MASK.match(line, label.end())
        if mask is None:
            raise StatusError(source, name, _CUT, number, line[label.end() :].strip())
        yield _Row(path, name, mask[1].lower(), CapSet.from_hex(mask[1]), number)
        following = _LABEL.match(line, _BETWEEN.match(line, mask.end()).end())  # type: ignore[union-attr]
        if following is None or not following[1]:
            _nothing_hidden(line, mask.end(), number, source)
            return
        label = following


# A word and a mask, be it cut off; without a colon or the like only one that is whole.
_ROW = re.compile(
    r"(?<!\w)([A-Za-z_]{2,12}+)"
    r"(?:[ \t]*+[:=][ \t]*+[`'\"]*+[0-9a-fA-F]{8,16}|[ \t|]++[`'\"]*+[0-9a-fA-F]{16})(?![0-9a-zA-Z])"
)
_NAME = re.compile(r"\bName:")


def _no_label_misspelt(line: str, number: int, source: str) -> None:
    """Refuse a row whose label is none, and looks like one: it would be lost."""
    name = _NAME.search(line)  # behind which a process may write what it likes
    for row in _ROW.finditer(line, 0, name.start() if name else len(line)):
        if not _LABEL.match(line, row.start()) and (meant := _meant(row[1])):
            told = f"a row of {meant}, with the label as the kernel prints it; leave out what is no row"
            raise StatusError(source, row[1], told, number, line.strip())


@lru_cache(maxsize=4096)
def _meant(word: str) -> str:
    """Return the labels that a word may be meant for; an empty text if it looks like none."""
    from difflib import get_close_matches

    lower = {label.lower(): label for label in ROWS.values()}
    close = get_close_matches(word.lower(), (*lower,), n=1, cutoff=0.7)
    if close:
        return lower[close[0]]
    return " or ".join(lower.values()) if word.lower().startswith("cap") else ""


_BETWEEN = re.compile(r"[ \t,;`'\"|]*")


def _nothing_hidden(line: str, at: int, number: int, source: str) -> None:
    """Refuse a second row behind other words on a line: it would be lost."""
    for label in _LABEL.finditer(line, at):
        if label[1] and _MASK.match(line, label.end()):
            raise StatusError(source, label[1], "each row on a line of its own", number, line.strip())


def _converted(path: str, label: str, text: str, line: int, source: str) -> _Row:
    expected, convert = LINES[label]
    value = text if label == "Name" and text.startswith("\t") else text.strip(" \t")
    if label != "Name":
        value = value.partition("#")[0].strip(" \t`'\"")
    try:
        return _Row(path, label, value, convert(value), line)
    except ValueError:
        raise StatusError(source, label, expected, line, value) from None


def _divided(rows: list[_Row]) -> Iterator[list[_Row]]:
    """Divide rows into those of one thread each."""
    labels = [row.label for row in rows]
    if len(set(labels)) == len(labels):
        yield rows  # in whatever order
        return
    piece: list[_Row] = []
    for row in rows:
        if piece and row.label in {piece[0].label, "Name"}:
            yield piece
            piece = []
        piece.append(row)
    yield piece


_FIELDS: dict[str, str] = {
    "Name": "name",
    "Tgid": "tgid",
    "Pid": "pid",
    "PPid": "ppid",
    "Uid": "uids",
    "Gid": "gids",
    "Groups": "groups",
    "NoNewPrivs": "no_new_privs",
    "Seccomp": "seccomp",
    **{label: name for name, label in ROWS.items()},
}
_FIRST = {"Name", "Tgid", "Pid", "PPid", "CapInh", "CapPrm", "CapEff", "CapBnd"}  # what every kernel prints
_AFTER = re.compile(r"(?:NoNewPrivs|Seccomp|Speculation_\w+|Cpus_allowed|Mems_allowed):")


def _entry(rows: list[_Row], lines: list[str], source: str) -> StatusRows:
    """Make one thread of its rows."""
    said: dict[str, _Row] = {}
    for row in rows:
        before = said.setdefault(row.label, row)
        if before.value != row.value:
            expected = f"what line {before.line} says too; give each process by itself, or with its Name in front"
            raise StatusError(source, row.label, expected, row.line, row.text)
    if not any(label in said for label in ROWS.values()):
        expected = f"a row of a capability set beside {rows[0].label} on line {rows[0].line}"
        raise StatusError(source, "CapEff", expected)
    fields: dict[str, Any] = {_FIELDS[label]: row.value for label, row in said.items()}
    path = rows[0].path
    if match := _PATH_OF_PROC.fullmatch(path):
        fields = {"pid": int(match[2] or match[1]), "tgid": int(match[1]), **fields}
    whole = rows[0].label == "Name" and said.keys() >= _FIRST
    whole = whole and ("CapAmb" in said or _goes_on(said["CapBnd"], lines))
    return StatusRows(source=source, line=rows[0].line, path=path, whole=whole, **fields)


def _goes_on(row: _Row, lines: list[str]) -> bool:
    """Say whether a row is followed by another as in a status file, and nothing is left out between."""
    front = lines[row.line - 1].partition(row.label)[0]
    return row.line < len(lines) and bool(_AFTER.match(lines[row.line].removeprefix(front)))
