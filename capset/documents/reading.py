"""Reading: from a text to workloads, in a dialect that is named or recognised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from attrs import evolve

from capset.documents.dialect import Dialect, Text
from capset.documents.dialects import DIALECTS
from capset.documents.foreign import foreign
from capset.documents.workload import Workload
from capset.errors import (
    ArgumentError,
    CapsetError,
    DialectError,
    DocumentError,
    FormatError,
    MissingExtraError,
    TooLargeError,
    require,
    shown,
)
from capset.problem import Problem

__all__ = ["dialect_named", "dialect_of", "may_be_document", "merge", "read", "unread"]


def read(
    text: str | bytes,
    name: str = "",
    *,
    dialect: str | None = None,
    beside: Mapping[str, str | bytes] | None = None,
) -> list[Workload]:
    r"""Read a document.

    Args:
        text: The document itself; no file is opened. Bytes are taken for UTF-8.
        name: What it is called, usually a path: it stands in messages and findings, and its end helps to recognise a
            unit.
        dialect: The dialect in which it is written, one of :data:`~capset.documents.DIALECTS`; recognised if not
            given.
        beside: Other documents that this one may name, by their names: the compose files whose services it extends.
            What is named and not given is not known.

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
    subject = _text(text, name, beside)
    chosen = _chosen(subject, dialect)
    found = chosen._reader(subject) or [_nothing(chosen, subject.source)]
    return [evolve(each, texts=subject.texts, written_in=chosen.name) for each in found]


def _nothing(dialect: Dialect, source: str) -> Workload:
    """Return what stands for a document in which nothing is that could have capabilities, so that this is told."""
    message = f"nothing in it has capabilities: it was read as {dialect.about}"
    problem = Problem(rule="passed-over", place="", value="", verdict="note", message=message)
    return Workload(dialect=dialect.name, source=source, problems=(problem,))


def merge(
    files: Mapping[str, str | bytes], *, dialect: str = "compose", beside: Mapping[str, str | bytes] | None = None
) -> list[Workload]:
    r"""Read several documents as one, as ``docker compose -f FILE -f FILE`` does.

    The later ones add to the earlier: lists are appended, of all else the later one counts, and ``!reset`` and
    ``!override`` take out what was said before.

    Args:
        files: The documents by their names, in their order.
        dialect: The dialect in which they are written: ``"compose"``, as no other is merged.
        beside: Others that they may name: as of :func:`read`.

    Returns:
        Each container of the whole. The source of each is the first document that has it; what stands in another one
        says so, in ``Problem.source``.

    Raises:
        ArgumentError: There is no document.
        FormatError: Documents of that dialect are not merged.
        DialectError: One is not of that dialect.
        CapsetError: As of :func:`read`.

    Source:
        Compose, *Merge Compose files*. Docker Compose 2.40.3 was run.

    Examples:
        >>> from capset import documents
        >>> base = "services:\n  web:\n    cap_add: [NET_ADMIN]\n    cap_drop: [ALL]\n"
        >>> more = "services:\n  web:\n    cap_add: [KILL]\n    cap_drop: !reset []\n"
        >>> [web] = documents.merge({"compose.yaml": base, "compose.override.yaml": more})
        >>> web.request
        Request(add=('NET_ADMIN', 'KILL'))
    """
    chosen = dialect_named(dialect)
    if chosen._merger is None:
        merged = ", ".join(name for name, each in DIALECTS.items() if each._merger is not None)
        raise FormatError("dialect", dialect, f"one whose documents are merged: {merged}")
    if not _named(files, "files"):
        raise ArgumentError("expected documents to be merged, got none", files)
    texts = [_text(text, name, beside) for name, text in files.items()]
    for text in texts:
        if not isinstance(text.one().value, Mapping):
            raise DialectError(text.text, text.source, ((dialect, "expected a mapping"),))
    found = chosen._merger(texts)
    used = {name: text for each in texts for name, text in each.texts.items()}
    return [evolve(each, texts=used, written_in=chosen.name) for each in found]


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
        capset.errors.DialectError: this is in no dialect that capset reads; if it is in one, ...
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

    Among the files of a folder most are none. One that has the keys of a document, or begins as one does, and cannot be
    parsed, or one that may be in several dialects, is not to be taken for one of them.

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
    if not isinstance(error, DialectError | DocumentError | TooLargeError):
        return True
    if isinstance(error, DialectError) and any(not reason for _, reason in error.tried):
        return True
    whole = text if isinstance(text, str) else text.decode("latin-1")
    front = whole[:_FRONT]
    is_data = _BEGINS.match(front) is not None  # a page of words may have a document in it, and is none
    has_keys = _KEYS.search(front) is not None
    opened = [each for each in DIALECTS.values() if is_data and each._opening and _opens(each, front)]
    if isinstance(error, DialectError):
        cut = has_keys and is_data and isinstance(Text(whole, "").documents, CapsetError)
        return cut or any(_is_broken(each, whole) for each in opened)
    told = foreign(front)
    return (told is None or told.holds) and (has_keys or bool(opened))


def _opens(dialect: Dialect, text: str) -> bool:
    return re.search(rf"^[ \t]*(?:{dialect._opening})", text, re.MULTILINE) is not None


def _is_broken(dialect: Dialect, text: str) -> bool:
    """Say whether the parser of a dialect can make nothing of a text."""
    assert dialect._content is not None
    try:
        return not [*dialect._content(text)]
    except CapsetError:
        return True


_FRONT = 2**20  # characters at the front of a text, among which a document has its keys
_KEYS = re.compile(
    rf"""(?:^[ \t]*(?:-[ ]+)?|[{{,"'][ \t]*)(?:{"|".join(key for each in DIALECTS.values() for key in each._keys)})"""
    r"""["']?[ \t]*:""",
    re.MULTILINE,
)
# How JSON begins, and a language with blocks or sections, behind comments; a page of words does not.
_BEGINS = re.compile(
    r"""\ufeff?(?:\s|(?:\#|//).*\n|(?s:/\*.*?\*/))*+(?:[{\[]\s*["{]|\[\[?[\w.-]+(?:\]|$)|[\w.-]+[ \t]*="""
    r"""|[\w-]+(?:[ \t]*\{|[ \t]+"[^"\n]*(?:"|$)))""",
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


def _named(texts: object, what: str) -> Mapping[str, str | bytes]:
    """Refuse what are no texts by their names."""
    if not isinstance(texts, Mapping):
        raise TypeError(f"{what} are documents by their names, as {{name: text}}, got {shown(texts)}")
    return cast("Mapping[str, str | bytes]", texts)


def _text(text: str | bytes, name: str, beside: Mapping[str, str | bytes] | None = None) -> Text:
    return Text.of(text, name, {} if beside is None else _named(beside, "beside"))


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
    if not possible and (told := foreign(text.text)):
        raise DocumentError(text.source, told.line, told.told)
    if not possible and _may_be_yaml(text) and isinstance(text.documents, MissingExtraError):
        raise text.documents
    if not possible and text.source.endswith((".yaml", ".yml", ".json")) and isinstance(text.documents, DocumentError):
        raise text.documents
    if len(possible) != 1:
        near = {name for name, each in DIALECTS.items() if each.is_near(text) or (each.structured and _is_cut(text))}
        nearest = tuple(name for name in DIALECTS if name in near and DIALECTS[name]._kin not in near)
        raise DialectError(text.text, text.source, tuple(sorted(tried.items())), nearest)
    return DIALECTS[possible[0]]


_YAML = re.compile(r"""^[ \t]*(?:- +)*["']?[\w.$/-]+["']?[ \t]*:(?:[ \t]|$)""", re.MULTILINE)


def _is_cut(text: Text) -> bool:
    """Say whether a text that looks like YAML or JSON cannot be read as such, which is told for all that are."""
    return text.once(_has_keys) and isinstance(text.documents, DocumentError | MissingExtraError)


def _has_keys(text: Text) -> bool:
    """Say whether there may be a key with a value in a text, or it is called so, or there is nothing in it."""
    if text.source.endswith((".yaml", ".yml", ".json")) or text.text.lstrip()[:1] in {"", "{", "["}:
        return True
    return ":" in text.text and ("{" in text.text or _may_be_yaml(text))


def _may_be_yaml(text: Text) -> bool:
    """Say whether a text has a key of YAML or is called so: any word is YAML, and nobody means that."""
    return bool(_YAML.search(text.text)) or text.source.endswith((".yaml", ".yml"))


def _why_not(dialect: Dialect, text: Text) -> str:
    """Say why a text is not in a dialect; an empty text if it may be."""
    if dialect.structured and not text.once(_has_keys):  # any text is YAML, and parsing a long one takes long
        return "expected a mapping: it has no key with a value behind it"
    try:
        return dialect._refuses(text)
    except DocumentError as error:
        return f"line {error.line}: {error.reason}" if error.line else error.reason
    except MissingExtraError as error:
        return f"YAML was not tried: {error.name} is missing"
    except CapsetError as error:
        return str(error)
