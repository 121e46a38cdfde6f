"""The group of all commands: it finds each by name, and says how they fail."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import copy
from importlib import import_module
from typing import Any

import click

from capset.cli.output import Failure, say
from capset.cli.terminal import fold, width
from capset.cli.topics import TOPICS
from capset.errors import CapsetError
from capset.printable import message, printable
from capset.sets import THREAD_SETS

__all__ = [
    "COMMANDS",
    "GROUPS",
    "capset",
    "exit_code_option",
    "json_option",
    "kernel_option",
    "proc_option",
    "set_option",
]

COMMANDS = {
    "can": ("can.can", "Say whether a process, or a container of an engine, can do something."),
    "compare": ("compare.compare", "Show sets beside each other, a column each."),
    "convert": ("convert.convert", "Write what FILE says of capabilities in another dialect."),
    "decode": ("decode.decode", "Write masks as names."),
    "diff": ("diff.diff", "Show what was added and dropped on the way from A to B."),
    "drift": (
        "drift.drift",
        "Show what changed from one snapshot of hosts to a later one, as capset snapshot writes them.",
    ),
    "engines": ("engines.engines", "List the container engines, with their releases, defaults and sources."),
    "exec": ("kernel.exec_", "Explain what executing PATH would do to capabilities."),
    "explain": (
        "explain.explain",
        "Say what a capability permits, since when, and what others say of its risk; or what an operation needs.",
    ),
    "files": ("files.files", "List the files with capabilities under PATH, a folder or a file."),
    "flags": ("containers.flags", "Print the fewest options that give a container exactly these capabilities."),
    "help": ("help.help_", "Show the help of a command, or of a topic that several commands share."),
    "least": (
        "least.least",
        "Find the least sets of capabilities with which COMMAND works, by running it again and again.",
    ),
    "lint": ("lint.lint", "Say what the containers or the units in FILE get, and what in it is refused or ignored."),
    "need": (
        "need.need",
        "Say which capability OPERATION needs, what else would do, and which option gives it.",
    ),
    "ps": ("ps.ps", "Show the capabilities of every process."),
    "recognise": (
        "containers.recognise",
        "Say how a process may have been started: by which engine, with which options.",
    ),
    "run": ("containers.run", "Show what a container would get."),
    "show": ("show.show", "Show the five capability sets of a process."),
    "snapshot": (
        "snapshot.snapshot",
        "Write the processes of this host, or of others, to FILE: a table with a row for each.",
    ),
    "used": ("used.used", "Say which capabilities a trace shows that were asked for, and the least that would do."),
    "why": ("kernel.why", "Say why PROCESS has, or has not, the capability CAP, and what would give it."),
}
"""The module and the function of each command, and the first sentence of its help, for which it need not load."""

GROUPS = {
    "Look at processes and sets": ("show", "ps", "snapshot", "drift", "files", "diff", "compare", "decode"),
    "Containers": ("engines", "run", "flags", "recognise"),
    "Documents": ("lint", "convert"),
    "What the kernel does": ("can", "need", "least", "used", "why", "exec", "explain"),
    "Help": ("help",),
}
"""All commands, in the order in which they are told."""


class Commands(click.Group):
    """Commands that load when they are called, and exit with 2 whatever goes wrong."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002, as click calls it
        """List the names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(".")
        command: click.Command = copy(getattr(import_module(f"capset.cli.{module}"), function))
        if ctx.resilient_parsing:  # a shell asks what may follow
            from capset.cli.completion import with_completion

            return with_completion(command)
        command.epilog = "\n\n".join(filter(None, ((command.epilog or "").rstrip("\n"), _examples(cmd_name))))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for, or say which one looks like it."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            close = get_close_matches(name, COMMANDS)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(COMMANDS)}"
            ctx.fail(f"there is no command {name!r}: {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write what each command does, without loading any."""
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, COMMANDS[name][1]) for name in names])
        with formatter.section("Topics, for capset help"):
            formatter.write_dl([(name, f"{title}.") for name, title in TOPICS.items()])

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Read the arguments; --help and --version are written here, and click's are no narrower than 50 by itself."""
        if (room := width(sys.stdout)) and room < 52:
            options["terminal_width"] = room - 2
        with _failing_with_2():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        with _failing_with_2():
            return super().invoke(ctx)


def _examples(command: str) -> str:
    from capset.cli.examples import EXAMPLES

    lines = [f"  {typed}\n      {about}" for typed, about in EXAMPLES[command]]
    return "\n".join(["\b", "Examples:", *lines])


@contextmanager
def _failing_with_2() -> Generator[None]:
    """Tell what goes wrong; it must not end with exit status 1, with which diff says that two sets differ."""
    try:
        yield
    except click.UsageError as error:  # a word of the command line may stand in it
        told = fold(f"Error: {message(error.format_message())}", width(sys.stderr))
        raise click.UsageError("\n".join(told).removeprefix("Error: "), error.ctx) from None
    except (click.ClickException, click.exceptions.Exit):
        raise
    except (KeyboardInterrupt, click.Abort):
        raise click.exceptions.Exit(130) from None
    except OSError as error:
        _let_go_of_output()
        if isinstance(error, BrokenPipeError):  # the reader went away, and wants to hear no more
            raise click.exceptions.Exit(2) from None
        where = f": {printable(str(error.filename))}" if error.filename else ""
        raise Failure(f"{error.strerror or error}{where}") from None
    except CapsetError as error:
        raise Failure(str(error)) from None
    except MemoryError:
        raise Failure("there is not enough memory") from None
    except Exception:
        click.echo(traceback.format_exc(), err=True, nl=False)
        raise click.exceptions.Exit(2) from None


def _let_go_of_output() -> None:
    """Write what is left, or give it up: it would fail once more at the exit, with another exit status."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def json_option(command: Any) -> Any:
    """Add ``--json`` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")(command)


def exit_code_option(found: str) -> Callable[[Any], Any]:
    """Add ``--exit-code`` to a command, which then ends with 1 where something is found."""
    return click.option("--exit-code", is_flag=True, help=f"Exit with 1 if {found}, 0 if not, 2 on an error.")


def proc_option(command: Any) -> Any:
    """Add ``--proc`` to a command."""
    return click.option(
        "--proc", default="/proc", show_default=True, help="Another mount of proc, or a saved tree of it."
    )(command)


def set_option(help: str, default: str | None = "effective") -> Callable[[Any], Any]:
    """Add ``--set``, one of the five sets of a thread."""
    return click.option(
        "--set", "which", type=click.Choice(THREAD_SETS), default=default, show_default=bool(default), help=help
    )


def kernel_option(command: Any) -> Any:
    """Add ``--kernel`` to a command."""
    told = "By this kernel's rules, as uname -r prints it; if not given, that of a live process, else the newest."
    return click.option("--kernel", "release", metavar="RELEASE", help=told)(command)


_VERSION = "Show the version, the facts that come with it and how old they are, and exit."


def _version(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from capset.cli.version import lines

        say("\n".join(lines()))
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help=_VERSION)
def capset() -> None:
    """Look at Linux capability sets: decode, compare and explain them.

    capset reads and computes; it never changes a capability on the system.
    """
