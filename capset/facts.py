"""Reading the facts that capset ships as data, from its folder or from a zip."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["docker_default", "load", "stems"]

_FOLDER = os.path.join(os.path.dirname(__file__), "data")
_ENDING = ".toml"


def load(name: str) -> dict[str, Any]:
    """Read one document of ``capset/data``, such as ``"capabilities"`` or ``"engines/docker"``."""
    path = f"{name}{_ENDING}"
    try:
        with open(os.path.join(_FOLDER, path), "rb") as file:
            return tomllib.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return tomllib.loads(_packed(path).read_text("utf-8"))


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
    return sorted(name.removesuffix(_ENDING) for name in names if name.endswith(_ENDING))


def _packed(path: str) -> Traversable:
    """Find what is no file of its own, because the package is in a zip."""
    from importlib.resources import files  # it takes longer to load than most documents take to read

    return files("capset").joinpath("data", *path.split("/"))
