"""The exceptions of capset.

A value of the wrong type is a plain :class:`TypeError`. Everything else that is wrong is one of these: each is a
subclass of :class:`CapsetError` and of the built-in exception a caller would catch anyway. It keeps what it complains
about as attributes, says what was expected and what to do instead, and survives pickling.
"""

from __future__ import annotations

import errno

# Not typing.TYPE_CHECKING: importing typing would cost half as much again as importing capset.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import UnionType
    from typing import Any

__all__ = [
    "AccessDeniedError",
    "ArgumentError",
    "CapsetError",
    "ConflictError",
    "ContainerError",
    "ContradictionError",
    "DialectError",
    "DocumentError",
    "FileCapsError",
    "FormatError",
    "KernelError",
    "MaskError",
    "MissingExtraError",
    "NotAllowedError",
    "ParseError",
    "PidError",
    "ProcUnavailableError",
    "ProcessGoneError",
    "RequestError",
    "StatusError",
    "StoppedError",
    "TooLargeError",
    "UnavailableError",
    "UndecidedError",
    "UnknownCapabilityError",
    "UnknownDialectError",
    "UnknownEngineError",
    "UnknownEntryError",
    "UnknownMemberError",
    "UnknownNameError",
    "UnknownOperationError",
    "UnknownReleaseError",
    "UnknownRuleError",
    "UnknownScopeError",
    "UnknownVersionError",
    "UnreachableError",
    "UnsupportedOptionError",
]


def __dir__() -> list[str]:
    return sorted(__all__)


class CapsetError(Exception):
    """Base class of the exceptions of this package."""

    _fields: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[object, ...]:
        # The default would call the class with the message alone.
        return type(self), tuple(getattr(self, field) for field in self._fields), self.__dict__


LONGEST_MESSAGE = 2_000
"""So many characters of a message are shown, where it quotes what others wrote."""

_LONGEST = 10_000  # so much of a value is written, to say how long it is


def shown(value: object) -> str:
    """Write a value for a message: in full where that is bearable."""
    text, more = "", ""
    try:
        for piece in _pieces(value, ()):
            if len(text) > _LONGEST:  # in YAML, a few lines can stand for lists with a thousand million entries
                more = "more than "
                break
            text += piece
    except (ValueError, RecursionError):  # a number in it is too long to be written, or it holds itself too deeply
        text = f"a {type(value).__name__} that is too large to be shown"
    return clipped(text, more=more)


def clipped(text: str, longest: int = 120, *, more: str = "") -> str:
    """Cut a text that is too long for a message, and say how long it is; *more* stands before the number."""
    return text if len(text) <= longest else f"{text[: longest - 20]}... ({more}{len(text)} characters)"


def require(value: object, kind: type | UnionType, what: str) -> None:
    """Refuse a value of another type.

    Args:
        value: What was given.
        kind: What it is to be.
        what: The same in words, with the remedy where there is one.

    Raises:
        TypeError: *value* is of another type.
    """
    if not isinstance(value, kind):
        raise TypeError(f"expected {what}, got {shown(value)}")


def _pieces(value: Any, around: tuple[int, ...]) -> Iterator[str]:
    """Write a value as repr() does, piece by piece; *around* are the values in which it stands."""
    brackets = next((pair for kind, pair in _BRACKETS if isinstance(value, kind)), "")
    if not brackets or not value:
        yield hex(value) if isinstance(value, int) and value.bit_length() > 128 and not around else repr(value)
        return
    if id(value) in around:
        yield "...".join(brackets)
        return
    keys, inside = brackets == "{}", (*around, id(value))
    for at, item in enumerate(value):
        yield ", " if at else brackets[0]
        yield from _pieces(item, inside)
        if keys:
            yield ": "
            yield from _pieces(value[item], inside)
    yield ",)" if brackets == "()" and len(value) == 1 else brackets[1]


_BRACKETS: tuple[tuple[type, str], ...] = ((list, "[]"), (tuple, "()"), (dict, "{}"))


def _plain(text: str) -> str:
    """Write a text of somebody else's into a message, so that it makes no line of its own and acts on no terminal."""
    from capset.printable import message

    return message(text)


def _where(source: str, line: int | None) -> str:
    """Write where in a document something is, as the front of a message."""
    where = f"{_plain(source)}{f':{line}' if line else ''}" if source else f"line {line}" if line else ""
    return f"{where}: " if where else ""


def _how_to_read(text: str) -> str:
    from capset.filename import how_to_read

    return how_to_read(text, "documents.read", "name")


def _did_you_mean(close: tuple[str, ...]) -> str:
    return f"did you mean {' or '.join(close)}?"


class UnknownCapabilityError(CapsetError, ValueError):
    """A name or a number that is no capability.

    Attributes:
        value: What was given, a text or a number.
        close: Known names that look like it, best first.
        remedy: What to write instead, in words.
    """

    _fields = ("value", "close", "remedy")

    def __init__(self, value: str | int, close: tuple[str, ...] = (), remedy: str = "") -> None:
        self.value = value
        self.close = close
        self.remedy = remedy
        advice = (
            remedy
            or (close and _did_you_mean(close))
            or "expected a name as in capabilities(7), such as CAP_NET_ADMIN, or a number from 0 to 63"
        )
        super().__init__(f"unknown capability {shown(value)}: {advice}")


class UnknownMemberError(UnknownCapabilityError, KeyError):
    """A name that no member of Cap has, in ``Cap[name]``.

    Attributes:
        value: What was given.
        close: As of an UnknownCapabilityError.
        remedy: As of an UnknownCapabilityError.
    """

    __str__ = Exception.__str__  # KeyError writes its message as a repr


class MaskError(CapsetError, ValueError):
    """A number or a text that is no capability mask.

    Attributes:
        value: What was given.
        expected: What a mask is, in words.
    """

    _fields = ("value", "expected")

    def __init__(self, value: str | int, expected: str) -> None:
        self.value = value
        self.expected = expected
        super().__init__(f"not a capability mask: expected {expected}, got {shown(value)}")


class ParseError(CapsetError, ValueError):
    """A text that does not follow its grammar.

    Attributes:
        text: The whole text.
        position: Offset of the first character that does not fit, counted from 0.
        expected: What was expected there, in words.
    """

    _fields = ("text", "position", "expected")

    def __init__(self, text: str, position: int, expected: str) -> None:
        self.text = text
        self.position = position
        self.expected = expected
        super().__init__(f"at position {position} of {shown(text)}: expected {expected}")


class ArgumentError(CapsetError, ValueError):
    """An argument of the right type that cannot be what it is to be.

    Attributes:
        message: What was expected, and what was given.
        value: What was given.
    """

    _fields = ("message", "value")

    def __init__(self, message: str, value: object) -> None:
        self.message = message
        self.value = value
        super().__init__(message)


class ConflictError(CapsetError, ValueError):
    """Capabilities that stand on both sides of a difference.

    Attributes:
        names: The names of these capabilities, ascending by number.
    """

    _fields = ("names",)

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(f"both added and dropped: {', '.join(names)}; a capability can be only one of the two")


class FileCapsError(CapsetError, ValueError):
    """Bytes or values that are no ``security.capability`` attribute.

    Attributes:
        value: What was given; None where the kernel does not hand it out.
        expected: What it should be, in words.
        source: Where it came from, usually a path; empty where that is not known.
    """

    _fields = ("value", "expected", "source")

    def __init__(self, value: bytes | str | int | None, expected: str, source: str = "") -> None:
        self.value = value
        self.expected = expected
        self.source = source
        got = "" if value is None else f", got {_digits(value) if isinstance(value, bytes) else shown(value)}"
        super().__init__(
            f"{source + ': ' if source else ''}no valid security.capability attribute: expected {expected}{got}"
        )


def _digits(value: bytes) -> str:
    return clipped(value[:_LONGEST].hex(), more="more than " * (len(value) > _LONGEST)) or "none"


class FormatError(CapsetError, ValueError):
    """A document that does not have the shape of its format.

    Attributes:
        place: Where in the document, such as ``securityContext.capabilities.add[0]``.
        value: What stands there.
        expected: What should stand there, in words.
        source: The name of the document, usually a path; empty where it has none.
        line: Where in it, counted from 1; None where that is not known.
    """

    _fields = ("place", "value", "expected", "source", "line")

    def __init__(self, place: str, value: object, expected: str, source: str = "", line: int | None = None) -> None:
        self.place = place
        self.value = value
        self.expected = expected
        self.source = source
        self.line = line
        super().__init__(f"{_where(source, line)}{clipped(place)}: expected {expected}, got {shown(value)}")


class DocumentError(CapsetError, ValueError):
    """A text that cannot be read in its dialect.

    Attributes:
        source: The name of the text, usually a path; empty where it has none.
        line: Where in it, counted from 1; None where that is not known.
        reason: What is wrong, in words.
    """

    _fields = ("source", "line", "reason")

    def __init__(self, source: str, line: int | None, reason: str) -> None:
        self.source = source
        self.line = line
        self.reason = reason
        told = clipped(_plain(reason), LONGEST_MESSAGE)  # others' words may quote a whole line
        super().__init__(_where(source, line) + told)


class TooLargeError(CapsetError, ValueError):
    """A text from outside of which there is too much to be read: see :mod:`capset.bounds`.

    Attributes:
        source: The name of the text, usually a path; empty where it has none.
        most: How much of it is read.
        what: Of what, in words.
    """

    _fields = ("source", "most", "what")

    def __init__(self, source: str, most: int, what: str) -> None:
        self.source = source
        self.most = most
        self.what = what
        super().__init__(f"{_where(source, None)}more than {most} {what} are not read: divide it")


_NEAREST = 4  # so many dialects are told of, of all that a text comes near


def _few(names: list[str]) -> str:
    more = len(names) - _NEAREST
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NEAREST])} and {more} more"


class DialectError(CapsetError, ValueError):
    """A text that is in no dialect that capset reads, or that may be in several.

    Attributes:
        value: The text.
        source: Its name, usually a path; empty where it has none.
        tried: The dialects that were tried, each with why it is not the one; empty where it may be.
        near: Those of them that the text has something of; the message tells of these alone.
    """

    _fields = ("value", "source", "tried", "near")

    def __init__(self, value: str, source: str, tried: tuple[tuple[str, str], ...], near: tuple[str, ...] = ()) -> None:
        self.value = value
        self.source = source
        self.tried = tried
        self.near = near
        front = f"{_plain(source)}: " if source else ""
        if source in {"", value} and (read_it := _how_to_read(value)):
            front, message = "", read_it
        elif possible := [name for name, reason in tried if not reason]:
            message = f"this may be {' or '.join(possible)}: say which it is, with dialect= or --from"
        elif not value.strip() and len(tried) > 1:
            message = "there is nothing in it"
        elif len(tried) == 1:
            message = f"this is not {tried[0][0]}: {_plain(tried[0][1])}"
        else:
            names: dict[str, list[str]] = {}
            for name, reason in tried:
                if name in near:
                    names.setdefault(reason, []).append(name)
            reasons = [f"{_few(those)}: {_plain(reason)}" for reason, those in names.items()]
            nearest = f"; it comes near {'; '.join(reasons[:_NEAREST])}" if reasons else ""
            message = f"this is in no dialect that capset reads{nearest}; "
            message += "if it is in one, say in which, with dialect= or --from"
        super().__init__(front + message)


class UnknownEntryError(CapsetError, KeyError):
    """A name that a table does not have.

    Attributes:
        name: What was given.
        known: The names that there are.
        close: Those of them that look like it, best first.
    """

    _fields: tuple[str, ...] = ("name", "known", "close")
    _kind = "name"
    __str__ = Exception.__str__  # KeyError writes its message as a repr

    def __init__(self, name: str, known: tuple[str, ...], close: tuple[str, ...] = ()) -> None:
        self.name = name
        self.known = known
        self.close = close
        super().__init__(f"unknown {self._kind} {shown(name)}: {self._advice()}")

    def _advice(self) -> str:
        return _did_you_mean(self.close) if self.close else f"known are {', '.join(self.known)}"


class UnknownDialectError(UnknownEntryError):
    """A name that is no dialect, or none that is written.

    Attributes:
        name: What was given.
        known: The names that there are.
        close: Those of them that look like it, best first.
    """

    _kind = "dialect"


class UnknownRuleError(UnknownEntryError):
    """An id that no rule of the documents has.

    Attributes:
        name: What was given.
        known: The ids that there are.
        close: Those of them that look like it, best first.
    """

    _kind = "rule"


class UnknownOperationError(UnknownEntryError):
    """An id that no operation has.

    Attributes:
        name: What was given.
        known: The ids that there are.
        close: Those of them that look like it, best first.
    """

    _kind = "operation"

    def _advice(self) -> str:
        return _did_you_mean(self.close) if self.close else "operations.search() finds them by words"


class UnknownScopeError(UnknownEntryError):
    """A name that is no set-up of user namespaces.

    Attributes:
        name: What was given.
        known: The names that there are.
        close: Those of them that look like it, best first.
    """

    _kind = "scope"


class UndecidedError(CapsetError, ValueError):
    """An answer that is neither yes nor no was taken for one of them.

    Attributes:
        operation: The id of the operation.
        reason: Why it is not known.
    """

    _fields = ("operation", "reason")

    def __init__(self, operation: str, reason: str) -> None:
        self.operation = operation
        self.reason = reason
        super().__init__(f"it is not known whether this can be done: {operation}: {reason}; see the answer's verdict")


class MissingExtraError(CapsetError, ModuleNotFoundError):
    """A package is not installed that only a part of capset needs.

    Attributes:
        name: The module that is missing.
        extra: The extra of capset that brings it.
        purpose: What it is needed for, in words.
    """

    _fields = ("name", "extra", "purpose")

    def __init__(self, name: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {name}: pip install 'capset[{extra}]', in a clone '.[{extra}]'", name=name)
        self.extra = extra
        self.purpose = purpose


class StatusError(CapsetError, ValueError):
    """A ``/proc/<pid>/status`` text that lacks a line or holds a line that no kernel prints.

    Attributes:
        source: Where the text came from, usually a path.
        field: The label of the line, such as ``CapEff``.
        expected: What the line should hold, in words.
        line: Number of the line, counted from 1; None where the line is missing.
        value: What the line holds instead; None where the line is missing.
    """

    _fields = ("source", "field", "expected", "line", "value")

    def __init__(
        self, source: str, field: str, expected: str, line: int | None = None, value: str | None = None
    ) -> None:
        self.source = source
        self.field = field
        self.expected = expected
        self.line = line
        self.value = value
        if not isinstance(source, str):
            source = shown(source)
        if line is None:
            message = f"{source}: no {field} line; expected {expected}"
        else:
            message = f"{source}:{line}: {field}: expected {expected}, got {shown(value)}"
        super().__init__(message)


class PidError(CapsetError, ValueError):
    """A value that cannot be a process or thread id.

    Attributes:
        value: What was given.
        expected: What is accepted, in words.
    """

    _fields = ("value", "expected")

    def __init__(self, value: object, expected: str) -> None:
        self.value = value
        self.expected = expected
        super().__init__(f"not a process or thread id: expected {expected}, got {shown(value)}")


class ProcessGoneError(CapsetError, ProcessLookupError):
    """The process or thread does not exist, or ended before it was read.

    Attributes:
        filename: The path that was read.
        pid: The process that was asked for, as given.
        tid: The thread that was asked for; None for the main thread.
        hidden: Whether it may also be there, as this proc hides what one may not trace.
    """

    _fields = ("filename", "pid", "tid", "hidden")

    def __init__(self, filename: str, pid: int | str, tid: int | None = None, hidden: bool = False) -> None:
        or_hidden = (
            "; or it is hidden: this proc is mounted with hidepid, try as its owner or as root" if hidden else ""
        )
        super().__init__(errno.ESRCH, f"no such process or thread, or it has ended{or_hidden}", filename)
        self.pid = pid
        self.tid = tid
        self.hidden = hidden


class AccessDeniedError(CapsetError, PermissionError):
    """The process or thread exists, and this one may not read it.

    Attributes:
        filename: The path that was refused.
        pid: The process that was asked for, as given.
        tid: The thread that was asked for; None for the main thread.
    """

    _fields = ("filename", "pid", "tid")

    def __init__(self, filename: str, pid: int | str, tid: int | None = None) -> None:
        super().__init__(errno.EACCES, "not allowed to read this process; try as its owner or as root", filename)
        self.pid = pid
        self.tid = tid


class ProcUnavailableError(CapsetError, FileNotFoundError):
    """There is no proc file system where one was expected.

    Attributes:
        filename: The path that is missing.
    """

    _fields = ("filename",)

    def __init__(self, filename: str) -> None:
        super().__init__(
            errno.ENOENT,
            "no proc file system, or no such file in it; only Linux has one, usually at /proc",
            filename,
        )


class ContainerError(CapsetError, LookupError):
    """A container whose process cannot be found.

    Attributes:
        engine: The engine that was asked.
        name: The name of the container, as it was given.
        reason: Why, in words.
    """

    _fields = ("engine", "name", "reason")

    def __init__(self, engine: str, name: str, reason: str) -> None:
        self.engine = engine
        self.name = name
        self.reason = reason
        super().__init__(f"{engine}:{_plain(name)}: {clipped(_plain(reason), LONGEST_MESSAGE)}")


class StoppedError(CapsetError, RuntimeError):
    """A scan was interrupted or failed before its end, so that there is no saying what it would have found.

    Attributes:
        cause: What stopped it.
        read: How many it had read.
    """

    _fields = ("cause", "read")

    def __init__(self, cause: str, read: int) -> None:
        super().__init__(f"this scan was stopped after {read} by {cause}, and is not complete; make a new one")
        self.cause = cause
        self.read = read


class UnknownEngineError(UnknownEntryError):
    """A name that is no container engine known to capset.

    Attributes:
        name: What was given.
        known: The names that are known.
        close: Those of them that look like it, or may be meant by it, best first.
        why: Why none of these was taken for it; empty where it only looks like them.
    """

    _fields = ("name", "known", "close", "why")
    _kind = "container engine"

    def __init__(self, name: str, known: tuple[str, ...], close: tuple[str, ...] = (), why: str = "") -> None:
        self.why = why
        super().__init__(name, known, close)

    def _advice(self) -> str:
        if self.why:
            return f"{self.why}: choose {', '.join(self.close[:-1])} or {self.close[-1]}"
        name, at, version = self.name.partition("@")
        if at and name in self.known:  # as the command line takes it
            return f'write engines.get("{name}", "{_plain(version)}")'
        return super()._advice()


class UnknownVersionError(CapsetError, LookupError):
    """A version of a container engine that capset has no facts about.

    Attributes:
        engine: The name of the engine.
        version: What was given.
        remedy: What to write instead, in words.
    """

    _fields = ("engine", "version", "remedy")

    def __init__(self, engine: str, version: str, remedy: str) -> None:
        self.engine = engine
        self.version = version
        self.remedy = remedy
        super().__init__(f"no facts about version {shown(version)} of {engine}: {remedy}")


class RequestError(CapsetError, ValueError):
    """A container engine refuses what was asked of it.

    Attributes:
        engine: The engine and its version, as people write them.
        value: What it refuses, as it was written.
        reason: Why, and what to do instead, in words.
        side: The list in which it stands, ``"add"`` or ``"drop"``; empty where that is not the point.
    """

    _fields = ("engine", "value", "reason", "side")

    def __init__(self, engine: str, value: str, reason: str, side: str = "") -> None:
        self.engine = engine
        self.value = value
        self.reason = reason
        self.side = side
        super().__init__(f"{engine} refuses {f'to {side} ' if side else ''}{shown(value)}: {reason}")


class UnknownNameError(RequestError):
    """The engine knows no capability of that name, or not in that spelling."""


class UnavailableError(RequestError):
    """The engine knows the capability, and cannot give it: it does not hold it itself."""


class ContradictionError(RequestError):
    """The engine does not take the same name in both lists."""


class NotAllowedError(RequestError):
    """The engine could give the capability, and its own configuration does not allow to ask for it."""


class UnsupportedOptionError(RequestError):
    """The engine has no option for that."""


class UnreachableError(CapsetError, ValueError):
    """No request makes the engine give exactly this set.

    Attributes:
        engine: The engine and its version, as people write them.
        target: The names of the capabilities that were wanted.
        reasons: What stands in the way, a sentence each.
    """

    _fields = ("engine", "target", "reasons")

    def __init__(self, engine: str, target: tuple[str, ...], reasons: tuple[str, ...]) -> None:
        self.engine = engine
        self.target = target
        self.reasons = reasons
        wanted = ", ".join(target) if len(target) <= 5 else f"these {len(target)} capabilities"
        super().__init__(f"{engine} cannot give exactly {wanted or 'no capability'}: {'; '.join(reasons)}")


class UnknownReleaseError(CapsetError, ValueError):
    """A text that names no release of Linux whose rules capset knows.

    Attributes:
        release: What was given.
        remedy: What to write instead, in words.
    """

    _fields = ("release", "remedy")

    def __init__(self, release: str, remedy: str) -> None:
        self.release = release
        self.remedy = remedy
        super().__init__(f"no rules of a kernel {shown(release)}: {remedy}")


class KernelError(CapsetError, OSError):
    """The kernel refuses a system call, by :mod:`capset.kernel`'s account of its rules.

    Attributes:
        errno: The number of the error, such as ``errno.EPERM``.
        rule: The name of the rule that refuses: a key of ``capset.kernel.RULES``.
        reason: Why, and what is missing, in words.
        missing: The capability or capabilities that are missing, or the id that is not allowed; None where
            it is neither.
    """

    _fields = ("errno", "rule", "reason", "missing")

    def __init__(self, number: int, rule: str, reason: str, missing: object = None) -> None:
        super().__init__(number, f"{errno.errorcode[number]}: {reason}")
        self.rule = rule
        self.reason = reason
        self.missing = missing

    def __str__(self) -> str:
        return str(self.strerror)
