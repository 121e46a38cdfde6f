"""Write what is installed beside the command: its manual page, and what its shells need to complete it.

Both are made of what the command says of itself, kept beside this file, and put into the wheel:
``python docs/man/write.py`` writes them anew. A test holds that they are what the command says today.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import get_completion_class

import capset
import capset.cli.completion  # which brings what Bash needs
from capset.cli.examples import EXAMPLES
from capset.cli.group import GROUPS
from capset.cli.group import capset as command
from capset.cli.help import topic
from capset.cli.topics import TOPICS

PAGE = Path(__file__).with_name("capset.1")
COMPLETIONS = {"bash": "completion.bash", "zsh": "completion.zsh", "fish": "completion.fish"}
CHANGES = Path(__file__).parent.parent.parent / "CHANGELOG.md"


def page() -> str:
    """Return the manual page, in the macros of man(7)."""
    context = click.Context(command, info_name="capset", terminal_width=78)
    [date] = re.findall(rf"^## \[{re.escape(capset.__version__)}\] - (\S+)$", CHANGES.read_text("utf-8"), re.MULTILINE)
    lines = [
        '.\\" Written by docs/man/write.py.',
        f'.TH CAPSET 1 {date} "capset {capset.__version__}" "User Commands"',
        *(".SH NAME", r"capset \- look at Linux capability sets: decode, compare and explain them"),
        *(".SH SYNOPSIS", ".B capset", r"\fICOMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]"),
        *(".SH DESCRIPTION", *paragraphs(command.help or "")),
    ]
    for title, names in GROUPS.items():
        lines.append(f".SH {roff(title).upper()}")
        for name in names:
            found = command.get_command(context, name)
            assert found is not None
            lines += about(found)
    for name, title in TOPICS.items():
        lines += [f".SH {roff(title).upper()}", *as_it_is(topic(name, context).split("\n", 1)[1])]
    lines += [".SH SEE ALSO", ".BR capabilities (7),", ".BR capsh (1),", ".BR getcap (8)"]
    text = "\n".join(lines) + "\n"
    return re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", text, flags=re.MULTILINE)  # a section begins a paragraph by itself


def about(found: click.Command) -> Iterator[str]:
    """Write what there is to say of a command."""
    arguments = " ".join(metavar(param) for param in found.params if isinstance(param, click.Argument))
    yield from (f".SS {roff(f'capset {found.name} [OPTIONS] {arguments}'.strip())}", *paragraphs(found.help or ""))
    for param in found.params:
        if isinstance(param, click.Option):
            default = f" The default is {param.default}." if param.show_default else ""
            names = roff(" ".join([", ".join(param.opts), *([] if param.is_flag else [metavar(param)])]))
            yield from (".TP", f"\\fB{names}\\fR", roff(" ".join((param.help or "").split()) + default))
    for paragraph in (found.epilog or "").split("\n\n"):
        if not paragraph.startswith("\b\nExamples:"):
            yield from paragraphs(paragraph)
    for typed, told in EXAMPLES[str(found.name)]:
        yield from (".PP", roff(told), ".PP", ".RS", f"\\fB{roff(typed)}\\fR", ".RE")


def metavar(param: click.Parameter) -> str:
    """Return what stands for the value of a parameter."""
    if param.metavar:
        return param.metavar
    if isinstance(param.type, click.Choice):
        return f"[{'|'.join(param.type.choices)}]"
    if isinstance(param, click.Option):
        return param.type.name.upper()
    name = str(param.name).upper()
    return name if param.required else f"[{name}]"


def paragraphs(text: str) -> Iterator[str]:
    """Write a text of Click's, in which some paragraphs are to stay as they are."""
    for paragraph in filter(None, inspect.cleandoc(text).split("\n\n")):
        if paragraph.startswith("\b\n"):
            yield from as_it_is(paragraph.removeprefix("\b\n"))
        else:
            yield from (".PP", roff(" ".join(paragraph.split())))


def as_it_is(text: str) -> Iterator[str]:
    """Write lines that are not filled."""
    yield from (".PP", ".nf", *(roff(line) or "\\&" for line in inspect.cleandoc(text).split("\n")), ".fi")


def roff(text: str) -> str:
    """Write a text so that nothing in it is a request, and its signs are those that are typed."""
    signs = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
    written = text.translate(str.maketrans(signs))
    return f"\\&{written}" if written.startswith(".") else written


def completion(shell: str) -> str:
    """Return what a shell reads to complete the command; releases of Click differ in the blank lines at its end."""
    found = get_completion_class(shell)
    assert found is not None
    return found(command, {}, "capset", "_CAPSET_COMPLETE").source().strip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    for shell, name in COMPLETIONS.items():
        PAGE.with_name(name).write_text(completion(shell), "utf-8")
