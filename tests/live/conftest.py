"""What the tests of the running system need, and how they say that it is not there."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from capset import live


def pytest_collection_modifyitems(items):
    """These tests look at a running Linux."""
    if sys.platform != "linux":
        for item in items:
            if "live" in item.path.parts:
                item.add_marker(pytest.mark.skip(reason="needs Linux"))


@pytest.fixture(scope="session")
def tool():
    """Find a program, or skip and say which Debian package has it."""

    def find(name: str, package: str) -> str:
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if path is None:
            pytest.skip(f"needs {name} (Debian: apt-get install {package})")
        return path

    return find


@pytest.fixture(scope="session")
def holding():
    """Skip unless this process holds some capabilities."""

    def require(*caps: str) -> None:
        missing = [cap for cap in caps if cap not in live.read().caps.effective]
        if missing:
            pytest.skip(f"needs {', '.join(missing)} (run as root)")

    return require
