"""What is built: twice, under circumstances that must not matter, and installed where nothing else is."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def require(*modules: str) -> None:
    """Skip where a tool is missing."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"needs {module} (pip install 'capset[package]')")


def ran(*command: object, **options: object) -> str:
    """Run a program that must succeed, and return what it prints."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def tracked() -> list[str]:
    """List the files of the tree: what git knows and would know; all of an sdist."""
    if (ROOT / ".git").exists():
        listed = ran("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())
    names = (line.rstrip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines())
    passed_over = ["PKG-INFO", *(name for name in names if "/" not in name)]  # whatever a checker has left there
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(
        path.as_posix() for path in files if not any(fnmatch(part, each) for part in path.parts for each in passed_over)
    )


def build(tree: Path, out: Path, kind: str, **env: str) -> Path:
    """Build one of both, with what is installed here."""
    require("build", "hatchling")
    how = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", out, tree]
    ran(*how, env={**os.environ, **env})
    [built] = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Build the sdist and of that the wheel, as they are published; CAPSET_DIST keeps them."""
    top = Path(os.environ.get("CAPSET_DIST") or tmp_path_factory.mktemp("dist"))
    tree = tmp_path_factory.mktemp("tree") / "capset"
    for name in tracked():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    sdist = build(tree, top, "sdist")
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as packed:
        packed.extractall(unpacked, filter="data")
    [inside] = unpacked.iterdir()
    return tree, sdist, inside, build(inside, top, "wheel")


@pytest.fixture(scope="session")
def unpacked_wheel(built, tmp_path_factory):
    """Unpack the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(built[3]) as packed:
        packed.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def installed(built, tmp_path_factory):
    """Install the wheel and what it needs into an environment with nothing else, as a user does."""
    folder = tmp_path_factory.mktemp("env") / "env"
    ran(sys.executable, "-m", "venv", folder)
    ran(folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", f"{built[3]}[cli,hcl]")
    return folder
