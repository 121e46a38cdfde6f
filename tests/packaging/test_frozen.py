"""A program that PyInstaller has frozen: on demand, as it takes a minute, where both are installed."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from tests.packaging.conftest import ran

PROGRAM = """
import sys
from capset import documents, display, engines
for name in documents.DIALECTS:
    try:
        documents.read("x", dialect=name)
    except (ValueError, NotImplementedError):
        pass
docker = engines.get("docker")
print(len(engines.names()), display.text(docker.default.diff([])), display.html(docker.container())[:4])
print(documents.read('job "a" {}', dialect="nomad"))
from capset.cli import main
main()
"""


def test_a_frozen_program(tmp_path):
    """Facts, every dialect, the grammars of HCL, how values are shown, and the commands: all found by names."""
    if importlib.util.find_spec("PyInstaller") is None:
        pytest.skip("needs PyInstaller (pip install pyinstaller)")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    ran(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", program, cwd=tmp_path)
    frozen = tmp_path / "dist" / "program" / "program"
    told = ran(frozen, "engines", cwd=tmp_path)
    assert "-CAP_CHOWN" in told
    assert "<div" in told
    assert "capset engines ENGINE tells where its releases were read." in told
    assert ran(frozen, "--version", cwd=tmp_path).splitlines()[-1].startswith("newest source of a fact: ")
