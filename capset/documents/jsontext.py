"""JSON, with the lines of its values."""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import define, field

from capset.bounds import DEEPEST
from capset.documents.lines import Place
from capset.errors import clipped

__all__ = ["MANIFEST_KEYS", "TOO_DEEP", "DuplicateKeyError", "json_lines", "parse_json", "without_comments"]

MANIFEST_KEYS = frozenset({"kind", "apiVersion"})
"""The keys of a document that goes to Kubernetes, which takes yes for true and 0755 for octal."""


TOO_DEEP = f"more than {DEEPEST} lists and mappings stand in each other, and are not read"


class DuplicateKeyError(Exception):
    """A key that stands twice in one mapping.

    Attributes:
        line: Where it stands for the second time.
    """

    def __init__(self, line: int, key: str) -> None:
        super().__init__(f'found duplicate key "{key}"')
        self.line = line


class _TwiceError(Exception):
    """A key stands twice, somewhere."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found


def parse_json(text: str) -> Any:
    """Parse a text that is JSON.

    This parser is many times as fast as that of YAML, and takes white space that YAML does not.

    Raises:
        ValueError: It is none.
        RecursionError: It has lists in lists without end.
        DuplicateKeyError: A key stands twice in an object.
    """
    try:
        value: Any = json.loads(text, object_pairs_hook=_once)
        if _is_manifest(value):
            return json.loads(text, parse_float=_as_kubectl)
    except _TwiceError:
        json.loads(text)  # what is no JSON at all is that in the first place
        return json_lines(text)  # which finds the key again, with its line, and raises
    return value


def _is_manifest(value: object) -> bool:
    return isinstance(value, dict) and any(key in value for key in MANIFEST_KEYS)


def _as_kubectl(digits: str) -> float | int:
    """Take a number without a fraction for an integer, as kubectl does."""
    value = float(digits)
    return int(value) if value.is_integer() else value


_COMMENTED = re.compile(
    r'"(?:[^"\\]|\\.)*"'  # in which nothing is a comment
    r"|(?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<comma>,(?=(?:\s|//[^\r\n]*(?=[\r\n])|/\*.*?\*/)*+[}\]]))",
    re.DOTALL,
)


def without_comments(text: str) -> str:
    r"""Put blanks in the place of comments, and of commas behind the last value, which programs take in their settings.

    What is left stands where it stood, so that its lines are the same.

    Source:
        microsoft/node-jsonc-parser, which reads such files, at v3.3.1.

    Examples:
        >>> from capset.documents.jsontext import without_comments
        >>> without_comments('{"a": [5,], // one\n}')
        '{"a": [5 ]        \n}'
    """

    def blank(found: re.Match[str]) -> str:
        if found["comment"] is None and found["comma"] is None:
            return found[0]
        return "".join(letter if letter in "\r\n" else " " for letter in found[0])

    return _COMMENTED.sub(blank, text)


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@define
class _Open:
    """A list or an object whose end has not been read yet; of an object also the key whose value comes."""

    place: Place
    seen: set[str] = field(factory=set)
    key: str = ""
    line: int = 0

    def add(self, value: Place | int) -> None:
        """Keep the place of a value."""
        if isinstance(self.place.inner, list):
            self.place.inner.append(value)
        else:
            self.place.inner[self.key] = value


def json_lines(text: str) -> Place | int:
    """Find the lines of all values in a text that is JSON.

    Raises:
        DuplicateKeyError: A key stands twice in an object.
    """
    around: list[_Open] = []
    root: Place | int = 1
    before, line, at = "", 1, 0
    for found in _TOKEN.finditer(text):
        word = found[0]
        if breaks := text.count("\n", at, found.start()):
            line += breaks
        at = found.start()
        here = around[-1] if around else None
        if word in {"}", "]"}:
            around.pop()
        elif here and before in {"{", ","} and isinstance(here.place.inner, dict):
            key = json.loads(word)
            if key in here.seen:
                raise DuplicateKeyError(line, key)
            here.seen.add(key)
            here.key, here.line = clipped(key), line
        elif word not in {",", ":"}:
            begins = here.line if here and before == ":" else line  # a value stands where its key does
            value = Place(begins, [] if word == "[" else {}) if word in {"{", "["} else begins
            if here:
                here.add(value)
            else:
                root = value
            if isinstance(value, Place):
                around.append(_Open(value))
        before = word
    return root
