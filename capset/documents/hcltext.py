"""HCL, the language of HashiCorp's tools, with the lines of its values. It needs python-hcl2.

A document becomes what its JSON syntax would hold: a block is a mapping under its type and its labels. Nothing is
evaluated: an expression is the text ``${...}``, as a template of it would be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import hcl2
from lark import Token, Tree, UnexpectedInput

from capset.bounds import DEEPEST, LONGEST_HCL
from capset.documents.jsontext import TOO_DEEP
from capset.documents.lines import Place
from capset.errors import DocumentError, TooLargeError, clipped

__all__ = ["content", "parse_hcl"]

# On these the patterns of python-hcl2 take the square of their length, and nobody writes them.
_SLOW = re.compile(r"\s{1000}|(?:-[0-9]++){50}")
_LONGEST_NUMBER = 100  # digits

_ESCAPED = re.compile(r'\\(?:([nrt"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))|\$(\$\{)|%(%\{)')
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
_COMMENT = "NL_OR_COMMENT"
_LITERALS = {"true": True, "false": False, "null": None}

Node = Tree[Token]
_hcl2: Any = hcl2  # whose types leave the tree open


def parse_hcl(text: str, source: str) -> tuple[dict[str, Any], Place]:
    """Parse HCL.

    Returns:
        Its value, and the lines of what is in it.

    Raises:
        DocumentError: It is none, or something stands twice in it.
        TooLargeError: It is longer than any HCL that is read.
    """
    text, tree = _parsed(text, source)
    [body] = _trees(tree)
    return _Reader(text, source).body(body, 1, 0)


def content(text: str, source: str = "") -> list[str]:
    """List what stands in HCL besides its comments.

    Raises:
        DocumentError: It is none.
        TooLargeError: It is longer than any HCL that is read.
    """
    _, tree = _parsed(text, source)
    return [str(token) for token in tree.scan_values(lambda each: isinstance(each, Token)) if token.type != _COMMENT]


def _parsed(text: str, source: str) -> tuple[str, Node]:
    """Parse HCL; return its text as it was given to the parser too."""
    if len(text) > LONGEST_HCL:
        raise TooLargeError(source, LONGEST_HCL, "characters of HCL")
    if found := _SLOW.search(text):
        told = "so much white space, or so many numbers with a sign, in a row are not read in HCL"
        raise DocumentError(source, text.count("\n", 0, found.start()) + 1, told)
    text = "\n".join(line.rstrip() for line in text.split("\n"))  # so that a text between words may end with blanks
    try:
        tree: Node = _hcl2.parses_to_tree(text)
    except UnexpectedInput as error:
        raise DocumentError(source, _line(error, text), f"no HCL: {_unexpected(error)}") from None
    return text, tree


def _line(error: Any, text: str) -> int:
    return error.line if isinstance(error.line, int) and error.line > 0 else text.count("\n") + 1


def _unexpected(error: Any) -> str:
    token = getattr(error, "token", None)
    if token is None:
        return "a character that means nothing here"
    if token.type == "$END":
        return "it ends too early"
    word = str(token).strip().partition("\n")[0]
    if word.startswith("<<"):
        return f"no line has the word of {clipped(word)} alone, which ends such a text"
    return f"unexpected {clipped(word) or 'line break'}"


def _trees(tree: Node) -> Iterator[Node]:
    """Go through what stands in a part of a document, without marks, comments and line breaks."""
    for child in tree.children:
        if isinstance(child, Tree) and child.data != "new_line_or_comment":
            yield child


class _Reader:
    """Makes values of what the parser has found."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source

    def body(self, tree: Node, line: int, depth: int) -> tuple[dict[str, Any], Place]:
        """Return what stands in a block, or in the whole document."""
        self._check(line, depth)
        values: dict[str, Any] = {}
        places: dict[str, Any] = {}
        said: set[str] = set()
        for child in _trees(tree):
            *names, content = _trees(child)
            begins = child.meta.line
            name = self._written(names[0])
            if child.data == "attribute":
                if name in values:
                    raise DocumentError(self.source, begins, f"{clipped(name)} stands here for the second time")
                said.add(name)
                values[name], places[clipped(name)] = self.value(content, depth + 1)
                continue
            if name in said:
                raise DocumentError(self.source, begins, f"{clipped(name)} stands here for the second time")
            labels = [self._text(each) if each.data == "string" else self._written(each) for each in names[1:]]
            value, place = self.body(content, begins, depth + 1 + len(labels))
            self._put(values, places, [name, *labels], value, place)
        return values, Place(line, places)

    def _put(
        self, values: dict[str, Any], places: dict[str, Any], names: list[str], value: dict[str, Any], place: Place
    ) -> None:
        """Put a block where its type and its labels say; several of the same are a list."""
        *around, last = names
        for name in around:
            values = values.setdefault(name, {})
            inner: Any = places.setdefault(clipped(name), Place(place.line, {})).inner
            if isinstance(values, list):
                told = f"{clipped(name)} stands here with other labels than before"
                raise DocumentError(self.source, place.line, told)
            places = inner
        key = clipped(last)
        if last not in values:
            values[last], places[key] = value, place
        elif isinstance(values[last], list):
            values[last].append(value)
            places[key].inner.append(place)
        else:
            values[last] = [values[last], value]
            places[key] = Place(places[key].line, [places[key], place])

    def value(self, tree: Node, depth: int) -> tuple[Any, Place | int]:
        """Return a value, and where it stands."""
        line = tree.meta.line
        inside = [*_trees(tree)]
        if tree.data == "expr_term" and len(tree.children) == 1:
            return self.value(inside[0], depth)
        self._check(line, depth)
        if tree.data == "tuple":
            found = [self.value(each, depth + 1) for each in inside]
            return [value for value, _ in found], Place(line, [place for _, place in found])
        if tree.data == "object":
            values: dict[str, Any] = {}
            places: dict[str, Place | int] = {}
            for each in inside:
                key_node, content = _trees(each)
                key = self._key(key_node)
                values[key], places[clipped(key)] = self.value(content, depth + 1)
            return values, Place(line, places)
        return self._scalar(tree), line

    def _scalar(self, tree: Node) -> Any:
        written = self._written(tree)
        if tree.data == "literal_value":
            return _LITERALS[written]
        if tree.data == "int_lit" and len(written) <= _LONGEST_NUMBER:
            return int(written)
        if tree.data == "float_lit" and len(written) <= _LONGEST_NUMBER:
            return float(written)
        if tree.data == "string":
            return self._text(tree)
        if str(tree.data).startswith("heredoc_template"):
            return written.partition("\n")[2].rpartition("\n")[0]
        return f"${{{written}}}"

    def _key(self, tree: Node) -> str:
        """Return the key of an object, which may be written without quotes."""
        [inside] = _trees(tree)
        while inside.data == "expr_term" and len(inside.children) == 1:
            [inside] = _trees(inside)
        return self._written(inside) if inside.data == "identifier" else str(self._scalar(inside))

    def _text(self, tree: Node) -> str:
        """Return what stands between quotes; what is to be evaluated in it stays as it is."""
        written = self._written(tree)[1:-1]
        if any(isinstance(part, Tree) for each in _trees(tree) for part in each.children):
            return written if "${" in written else f"${{{written}}}"
        return _ESCAPED.sub(_unescaped, written)

    def _written(self, tree: Node) -> str:
        return self.text[tree.meta.start_pos : tree.meta.end_pos].strip()

    def _check(self, line: int, depth: int) -> None:
        if depth > DEEPEST:
            raise DocumentError(self.source, line, TOO_DEEP)


def _unescaped(found: re.Match[str]) -> str:
    letter, *codes, dollar, percent = found.groups()
    if letter:
        return _LETTERS.get(letter, letter)
    if dollar or percent:
        return dollar or percent
    number = int(next(filter(None, codes)), 16)
    return "\ufffd" if number > 0x10FFFF or 0xD800 <= number < 0xE000 else chr(number)
