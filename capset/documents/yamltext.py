"""YAML, as the programs read it to which the documents go, with the lines of its values. It needs ruamel.yaml."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from io import StringIO
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.constructor import ConstructorError, SafeConstructor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tag import Tag
from ruamel.yaml.tokens import ScalarToken

from capset.bounds import DEEPEST, MOST_VALUES
from capset.documents.jsontext import MANIFEST_KEYS, TOO_DEEP
from capset.documents.lines import Place
from capset.errors import clipped
from capset.formats.composing import OVERRIDE, RESET, Tagged

__all__ = ["UnreadableError", "parse_yaml", "scalars", "written"]

_TAGS = "tag:yaml.org,2002:"


class UnreadableError(Exception):
    """A text that is no YAML.

    Attributes:
        line: Where, counted from 1; None where that is not known.
    """

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line


def parse_yaml(text: str) -> list[tuple[Any, Place | int]]:
    """Parse YAML; a text may hold several documents.

    Returns:
        Each document that is not empty, with the lines of its values.

    Raises:
        UnreadableError: It is none, or a key stands twice in a mapping.
    """
    with _readable():
        return [(value, place) for value, place in _documents(text) if value is not None]


def scalars(text: str) -> list[str]:
    """List what stands in YAML besides its marks and its comments: the texts of all keys and values.

    Raises:
        UnreadableError: It is none.
    """
    yaml: Any = YAML(typ="safe", pure=True)
    with _readable():
        tokens: list[Any] = [token for token in yaml.scan(text) if isinstance(token, ScalarToken)]
        return [str(token.value) for token in tokens]


@contextmanager
def _readable() -> Generator[None]:
    """Say what the parser has to say of a text as an error of ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what ruamel.yaml has to say of other versions of YAML
            yield
    except YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem: Any = getattr(error, "problem", None)
        raise UnreadableError(mark.line + 1 if mark else None, str(problem or error).partition("\n")[0]) from None
    except Exception as error:  # odd input meets whatever the parser did not expect: an index, a depth, an assertion
        raise UnreadableError(None, f"cannot be read: {error}") from None


def written(value: object) -> str:
    """Write a value as YAML, without a line break at its end."""
    out = StringIO()
    yaml: Any = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(value, out)
    return out.getvalue().rstrip("\n")


def _documents(text: str) -> Iterator[tuple[Any, Place | int]]:
    """Go through the documents of a text: manifests as kubectl reads them, others as YAML 1.2."""
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Resolver = _Resolver
    yaml.Composer = _Composer
    yaml.Scanner = _Scanner
    for node in yaml.compose_all(text):
        keys = [key.value for key, _ in node.value if key.id == "scalar"] if node.id == "mapping" else []
        if MANIFEST_KEYS.isdisjoint(keys):
            values: Any = _Values(loader=yaml)
        else:
            values = _AsKubectl(loader=yaml)
            _resolve_as_kubectl(node)
        yield values.construct_document(node), _place(node)


# -- from nodes to values ---------------------------------------------------------------------------


def _untyped(value: Any) -> Any:
    """Hand on what ruamel.yaml has no types for."""
    return value


class _Values(SafeConstructor):
    """Makes values of nodes; whatever is wrong with one is told with its line."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """Construct one value."""
        with _Marked(node):
            value = _untyped(super()).construct_object(node, deep)
        if node.anchor is None:  # no alias asks for it again
            _untyped(self).constructed_objects.pop(node, None)
        return value

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
        tagged = {id(key): str(value.tag) in {RESET, OVERRIDE} for key, value in node.value}
        own = {key.value: key for key, _ in node.value[len(merged) :] if key.id == "scalar"}
        for key, _ in merged:
            if key.id == "scalar" and key.value in own and (tagged[id(key)] or tagged[id(own[key.value])]):
                told = f"the key {key.value} stands here and in what << brings in, and one has a tag: that is not read"
                raise ConstructorError(None, None, told, node.start_mark)
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


def _tagged(tag: str) -> Any:
    """Return what constructs a value with a tag of Compose."""

    def construct(constructor: Any, node: Any) -> Tagged:
        return Tagged(tag, _plain(constructor, node))

    return construct


for _compose in (RESET, OVERRIDE):
    _untyped(_Values).add_constructor(_compose, _tagged(_compose))
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


_untyped(_AsKubectl).add_constructor(OVERRIDE, _plain)
for _tag in ("bool", "float", "int", "null"):
    _untyped(_AsKubectl).add_constructor(_TAGS + _tag, _AsKubectl.construct_scalar_of)


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


class _Plain(Tag):
    """The tag of a scalar that has none in the text: what it is was found out by its letters."""


class _Resolver(VersionedResolver):
    """Finds out what a plain scalar is: by YAML 1.2, whatever a directive says, as Compose does."""

    @property
    def processing_version(self) -> tuple[int, int]:
        """The version whose rules hold."""
        return (1, 2)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """Return the tag of a node that has none."""
        tag = _untyped(super()).resolve(kind, value, implicit)
        return _plain_tag(str(tag)) if kind is ScalarNode and implicit[0] else tag


@cache  # there are some ten, and as many scalars as one likes
def _plain_tag(tag: str) -> _Plain:
    return _Plain(suffix=tag)


class _Line(NamedTuple):
    """Where a node begins: of a mark, nothing else is needed."""

    line: int


class _Composer(Composer):
    """Makes nodes, and refuses what is too large or too deep, also by aliases, which may stand for anything.

    kubectl and Compose refuse what has too many values by aliases too.
    """

    def __init__(self, loader: Any = None) -> None:
        _untyped(super()).__init__(loader)
        self.within = 0  # so many lists and mappings are the next node
        self.deepest = 0  # and so many the deepest of those in the node that is being made
        self.values = 0
        self.extents: dict[str, tuple[int, int]] = {}  # of each anchor: how many values there are, and how deep they go
        self.mark = _Line(0)

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Make one node, and those in it."""
        event = _untyped(self).parser.peek_event()
        kind: Any = event.__class__
        values, deepest = self.values, self.deepest
        self.deepest = self.within
        if issubclass(kind, AliasEvent):
            self._count(*self.extents.get(event.anchor, (1, 0)), event)
            node = _untyped(super()).compose_node(parent, index)
        else:
            level = 0 if issubclass(kind, ScalarEvent) else 1
            self._count(1, level, event)
            self.within += level
            node = _untyped(super()).compose_node(parent, index)
            self.within -= level
            if self.mark.line != node.start_mark.line:
                self.mark = _Line(node.start_mark.line)
            node.start_mark, node.end_mark = self.mark, None
            if node.anchor is not None:
                self.extents[node.anchor] = self.values - values, self.deepest - self.within
        self.deepest = max(deepest, self.deepest)
        return node

    def _count(self, values: int, height: int, event: Any) -> None:
        self.values += values
        self.deepest = max(self.deepest, self.within + height)
        if self.deepest > DEEPEST:
            raise ComposerError(None, None, TOO_DEEP, event.start_mark)
        if self.values > MOST_VALUES:
            told = f"there are more than {MOST_VALUES} values, with those that aliases stand for, and they are not read"
            raise ComposerError(None, None, told, event.start_mark)


class _Scanner(Scanner):
    """Finds the tokens; many brackets that open are too deep before each is looked at again for every one behind it."""

    def fetch_flow_collection_start(self, *token: Any, **named: Any) -> None:
        """Read a bracket that opens."""
        scanner = _untyped(self)
        if scanner.flow_level >= DEEPEST:
            raise ScannerError(None, None, TOO_DEEP, scanner.reader.get_mark())
        _untyped(super()).fetch_flow_collection_start(*token, **named)


def _resolve_as_kubectl(root: Any) -> None:
    """Find out anew what the plain scalars of a document are."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.id == "scalar":
            if isinstance(node.ctag, _Plain):
                node.tag = _TAGS + _resolved(node.value)[0]
        else:
            waiting += [each for pair in node.value for each in pair] if node.id == "mapping" else node.value


def _place(root: Any) -> Place | int:
    """Make the tree of lines of a document."""
    found = _empty(root, root.start_mark.line + 1)
    waiting, seen = [(root, found)] if isinstance(found, Place) else [], set[int]()
    while waiting:
        node, place = waiting.pop()
        if id(node) in seen:  # an alias; its lines are those of what it stands for
            continue
        seen.add(id(node))
        if isinstance(place.inner, dict):
            for key, value in node.value:
                if key.id == "scalar":  # any other has no place, and its text may be endless
                    # The key's line: an empty value has none of its own.
                    inner = place.inner[clipped(str(key.value))] = _empty(value, key.start_mark.line + 1)
                    waiting += [(value, inner)] if isinstance(inner, Place) else []
        else:
            for value in node.value:
                place.inner.append(inner := _empty(value, value.start_mark.line + 1))
                waiting += [(value, inner)] if isinstance(inner, Place) else []
    return found


def _empty(node: Any, line: int) -> Place | int:
    """Make the place of a node, without those of what is in it."""
    return line if node.id == "scalar" else Place(line, {} if node.id == "mapping" else [])
