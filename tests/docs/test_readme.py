"""The README as a package index shows it: every link and picture has a whole address, of a file that there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import capset

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
README = (ROOT / "README.md").read_text("utf-8")
LINK = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture(scope="module")
def shown() -> str:
    """The README with what the build of the package changes in it."""
    text = README
    for change in PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text, count = re.subn(change["pattern"], change["replacement"], text)
        assert count, f"{change['pattern']} changes nothing"
    return text.replace("$HFPR_VERSION", capset.__version__)


def test_every_address_is_whole(shown):
    """Those of the files are below that of the project, at the tag of the release, and the files are there."""
    home = PROJECT["project"]["urls"]["Homepage"]
    told, whole = LINK.findall(README), LINK.findall(shown)

    assert len(told) == len(whole) > 10
    for before, after in zip(told, whole, strict=True):
        kind = "raw" if before.endswith(".svg") else "blob"
        assert after == f"{home}/{kind}/v{capset.__version__}/{before}"
        assert (ROOT / before.partition("#")[0]).exists(), before


def test_what_is_installed_is_the_package(shown):
    """Who reads it there has no clone; the tests are run in one."""
    installs = re.findall(r"pip install (.*?) &&", shown)

    assert installs == ["'capset[cli]'", "-e '.[test]'"]
    assert re.findall(r"pip install (.*?) &&", README) == ["'.[cli]'", "-e '.[test]'"]
    assert shown.count("In a clone of this repository") == 1


def test_its_length():
    """It is read by who decides whether to read more."""
    assert len(README.splitlines()) <= 85
