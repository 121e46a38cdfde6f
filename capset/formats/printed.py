"""What all that tools print has in common: lines between prompts, lists of names, and what is said of one thread."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from attrs import evolve, frozen

from capset.bounds import bounded
from capset.capability import CAPS, Cap
from capset.errors import CapsetError, clipped, require, shown
from capset.filecaps import FileCaps
from capset.plain import Plain
from capset.problem import Problem
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState

__all__ = ["Line", "Names", "Printed", "Who", "cap_of", "divided_list", "lines_of", "names_of", "of_each", "unread"]

# As shells write theirs: $ getcap -r /, root@host:~# getcap, [root@host ~]# getcap. A lone # may begin a comment too;
# behind the others stands but one blank, unlike behind the cell of a table.
_PROMPT = re.compile(
    r"(?!# file: )(?:[\w.-]+@\S{1,200}(?: \S{1,200})? ?|\[[^\]\n]{1,200}\] ?)?(?:[$%](?: (?! )|$)|#(?: |$))"
)
_NUMBER = re.compile("[0-9]{1,2}")
_ELLIPSIS = re.compile(r"\[?(?:\.{3}|…)\]?")


@frozen
class Line:
    """A line of a text, without its end.

    Attributes:
        number: Which one, counted from 1.
        text: What stands in it.
        after_blank: Whether a blank line stands before it.
    """

    number: int
    text: str
    after_blank: bool = False


def lines_of(text: str, is_row: Callable[[str, str], object] | None = None) -> Iterator[Line]:
    r"""Yield the lines that a tool has printed, without blank ones, prompts with commands, comments and ellipses.

    Args:
        text: What it has printed.
        is_row: Says of a line that begins as a prompt, by the line and by what stands behind that, whether the tool
            has printed it all the same: names of files and of commands may begin in that way too.

    Examples:
        >>> from capset.formats.printed import lines_of
        >>> [line.text for line in lines_of("$ getcap a\r\na cap_kill=ep\r\n[...]\n\n")]
        ['a cap_kill=ep']
    """
    require(text, str, "what a tool has printed as str")
    bounded(text)
    after_blank = False
    for number, ended in enumerate(text.split("\n"), 1):
        line = ended.removesuffix("\r")
        if not line.strip():
            after_blank = True
        elif not _ELLIPSIS.fullmatch(line.strip()) and (
            not (prompt := _PROMPT.match(line)) or (is_row is not None and is_row(line, line[prompt.end() :]))
        ):
            yield Line(number, line, after_blank)
            after_blank = False


@frozen
class Names:
    """A list of names, with those that are no capability.

    Attributes:
        caps: The capabilities.
        unknown: The words that are none, as written.
    """

    caps: CapSet
    unknown: tuple[str, ...] = ()


def names_of(text: str) -> Names:
    """Read a list of names in any spelling, separated by commas or blanks; ``full`` and ``none`` are lists too.

    A list that ends with a comma is cut off: its last word is none, with that comma.

    Examples:
        >>> from capset.formats.printed import names_of
        >>> names_of("net_raw, CAP_KILL, 41, next_one")
        Names(caps=CapSet.parse('CAP_KILL,CAP_NET_RAW,41'), unknown=('next_one',))
    """
    words = text.replace(",", " ").split()
    if words == ["full"]:
        return Names(CapSet.all())
    caps = {} if words == ["none"] else {word: cap_of(word) for word in words}
    known = CapSet(cap for cap in caps.values() if cap is not None)
    unknown = [word for word, cap in caps.items() if cap is None]
    if text.rstrip().endswith(","):
        unknown.append(f"{''.join(words[-1:])},")
    return Names(known, tuple(unknown))


def cap_of(word: str) -> Cap | None:
    """Return the capability of a name in any spelling, or of a number; None for what is none.

    That takes no longer for what is none: what is near is not looked for, as there may be many.
    """
    name = word.upper().removeprefix("CAP_")
    if name in Cap.__members__:
        return Cap[name]
    return CAPS[int(name)] if _NUMBER.fullmatch(name) and int(name) < len(CAPS) else None


def divided_list(text: str) -> tuple[str, str]:
    """Divide a row of a table before the list at its end, whose names have a comma and a blank between them.

    Examples:
        >>> from capset.formats.printed import divided_list
        >>> divided_list("/bin/a b    chown, net_raw")
        ('/bin/a b', 'chown, net_raw')
    """
    words = text.split(" ")
    at = len(words) - 1
    while at > 1 and words[at - 1].endswith(","):
        at -= 1
    return " ".join(words[:at]).rstrip(" "), " ".join(words[at:])


_CUT = "the list ends with a comma: what stood behind that is cut off"


@frozen(kw_only=True)
class Who(Plain):
    """As whom a thread runs, as far as a tool has printed it.

    Attributes:
        uid: The effective user id; None where nothing says it.
        gid: The effective group id; None where nothing says it.
        no_new_privs: Whether execve(2) can no longer give privileges; None where nothing says it.
    """

    uid: int | None = None
    gid: int | None = None
    no_new_privs: bool | None = None


@frozen(kw_only=True)
class Printed(Plain):
    """What a tool has printed of one file, thread or call.

    Attributes:
        name: Of which: a path, a number and a command; empty where nothing says it.
        line: The line on which it begins, counted from 1.
        file_caps: The capabilities of a file, if it is about one.
        state: The sets of a thread, if it is about one.
        says: The names of those sets of which anything is said.
        who: As whom the thread runs.
        unknown: Words that stand among the names and are no capability, as written.
        not_known: Why it cannot be said which sets these are; empty where it can.
        problems: What was not read, and what is not as it looks.
    """

    name: str = ""
    line: int = 1
    file_caps: FileCaps | None = None
    state: CapState | None = None
    says: tuple[str, ...] = ()
    who: Who = Who()
    unknown: tuple[str, ...] = ()
    not_known: str = ""
    problems: tuple[Problem, ...] = ()

    def told(self) -> Printed:
        """Return the same with a problem for each word that is no capability, so that the sets are not known."""
        if not self.unknown:
            return self
        problems = tuple(
            Problem(
                rule="unknown-capability",
                place=f"line {self.line}",
                value=word,
                verdict="depends",
                message=_CUT
                if word.endswith(",")
                else f"capset knows no capability {shown(word)}: it is newer than capset, or misspelled",
                line=self.line,
            )
            for word in self.unknown
        )
        named = clipped(", ".join(self.unknown))
        not_known = self.not_known or f"capset does not know what is named: {named}"
        return evolve(self, unknown=(), not_known=not_known, problems=(*self.problems, *problems))

    @classmethod
    def of_sets(cls, line: Line, name: str, sets: dict[str, Names]) -> Printed:
        """Make one of a thread of some sets by name; sets that no thread can have are not known."""
        says = tuple(each for each in THREAD_SETS if each in sets)
        caps = {each: names.caps for each, names in sets.items()}
        # Of a set that is not shown the least is taken that any thread must have beside those that are.
        ambient = caps.get("ambient", CapSet())
        caps.setdefault("permitted", caps.get("effective", CapSet()) | ambient)
        caps.setdefault("inheritable", ambient)
        unknown = tuple(dict.fromkeys(word for each in sets.values() for word in each.unknown))
        state = CapState(**caps)
        return cls(name=name, line=line.number, state=state, says=says, unknown=unknown)


def unread(line: Line, message: str = "", *, verdict: str = "depends") -> Printed:
    """Return what stands for a line that is not understood, so that it is not lost."""
    told = message or f"this line was not understood: {clipped(line.text)!r}"
    problem = Problem(
        rule="not-read" if verdict == "depends" else "passed-over",
        place=f"line {line.number}",
        value=clipped(line.text),
        verdict="depends" if verdict == "depends" else "note",
        message=told,
        line=line.number,
    )
    not_known = "the line was not understood" if verdict == "depends" else ""
    return Printed(line=line.number, not_known=not_known, problems=(problem,))


def of_each(lines: Iterable[Line], read: Callable[[Line], Printed | None]) -> list[Printed]:
    """Read lines each of which stands for itself; None is returned for one that is not understood."""
    found: list[Printed] = []
    for line in lines:
        try:
            one = read(line)
        except CapsetError as error:
            one = unread(line, f"{clipped(line.text)!r}: {error}")
        found.append(unread(line) if one is None else one.told())
    return found
