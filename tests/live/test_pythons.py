"""The unit tests with the Pythons that this machine does not have: those of Debian testing.

Each runs in a root of Debian, with what pip gets for it here. The extras ``arrays``, ``frames`` and ``plot`` are
left out, for not everything that they need is built for the newest Python; the tests that need them are skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

import capset

ROOT = Path(__file__).parent.parent.parent
NEED = re.compile(r"""([^;]+?)(\s*;\s*extra == ['"]test['"])?""")
# Of a Python between others, what depends on the Python most; CAPSET_PYTHONS=all asks all of each.
ALL = ["tests/unit", "tests/property"]
MOST = [
    f"tests/unit/test_{name}.py" for name in ("capability", "cli", "errors", "fields", "first_uses", "loading", "sets")
]
OF = {"3.14": ALL if os.environ.get("CAPSET_PYTHONS") == "all" else MOST, "3.15": ALL}
RUN = "import os, sys, pytest; os.chdir(sys.argv[1]); sys.exit(pytest.main(sys.argv[2:]))"


def needed() -> list[str]:
    """List what capset needs, and what its tests do on any system."""
    return [found[1] for each in requires("capset") if (found := NEED.fullmatch(each))]


@pytest.mark.suite
@pytest.mark.parametrize("version", OF)
def test_unit_tests(version, find, folder):
    """All that no newer Python makes false; a warning that something will go away is an error in them."""
    python = find("forky")(f"python{version}", f"python{version}")
    place = folder / f"python{version}"
    site = place / "site"
    get = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    get += ["--only-binary=:all:", f"--python-version={version}", f"--target={site}", *needed()]
    subprocess.run(get, check=True)
    hidden = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(Path(capset.__file__).parent, site / "capset", ignore=hidden)
    for name in ("tests", "docs", "examples"):
        shutil.copytree(ROOT / name, place / name, ignore=hidden)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, place)
    env = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1", "CAPSET_PROFILE": "ci-glance"}
    env.pop("CAPSET_REQUIRE_ORACLES", None)
    words = ["-q", "-p", "no:cacheprovider", "-m", "not (mutation or scaling or suite)", *OF[version]]
    words += ["--ignore=tests/unit/test_facts_tool.py"]  # a tool of developers, which needs git
    done = subprocess.run([*python, "-c", RUN, place, *words], env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout.splitlines()[-1])
    shutil.rmtree(place)
