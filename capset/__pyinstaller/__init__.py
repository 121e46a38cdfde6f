"""What PyInstaller has to know of capset, so that a program that it freezes has all of it."""

from __future__ import annotations

import os

__all__ = ["hook_dirs"]


def hook_dirs() -> list[str]:
    """Return the folder of the hooks, for the entry point of PyInstaller."""
    return [os.path.dirname(__file__)]
