"""What tools print about the capabilities of processes: capsh, getpcaps, pscap and podman top."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from attrs import evolve

from capset.errors import CapsetError, clipped, require
from capset.formats import libcap
from capset.formats.printed import Line, Names, Printed, Who, divided_list, lines_of, names_of, of_each, unread
from capset.problem import Problem
from capset.sets import THREAD_SETS, CapSet

__all__ = ["capsh", "decoded", "getpcaps", "is_getpcaps", "is_header_of_top", "is_pscap", "pscap", "top"]


def __dir__() -> list[str]:
    return sorted(__all__)


def _of_text(text: str) -> dict[str, Names]:
    """Return the three sets of libcap's text."""
    state = libcap.from_text(text)
    return {name: Names(getattr(state, name)) for name in THREAD_SETS[:3]}


# -- capsh ------------------------------------------------------------------------------------------

_OTHERS = re.compile(r"(?:Securebits: | secure-|uid=|gid=|groups=|Guessed mode: |Mode: |Current IAB:|Prompt:).*")
_USER = re.compile(r"uid=([0-9]+)(?:\(([^)]*)\))?(?: euid=([0-9]+))?.*")
_GROUP = re.compile(r"gid=([0-9]+).*")
_SECUREBITS = re.compile(r"Securebits: .*\(no-new-privs=([01])\)")


def capsh(text: str) -> list[Printed]:
    r"""Read what ``capsh --print`` and ``capsh --current`` print, of old releases as of new ones.

    Each line ``Current:`` begins another thread. What ``!`` names in the line ``Current IAB:`` is what the bounding set
    lacks; where that set itself is not shown, as with ``--current``, it is made of this.

    Source:
        libcap ``progs/capsh.c``; 2.66 was run.

    Examples:
        >>> from capset.formats import processes
        >>> [thread] = processes.capsh("Current: cap_kill=ep\nBounding set =cap_kill,cap_chown\n")
        >>> thread.state.effective, thread.says
        (CapSet.parse('CAP_KILL'), ('effective', 'permitted', 'inheritable', 'bounding'))
    """
    threads: list[list[Line]] = []
    for line in lines_of(text):
        if line.text.startswith("Current: ") or not threads:
            threads.append([])
        threads[-1].append(line)
    return [each for thread in threads for each in _thread_of_capsh(thread)]


def _thread_of_capsh(lines: list[Line]) -> Iterator[Printed]:
    """Yield a thread, and each line of it that is not understood."""
    sets: dict[str, Names] = {}
    blocked: CapSet | None = None
    name, who = "", Who()
    broken = False
    for line in lines:
        try:
            if line.text.startswith("Current: "):
                sets |= _of_text(line.text[9:])
            elif line.text.startswith("Bounding set ="):
                sets["bounding"] = names_of(line.text[14:])
            elif line.text.startswith("Ambient set ="):
                sets["ambient"] = names_of(line.text[13:])
            elif line.text.startswith("Current IAB: "):
                iab = libcap.iab_from_text(line.text[13:].strip())
                sets["ambient"], blocked = Names(iab.ambient), iab.blocked
            elif user := _USER.fullmatch(line.text):
                name, who = f"user {user[2] or user[1]}", evolve(who, uid=int(user[3] or user[1]))
            elif group := _GROUP.fullmatch(line.text):
                who = evolve(who, gid=int(group[1]))
            elif securebits := _SECUREBITS.fullmatch(line.text):
                who = evolve(who, no_new_privs=securebits[1] == "1")
            elif not _OTHERS.fullmatch(line.text):
                yield unread(line)
        except CapsetError as error:
            broken = True
            yield unread(line, f"{clipped(line.text)!r}: {error}")
    if blocked is not None and "bounding" not in sets:
        sets["bounding"] = Names(CapSet.all() - blocked)
    if sets:
        thread = Printed.of_sets(lines[0], name, sets).told()
        yield evolve(thread, who=who, not_known=thread.not_known or "a line of it was not understood" * broken)


_DECODED = re.compile(r"0x([0-9a-f]{16})=(.*)")


def decoded(text: str) -> list[Printed]:
    """Read what ``capsh --decode=MASK`` prints: a mask and its names. The mask is what counts.

    Which set it is of, nobody says; it stands as the effective one.

    Source:
        libcap ``progs/capsh.c``; 2.66 was run.
    """

    def read(line: Line) -> Printed | None:
        found = _DECODED.fullmatch(line.text)
        if found is None:
            return None
        caps, names = CapSet.from_hex(found[1]), names_of(found[2])
        one = Printed.of_sets(line, found[1], {"effective": Names(caps)})
        if names.unknown or caps == names.caps:
            return evolve(one, unknown=names.unknown)
        return evolve(one, not_known="the mask and its names are not the same", problems=unread(line, _TWO).problems)

    return of_each(lines_of(text), read)


_TWO = "the mask and the names behind it are not the same: a part is missing, or was changed"


# -- getpcaps ---------------------------------------------------------------------------------------

_GETPCAPS = re.compile(
    r"(?:(?P<pid>[0-9]+): |Capabilities for [`'](?P<old>[0-9]+)': )"
    r"(?:\"(?P<quoted>[^\"]*)\" \[(?P<iab>[^\]]*)\]|(?P<text>.*))"
)


def is_getpcaps(text: str) -> bool:
    """Say whether a line is a process and its sets, as getpcaps prints them."""
    require(text, str, "a line as str")
    found = _GETPCAPS.fullmatch(text)
    return bool(found and re.match(r"[A-Za-z0-9_,]*=", (found["quoted"] or found["text"] or "").lstrip()))


def getpcaps(text: str) -> list[Printed]:
    """Read what getpcaps prints, with ``--ugly``, ``--verbose`` and ``--iab`` too.

    Source:
        libcap ``progs/getpcaps.c``; 2.66 was run. Releases before 2.41 print what ``--ugly`` does.

    Examples:
        >>> from capset.formats import processes
        >>> [one] = processes.getpcaps("Capabilities for `812': = cap_kill+p")
        >>> one.name, one.state.permitted
        ('pid 812', CapSet.parse('CAP_KILL'))
    """

    def read(line: Line) -> Printed | None:
        found = _GETPCAPS.fullmatch(line.text)
        if found is None:
            return None
        sets = _of_text(found["text"] if found["quoted"] is None else found["quoted"])
        if found["iab"] is not None:
            iab = libcap.iab_from_text(found["iab"])
            sets |= {"bounding": Names(CapSet.all() - iab.blocked), "ambient": Names(iab.ambient)}
        return Printed.of_sets(line, f"pid {found['pid'] or found['old']}", sets)

    return of_each(lines_of(text), read)


# -- pscap ------------------------------------------------------------------------------------------

_HEADER = re.compile(r"ppid +pid +(?:name|acct|uid) +command +capabilities *")
_MARKS = frozenset({"", "@", "+"})
_ROW = re.compile(r" *(?P<ppid>[0-9]+) +(?P<pid>[0-9]+) +(?P<user>\S+) +(?P<rest>\S.*)")


def _cells(text: str) -> tuple[str, str, str, set[str]] | None:
    """Return the number and the command of a row, its list and the marks behind that; None if it is no row."""
    found = _ROW.fullmatch(text.rstrip(" "))
    if found is None:
        return None
    words = found["rest"].split(" ")
    at = len(words)
    while at and words[at - 1] in _MARKS:
        at -= 1
    command, listed = divided_list(" ".join(words[:at]).rstrip(" "))
    return (found["pid"], command, listed, {*words[at:]}) if command else None


def is_pscap(text: str) -> bool:
    """Say whether a line is one of the table of pscap: its header, or a row with names that are capabilities.

    Examples:
        >>> from capset.formats.processes import is_pscap
        >>> is_pscap("1  812  root   sshd      chown, kill +"), is_pscap("1  812  root   sshd  0:01 /usr/sbin/sshd")
        (True, False)
    """
    require(text, str, "a line as str")
    cells = _cells(text)
    return bool(_HEADER.fullmatch(text) or (cells and (names_of(cells[2]).caps or cells[2] == "none")))


def pscap(text: str) -> list[Printed]:
    """Read the table of pscap: what is permitted.

    Behind it stands ``@`` where the ambient set holds anything, which releases before 0.8 do not say, and ``+`` where
    the bounding set does: where ``+`` is missing, that set is empty. ``*`` stands behind the command of a process in
    another user namespace, over which alone its capabilities count.

    Source:
        libcap-ng ``utils/pscap.c``; pscap(8). 0.8.3 was run. ``full`` is all that the kernel has.

    Examples:
        >>> from capset.formats import processes
        >>> [one] = processes.pscap("1  812  root   sshd      chown, kill +")
        >>> one.name, one.state.permitted, one.says
        ('pid 812, sshd', CapSet.parse('CAP_CHOWN,CAP_KILL'), ('permitted',))
    """

    def read(line: Line) -> Printed | None:
        cells = _cells(line.text)
        if cells is None:
            return None
        pid, command, listed, marks = cells
        sets = {"permitted": names_of(listed)}
        if "+" not in marks and listed != "full" and not listed.endswith(","):
            sets["bounding"] = Names(CapSet())
        one = Printed.of_sets(line, f"pid {pid}, {command.removesuffix(' *')}", sets)
        told = Problem(
            rule="own-user-namespace",
            place=f"line {line.number}",
            value="*",
            verdict="note",
            message="the process is in another user namespace, and its capabilities count in that alone",
            line=line.number,
        )
        return evolve(one, problems=(told,)) if command.endswith(" *") else one

    return of_each((line for line in lines_of(text) if not _HEADER.fullmatch(line.text)), read)


# -- podman top -------------------------------------------------------------------------------------

_COLUMNS = {
    "AMBIENT CAPS": "ambient",
    "BOUNDING CAPS": "bounding",
    "EFFECTIVE CAPS": "effective",
    "INHERITED CAPS": "inheritable",
    "PERMITTED CAPS": "permitted",
}
_HEADING = re.compile(r"[^ \t]+(?: [^ \t]+)*")
_APART = re.compile(r"\t| {2,}")
_NAMES = re.compile(r"\w+(?:,\w+)*")
# What the older of its two lists of names lacks.
_LATER = CapSet(["perfmon", "bpf", "checkpoint_restore"])
_OLDER = "Podman with psgo before 1.7.3 knows no CAP_PERFMON, CAP_BPF and CAP_CHECKPOINT_RESTORE"
_FULL = f"{_OLDER}: its full set may lack these"
_ALL = f"{_OLDER}: the three that it calls unknown are taken for these"
_SOME = "Podman calls a capability unknown that is newer than its list of names, and does not say which one it is"


def is_header_of_top(text: str) -> bool:
    """Say whether a line is the header of a table of podman top with a column of capabilities."""
    require(text, str, "a line as str")
    return any(name.strip() in _COLUMNS for name in _APART.split(text))


def top(text: str) -> list[Printed]:
    r"""Read a table of ``podman top CONTAINER pid capeff capbnd ...``. In a header behind it another begins.

    A command may have anything in it, so columns are where their names are; in a table that has lost its blanks they
    are what stands between two of them. What no table can have had in it is not understood.

    Source:
        containers/psgo ``psgo.go`` and ``internal/capabilities``; podman-top(1). Podman 4.3, 5.4 and 5.8 were run.

    Examples:
        >>> from capset.formats import processes
        >>> text = "PID         COMMAND     EFFECTIVE CAPS\n1           web         KILL,NET_RAW\n"
        >>> [one] = processes.top(text)
        >>> one.name, one.state.effective
        ('pid 1, web', CapSet.parse('CAP_KILL,CAP_NET_RAW'))
    """
    begins: dict[str, int] = {}
    found: list[Printed] = []
    for line in lines_of(text, lambda line, _: _row(line, begins)):
        if is_header_of_top(line.text):
            begins.clear()
            begins.update((name[0], name.start()) for name in _HEADING.finditer(line.text))
            continue
        row = _row(line.text, begins)
        if row is None:
            found.append(unread(line))
            continue
        pid, command = row.get("PID") or row.get("HPID"), row.get("COMMAND")
        name = ", ".join(filter(None, (pid and f"pid {pid}", command)))
        read = {_COLUMNS[column]: _named(cell) for column, cell in row.items() if column in _COLUMNS}
        told = dict.fromkeys(message for _, message in read.values() if message)
        one = Printed.of_sets(line, name, {set_name: names for set_name, (names, _) in read.items()})
        problems = tuple(_older_names(line, message) for message in told)
        found.append(evolve(one, not_known=_SOME if _SOME in told else "", problems=problems).told())
    return found


def _named(cell: str) -> tuple[Names, str]:
    """Read a list, and say what is to be told of it, as Podman may call something unknown, each by itself."""
    names = names_of(cell)
    if cell == "full":
        return names, _FULL
    if "unknown" not in names.unknown:
        return names, ""
    others = tuple(word for word in names.unknown if word != "unknown")
    if cell.split(",").count("unknown") == len(_LATER) and not names.caps & _LATER:
        return Names(names.caps | _LATER, others), _ALL
    return Names(names.caps, others), _SOME


def _older_names(line: Line, message: str) -> Problem:
    place = f"line {line.number}"
    told = Problem(rule="older-names", place=place, value="", verdict="note", message=message, line=line.number)
    return evolve(told, verdict="depends") if message == _SOME else told


def _row(text: str, begins: dict[str, int]) -> dict[str, str] | None:
    """Divide a row into its cells by column; None where there is none of the table that these columns have."""
    rows = [[cell.strip() for cell in _APART.split(text.strip())]]
    if all(not text[max(start - 2, 0) : start].strip() for start in begins.values()):
        rows.insert(0, [text[start:end].strip() for start, end in pairwise([*begins.values(), None])])
    found = (dict(zip(begins, cells, strict=True)) for cells in rows if begins and len(cells) == len(begins))
    return next((row for row in found if all(_fits(*cell) for cell in row.items())), None)


def _fits(column: str, cell: str) -> bool:
    """Say whether a cell may stand in a column."""
    if column in _COLUMNS:
        return bool(_NAMES.fullmatch(cell))
    return column == "COMMAND" or not _APART.search(cell)
