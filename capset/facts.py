"""Reading the facts that capset ships as data, from its folder or from a zip."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["docker_default", "load", "stems"]

_FOLDER = os.path.join(os.path.dirname(__file__), "data")
_TOML, _JSON = ".toml", ".json"


def load(name: str) -> dict[str, Any]:
    """Read one document of ``capset/data``, such as ``"capabilities"`` or ``"engines/docker"``.

    It is TOML, which people write; what is long, and mostly written by programs, is JSON, which is read thirty times as
    fast.
    """
    text = _text(name + _TOML)
    if text is not None:
        return tomllib.loads(text)
    import json  # which most documents do not need

    text = _text(name + _JSON)
    if text is None:
        raise FileNotFoundError(f"there is no document {name} in capset/data")
    found: dict[str, Any] = json.loads(text)
    return found


def docker_default() -> list[str]:
    """Read the names in Docker's newest default, which stands last in its document; the engine is not needed for it."""
    names: list[str] = load("engines/docker")["default"][-1]["names"]
    return names


def stems(folder: str) -> list[str]:
    """List the names of the documents in one folder of ``capset/data``."""
    try:
        names = os.listdir(os.path.join(_FOLDER, folder))
    except (FileNotFoundError, NotADirectoryError):
        names = [entry.name for entry in _packed(folder).iterdir()]
    return sorted(os.path.splitext(name)[0] for name in names if name.endswith((_TOML, _JSON)))


def _text(path: str) -> str | None:
    """Read a file of ``capset/data``; None where there is none."""
    try:
        with open(os.path.join(_FOLDER, path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        packed = _packed(path)
        return packed.read_text("utf-8") if packed.is_file() else None


def _packed(path: str) -> Traversable:
    """Find what is no file of its own, because the package is in a zip."""
    from importlib.resources import files  # it takes longer to load than most documents take to read

    return files("capset").joinpath("data", *path.split("/"))
