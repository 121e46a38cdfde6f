"""What callers rely on: the names, the kinds and the defaults of all arguments of what is public."""

from __future__ import annotations

import enum
import importlib
import inspect
import os
import pkgutil
import re
from pathlib import Path

import capset
from capset import formats

KEPT = Path(__file__).parent.parent / "data" / "signatures.txt"
HOMES = ["", ".display", ".documents", ".engines", ".errors", ".kernel", ".live", ".policy"]
HOMES += [f".formats.{each.name}" for each in pkgutil.iter_modules(formats.__path__) if each.name in formats.__all__]


def signature(call):
    """Write a signature without annotations, which type checkers look at."""
    if isinstance(call, enum.EnumType):  # every version of Python has another for these
        return ""
    try:
        found = inspect.signature(call)
    except ValueError:  # Python's own, as of an exception that takes what Exception takes
        return "(...)"
    bare = [each.replace(annotation=each.empty) for each in found.parameters.values()]
    text = str(found.replace(parameters=bare, return_annotation=found.empty))
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def ours(call):
    return (getattr(call, "__module__", None) or "").startswith("capset")


def signatures():
    """Yield a line for each public function, class and method that capset has written."""
    for home in HOMES:
        module = importlib.import_module(f"capset{home}")
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value) or not ours(value):
                continue
            full = f"capset{home}.{name}"
            yield f"{full}{signature(value)}"
            for inside in sorted(vars(value)) if inspect.isclass(value) else ():
                method = getattr(value, inside)
                if not inside.startswith("_") and inspect.isroutine(method) and ours(method):
                    yield f"{full}.{inside}{signature(method)}"


def test_signatures_change_on_purpose_alone():
    """Look at the difference; CAPSET_KEEP=1 writes down what is now."""
    now = "\n".join(sorted(set(signatures()))) + "\n"
    if os.environ.get("CAPSET_KEEP"):
        KEPT.write_text(now, "utf-8")
    assert now.splitlines() == KEPT.read_text("utf-8").splitlines()
    assert len(now) > 20_000
    assert capset.__all__
