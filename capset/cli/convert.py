"""``capset convert``: from one way of writing capabilities to another, and what is lost on the way."""

from __future__ import annotations

import click

from capset import documents
from capset.cli.inputs import slashed
from capset.cli.operands import engine_named
from capset.cli.output import Failure, say_as_is, warn
from capset.cli.reading import read_document
from capset.documents import DIALECTS
from capset.printable import printable

__all__ = ["convert"]

_TARGETS = [name for name, dialect in DIALECTS.items() if dialect.is_written]


class _WithDialects(click.Command):
    """A command whose help ends with what each dialect is."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each, which lists of so many are no place for."""
        with formatter.section("Dialects (* is read, and not written)"):
            formatter.write_dl(
                [(f"{name}{'' if dialect.is_written else '*'}", dialect.about) for name, dialect in DIALECTS.items()]
            )
        super().format_epilog(ctx, formatter)


@click.command(cls=_WithDialects)
@click.argument("file", default="-")
@click.option("--to", "target", type=click.Choice(_TARGETS), metavar="DIALECT", help="How to write it; needed.")
@click.option(
    "--from",
    "dialect",
    type=click.Choice([*DIALECTS]),
    metavar="DIALECT",
    help="How FILE is written, if it is not recognised.",
)
@click.option("--name", metavar="NAME", help="One of several containers.")
@click.option(
    "--reads", metavar="ENGINE[@VERSION][:FILE]", help="What FILE was written for: docker, or containerd for pods."
)
@click.option("--writes", metavar="ENGINE[@VERSION][:FILE]", help="What it is written for: likewise.")
def convert(
    file: str, target: str | None, dialect: str | None, name: str | None, reads: str | None, writes: str | None
) -> None:
    """Write what FILE says of capabilities in another dialect.

    FILE is standard input if not given. What the one dialect has no place for, what the target of the other does not
    take, and what one engine gives in another way than the other, is told on standard error.
    """
    if target is None:
        raise click.UsageError(f"--to DIALECT has to be given, one of {', '.join(_TARGETS)}")
    read = read_document(slashed(file), dialect)
    workloads = read if name is None else [each for each in read if each.name == name]
    if name is not None and not workloads:
        known = ", ".join(printable(each.name) for each in read if each.name) or "none, as this dialect has no names"
        raise Failure(f"there is no container {printable(name)!r}: known are {known}")
    reader, writer = (None if each is None else engine_named(each) for each in (reads, writes))
    conversion = documents.convert(workloads, target, reads=reader, writes=writer)
    for loss in conversion.losses:
        warn(str(loss))
    say_as_is(conversion.text)
