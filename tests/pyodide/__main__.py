"""Run tests in Pyodide: ``python -m tests.pyodide [--wheel WHEEL] [arguments of pytest]``. Needs npm, node and pip.

Pyodide, the wheels and a copy of the tests are laid into a folder of their own, which is gone afterwards. What needs
Linux, a thread, a process, or a package without a wheel for Pyodide is skipped, and told with its reason at the end.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.lite import pyodide

ROOT = Path(__file__).parent.parent.parent
# What the tests read. The library is not among it: what is tested is what was installed.
READ = ("tests", "docs", "examples", "pyproject.toml", "README.md", "CHANGELOG.md")
NEEDED = ("attrs", "cattrs", "click", "hypothesis", "jsonschema", "pydantic", "pytest", "rich", "ruamel.yaml", "sybil")
# Slow, or of things that are the same everywhere; other marks are skipped where they do not apply.
ASKED = ("tests/unit", "tests/property", "-m", "not scaling and not mutation")
STACK = 256  # MiB. With node's own, some recursion ends its process before CPython can refuse it.


def main() -> int:
    """Lay all into a folder, and run node on it."""
    parser = argparse.ArgumentParser(prog="python -m tests.pyodide")
    parser.add_argument("--wheel", type=Path, help="the wheel to test; one is built of this tree if not given")
    args, asked = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        core = pyodide.core(folder / "pyodide")
        wheels = folder / "wheels"
        pyodide.download(core, wheels, *NEEDED)
        if args.wheel:
            shutil.copy2(args.wheel, wheels)
        else:
            pyodide.wheel_of(ROOT, wheels)
        for each in READ:
            if (ROOT / each).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "_build")
                shutil.copytree(ROOT / each, folder / "tree" / each, ignore=ignored)
            else:
                shutil.copy2(ROOT / each, folder / "tree" / each)
        shutil.make_archive(str(folder / "tree"), "zip", folder / "tree")
        resource.setrlimit(resource.RLIMIT_STACK, (2 * STACK << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))
        node = ["node", f"--stack-size={STACK << 10}", str(Path(__file__).with_name("run.mjs")), name]
        return subprocess.run([*node, *(asked or ASKED)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
