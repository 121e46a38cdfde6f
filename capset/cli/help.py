"""``capset help``: of a command, and of what several commands have in common."""

from __future__ import annotations

from collections.abc import Iterable

import click

from capset.cli.group import COMMANDS
from capset.cli.output import Failure
from capset.cli.topics import TOPICS
from capset.printable import printable

__all__ = ["help_", "topic"]


@click.command(name="help")
@click.argument("subject", required=False)
@click.pass_context
def help_(ctx: click.Context, subject: str | None) -> None:
    """Show the help of a command, or of a topic that several commands share.

    SUBJECT is a command or a topic; without it, all of them are listed.
    """
    above = ctx.parent or ctx
    if subject is None:
        click.echo(above.get_help())
    elif subject in TOPICS:
        click.echo(topic(subject, above))
    elif isinstance(above.command, click.Group) and (command := above.command.get_command(above, subject)):
        with command.make_context(subject, [], parent=above, resilient_parsing=True) as inner:
            click.echo(inner.get_help())
    else:
        from difflib import get_close_matches

        known = [*COMMANDS, *TOPICS]
        close = get_close_matches(subject, known)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise Failure(f"there is no command and no topic {printable(subject)!r}: {hint}")


def topic(name: str, ctx: click.Context) -> str:
    """Write what is to be said of a topic."""
    formatter = ctx.make_formatter()
    with formatter.section(TOPICS[name]):
        if name in _TABLES:
            front, rows = _TABLES[name]()
            formatter.write_text(front)
            formatter.write_paragraph()
            formatter.write_dl([*rows])
        else:
            formatter.write_text(_operands() if name == "operands" else _TEXTS[name])
    return formatter.getvalue().rstrip("\n")


Table = tuple[str, Iterable[tuple[str, str]]]


def _dialects() -> Table:
    from capset.documents import DIALECTS

    front = "What is read is recognised; --from of lint and convert says it where a text may be in several."
    written = {True: "", False: " (only read)"}
    return front, [(each.name, each.about + written[each.is_written]) for each in DIALECTS.values()]


def _rules() -> Table:
    from capset.documents import RULES

    front = (
        "--select and --ignore take these names, and so do comments that silence a finding. The verdict of a finding "
        "is refused: it is not started like this; ignored: this part has no effect; depends: it has an effect for "
        "some engines, programs or policies and not for others, or that is not known; forbidden: a policy does not "
        "allow it. A note is no finding."
    )
    return front, [(each.id, each.meaning) for each in RULES.values()]


def _operands() -> str:
    from capset.cli.operands import OPERANDS

    return f"{OPERANDS}\nEach command says in its own help which of them it takes, and under which name."


_TABLES = {"dialects": _dialects, "rules": _rules}

_TEXTS = {
    "exit-statuses": """\
\b
0    it was done
1    diff found a difference, lint something to tell; what exec was asked
     about would be refused; with --exit-code, ps, files and why found
     what was asked for
2    an error: wrong usage, or something that could not be read
130  it was interrupted

What could not be read is never taken for nothing: the exit status is 2 then, also where other things were read.""",
    "engine-names": """\
An engine is named as ENGINE[@VERSION][:FILE]. Without a version it is the newest release that was read; a version may
be as short as you know it: docker@20.10, containerd@1.7.2. FILE configures some engines, such as
a containers.conf of Podman: podman:/etc/containers/containers.conf.

capset engines lists all of them, capset engines NAME all that is known of one, with its sources.""",
    "completion": """\
The shell completes commands, options, engines and their releases, capabilities, processes and files after one line in
its configuration:

\b
in ~/.bashrc
  eval "$(_CAPSET_COMPLETE=bash_source capset)"
in ~/.zshrc, below compinit
  eval "$(_CAPSET_COMPLETE=zsh_source capset)"
in ~/.config/fish/config.fish
  _CAPSET_COMPLETE=fish_source capset | source""",
}
