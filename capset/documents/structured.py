"""Documents in YAML or JSON, whichever a text is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from json import JSONDecodeError
from typing import Any, cast

from attrs import frozen

from capset.bounds import DEEPEST
from capset.documents.jsontext import TOO_DEEP, DuplicateKeyError, json_lines, parse_json, without_comments
from capset.documents.lines import Lines, Place
from capset.errors import DocumentError, MissingExtraError

__all__ = ["Document", "commented_json", "content", "documents", "written_yaml"]


@frozen(eq=False)
class Document:
    """One parsed document, and the lines of its values.

    Attributes:
        value: The value.
        text: The JSON that it was made of; empty where it was YAML.
        place: The lines of YAML.
    """

    value: Any
    text: str = ""
    place: Place | int | None = None

    def lines(self) -> Lines:
        """Return the lines; those of JSON are found only when somebody asks."""
        return Lines(json_lines(self.text) if self.text else self.place)


def documents(text: str, source: str) -> list[Document]:
    """Parse YAML, of which JSON is a part; a text may hold several documents.

    Returns:
        Each document that is not empty.

    Raises:
        DocumentError: It is neither, or a key stands twice in a mapping.
        MissingExtraError: It is no JSON, and what reads YAML is not installed.
    """
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return [_of_json(text, source)]
        except DocumentError:
            raise
        except ValueError:  # it may be YAML in that style
            pass
    yamltext = _yamltext("reading YAML")
    try:
        return [Document(value, place=place) for value, place in yamltext.parse_yaml(text)]
    except yamltext.UnreadableError as error:
        raise DocumentError(source, error.line, str(error)) from None


def content(text: str, source: str = "") -> Iterator[str]:
    """Yield what is no comment in YAML, or in JSON, which has none.

    Raises:
        DocumentError: It is neither.
        MissingExtraError: It is no JSON, and what reads YAML is not installed.
    """
    if text.lstrip()[:1] in {"{", "["} and _is_json(text):
        yield text
        return
    yamltext = _yamltext("reading YAML")
    try:
        yield from yamltext.scalars(text)
    except yamltext.UnreadableError as error:
        raise DocumentError(source, error.line, str(error)) from None


def _is_json(text: str) -> bool:
    try:
        parse_json(text)
    except (ValueError, RecursionError, DuplicateKeyError):
        return False
    return True


def commented_json(text: str, source: str) -> Document:
    """Parse JSON with comments, and with commas behind the last value.

    Raises:
        DocumentError: It is none, or a key stands twice in an object.
    """
    plain = without_comments(text)
    try:
        return _of_json(plain, source)
    except JSONDecodeError as error:
        raise DocumentError(source, error.lineno, f"no JSON, with comments or without: {error.msg}") from None


def _of_json(text: str, source: str) -> Document:
    """Parse JSON.

    Raises:
        ValueError: It is none.
        DocumentError: A key stands twice in an object, or it is too deep.
    """
    try:
        value = parse_json(text)
    except RecursionError:  # the parser of YAML would come to the same end, and takes longer
        raise DocumentError(source, None, TOO_DEEP) from None
    except DuplicateKeyError as error:
        raise DocumentError(source, error.line, str(error)) from None
    if _is_too_deep(value):
        raise DocumentError(source, None, TOO_DEEP)
    return Document(value, text)


def _is_too_deep(value: object) -> bool:
    """Say whether more lists and objects stand in each other than are read."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inner(each) if isinstance(inner, dict | list)]
    return any(isinstance(each, dict | list) for each in level)


def _inner(value: Any) -> Iterable[Any]:
    """Return what stands in a list or an object."""
    if isinstance(value, dict):
        return cast("Iterable[Any]", value.values())
    return cast("Iterable[Any]", value) if isinstance(value, list) else ()


def written_yaml(value: object) -> str:
    """Write a value as YAML.

    Raises:
        MissingExtraError: What writes YAML is not installed.
    """
    written: str = _yamltext("writing YAML").written(value)
    return written


def _yamltext(purpose: str) -> Any:
    """Import what knows YAML."""
    try:
        return import_module("capset.documents.yamltext")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ruamel":
            raise
        raise MissingExtraError("ruamel.yaml", "documents", purpose) from None
