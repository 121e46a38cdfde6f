"""YAML and JSON, as the programs read them to which the documents go."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from attrs import define, field
from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.tag import Tag

__all__ = ["UnreadableError", "documents"]

_TAGS = "tag:yaml.org,2002:"


class UnreadableError(Exception):
    """A text that is neither YAML nor JSON.

    Attributes:
        line: Where, counted from 1; 0 where that is not known.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def documents(text: str) -> list[tuple[Any, dict[str, int]]]:
    """Parse YAML, of which JSON is a part; a text may hold several documents.

    Returns:
        Each document that is not empty, with the lines of its values by their places, as problems have them.

    Raises:
        UnreadableError: It is neither, or a key stands twice in a mapping.
    """
    if text.lstrip()[:1] in {"{", "["}:
        with suppress(ValueError, RecursionError):  # it may be YAML in that style
            # This parser is many times as fast as the other, and takes white space that YAML does not.
            value: Any = json.loads(text)
            if isinstance(value, dict) and any(key in value for key in _MANIFEST):
                value = json.loads(text, parse_float=lambda digits: _resolved(digits)[1])
            return [(value, _json_lines(text))]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what ruamel.yaml has to say of other versions of YAML
            found = list(_yaml(text, manifests=False))
            if None in found:
                manifests = _yaml(text, manifests=True)
                found = [other or manifest for other, manifest in zip(found, manifests, strict=True)]
    except YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem: Any = getattr(error, "problem", None)
        raise UnreadableError(mark.line + 1 if mark else 0, str(problem or error).partition("\n")[0]) from None
    except (
        ArithmeticError,
        ValueError,
        RecursionError,
    ) as error:  # an escape beyond Unicode; lists in lists without end
        raise UnreadableError(0, f"cannot be read: {error}") from None
    return [pair for pair in found if pair is not None and pair[0] is not None]


_MANIFEST = {"kind", "apiVersion"}
"""The keys of a document that goes to Kubernetes, which takes yes for true and 0755 for octal."""


# -- YAML -------------------------------------------------------------------------------------------


def _untyped(value: Any) -> Any:
    """Hand on what ruamel.yaml has no types for."""
    return value


class _Values(SafeConstructor):
    """Makes values of nodes; whatever is wrong with one is told with its line."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Construct one value."""
        with _Marked(node):
            return _untyped(super()).construct_object(node, deep)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Construct a mapping, whose content comes later than the mapping itself."""
        with _Marked(node):
            return _untyped(super()).construct_mapping(node, deep)

    def check_mapping_key(self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any) -> bool:  # noqa: ARG002
        """Refuse a key that stands there twice, without showing its values, which may be endless."""
        if key in mapping:
            raise ConstructorError(None, None, f'found duplicate key "{key}"', key_node.start_mark)
        return True

    def flatten_mapping(self, node: Any) -> Any:
        """Take in what << names; what comes from the same place by several ways, once."""
        _untyped(super()).flatten_mapping(node)
        merged: list[Any] = getattr(node, "merge", None) or []
        once = {id(key): (key, value) for key, value in reversed(merged)}  # of several, the last counts
        node.value = [*reversed(once.values()), *node.value[len(merged) :]]
        if merged:
            node.merge = node.value[: len(once)]


class _Marked:
    """Tell where a value stands of which a constructor could make nothing."""

    def __init__(self, node: Any) -> None:
        self.node = node

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if isinstance(error, ArithmeticError | AttributeError | LookupError | TypeError | ValueError):
            tag = str(self.node.tag).removeprefix(_TAGS)
            raise ConstructorError(None, None, f"this cannot be read as {tag}", self.node.start_mark) from None


def _plain(constructor: Any, node: Any) -> Any:
    """Construct a value as if it had no tag."""
    make = {"sequence": constructor.construct_sequence, "mapping": constructor.construct_mapping}
    return make[node.id](node, deep=True) if node.id in make else constructor.construct_scalar(node)


_untyped(_Values).add_constructor("!override", _plain)  # of Compose, about several files
_untyped(_Values).add_constructor(_TAGS + "value", _plain)  # a lone =, which was to mean something once


class _AsKubectl(_Values):
    """Makes the values that kubectl makes, and refuses a tag that it refuses."""

    def construct_scalar_of(self, node: Any) -> Any:
        """Construct a number, a truth or nothing."""
        asked = str(node.tag).removeprefix(_TAGS)
        tag, value = _resolved(_untyped(self).construct_scalar(node))
        if tag != asked and (asked, tag) != ("float", "int"):
            raise ValueError
        return value


for _tag in ("bool", "float", "int", "null"):
    _untyped(_AsKubectl).add_constructor(_TAGS + _tag, _AsKubectl.construct_scalar_of)


class _AsKubectlResolves(VersionedResolver):
    """Finds out what a plain scalar is."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node that has none."""
        if kind is ScalarNode and implicit[0]:
            return Tag(suffix=_TAGS + _resolved(value)[0])
        return _untyped(super()).resolve(kind, value, implicit)


_WORDS: dict[str, tuple[str, object]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), ("bool", True)),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), ("bool", False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), ("null", None)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), ("float", math.inf)),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), ("float", -math.inf)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), ("float", math.nan)),
    "<<": ("merge", "<<"),
}
_INT = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|0[oO]?(?P<octal>[0-7]+)"
    r"|(?P<decimal>0|[1-9][0-9]{0,19}))"
)
_BASES = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def _resolved(text: str) -> tuple[str, object]:
    """Return the tag and the value of a plain scalar as kubectl reads it, with go-yaml and by way of JSON.

    That is neither YAML 1.1 nor 1.2: yes is true, 010 and 0o10 are 8, 08 is 8 too, and 1:30 is a text. A
    number without a fraction is an integer there, however it is written.

    Source:
        sigs.k8s.io/yaml ``goyaml.v2/resolve.go``; kubectl 1.32 was run.
    """
    if text in _WORDS:
        return _WORDS[text]
    plain = text.replace("_", "") if text[0] in "+-0123456789" else text
    if found := _INT.fullmatch(plain):
        base = str(found.lastgroup)
        number = int(found["sign"] + found[base], _BASES[base])
        if -(2**63) <= number < (2**63 if found["sign"] else 2**64):
            return "int", number
    if _FLOAT.fullmatch(plain) and not math.isinf(value := float(plain)):
        return "float", int(value) if value.is_integer() else value
    return "str", text


def _yaml(text: str, *, manifests: bool) -> Iterator[tuple[Any, dict[str, int]] | None]:
    """Go through the documents of a text: manifests, or the others; None stands for one that is not asked for.

    The others are YAML 1.2, in which NO and 1:30 are texts.
    """
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Constructor = _AsKubectl if manifests else _Values
    yaml.Resolver = _AsKubectlResolves if manifests else VersionedResolver
    values, _ = yaml.get_constructor_parser(text)
    while values.check_data():
        node = values.composer.get_node()
        keys = [key.value for key, _ in node.value if key.id == "scalar"] if node.id == "mapping" else []
        if _MANIFEST.isdisjoint(keys) is manifests:
            yield None
            continue
        lines = dict(_lines(node, "", set()))
        yield values.construct_document(node), lines


def _lines(node: Any, place: str, seen: set[int]) -> Iterator[tuple[str, int]]:
    if id(node) in seen:  # an alias; its lines are those of what it stands for
        return
    seen.add(id(node))
    yield place, node.start_mark.line + 1
    if node.id == "mapping":
        for key, value in node.value:
            if key.id != "scalar":  # no place is there, and its text may be endless
                continue
            # The key's line: an empty value has none of its own.
            inner = f"{place}.{key.value}" if place else str(key.value)
            yield inner, key.start_mark.line + 1
            yield from ((each, line) for each, line in _lines(value, inner, seen) if each != inner)
    elif node.id == "sequence":
        for at, value in enumerate(node.value):
            yield from _lines(value, f"{place}[{at}]", seen)


# -- JSON -------------------------------------------------------------------------------------------

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@define
class _Open:
    """A list or an object whose end has not been read yet: how many values it has so far, or which keys."""

    place: str
    is_list: bool
    values: int = 0
    keys: set[str] = field(factory=set)


def _json_lines(text: str) -> dict[str, int]:
    """Find the lines of all values in a text that is JSON, by their places.

    Raises:
        UnreadableError: A key stands twice in an object.
    """
    lines: dict[str, int] = {}
    around: list[_Open] = []
    place, before, line, at = "", "", 1, 0
    for found in _TOKEN.finditer(text):
        word = found[0]
        line += text.count("\n", at, found.start())
        at = found.start()
        first = before in {"{", "[", ","}
        if first and around[-1].is_list:
            place = f"{around[-1].place}[{around[-1].values}]"
            around[-1].values += 1
        if word in {"}", "]"}:
            around.pop()
        elif first and not around[-1].is_list:
            key = json.loads(word)
            if key in around[-1].keys:
                raise UnreadableError(line, f'found duplicate key "{key}"')
            around[-1].keys.add(key)
            place = f"{around[-1].place}.{key}" if around[-1].place else key
            lines[place] = line
        elif word not in {":", ","}:
            lines.setdefault(place, line)
            if word in {"{", "["}:
                around.append(_Open(place, word == "["))
        before = word
    return lines
