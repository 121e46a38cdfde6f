"""What tools print about the capabilities of program files: getcap, rpm, getfattr and filecap."""

from __future__ import annotations

import binascii
import re
from functools import partial

from attrs import evolve

from capset.errors import FormatError, clipped, require
from capset.filecaps import FileCaps
from capset.formats import libcap
from capset.formats.printed import Line, Printed, divided_list, lines_of, names_of, of_each, unread
from capset.printable import encoded
from capset.problem import Problem

__all__ = ["filecap", "getcap", "getfattr", "is_failure_of_getcap", "is_getcap", "rpm"]


def __dir__() -> list[str]:
    return sorted(__all__)


_OF_FILES = ("effective", "permitted", "inheritable")
_LIST = r"(?:cap_[a-z0-9_]*|all|[0-9]+)(?:,(?:cap_[a-z0-9_]*|all|[0-9]+))*"
_CLAUSE = re.compile(rf"(?:=|(?i:{_LIST})(?:=|[+-](?=[eip])))[=+\-eip]*")
_OF_PROCESS = re.compile(r"[0-9]+:|Capabilities for .[0-9]+':")
_COMMAND = re.compile(r"(?:sudo |doas |\S*/)?(?:docker|podman|nerdctl|setcap|capsh)(?:-compose)? .* |-.* |.* --?[a-z]")
_ROOT_ID = re.compile(r" \[rootid=([0-9]{1,10})\]$")
# Of what it could not read: a sentence, or a path with the error of the system, which begins with a capital letter.
_FAILED = re.compile(r"Failed to get capabilities .*|.* \([A-Z][^()]*\)")
_NO_CAPS = "it names no capabilities: a file without any, as getcap -v prints it, or a part of a name with a line break"


def _divided(text: str) -> tuple[str, str, int]:
    """Divide a line of getcap into path, sets and root id; the sets are empty where there are none.

    A path may have blanks, colons and equals signs, so what is read are the clauses at the end. Those of old releases
    stand behind `` = ``, which is a clause itself, of empty sets.
    """
    rootid = 0
    if found := _ROOT_ID.search(text):
        text, rootid = text[: found.start()], int(found[1])
    words = text.split(" ")
    at = len(words)
    while at > 1 and _CLAUSE.fullmatch(words[at - 1]):
        at -= 1
    return " ".join(words[:at]), " ".join(words[at:]), rootid


def is_getcap(text: str) -> bool:
    """Say whether a line is a path and sets, as getcap prints them.

    Examples:
        >>> from capset.formats.programs import is_getcap
        >>> is_getcap("/usr/bin/a = b cap_kill=ep"), is_getcap("cap_kill=ep"), is_getcap("1: =ep")
        (True, False, False)
    """
    require(text, str, "a line as str")
    path, caps, _ = _divided(text)
    if path == "Current:" or _OF_PROCESS.fullmatch(path) or _CLAUSE.fullmatch(path):
        return False
    is_command = path[:1] not in {"/", "."} and _COMMAND.match(f"{path} ")
    return bool(path.strip() and caps and not is_command)


def is_failure_of_getcap(text: str) -> bool:
    """Say whether a line is what getcap prints where it cannot read a file."""
    require(text, str, "a line as str")
    return bool(_FAILED.fullmatch(text))


def _file_caps(line: Line, name: str, text: str, rootid: int = 0) -> Printed:
    caps = FileCaps.from_state(libcap.from_text(text), rootid=rootid)
    return Printed(name=name, line=line.number, file_caps=caps, says=_OF_FILES)


def getcap(text: str) -> list[Printed]:
    r"""Read what getcap prints, with ``-r``, ``-n`` and ``-v`` too, of old releases as of new ones.

    Source:
        libcap ``progs/getcap.c``: a path, a blank and a text, which begins with ``=`` before 2.41. 2.66 was run.

    Examples:
        >>> from capset.formats import programs
        >>> [old, new] = programs.getcap("/bin/a b = cap_kill+ep\n/bin/c cap_chown=p [rootid=1000]")
        >>> old.name, old.file_caps.permitted, new.file_caps.rootid
        ('/bin/a b', CapSet.parse('CAP_KILL'), 1000)
    """

    def read(line: Line) -> Printed | None:
        path, caps, rootid = _divided(line.text)
        if not caps:
            if is_failure_of_getcap(path):
                return unread(line, f"getcap did not read a file, so what that has is not known: {clipped(path)!r}")
            return evolve(unread(line, _NO_CAPS, verdict="note"), name=path) if "cap_" not in path.lower() else None
        return _file_caps(line, path, caps, rootid)

    return of_each(lines_of(text, lambda _, behind: is_getcap(behind)), read)


_RPM_ROW = re.compile(r"\t[^\t]*[=+][eip]*$")


def rpm(text: str) -> list[Printed]:
    """Read what ``rpm -q --filecaps`` prints: a path, a tab, and sets if the package gives the file any.

    Source:
        rpm ``rpmpopt``, the alias ``--filecaps``; 4.18 was run.
    """

    def read(line: Line) -> Printed | None:
        path, tab, caps = line.text.rpartition("\t")
        if not tab:
            return None
        if not caps:
            return Printed(name=path, line=line.number)
        return _file_caps(line, path, caps.removeprefix("= ") if caps.strip() != "=" else caps)

    lines = lines_of(text, lambda line, _: _RPM_ROW.search(line))
    return [each for each in of_each(lines, read) if each.file_caps or each.problems]


_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


def _unescaped(text: str) -> bytes:
    r"""Undo the escapes of getfattr: three octal digits, or a character for itself."""
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 8) & 255]) if len(found[1]) == 3 else found[1], encoded(text))


def _bytes_of(value: str) -> bytes:
    """Read a value as getfattr writes it: hexadecimal, base64 or text.

    Raises:
        FormatError: It is none of them.
    """
    try:
        if value[:2] in {"0x", "0X"}:
            return bytes.fromhex(value[2:])
        if value[:2] in {"0s", "0S"}:
            return binascii.a2b_base64(value[2:], strict_mode=True)
    except ValueError:
        pass
    else:
        if len(value) > 1 and value[0] == value[-1] == '"':
            data = _unescaped(value[1:-1])
            # A zero byte at the end of a text is left out, as that of a C string.
            return data + b"\0" * (len(data) in {11, 19, 23})
    expected = "hexadecimal digits behind 0x, base64 behind 0s, or a text in quotes, as getfattr -d prints it"
    raise FormatError("security.capability", value, expected)


_TEXT = "getfattr -e text leaves out bytes that no terminal shows: take -e hex"


def getfattr(text: str) -> list[Printed]:
    """Read what ``getfattr -d -m security.capability`` prints, in hexadecimal digits, base64 or text.

    Other attributes of a file are passed over. In a text, getfattr writes bytes that are not printable as they are, so
    what was copied from a terminal may lack some: that is refused, as the length is not that of an attribute.

    Source:
        attr ``tools/getfattr.c``; 2.5.1 was run.
    """
    name = ""
    found: list[Printed] = []
    for line in lines_of(text):
        if line.text.startswith("# file: "):
            name = _unescaped(line.text[8:]).decode("utf-8", "surrogateescape")
        else:
            found += of_each([line], partial(_attribute, name))
    return found


def _attribute(name: str, line: Line) -> Printed | None:
    """Read a line of getfattr about the file of that name."""
    key, equals, value = line.text.partition("=")
    if key == "security.capability" and equals:
        caps = FileCaps.from_xattr(_bytes_of(value.strip()), source=_TEXT if value[:1] == '"' else "")
        return Printed(name=name, line=line.number, file_caps=caps, says=_OF_FILES)
    if re.fullmatch(r"[a-z]+\.\S+", key):
        return unread(line, "another attribute, which has no capabilities", verdict="note")
    return None


_FILECAP_HEADER = re.compile(r"set +file +capabilities(?: +rootid)? *")
_HIDDEN = "filecap shows no inheritable set, and releases to 0.8.5 may show the root id of another file"


def filecap(text: str) -> list[Printed]:
    """Read the table of filecap: permitted sets, and whether they are effective. The inheritable set is not shown.

    Source:
        libcap-ng ``utils/filecap.c``; 0.8.3 was run.
    """

    def read(line: Line) -> Printed | None:
        kind, _, rest = line.text.rstrip(" ").partition(" ")
        front, _, last = rest.rpartition(" ")
        root = last if re.fullmatch(r"[0-9]{1,10}", last) else ""
        path, listed = divided_list(front if root else rest)
        if kind not in {"effective", "permitted"} or not path or not listed:
            return None
        names = names_of(listed)
        caps = FileCaps(permitted=names.caps, effective=kind == "effective", rootid=int(root or 0))
        problems: tuple[Problem, ...] = ()
        if root:
            told = Problem(
                rule="not-read",
                place=f"line {line.number}",
                value=root,
                verdict="note",
                message=f"{clipped(path)}: {_HIDDEN}",
                line=line.number,
            )
            problems = (told,)
        return Printed(
            name=path,
            line=line.number,
            file_caps=caps,
            says=_OF_FILES[:2],
            unknown=names.unknown,
            problems=problems,
        )

    return of_each((line for line in lines_of(text) if not _FILECAP_HEADER.fullmatch(line.text)), read)
