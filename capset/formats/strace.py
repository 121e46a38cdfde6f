"""What strace prints of capset(2), capget(2) and prctl(2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from attrs import evolve, field, frozen

from capset.capability import CAPS, Cap
from capset.errors import CapsetError, FormatError, UnknownCapabilityError, clipped, require
from capset.formats.printed import Line, Names, Printed, lines_of, unread
from capset.problem import Problem
from capset.sets import CapSet
from capset.summary import listed

__all__ = ["Returned", "calls", "is_of_strace", "is_trace", "trace"]


def __dir__() -> list[str]:
    return sorted(__all__)


_PREFIX = (
    r"(?:\[pid +(?P<pid>[0-9]+)\] +|(?P<number>[0-9]+) +)?"
    r"(?:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? +|[0-9]+\.[0-9]+ +)?"
)
_LINE = re.compile(_PREFIX + r"(?P<rest>\S.*)")
_CALL = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*)\((?P<arguments>.*)\) += (?P<result>-?[0-9]+|0x[0-9a-f]+|\?)(?: (?P<told>.*))?"
)
_UNFINISHED = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\(.*<unfinished \.\.\.>")
_RESUMED = re.compile(r"<\.\.\. (?P<name>[a-z][a-z0-9_]*) resumed>(?P<rest>.*)")
_OTHER = re.compile(r"--- .* ---|\+\+\+ .* \+\+\+|strace: .*|<\.\.\. .*|[a-z][a-z0-9_]*\(.*")
_OURS = re.compile(_PREFIX + r"(?:capset|capget)\((?:\{|NULL|0x)|(?:.{0,60})prctl\((?:0x[0-9a-f]+ /\* )?PR_CAP")
_CALLS = ("capset", "capget", "prctl")
# What may change more than is seen here: an execve(2) may clear the ambient set, and a new user namespace fills all.
_RESETS = frozenset({"execve", "execveat", "setuid", "setreuid", "setresuid", "unshare", "setns", "clone", "clone3"})


def is_trace(text: str) -> bool:
    """Say whether a line is one of these calls, as strace prints it."""
    require(text, str, "a line as str")
    return bool(_OURS.match(text))


_ANY = re.compile(_PREFIX + r"(?:[a-z0-9_]+\(.*|--- .*|\+\+\+ .*|<\.\.\. .*|strace: .*)")


def is_of_strace(text: str) -> bool:
    """Say whether a line is one that strace prints, of whichever call."""
    require(text, str, "a line as str")
    return bool(_ANY.fullmatch(text))


_WORD = re.compile(
    r"0x(?P<hex>[0-9a-f]{1,8})(?: /\* (?P<meant>[^*]*) \*/)?|(?:1<<)?(?P<name>CAP_[A-Z_]+)|(?P<none>0)(?=$|\|)"
)
_LOW = 32


def _mask(text: str, place: str) -> CapSet:
    """Read a set: names, and numbers for what has none, first those of the low word and then those of the high one.

    Raises:
        FormatError: It is none, or nobody can say which word a number is.
        UnknownCapabilityError: A name is none.
    """
    mask, at, high, plain = 0, 0, False, 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None or text[found.end() : found.end() + 1] not in {"", "|"}:
            raise FormatError(place, text, "names such as 1<<CAP_KILL, with | between them")
        at = found.end() + 1
        meant = found["meant"]
        if found["name"]:
            cap = Cap.parse(found["name"])
            high = cap >= _LOW
            mask |= cap.mask
        elif found["hex"]:
            number = int(found["hex"], 16)
            if meant and "???" not in meant:
                mask |= _mask(meant, place).mask
                continue
            if meant or high:  # each bit of the low word has a name
                mask |= number << _LOW
                continue
            plain += 1
            mask |= number << _LOW * (plain - 1)
    if plain not in {0, 2}:
        expected = "names, or both words: of a lone number strace -X raw does not say which word it is"
        raise FormatError(place, text, expected)
    return CapSet.from_mask(mask)


_SETS = re.compile(
    r"\{effective=(?P<effective>[^,{}]*), permitted=(?P<permitted>[^,{}]*), inheritable=(?P<inheritable>[^,{}]*)\}"
)


@frozen
class _Known:
    """What a trace has shown of one set of a thread.

    Attributes:
        line: The first line that shows any of it.
        answers: By number, whether a capability is in the set.
        ends: Whether the kernel said that there are no more.
    """

    line: Line
    answers: dict[int, bool] = field(factory=dict)
    ends: list[int] = field(factory=list)


class Returned(NamedTuple):
    """A call that has returned.

    Attributes:
        line: Where it begins.
        pid: The thread as strace writes it, empty where it does not.
        name: Which call.
        errno: The name of the errno that it came to; empty where it succeeded.
    """

    line: Line
    pid: str
    name: str
    errno: str


def calls(text: str) -> Iterator[Returned | Line]:
    """Yield each call that has returned; a line that strace does not print is yielded as it is.

    Examples:
        >>> from capset.formats import strace
        >>> [call] = strace.calls('[pid 7] sethostname("x", 1) = -1 EPERM (Operation not permitted)')
        >>> call.pid, call.name, call.errno
        ('7', 'sethostname', 'EPERM')
    """
    for line, pid, rest in _whole_calls(lines_of(text)):
        if call := _CALL.fullmatch(rest):
            errno = (call["told"] or "").partition(" ")[0] if call["result"] == "-1" else ""
            yield Returned(line, pid, call["name"], errno)
        elif rest.strip() and not _OTHER.fullmatch(rest):
            yield line


def trace(text: str) -> list[Printed]:
    """Read a trace: each capset(2) and capget(2), and what prctl(2) shows of the bounding and the ambient set.

    Of a set that prctl(2) asks for or changes one capability at a time, what is known at the end of the trace is told,
    or at an execve(2) or the like in between. Other calls are passed over.

    Source:
        strace ``src/capability.c`` and ``src/prctl.c``; 6.1 was run.

    Examples:
        >>> from capset.formats import strace
        >>> text = (
        ...     "[pid 7] capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_KILL|1<<CAP_BPF, "
        ...     "permitted=1<<CAP_KILL|1<<CAP_BPF, inheritable=0}) = 0"
        ... )
        >>> [call] = strace.trace(text)
        >>> call.name, call.state.permitted
        ('pid 7, capset', CapSet.parse('CAP_KILL,CAP_BPF'))
    """
    found: list[Printed] = []
    known: dict[tuple[str, str], _Known] = {}
    for line, pid, rest in _whole_calls(lines_of(text)):
        call, name = _CALL.fullmatch(rest), rest.partition("(")[0]
        if name in _RESETS:
            found += _told(known, pid)
        elif call is None or name not in _CALLS:
            if name in _CALLS or not _OTHER.fullmatch(rest):
                found.append(unread(line))
        else:
            try:
                found += _of_prctl(line, pid, call, known) if name == "prctl" else _of_sets(line, pid, call)
            except UnknownCapabilityError as error:
                found.append(Printed(line=line.number, name=_who(pid, name), unknown=(str(error.value),)).told())
            except CapsetError as error:
                found.append(unread(line, f"{clipped(line.text)!r}: {error}"))
    found += [each for pid in dict.fromkeys(pid for pid, _ in known) for each in _told(known, pid)]
    return sorted(found, key=lambda each: each.line)


def _whole_calls(lines: Iterable[Line]) -> Iterator[tuple[Line, str, str]]:
    """Yield each line, its thread and what is behind that; a call that another thread has interrupted in one piece."""
    begun: dict[str, tuple[Line, str]] = {}
    for line in lines:
        found = _LINE.fullmatch(line.text)
        pid, rest = ("", line.text) if found is None else (found["pid"] or found["number"] or "", found["rest"])
        if _UNFINISHED.fullmatch(rest):
            begun[pid] = line, rest.removesuffix("<unfinished ...>").rstrip(" ")
        elif (resumed := _RESUMED.fullmatch(rest)) and pid in begun:
            where, front = begun.pop(pid)
            yield where, pid, front + resumed["rest"]
        else:
            yield line, pid, rest
    for pid, (line, front) in begun.items():
        yield line, pid, front  # which ends nowhere, and so is no call


def _who(pid: str, what: str) -> str:
    return f"pid {pid}, {what}" if pid else what


def _of_sets(line: Line, pid: str, call: re.Match[str]) -> Iterator[Printed]:
    """Read capset(2) or capget(2)."""
    found = _SETS.search(call["arguments"])
    failed = call["result"] == "-1"
    if found is None:
        if failed and "effective" not in call["arguments"]:
            yield _failed(line, pid, call, call["name"])
            return
        if call["arguments"].endswith(", NULL"):
            return  # asked which version the kernel has
        raise FormatError(call["name"], call["arguments"], "three sets, as strace 4.20 and later print them")
    sets = {name: Names(_mask(text, name)) for name, text in found.groupdict().items()}
    one = Printed.of_sets(line, _who(pid, call["name"]), sets)
    if failed:
        error = _failed(line, pid, call, call["name"])
        one = evolve(one, not_known=error.not_known, problems=error.problems)
    yield one


def _failed(line: Line, pid: str, call: re.Match[str], what: str, why: str = "") -> Printed:
    """Tell of a call that has failed."""
    error = (call["told"] or "").partition(" ")[0]
    message = f"{what} failed with {error}{why}, so that the sets stay as they were"
    problem = Problem(
        rule="failed-call",
        place=f"line {line.number}",
        value=clipped(line.text),
        verdict="note",
        message=message,
        line=line.number,
    )
    return Printed(name=_who(pid, call["name"]), line=line.number, not_known=message, problems=(problem,))


_COMMENTED = re.compile(r"0x[0-9a-f]+ /\* ([A-Z_]+) \*/")
# The numbers of what is asked of sets: PR_CAPBSET_READ, PR_CAPBSET_DROP and PR_CAP_AMBIENT.
_UNNAMED = re.compile(r"(?:0x17|0x18|0x2f|23|24|47)\b")
_SETPCAP = ": CAP_SETPCAP is missing"


def _of_prctl(line: Line, pid: str, call: re.Match[str], known: dict[tuple[str, str], _Known]) -> Iterator[Printed]:
    """Read prctl(2): what it shows of a set, or that it failed."""
    words = [word.strip() for word in _COMMENTED.sub(r"\1", call["arguments"]).split(",")]
    option, rest = words[0], words[1:]
    is_ambient = option == "PR_CAP_AMBIENT"
    if is_ambient and rest:
        option, rest = rest[0], rest[1:]
    if option not in _ASKED:
        if is_ambient or _UNNAMED.match(option):
            raise FormatError("prctl", call["arguments"], "names, as strace prints them without -X raw")
        return  # another matter than a set
    name, answer = _ASKED[option]
    of_set = known.setdefault((pid, name), _Known(line))
    if option == "PR_CAP_AMBIENT_CLEAR_ALL":
        if call["result"] == "0":
            of_set.answers.update(dict.fromkeys(range(len(CAPS)), False))
        return
    number = _number(rest[0] if rest else "")
    if call["result"] == "-1":
        asks = answer is None
        if asks and (call["told"] or "").startswith("EINVAL"):
            of_set.ends.append(number)
        else:
            why = _SETPCAP if option == "PR_CAPBSET_DROP" and (call["told"] or "").startswith("EPERM") else ""
            yield _failed(line, pid, call, f"{option} of {CAPS[number] if number < len(CAPS) else number}", why)
        return
    of_set.answers[number] = call["result"] == "1" if answer is None else answer


_ASKED: dict[str, tuple[str, bool | None]] = {
    "PR_CAPBSET_READ": ("bounding", None),
    "PR_CAPBSET_DROP": ("bounding", False),
    "PR_CAP_AMBIENT_IS_SET": ("ambient", None),
    "PR_CAP_AMBIENT_RAISE": ("ambient", True),
    "PR_CAP_AMBIENT_LOWER": ("ambient", False),
    "PR_CAP_AMBIENT_CLEAR_ALL": ("ambient", False),
}


def _number(word: str) -> int:
    """Return the number of a capability in a call.

    Raises:
        FormatError: It is none.
        UnknownCapabilityError: It is a name of none.
    """
    found = re.fullmatch(r"(0x[0-9a-f]{1,8}|[0-9]{1,10})(?: /\* CAP_\?\?\? \*/)?", word)
    if found:
        return int(found[1], 0) if found[1][:2] == "0x" else int(found[1])
    if not word:
        raise FormatError("prctl", word, "a capability")
    return int(Cap.parse(word))


def _told(known: dict[tuple[str, str], _Known], pid: str) -> Iterator[Printed]:
    """Tell what is known of the sets of a thread, and forget it."""
    for name in ("bounding", "ambient"):
        of_set = known.pop((pid, name), None)
        if of_set is None or not of_set.answers:
            continue
        held = CapSet(number for number, answer in of_set.answers.items() if answer and number < len(CAPS))
        one = Printed.of_sets(of_set.line, _who(pid, name), {name: Names(held)})
        end = min(of_set.ends, default=0)
        if len(of_set.answers) == len(CAPS) or (0 < end <= len(CAPS) and of_set.answers.keys() >= {*range(end)}):
            yield one
            continue
        lacks = CapSet(number for number, answer in of_set.answers.items() if not answer and number < len(CAPS))
        told = [f"it has {listed(held)}"] * bool(held) + [f"it lacks {listed(lacks) or 'what is no capability'}"] * (
            not held or bool(lacks)
        )
        yield evolve(one, not_known=f"the trace shows a part of the {name} set: {', and '.join(told)}")
