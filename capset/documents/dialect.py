"""Dialect: one way of writing capabilities, and how its texts are recognised, read and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from itertools import islice
from posixpath import normpath
from typing import Any, TypeVar, cast

from attrs import Factory, field, frozen

from capset.bounds import bounded
from capset.documents.meaning import Meaning
from capset.documents.structured import Document, commented_json, content, documents
from capset.documents.unitfiles import UnitFile, unit_files
from capset.documents.workload import Workload
from capset.engines import Engine
from capset.errors import CapsetError, DocumentError, FormatError, MissingExtraError, shown
from capset.formats.printed import Line, lines_of

__all__ = ["Dialect", "Part", "Text"]


T = TypeVar("T")

_GLANCE = 200_000  # so many characters are looked at
_FIRST_LINES = 500
_NO_OTHERS: Mapping[str, str | bytes] = {}


class Text:
    """A text that is to be read, parsed once however many dialects look at it.

    Attributes:
        text: The text, without a byte order mark.
        source: Its name.
        beside: Other texts that it may name, by their names.
    """

    def __init__(self, text: str, source: str, beside: Mapping[str, str | bytes] = _NO_OTHERS) -> None:
        self.text = text.removeprefix("\ufeff")
        self.source = source
        self.beside = beside
        self._others: dict[str, Text] = {}
        self._found: dict[Callable[[Text], object], object] = {}

    @classmethod
    def of(cls, text: str | bytes, name: str, beside: Mapping[str, str | bytes] = _NO_OTHERS) -> Text:
        """Take a text as a caller gives it.

        Raises:
            TooLargeError: It is longer than any text that is read.
            DocumentError: Bytes are no UTF-8.
            TypeError: It is no text, or its name is none.
        """
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
        return cls(text, name, beside)

    def other(self, path: str) -> Text | None:
        """Return another text that this one names by its path, which has no needless steps in it; None without it."""
        name = self._by_path.get(path)
        if name is not None and name not in self._others and (text := self.beside.get(name)) is not None:
            self._others[name] = Text.of(text, name)
        return None if name is None else self._others.get(name)

    @property
    def texts(self) -> dict[str, str]:
        """This text and those of the others that were asked for, by their names."""
        return {self.source: self.text} | {name: other.text for name, other in self._others.items()}

    def once(self, look: Callable[[Text], T]) -> T:
        """Return what a function finds in it, which is called once however many dialects ask."""
        if look not in self._found:
            self._found[look] = look(self)
        return cast("T", self._found[look])

    @cached_property
    def _by_path(self) -> dict[str, str]:
        return {normpath(name): name for name in self.beside}

    @cached_property
    def documents(self) -> list[Document] | CapsetError:
        """The documents in it, if it is YAML or JSON; else why it cannot be read as such."""
        try:
            return documents(self.text, self.source)
        except (DocumentError, MissingExtraError) as error:
            return error

    @cached_property
    def commented(self) -> Document:
        """The document in it, which is JSON with comments or without.

        Raises:
            DocumentError: It is none.
        """
        return commented_json(self.text, self.source)

    @cached_property
    def first_lines(self) -> tuple[Line, ...]:
        """The first lines of it that a tool may have printed; enough to recognise whose they are."""
        return tuple(islice(lines_of(self.text[:_GLANCE]), _FIRST_LINES))

    @cached_property
    def unit_files(self) -> list[UnitFile]:
        """The files in it as systemctl cat divides them, if it is one of systemd's; else one."""
        return unit_files(self.text, self.source)

    def parsed(self) -> list[Document]:
        """Return the documents in it.

        Raises:
            DocumentError: It is neither YAML nor JSON.
            MissingExtraError: What reads YAML is not installed.
        """
        if isinstance(self.documents, CapsetError):
            raise self.documents
        return self.documents

    def one(self) -> Document:
        """Return the one document in it.

        Raises:
            DocumentError: There is none, or there are several.
        """
        found = self.parsed()
        if len(found) != 1:
            raise DocumentError(self.source, None, f"expected one document, found {len(found)}")
        return found[0]


@frozen(kw_only=True)
class Part:
    """What was written of one workload.

    Attributes:
        value: A text, or a part of a document.
        says: What is read in it, which may be less than was to be said.
    """

    value: Any
    says: Meaning


def _the_one(parts: Mapping[str, Any]) -> str:
    """Return the text of the one workload, in a dialect whose texts are about one, as most are.

    Raises:
        FormatError: There are several.
    """
    if len(parts) > 1:
        names = ", ".join(name or "one without a name" for name in parts)
        raise FormatError("the workloads", names, "one, as this dialect is about one; --name chooses it")
    return "".join(parts.values())


@frozen(kw_only=True)
class Dialect:
    """One way of writing capabilities.

    Attributes:
        name: Its name, as ``dialect=`` and ``convert()`` take it.
        about: What is written in it, in words.
        engine: The name of the engine that answers for it if no other is given; empty where none is needed.
        structured: Whether it is YAML or JSON.
        sets: Whether it says what there is to be and not what is to be changed, so that what is asked of another
            engine is written as the sets that this one gives.
        partial: Whether its texts may say less than there is: what they do not say of a thread is not known.
        lacks: What it has no place for: names of sets, ``"user"``, ``"no_new_privs"``, ``"rootid"``.
    """

    name: str
    about: str
    engine: str = ""
    structured: bool = False
    sets: bool = False
    partial: bool = False
    lacks: frozenset[str] = frozenset({"rootid"})
    # The dialect that stands for this one where a text comes near both, as what is told of that goes for this one too.
    _kin: str = field(default="", alias="kin", repr=False, eq=False)
    # What its parser keeps of a text, which is all but the comments; None where a comment is a line of its own, which
    # begins with one of these marks.
    _content: Callable[[str], Iterable[str]] | None = field(
        default=Factory(lambda self: content if self.structured else None, takes_self=True),
        alias="content",
        repr=False,
        eq=False,
    )
    _comments: tuple[str, ...] = field(default=("#", ";"), alias="comments", repr=False, eq=False)
    # By what a text that cannot be parsed may be one all the same: a key of YAML or JSON, or the beginning of a line.
    _keys: tuple[str, ...] = field(default=(), alias="keys", repr=False, eq=False)
    _opening: str = field(default="", alias="opening", repr=False, eq=False)
    _signs: re.Pattern[str] | None = field(default=None, alias="signs", repr=False, eq=False)
    _refuses: Callable[[Text], str] = field(alias="refuses", repr=False, eq=False)
    _reader: Callable[[Text], list[Workload]] = field(alias="reader", repr=False, eq=False)
    _merger: Callable[[list[Text]], list[Workload]] | None = field(default=None, alias="merger", repr=False, eq=False)
    _writer: Callable[[Meaning, Engine], Part] | None = field(default=None, alias="writer", repr=False, eq=False)
    _again: Callable[[Workload, int | str | None], Workload] | None = field(
        default=None, alias="again", repr=False, eq=False
    )
    _join: Callable[[Mapping[str, Any]], str] = field(default=_the_one, alias="join", repr=False, eq=False)

    def is_near(self, text: Text) -> bool:
        """Say whether a text has something of what is written in this dialect, however little else of it is right."""
        return bool(self._signs and self._signs.search(text.text[:_GLANCE]))

    @property
    def is_written(self) -> bool:
        """Whether :func:`~capset.documents.convert` writes it; every dialect is read."""
        return self._writer is not None
