"""The file of tests that docs/howto/test-your-container.md shows, against containers of real engines."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.containers import COMPILED_IN, LIMITS

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/howto/test-your-container.md").read_text("utf-8")
[FILE] = re.findall(r"^```python\n(import subprocess\n.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def tried(folder, engine, client, image, env, options=""):
    """Put the client of an engine first, and run the file against it; return what pytest says."""
    (folder / engine).write_text(f'#!/bin/sh\nexec {shlex.join(map(str, client))} "$@"\n')
    (folder / engine).chmod(0o755)
    text = FILE.replace('ENGINE = "podman"', f"ENGINE = {engine!r}").replace('"box"', image)
    text = text.replace('"--user=1000"]', f'"--user=1000"{options}]')
    (folder / "test_web.py").write_text(text)
    path = f"{folder}{os.pathsep}{env['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", folder / "test_web.py"],
        env={**env, "PATH": path, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout


OF_PODMAN = shlex.split("--pull=never --pids-limit=0") + [*LIMITS, "box:1"]


@pytest.fixture(params=["docker", "podman"])
def look(request, tmp_path):
    """Run the file against an engine of its own."""
    container = request.getfixturevalue(request.param)
    if request.param == "docker":
        return lambda options="": tried(tmp_path, "docker", container.client, '"box"', os.environ, options)
    image = ", ".join(map(repr, OF_PODMAN))
    return lambda options="": tried(tmp_path, "podman", container.podman, image, COMPILED_IN, options)


def test_the_file_of_the_page(look):
    """It passes; and with one capability more, both tests fail, and say which one it is."""
    assert "2 passed" in look()
    told = look(', "--cap-add=SYS_ADMIN"')
    assert "2 failed" in told
    assert "  bounding: has 1 more than expected\nE           + CAP_SYS_ADMIN  " in told
    assert re.search(r"  beyond what (Docker Engine|Podman) gives by default\nE           \+ CAP_SYS_ADMIN \(", told)
