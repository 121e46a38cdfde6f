"""The command line: a thin layer over the library, and the only part that prints."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command ``capset``; it needs the extra ``cli``."""
    try:
        from capset.cli.commands import capset
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in {"click", "rich", "ruamel"}:
            raise
        print(f"capset: the command line needs {missing}: pip install 'capset[cli]'", file=sys.stderr)
        sys.exit(2)
    capset(prog_name="capset")
