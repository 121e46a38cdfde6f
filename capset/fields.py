"""Fields: what a capability and a set are in other people's data, as JSON Schema says it and as pydantic asks for it.

Cap and CapSet load this when they are asked; pydantic is loaded by whoever uses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from capset.errors import CapsetError, FormatError, shown

__all__ = ["cap_schema", "core_schema", "read_cap", "read_set", "set_of_dict", "set_schema"]


def cap_schema(*, taken: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of a capability as it is written, or of all that pydantic takes for one."""
    if taken:
        return {"title": "Cap", "anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0, "maximum": 63}]}
    return {
        "title": "Cap",
        "description": "The name of a capability, or its number where it has no name.",
        "type": "string",
        "pattern": "^(CAP_[A-Z0-9_]+|[0-9]|[1-5][0-9]|6[0-3])$",
    }


def set_schema(*, taken: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of a set as it is written, or of all that pydantic takes for one."""
    if taken:
        listed = {"type": "array", "items": cap_schema(taken=True)}
        return {"title": "CapSet", "anyOf": [set_schema(), {"type": "string"}, listed]}
    return {
        "title": "CapSet",
        "description": "A set of capabilities: its mask in hexadecimal digits, and its members, ascending by number.",
        "type": "object",
        "properties": {
            "mask": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            "names": {"type": "array", "items": cap_schema(), "uniqueItems": True, "maxItems": 64},
            "undefined": {
                "description": "Those of the members that are no capability where it comes from, if there are some.",
                "type": "array",
                "items": cap_schema(),
            },
        },
        "required": ["mask", "names"],
        "additionalProperties": False,
    }


def core_schema(read: Callable[[Any], object], write: Callable[[Any], object]) -> Any:
    """Return how pydantic makes a value of what it is given, and what it makes of the value in JSON."""

    def checked(value: Any) -> object:
        try:
            return read(value)
        except TypeError as error:  # which pydantic takes for a fault of the program, and lets through
            raise ValueError(str(error)) from None

    core: Any = import_module("pydantic_core.core_schema")
    written = core.plain_serializer_function_ser_schema(write, when_used="json")
    return core.no_info_plain_validator_function(checked, serialization=written)


def read_cap(kind: Any, value: object) -> Any:
    """Make a capability of a name or a number; *kind* is Cap."""
    return kind.parse(value) if isinstance(value, str) else kind(value)


def read_set(kind: Any, value: Any) -> Any:
    """Make a set of what people have in JSON, a dict, a text, or a list; *kind* is CapSet.

    A number is none of these: it may be a mask or a capability, and a mask may be too large for a reader of JSON.
    """
    if isinstance(value, dict):
        return kind.from_dict(value)
    if isinstance(value, str):
        return kind.parse(value)
    if isinstance(value, int):
        raise TypeError(f'write a mask as text, such as "0x401", and capabilities as a list; got {shown(value)}')
    return kind(value)


def set_of_dict(kind: Any, data: object) -> Any:
    """Make a set of a dict in which its mask and its names say the same; *kind* is CapSet."""
    entries: dict[str, object] = _as(dict, data) or {}
    if entries.keys() - {"undefined"} != {"mask", "names"}:
        raise FormatError("CapSet", data, "a dict with mask and names alone")
    mask, names = entries["mask"], entries["names"]
    if not isinstance(mask, str) or not re.fullmatch("[0-9a-f]{16}", mask):
        raise FormatError("mask", mask, "16 lower-case hexadecimal digits")
    caps = kind.from_hex(mask)
    expected = f"{caps.names()}, as the mask says"
    listed = _as(list, names)
    if listed is None or not all(isinstance(name, str) for name in listed):
        raise FormatError("names", names, expected)
    try:
        told = kind(listed)
    except CapsetError as error:
        raise FormatError("names", names, f"{expected} ({error})") from None
    if told != caps:
        raise FormatError("names", names, expected)
    if "undefined" in entries and entries["undefined"] != caps.undefined.names():
        raise FormatError("undefined", entries["undefined"], f"{caps.undefined.names()}, as the mask says")
    return caps


def _as(kind: type, value: object) -> Any:
    """Return a value if it is of a kind, else None."""
    return value if isinstance(value, kind) else None
