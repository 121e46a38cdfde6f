"""What is public, as a list of names: ``python -m tests.public`` writes it anew, and a test compares.

A line is a name, or in brackets a parameter of a function, with its default, and with a star if it has to be named.
Public is what a module below has in its ``__all__``, and what the reference documents besides; any other module is for
capset itself.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType

import capset
from capset import documents, formats

KEPT = Path(__file__).parent / "data" / "public.txt"

MODULES = sorted(
    {"capset", "capset.bounds", "capset.errors", "capset.info", "capset.plain", "capset.source"}
    | {f"capset.{name}" for name in capset.__all__ if isinstance(getattr(capset, name), ModuleType)}
    | {f"capset.formats.{name}" for name in formats.__all__ if isinstance(getattr(formats, name), ModuleType)}
)

_AT = re.compile(r" at 0x[0-9a-f]+")  # where an object is, as its text tells
_DOCUMENTED = re.compile(r"auto(?:class|function|data|exception):: (capset\.[\w.]+)\.(\w+)")


def documented() -> set[tuple[str, str]]:
    """List what the reference documents by its full name, as a module and a name in it."""
    pages = (Path(__file__).parent.parent / "docs" / "reference").glob("*.md")
    return {pair for page in pages if page.name[0] != "_" for pair in _DOCUMENTED.findall(page.read_text("utf-8"))}


def public() -> list[str]:
    """List every public name, parameter, id of a rule and dialect."""
    named = {(module, name) for module in MODULES for name in import_module(module).__all__}
    found = {line for module, name in named | documented() for line in _of(module, name)}
    found |= {f"rule {rule}" for rule in documents.RULES} | {f"dialect {name}" for name in documents.DIALECTS}
    return sorted(found)


def _of(module: str, name: str) -> Iterator[str]:
    value = getattr(import_module(module), name)
    if isinstance(value, ModuleType):
        return
    yield f"{module}.{name}"
    if inspect.isclass(value):
        yield from _of_class(f"{module}.{name}", value)
    yield from _parameters(f"{module}.{name}", value)


def _of_class(path: str, cls: type) -> Iterator[str]:
    """List what the class and those of capset that it is made of define; what Python gives them is not ours."""
    for base in cls.__mro__:
        if not base.__module__.startswith("capset"):
            continue
        for name, value in vars(base).items():
            if not name.startswith("_"):
                yield f"{path}.{name}"
                yield from _parameters(f"{path}.{name}", inspect.unwrap(getattr(value, "__func__", value)))
    if issubclass(cls, Enum):
        yield from (f"{path}.{name}" for name in cls.__members__)
    elif "__init__" in vars(cls):
        yield from _parameters(path, vars(cls)["__init__"])


def _parameters(path: str, function: object) -> Iterator[str]:
    if inspect.isfunction(function):
        for name, each in inspect.signature(function).parameters.items():
            if name not in {"self", "cls"} and not name.startswith("_"):
                star = "*, " if each.kind is each.KEYWORD_ONLY else ""
                yield f"{path}({star}{_AT.sub('', str(each.replace(annotation=each.empty)))})"


if __name__ == "__main__":
    KEPT.write_text("\n".join(public()) + "\n", "utf-8")
