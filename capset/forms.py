"""Forms: how values of a type are written in plain JSON types, read back, and told by a JSON Schema.

All three follow the declared types of fields. What a field may be is listed here, in one table of rules: plain types,
None, ``Literal``, lists and mappings of such, named tuples, enumerations, dates, errors, and other classes that have
``as_dict()``, ``from_dict()`` and ``json_schema()``, as CapSet does and whatever is :class:`~capset.plain.Plain`.
"""

# What is read may be anything, and what is written is of the type that the form is for.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import Enum, IntFlag
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from attrs import fields

from capset import errors
from capset.errors import CapsetError, FormatError, require, shown

__all__ = ["Form", "read", "schema", "write"]

Schema = dict[str, Any]
Definitions = dict[str, Schema]  # the schemas of the classes that a schema names


class Form(NamedTuple):
    """How values of a type are written and read.

    Attributes:
        write: Make plain types of a value.
        read: Make a value of plain types that stand at a place; what is no such value is a FormatError.
        schema: Return the JSON Schema, and add those of the classes in it to the definitions.
    """

    write: Callable[[Any], Any]
    read: Callable[[Any, str], Any]
    schema: Callable[[Definitions], Schema]


def write(value: Any) -> dict[str, Any]:
    """Write a value that is Plain."""
    return {name: form.write(getattr(value, name)) for name, form in _forms(type(value)).items()}


def read(kind: Any, data: object) -> Any:
    """Read a value of a kind that is Plain."""
    entries = _entries(data, kind.__name__, _forms(kind))
    try:
        return kind._of_plain(**entries)
    except (CapsetError, TypeError) as error:
        raise FormatError(kind.__name__, data, f"values that go together ({error})") from None


def schema(kind: Any) -> Schema:
    """Return the JSON Schema of a kind that is Plain, with all that it names."""
    definitions: Definitions = {}
    reference = _reference(kind, definitions)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **reference, "$defs": definitions}


def _reference(kind: Any, definitions: Definitions) -> Schema:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}  # which stands for it where it holds itself
        definitions[kind.__name__] = _object(kind, _forms(kind), definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _forms(cls: Any) -> dict[str, Form]:
    """Return the forms of the fields of a class; what it keeps for itself is not shown."""
    return _forms_of(cls)


@cache
def _forms_of(cls: Any) -> dict[str, Form]:
    hints = get_type_hints(cls)
    names = cls._plain or [field.name for field in fields(cls) if not field.name.startswith("_")]
    return {name: _form(hints[name]) for name in names}


def _object(cls: type, forms: Mapping[str, Form], definitions: Definitions) -> Schema:
    return {
        "title": cls.__name__,
        "description": (cls.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": {name: form.schema(definitions) for name, form in forms.items()},
        "required": list(forms),
        "additionalProperties": False,
    }


def _entries(data: object, place: str, forms: Mapping[str, Form]) -> dict[str, Any]:
    """Read a dict that has one entry for each form, and no other."""
    if not isinstance(data, dict):
        raise FormatError(place, data, "a dict")
    entries: dict[Any, Any] = data
    if missing := [name for name in forms if name not in entries]:
        raise FormatError(place, data, f"a dict with {', '.join(missing)} too")
    if strange := [key for key in entries if key not in forms]:
        raise FormatError(place, data, f"a dict without {shown(strange[0])}: known are {', '.join(forms)}")
    return {name: form.read(entries[name], f"{place}.{name}") for name, form in forms.items()}


@cache
def _form(hint: Any) -> Form:
    """Return how values of a declared type are written and read."""
    origin, args = get_origin(hint), get_args(hint)
    if hint in _TYPES:
        return _scalar(hint)
    if origin in {Union, UnionType}:
        return _one_of([_form(each) for each in args])
    if origin is Literal:
        return _literal(args)
    if origin in {tuple, list, Sequence}:
        return _listed(_form(args[0]), list if origin is list else tuple)
    if origin in {Mapping, dict}:
        return _mapping(_form(args[1]))
    assert isinstance(hint, type), hint
    if hint is date:
        return _converted(
            date, _form(str), date.isoformat, date.fromisoformat, "a date such as 2026-11-27", format="date"
        )
    if issubclass(hint, IntFlag):
        return _converted(hint, _form(int), int, hint, "flags as a number", minimum=0)
    if issubclass(hint, Enum):  # Cap, which is a text for people and for JSON
        kind: Any = hint
        return _converted(kind, _form(str), str, kind.parse, "a capability", **kind.json_schema())
    if issubclass(hint, tuple):
        return _named_tuple(hint)
    if issubclass(hint, Exception):
        return _error(hint)
    return _value(hint)


_TYPES: dict[Any, str] = {str: "string", int: "integer", bool: "boolean", NoneType: "null"}

_WORDS = {"string": "a text", "integer": "an integer", "boolean": "true or false", "null": "null"}


def _scalar(kind: type) -> Form:
    def read(data: Any, place: str) -> Any:
        if type(data) is not kind:
            raise FormatError(place, data, _WORDS[_TYPES[kind]])
        return data

    def write(value: Any) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise TypeError(f"expected {_WORDS[_TYPES[kind]]}, got {shown(value)}")
        return value if type(value) is kind else kind(value)  # an int may be a member of an enumeration

    return Form(write, read, lambda _: {"type": _TYPES[kind]})


def _literal(values: Sequence[Any]) -> Form:
    def read(data: Any, place: str) -> Any:
        if not any(data == value and type(data) is type(value) for value in values):
            raise FormatError(place, data, f"one of {', '.join(map(repr, values))}")
        return data

    return Form(lambda value: value, read, lambda _: {"enum": list(values)})


def _one_of(forms: Sequence[Form]) -> Form:
    """Return the form of a union: the first of its types that takes a value."""

    def write(value: Any) -> Any:
        for form in forms:
            try:
                return form.write(value)
            except (TypeError, AttributeError):  # it is of another of these types
                continue
        raise TypeError(f"no plain form of {shown(value)}")

    def read(data: Any, place: str) -> Any:
        errors: list[FormatError] = []
        for form in forms:
            try:
                return form.read(data, place)
            except FormatError as error:
                errors.append(error)
        deepest = max(errors, key=lambda error: len(error.place))
        raise deepest

    return Form(write, read, lambda definitions: {"anyOf": [form.schema(definitions) for form in forms]})


def _listed(item: Form, kind: Callable[[Any], Any]) -> Form:
    def read(data: Any, place: str) -> Any:
        if not isinstance(data, list):
            raise FormatError(place, data, "a list")
        return kind([item.read(each, f"{place}[{at}]") for at, each in enumerate(data)])

    return Form(
        lambda value: [item.write(each) for each in value],
        read,
        lambda definitions: {"type": "array", "items": item.schema(definitions)},
    )


def _mapping(item: Form) -> Form:
    def read(data: Any, place: str) -> Any:
        if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
            raise FormatError(place, data, "a dict whose keys are texts")
        return {key: item.read(each, f"{place}.{key}") for key, each in data.items()}

    return Form(
        lambda value: {key: item.write(each) for key, each in value.items()},
        read,
        lambda definitions: {"type": "object", "additionalProperties": item.schema(definitions)},
    )


def _converted(
    kind: type, form: Form, write: Callable[[Any], Any], read: Callable[[Any], Any], expected: str, **more: Any
) -> Form:
    """Return the form of what is written as a text or a number."""

    def write_it(value: Any) -> Any:
        require(value, kind, kind.__name__)
        return write(value)

    def read_it(data: Any, place: str) -> Any:
        plain = form.read(data, place)
        try:
            return read(plain)
        except (ValueError, TypeError) as error:
            raise FormatError(place, data, f"{expected} ({error})") from None

    return Form(write_it, read_it, lambda definitions: {**form.schema(definitions), **more})


def _named_tuple(kind: Any) -> Form:
    hints = get_type_hints(kind)
    forms = {name: _form(hints[name]) for name in kind._fields}

    def schema(definitions: Definitions) -> Schema:
        definitions.setdefault(kind.__name__, _object(kind, forms, definitions))
        return {"$ref": f"#/$defs/{kind.__name__}"}

    return Form(
        lambda value: {name: form.write(getattr(value, name)) for name, form in forms.items()},
        lambda data, place: kind(**_entries(data, place, forms)),
        schema,
    )


def _value(kind: Any) -> Form:
    """Return the form of a class that has the three methods."""

    def write(value: Any) -> Any:
        require(value, kind, kind.__name__)
        written: object = value.as_dict()
        return written

    def read(data: Any, place: str) -> Any:
        try:
            return kind.from_dict(data)
        except FormatError as error:
            inside = error.place.removeprefix(kind.__name__)
            joint = "" if not inside or inside[0] in ".[" else "."
            raise FormatError(f"{place}{joint}{inside}", error.value, error.expected) from None

    def schema(definitions: Definitions) -> Schema:
        if hasattr(kind, "_of_plain"):
            return _reference(kind, definitions)
        definitions.setdefault(kind.__name__, kind.json_schema())
        return {"$ref": f"#/$defs/{kind.__name__}"}

    return Form(write, read, schema)


def _fields_of(kind: type) -> tuple[str, ...]:
    fields: tuple[str, ...] = getattr(kind, "_fields", ("errno", "strerror", "filename"))
    return fields


def _error(kind: Any) -> Form:
    """Return the form of an exception: its name and its fields, of which what is no plain type is written as text."""

    def write(value: Any) -> Any:
        require(value, kind, kind.__name__)
        entries = {name: getattr(value, name) for name in _fields_of(type(value))}
        plain = {name: each if type(each) in _TYPES else str(each) for name, each in entries.items()}
        return {"error": type(value).__name__, **plain}

    def read(data: Any, place: str) -> Any:
        entries: dict[str, Any] = data if isinstance(data, dict) else {}
        name = entries.get("error")
        found: Any = OSError if name == "OSError" else getattr(errors, name, None) if isinstance(name, str) else None
        if (
            not (isinstance(found, type) and issubclass(found, kind))
            or not entries.keys() <= {"error", *_fields_of(found)}
            or any(type(each) not in _TYPES for each in entries.values())
        ):
            raise FormatError(place, data, f"a {kind.__name__}, by its name and its fields")
        try:
            return found(*(entries[field] for field in _fields_of(found)[: len(entries) - 1]))
        except (TypeError, LookupError) as error:  # one is missing, or a number is that of no errno
            raise FormatError(place, data, f"the fields of {name} ({error})") from None

    fields_of = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    values_of = {"additionalProperties": {"type": list(_TYPES.values())}}
    return Form(write, read, lambda _: {"title": kind.__name__, **fields_of, **values_of})
