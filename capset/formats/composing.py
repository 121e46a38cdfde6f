"""Composing: what several compose files, extends, ``!reset`` and ``!override`` make of services.

Compose goes through its files in order. What a file tags is taken out of what the files before it have said, each
service takes in the one that it extends, and then the whole is merged: mappings by their keys, lists by appending, and
of all else the later one counts.

Source:
    compose-spec/compose-go ``loader/loader.go``, ``loader/extends.go``, ``loader/reset.go``, ``override/merge.go`` and
    ``override/uncity.go`` at e70e961c3a3a. Docker Compose 2.40.3 was run over generated files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from posixpath import dirname, join, normpath
from typing import cast

from attrs import define, field, frozen

from capset.bounds import DEEPEST
from capset.errors import FormatError, shown
from capset.formats.document import Node, depends, has_placeholder, place_of, refused
from capset.problem import Problem

__all__ = ["OVERRIDE", "RESET", "File", "Origin", "Service", "Tagged", "composed", "no_file"]

RESET, OVERRIDE = "!reset", "!override"


@frozen
class Tagged:
    """A value with a tag of Compose.

    Attributes:
        tag: ``!reset``, which takes out what was said before, or ``!override``, which takes its place.
        value: The value itself.
    """

    tag: str
    value: object

    def __repr__(self) -> str:
        return f"{self.tag} {self.value!r}"


@frozen
class File:
    """A compose file.

    Attributes:
        name: Its name, usually a path.
        document: The parsed document, in which values may be :class:`Tagged`.
    """

    name: str
    document: object


@frozen
class Origin:
    """Where a value comes from.

    Attributes:
        file: The name of the file.
        place: The place in it.
    """

    file: str
    place: str


@frozen
class Service:
    """What came of one service.

    Attributes:
        name: Its name.
        node: The service, where it stands in the whole.
        origins: Where its parts come from, by their places in the whole. What has none comes from where that does in
            which it stands.
        problems: Why Compose refuses what it extends.
        error: Why its files cannot be merged; None if they can.
        extends: What it extends, if that is in it already, or is refused; None if there is nothing.
    """

    name: str
    node: Node
    origins: Mapping[str, Origin]
    problems: tuple[Problem, ...] = ()
    error: FormatError | None = None
    extends: Node | None = None


def no_file(path: str) -> File | None:  # noqa: ARG001
    """Find no file that a service extends."""
    return None


def composed(files: Sequence[File], find: Callable[[str], File | None] = no_file) -> list[Service]:
    """Return the services of several files, as ``docker compose -f FILE -f FILE`` has them.

    Args:
        files: The files, in their order.
        find: Finds another file that may be extended, by its path.

    Raises:
        FormatError: A file does not have the shape of a compose file.
    """
    work = _Work({normpath(each.name): each for each in files}, find, dirname(files[0].name))
    for each in files:
        work.take(_Layer.of(each))
    return [_service(name, found) for name, found in work.services.items()]


def _service(name: object, found: _Found) -> Service:
    place = place_of("services", name)
    origins = {"": Origin(found.piece.origin.file, "")}
    value = _plain(found.piece, place, origins)
    written = name if isinstance(name, str) else shown(name)
    return Service(written, Node(value, place), origins, found.problems, found.error, found.extends)


# -- pieces -----------------------------------------------------------------------------------------

_Path = tuple[object, ...]


@define(eq=False)
class _Piece:
    """A value, and where it comes from.

    Attributes:
        value: The value, while nothing in it has changed.
        origin: Where it comes from.
        parts: The pieces of a mapping or a list that has changed.
    """

    value: object
    origin: Origin
    parts: dict[object, _Piece] | list[_Piece] | None = None

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, Mapping)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, list)

    def mapping(self) -> dict[object, _Piece]:
        """Return the pieces of a mapping; none has no pieces."""
        if self.parts is None:
            place, keys = self.origin.place, Node(self.value, self.origin.place).mapping()
            self.parts = {key: self.inner(each, place_of(place, key)) for key, each in keys.items()}
            self.value = {} if self.value is None else self.value
        assert isinstance(self.parts, dict)
        return self.parts

    def entries(self) -> list[_Piece]:
        """Return the pieces of a list."""
        if self.parts is None:
            self.parts = [self.inner(node.value, node.place) for node in Node(self.value, self.origin.place)]
        assert isinstance(self.parts, list)
        return self.parts

    def inner(self, value: object, place: str) -> _Piece:
        """Return a piece of what stands in it."""
        return _Piece(value, Origin(self.origin.file, place))

    def copied(self) -> _Piece:
        """Return a piece of its own, whose parts may change."""
        match self.parts:
            case None:
                return _Piece(self.value, self.origin)
            case dict(parts):
                return _Piece(self.value, self.origin, {key: each.copied() for key, each in parts.items()})
            case parts:
                return _Piece(self.value, self.origin, [each.copied() for each in parts])


def _plain(piece: _Piece, place: str, origins: dict[str, Origin]) -> object:
    """Make a value of a piece, and write down where its parts come from."""
    origins[place] = piece.origin
    match piece.parts:
        case None:
            return piece.value
        case dict(parts):
            return {key: _plain(each, place_of(place, key), origins) for key, each in parts.items()}
        case parts:
            return [_plain(each, f"{place}[{at}]", origins) for at, each in enumerate(parts)]


# -- tags -------------------------------------------------------------------------------------------


def _untagged(piece: _Piece, path: _Path, tags: list[_Path], inside: frozenset[int] = frozenset()) -> _Piece | None:
    """Take the tags out of a piece, and write down where they stood; None for what is reset."""
    if isinstance(piece.value, Tagged):
        tags.append(path)
        return None if piece.value.tag == RESET else piece.inner(_bare(piece.value.value), piece.origin.place)
    if id(piece.value) in inside or not _has_tags(piece.value, set()):
        return piece
    inside |= {id(piece.value)}
    if piece.is_mapping:
        of_mapping = {key: _untagged(each, (*path, key), tags, inside) for key, each in piece.mapping().items()}
        piece.parts = {key: each for key, each in of_mapping.items() if each is not None}
    else:
        of_list = [_untagged(each, (*path, at), tags, inside) for at, each in enumerate(piece.entries())]
        piece.parts = [each for each in of_list if each is not None]
    return piece


def _bare(value: object) -> object:
    """Take the tags from what stands in a value with a tag: there, Compose passes over them."""
    if not _has_tags(value, set()):
        return value
    if isinstance(value, Tagged):
        return _bare(value.value)
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in cast("dict[object, object]", value).items()}
    return [_bare(each) for each in cast("list[object]", value)]


def _has_tags(value: object, seen: set[int]) -> bool:
    """Say whether there is a tag in a value; what is met again, as it may be in YAML, is not looked at again."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Tagged):
            return True
        if id(each) not in seen:
            seen.add(id(each))
            waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
    return False


def _without(piece: _Piece, path: Sequence[object]) -> None:
    """Take out of a piece what a tag of another one is about. Compose takes nothing out of lists."""
    *around, last = path
    here: _Piece | None = piece
    for key in around:
        here = here.mapping().get(key) if here is not None and here.is_mapping else None
    if here is not None and here.is_mapping:
        here.mapping().pop(last, None)


# -- merging ----------------------------------------------------------------------------------------

# Of a service, what Compose takes as a list or as a mapping, or in which the later one counts alone. None has to do
# with capabilities, and of what one of them adds to the other nothing is read.
_LATER = frozenset(
    {
        *("annotations", "command", "depends_on", "dns", "dns_opt", "dns_search", "entrypoint", "env_file"),
        *("environment", "extra_hosts", "label_file", "labels", "logging", "models", "networks", "sysctls", "tmpfs"),
        "ulimits",
    }
)
_UNIQUE = ("cap_add", "cap_drop")


def _merged_service(base: _Piece, over: _Piece) -> _Piece:
    """Merge what is said of a service into what was said of it before.

    Raises:
        FormatError: The one is a list or a mapping, and the other is not.
    """
    if over.value is None:
        return base
    if base.value is None:
        return over
    for each in (base, over):
        each.mapping()
    merged = _Piece(base.value, base.origin, dict(base.mapping()))
    parts = merged.mapping()
    for key, other in over.mapping().items():
        before = parts.get(key)
        if before is None or key in _LATER:
            parts[key] = other
        elif key == "build":
            parts[key] = _merged(_build(before), _build(other), 0)
        else:
            parts[key] = _merged(before, other, 0)
    for key in _UNIQUE:
        if key in parts and parts[key].is_list:
            parts[key] = _unique(parts[key])
    return merged


def _merged(base: _Piece, over: _Piece, depth: int) -> _Piece:
    if over.value is None:
        return base
    if depth > DEEPEST:
        raise FormatError(over.origin.place, "...", f"no more than {DEEPEST} mappings in each other")
    if base.is_mapping:
        if not over.is_mapping:
            raise _of_another_kind(over, "a mapping")
        parts = dict(base.mapping())
        for key, other in over.mapping().items():
            before = parts.get(key)
            parts[key] = other if before is None else _merged(before, other, depth + 1)
        return _Piece(base.value, base.origin, parts)
    if base.is_list:
        if not over.is_list:
            raise _of_another_kind(over, "a list")
        return _Piece(base.value, base.origin, [*base.entries(), *over.entries()])
    return over


def _build(piece: _Piece) -> _Piece:
    """Return what builds an image as a mapping, of which a text is the context."""
    return piece.inner({"context": piece.value}, piece.origin.place) if isinstance(piece.value, str) else piece


def _of_another_kind(piece: _Piece, kind: str) -> FormatError:
    return Node(piece.value, piece.origin.place).error(f"{kind}, as what it is merged into is")


def _unique(piece: _Piece) -> _Piece:
    """Return each name once, as Compose does."""
    once: dict[object, _Piece] = {}
    for each in piece.entries():
        name = each.value
        once[name.partition("=")[0] if isinstance(name, str) else id(each)] = each
    return _Piece(piece.value, piece.origin, list(once.values()))


# -- files ------------------------------------------------------------------------------------------


@define(eq=False)
class _Layer:
    """The services of one file, and its tags."""

    name: str
    services: dict[object, _Piece]
    tags: list[_Path]
    includes: bool
    extended: dict[object, _Found] = field(factory=dict)

    @classmethod
    def of(cls, file: File) -> _Layer:
        """Read a file.

        Raises:
            FormatError: It does not have the shape of one.
        """
        tags: list[_Path] = []
        root = _untagged(_Piece(file.document, Origin(file.name, "")), (), tags)
        try:
            keys = {} if root is None else root.mapping()
            of_services = keys.get("services")
            services = {} if of_services is None else of_services.mapping()
        except FormatError as error:
            raise _told_of(error, file.name) from None
        return cls(file.name, services, tags, "include" in keys)


@define(eq=False)
class _Found:
    """What has come of a service so far, and by which step from which other."""

    piece: _Piece
    problems: tuple[Problem, ...] = ()
    error: FormatError | None = None
    extends: Node | None = None
    step: _Step | None = None
    base: _Found | None = None

    def steps(self) -> Iterator[_Step]:
        """Yield the steps by which it came to what it extends, its own first."""
        found: _Found | None = self
        while found is not None and found.step is not None:
            yield found.step
            found = found.base

    @property
    def is_refused(self) -> bool:
        """Whether Compose gives up at it."""
        return bool(self.problems) or self.error is not None


@define(eq=False)
class _Work:
    """What has come of the files so far."""

    given: Mapping[str, File]
    find: Callable[[str], File | None]
    folder: str
    services: dict[object, _Found] = field(factory=dict)
    layers: dict[str, _Layer | None] = field(factory=dict)
    at: _Layer | None = None

    def take(self, layer: _Layer) -> None:
        """Merge one more file."""
        self.at = layer
        self._reset(layer.tags)
        for name, piece in layer.services.items():
            before = self.services.get(name)
            try:
                found = self._extended(layer, self.folder, name, ())
                if before is None:
                    found.piece = found.piece.copied()  # what a later file takes out of it stays there for extends
                else:
                    whole, problems = _merged_service(before.piece, found.piece), before.problems + found.problems
                    found = _Found(whole, problems, extends=before.extends or found.extends)
            except FormatError as error:
                found = _Found(piece, error=_told_of(error, layer.name))
            self.services[name] = found if before is None or before.error is None else before

    def _reset(self, tags: list[_Path]) -> None:
        """Take out what a file has tagged; not what Compose refuses, which it never comes to."""
        for path in tags:
            match path:
                case ("services",):
                    self.services = {name: found for name, found in self.services.items() if found.is_refused}
                case ("services", name) if name in self.services and not self.services[name].is_refused:
                    del self.services[name]
                case ("services", name, key, *rest) if name in self.services:
                    _without(self.services[name].piece, (key, *rest))
                case _:
                    pass

    def _extended(self, layer: _Layer, folder: str, name: object, within: tuple[tuple[str, object], ...]) -> _Found:
        """Return a service with what it extends, or as it stands where that is not known.

        Raises:
            FormatError: It, or what it extends, does not have the shape of a service.
        """
        piece = layer.services[name]
        if not piece.is_mapping or "extends" not in (keys := piece.mapping()):
            return _Found(piece)
        if name in layer.extended:
            return layer.extended[name]
        extends = Node(keys["extends"].value, keys["extends"].origin.place)
        ref, file = (extends, Node(None)) if isinstance(extends.value, str) else (extends["service"], extends["file"])
        named = self._named(layer, folder, ref, file)
        if named is None:
            return _Found(piece)
        other, where = named
        own = _Piece(piece.value, piece.origin, {key: each for key, each in keys.items() if key != "extends"})
        within = (*within, (layer.name, name))
        if len(within) > DEEPEST:
            raise _too_many(extends)
        lacks = f"has no service {ref.text()}" if ref.text() not in other.services else ""
        lacks = "extends this one" if (other.name, ref.text()) in within else lacks
        if lacks:
            told = refused(extends, "extends", f"Compose refuses it: what it extends {lacks}")
            return _Found(own, (told,), extends=extends)
        base = self._extended(other, where, ref.text(), within)
        step = (file.text(), name)
        steps = list(base.steps())
        if len(steps) >= DEEPEST:
            raise _too_many(extends)
        problems = base.problems
        if not problems and step in steps:
            # Of the file that it merges, Compose keeps what came of a service, and does not go through its steps again.
            problems = (_seen_as_a_circle(extends, name, sometimes=other is self.at),)
        if problems or base.piece.value is None:
            return _Found(own, problems, extends=extends, step=step, base=base)
        inherited = base.piece.copied()
        for path in layer.tags:
            if len(path) > 2 and path[:2] == ("services", name):
                _without(inherited, path[2:])
        whole = _merged_service(inherited, own)
        piece = _Piece(whole.value, piece.origin, whole.parts)
        layer.extended[name] = _Found(piece, extends=extends, step=step, base=base)
        return layer.extended[name]

    def _named(self, layer: _Layer, folder: str, ref: Node, file: Node) -> tuple[_Layer, str] | None:
        """Return the file of what is extended, and the folder from which that names others.

        None where that is not known, as the file is not given, something else replaces a name, or other files may have
        the service.
        """
        if ref.value is None:
            raise ref.error("the name of a service")
        if has_placeholder(ref.text()) or has_placeholder(file.text()):
            return None
        other, where = layer, folder
        if file.value is not None:
            path = normpath(join(folder, file.text()))
            found = self._layer(path)
            if found is None:
                return None
            other, where = found, dirname(path)
        return None if ref.text() not in other.services and other.includes else (other, where)

    def _layer(self, path: str) -> _Layer | None:
        """Return the services of a file that is extended, apart from those that are merged; None without it."""
        if path not in self.layers:
            file = self.given.get(path) or self.find(path)
            self.layers[path] = None if file is None else _Layer.of(file)
        return self.layers[path]


# Compose knows a step by the file that it names, as written (none for the same), and by the service that takes it. It
# may so see a circle where there is none: services of one name in two files, each of which extends one of a third.
_Step = tuple[str, object]


def _too_many(extends: Node) -> FormatError:
    return extends.error(f"no more than {DEEPEST} services that extend each other")


def _seen_as_a_circle(extends: Node, name: object, *, sometimes: bool) -> Problem:
    if sometimes:
        told = "whether Compose sees a circle in it depends on which service it comes to first"
        return depends(extends, "not-read", told)
    same = f"a service {name} extends one of the same file before"
    return refused(extends, "extends", f"Compose refuses it: it sees a circle, as {same}")


def _told_of(error: FormatError, file: str) -> FormatError:
    """Say of which file an error is, unless it does so itself."""
    return FormatError(error.place, error.value, error.expected, error.source or file)
