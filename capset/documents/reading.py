"""Reading: from a text to workloads, in a dialect that is named or recognised."""

from __future__ import annotations

import re

from attrs import evolve

from capset.bounds import bounded
from capset.documents.dialect import Dialect, Text
from capset.documents.dialects import DIALECTS
from capset.documents.workload import Workload
from capset.errors import CapsetError, DialectError, DocumentError, MissingExtraError, TooLargeError, require, shown
from capset.problem import Problem

__all__ = ["dialect_named", "dialect_of", "may_be_document", "read", "unread"]


def read(text: str | bytes, name: str = "", *, dialect: str | None = None) -> list[Workload]:
    r"""Read a document.

    Args:
        text: The document itself; no file is opened. Bytes are taken for UTF-8.
        name: What it is called, usually a path: it stands in messages and findings, and its end helps to recognise a
            unit.
        dialect: The dialect in which it is written, one of :data:`~capset.documents.DIALECTS`; recognised if not
            given.

    Returns:
        Each container, unit or file, in the order of the document. A part of which nothing can be made, such as a
        broken container or a document without a pod between pods, is a workload too, whose problems say so; so what
        was not read is never taken for something that asks for nothing.

    Raises:
        DialectError: It is in none of the dialects, or may be in several.
        UnknownDialectError: There is no such dialect.
        DocumentError: It cannot be read, such as YAML in which a key stands twice, or what is larger or deeper than
            anything that is read: see :mod:`capset.bounds`.
        TooLargeError: It is longer than any text that is read.
        CapsetError: What it holds makes no sense in its dialect, as the readers of :mod:`capset.formats` have it.
        MissingExtraError: It is YAML, and what reads that is not installed (extra ``documents``).
        TypeError: *text* is neither str nor bytes.

    Examples:
        >>> from capset import documents
        >>> [web] = documents.read("docker run --cap-drop=ALL --cap-add=NET_RAW --user 1000 web")
        >>> web.dialect, web.request
        ('docker', Request(add=('NET_RAW',), drop=('ALL',), user='1000'))
        >>> [unit] = documents.read("[Service]\nCapabilityBoundingSet=CAP_KILL\n", name="web.service")
        >>> unit.unit.bounding
        CapSet.parse('CAP_KILL')
    """
    subject = _text(text, name)
    return [evolve(each, text=subject.text) for each in _chosen(subject, dialect)._reader(subject)]


def dialect_of(text: str | bytes, name: str = "") -> str:
    """Return the name of the dialect in which a text is written.

    Args:
        text: The document itself.
        name: What it is called, usually a path: ``.service`` and its like say that it is a unit.

    Raises:
        DialectError: It is in none of them, or may be in several.
        MissingExtraError: It may be YAML, and what reads that is not installed.

    Examples:
        >>> from capset import documents
        >>> documents.dialect_of("cap_net_raw=ep")
        'libcap'
        >>> documents.dialect_of("Hello world")
        Traceback (most recent call last):
        capset.errors.DialectError: this is in no dialect that capset reads, of those that were tried (...)
    """
    return _chosen(_text(text, name), None).name


def unread(error: BaseException | str, name: str = "") -> Workload:
    """Return what stands for a document that cannot be read, so that among others it is not lost.

    Args:
        error: Why it cannot be read, such as what :func:`read` raised.
        name: What it is called.

    Returns:
        A workload without a dialect, of which nothing is known and whose one problem says why.

    Examples:
        >>> from capset import documents
        >>> print(documents.lint(documents.unread("permission denied", "a.yaml")).outcomes[0])
        not known: it cannot be read
    """
    require(error, BaseException | str, "an exception, or why it cannot be read as text")
    require(name, str, "the name of a document as str")
    line = getattr(error, "line", None) or None
    message = str(error).removeprefix(f"{name}:{line}: " if line else f"{name}: ")
    problem = Problem(rule="unreadable", place="", value="", verdict="refused", message=message, line=line)
    return Workload(dialect="", source=name, line=line or 1, not_known="it cannot be read", problems=(problem,))


def may_be_document(error: CapsetError, text: str | bytes) -> bool:
    r"""Say whether a text that could not be read may be a document all the same, so that nothing is known of it.

    Among the files of a folder most are none. One that has the keys of a document, and cannot be parsed, or one that
    may be in several dialects, is not to be taken for one of them.

    Args:
        error: What :func:`read` raised.
        text: The text.

    Examples:
        >>> from capset import documents
        >>> from capset.errors import CapsetError
        >>> for text in ("kind: Pod\nspec: [", "a: b\nc: [", "Hello world"):
        ...     try:
        ...         documents.read(text, "x.yaml")
        ...     except CapsetError as error:
        ...         documents.may_be_document(error, text)
        True
        False
        False
    """
    require(error, CapsetError, "what documents.read() raised")
    require(text, str | bytes, "a document as str or bytes")
    if isinstance(error, DialectError):
        return any(not reason for _, reason in error.tried)
    if not isinstance(error, DocumentError | TooLargeError):
        return True
    return _KEYS.search(text if isinstance(text, str) else text.decode("latin-1"), 0, _FRONT) is not None


_FRONT = 2**20  # characters at the front of a text, among which a document has its keys
_KEYS = re.compile(
    r"""(?:^[ \t]*(?:-[ ]+)?|[{,"'][ \t]*)(?:apiVersion|kind|services|(?:init)?[cC]ontainers|containerDefinitions"""
    r"""|HostConfig|securityContext|process|capabilities|[cC]ap_?(?:[aA]dd|[dD]rop))["']?[ \t]*:""",
    re.MULTILINE,
)


def dialect_named(name: object) -> Dialect:
    """Return a dialect.

    Raises:
        UnknownDialectError: There is none of that name.
        TypeError: The name is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"expected the name of a dialect as str, got {shown(name)}")
    return DIALECTS[name]


def _text(text: str | bytes, name: str) -> Text:
    if not isinstance(name, str):
        raise TypeError(f"the name of a document is a str, got {shown(name)}")
    if isinstance(text, bytes | str):
        bounded(text, name)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DocumentError(name, None, f"no UTF-8 text, at byte {error.start}") from None
    if not isinstance(text, str):
        remedy = "read the file yourself: documents.read(path.read_bytes(), name=str(path))"
        raise TypeError(f"expected a document as str or bytes, got {shown(text)}; {remedy}")
    return Text(text, name)


def _chosen(text: Text, dialect: str | None) -> Dialect:
    """Return the dialect that is named, or the only one that a text may be in."""
    if dialect is not None:
        named = dialect_named(dialect)
        # Of the others, a text may be too little to be recognised, and enough for one who says what it is.
        if named.structured and (reason := named._refuses(text)):
            raise DialectError(text.text, text.source, ((named.name, reason),))
        return named
    tried: dict[str, str] = {}
    for structured in (False, True):  # no text is of both sorts, and parsing YAML takes long
        tried |= {name: _why_not(each, text) for name, each in DIALECTS.items() if each.structured is structured}
        if possible := [name for name, reason in tried.items() if not reason]:
            break
    if not possible and isinstance(text.documents, MissingExtraError) and _may_be_yaml(text):
        raise text.documents
    if not possible and text.source.endswith((".yaml", ".yml", ".json")) and isinstance(text.documents, DocumentError):
        raise text.documents
    if len(possible) != 1:
        raise DialectError(text.text, text.source, tuple(sorted(tried.items())))
    return DIALECTS[possible[0]]


_YAML = re.compile(r"""^[ \t]*(?:- +)*["']?[\w.$/-]+["']?[ \t]*:(?:[ \t]|$)""", re.MULTILINE)


def _may_be_yaml(text: Text) -> bool:
    """Say whether a text has a key of YAML or is called so: any word is YAML, and nobody means that."""
    return bool(_YAML.search(text.text)) or text.source.endswith((".yaml", ".yml"))


def _why_not(dialect: Dialect, text: Text) -> str:
    """Say why a text is not in a dialect; an empty text if it may be."""
    try:
        return dialect._refuses(text)
    except DocumentError as error:
        return f"line {error.line}: {error.reason}" if error.line else error.reason
    except MissingExtraError as error:
        return f"YAML was not tried: {error.name} is missing"
    except CapsetError as error:
        return str(error)
