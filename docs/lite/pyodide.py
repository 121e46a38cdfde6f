"""Pyodide, which is CPython for browsers: its core, and wheels that run in it.

The core is a package of npm, and wheels are on PyPI: pure ones, and those that their makers compiled for Pyodide.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["RELEASE", "core", "download", "wheel_of", "write_lock"]

RELEASE = "314.0.7"  # the one with CPython 3.14 for which PyPI has wheels with the tag of LOCK's abi_version
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
LOCK = "pyodide-lock.json"


def core(folder: Path) -> Path:
    """Put the core into a new folder, without the wheels that its own list names: these are not in the npm package."""
    folder.mkdir(parents=True)
    pack = ["npm", "pack", f"pyodide@{RELEASE}", "--silent", "--cache", "npm-cache", "--pack-destination", "."]
    subprocess.run(pack, cwd=folder.parent, stdout=subprocess.DEVNULL, check=True)
    with tarfile.open(folder.parent / f"pyodide-{RELEASE}.tgz") as archive:
        for name in FILES:
            packed = archive.extractfile(f"package/{name}")
            assert packed is not None
            (folder / name).write_bytes(packed.read())
    return folder


def _pip(*args: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-cache-dir")
    subprocess.run([sys.executable, "-m", "pip", args[0], *quiet, *args[1:]], stdout=subprocess.DEVNULL, check=True)


def download(pyodide: Path, folder: Path, *requirements: str) -> None:
    """Download wheels that run in this Pyodide, and what they depend on.

    Raises:
        CalledProcessError: There is none of these on PyPI.
    """
    info = json.loads((pyodide / LOCK).read_text("utf-8"))["info"]
    python = "".join(info["python"].split(".")[:2])
    target = ["--implementation", "cp", "--python-version", python, "--abi", f"cp{python}", "--abi", "none"]
    target += ["--platform", f"pyemscripten_{info['abi_version']}_{info['arch']}"]
    _pip("download", "--only-binary=:all:", *target, "--dest", str(folder), *requirements)


def wheel_of(tree: Path, folder: Path) -> None:
    """Build the wheel of a source tree."""
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(tree))


def write_lock(pyodide: Path, wheels: Iterable[Path], extras: Iterable[str] = ()) -> list[str]:
    """Write anew which packages there are: those of *wheels*, which stand in the folder, and no other.

    Pyodide loads them when a cell imports them, and takes them before it asks PyPI.

    Args:
        pyodide: The folder of the core.
        wheels: All wheels.
        extras: Of which extras the dependencies come along, where they are there.

    Returns:
        The names of the packages.

    Raises:
        LookupError: A wheel depends on a package that is not among them.
    """
    lock = json.loads((pyodide / LOCK).read_text("utf-8"))
    found = {_name(distribution): (wheel, distribution) for wheel in wheels for distribution in [_opened(wheel)]}
    packages = {name: _package(wheel, distribution) for name, (wheel, distribution) in found.items()}
    for name, (_, distribution) in found.items():
        needs = _needed(distribution, lock["info"], "")
        if missing := sorted(needs - found.keys()):
            raise LookupError(f"{name} needs {', '.join(missing)}")
        more = {each for extra in extras for each in _needed(distribution, lock["info"], extra)}
        packages[name]["depends"] = sorted((needs | more) & found.keys() - {name})
    (pyodide / LOCK).write_text(json.dumps({"info": lock["info"], "packages": packages}, indent=1), "utf-8")
    return sorted(packages)


def _opened(wheel: Path) -> importlib.metadata.Distribution:
    [distribution] = importlib.metadata.distributions(path=[str(wheel)])
    return distribution


def _name(distribution: importlib.metadata.Distribution) -> str:
    return canonicalize_name(distribution.metadata["Name"])


def _package(wheel: Path, distribution: importlib.metadata.Distribution) -> dict[str, Any]:
    """Write what the list of Pyodide has of a package; ``imports`` are the modules that bring it."""
    tops = {path.parts[0] for path in distribution.files or [] if path.suffix == ".py" and ".data" not in path.parts[0]}
    return {
        "name": _name(distribution),
        "version": distribution.version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": sorted(top.removesuffix(".py") for top in tops),
        "unvendored_tests": False,
    }


def _needed(distribution: importlib.metadata.Distribution, info: dict[str, str], extra: str) -> set[str]:
    """Return the names of what a package depends on there, with an extra."""
    there = {
        "extra": extra,
        "os_name": "posix",
        "platform_machine": info["arch"],
        "platform_system": "Emscripten",
        "python_full_version": info["python"],
        "python_version": info["python"].rpartition(".")[0],
        "sys_platform": "emscripten",
    }
    wanted = map(Requirement, distribution.requires or [])
    return {canonicalize_name(each.name) for each in wanted if each.marker is None or each.marker.evaluate(there)}
