"""The group of all commands, what they have in common, and how they fail."""

from __future__ import annotations

import os
import traceback
from typing import Any

import click

import capset as library
from capset.cli.output import Failure
from capset.errors import CapsetError
from capset.printable import printable

__all__ = ["capset", "json_option", "proc_option"]


class Commands(click.Group):
    """Commands that exit with 2 whatever goes wrong."""

    def invoke(self, ctx: click.Context) -> object:
        # Whatever goes wrong must not end with exit status 1, with which diff says that two sets differ.
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(130)
        except BrokenPipeError:  # the reader went away; nothing more can be said, not even at the exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            ctx.exit(2)
        except OSError as error:
            where = f": {printable(str(error.filename))}" if error.filename else ""
            raise Failure(f"{error.strerror}{where}" if where else str(error)) from None
        except CapsetError as error:
            raise Failure(str(error)) from None
        except Exception:
            traceback.print_exc()
            ctx.exit(2)


def json_option(command: Any) -> Any:
    """Add ``--json`` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")(command)


def proc_option(command: Any) -> Any:
    """Add ``--proc`` to a command."""
    return click.option(
        "--proc", default="/proc", show_default=True, help="Another mount of proc, or a saved tree of it."
    )(command)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(library.__version__, prog_name="capset")
def capset() -> None:
    """Look at Linux capability sets: decode, compare and explain them.

    capset reads and computes; it never changes a capability on the system.
    """
