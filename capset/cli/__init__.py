"""The command line: a thin layer over the library, and the only part that prints."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing takes longer to load than this
if TYPE_CHECKING:
    from typing import Never

__all__ = ["main"]


def main() -> None:
    """Run the command ``capset``; it needs the extra ``cli``."""
    try:
        from capset.cli.group import capset

        if "_CAPSET_COMPLETE" in os.environ:
            from importlib import import_module

            import_module("capset.cli.completion")  # which brings a way of its own to be asked by Bash
    except KeyboardInterrupt:
        sys.exit(130)
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        from capset.errors import MissingExtraError

        _give_up(str(MissingExtraError("click", "cli", "the command line")))
    except (ImportError, MemoryError, OSError, SystemError) as error:  # for want of memory, each of them
        _give_up(f"cannot start: {str(error) or 'there is not enough memory'}")
    capset(prog_name="capset")


def _give_up(message: str) -> Never:
    print(f"capset: {message}", file=sys.stderr)
    sys.exit(2)  # 1 would mean that two sets differ
