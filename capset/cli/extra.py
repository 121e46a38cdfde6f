"""What the extra ``cli`` brings, and what is said where a part of it is missing."""

from __future__ import annotations

__all__ = ["missing"]


def missing(error: ModuleNotFoundError) -> str:
    """Say what to install for the command line; empty if it is another module that is missing."""
    name = (error.name or "").partition(".")[0]
    return f"the command line needs {name}: pip install 'capset[cli]'" if name in {"click", "rich", "ruamel"} else ""
