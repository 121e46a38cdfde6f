"""What a shell completes: engines and their releases, capabilities, processes, files, rules.

It loads when a shell asks, and at no other time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial
from typing import Any, TypeAlias

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

from capset.cli.topics import TOPICS
from capset.printable import printable

__all__ = ["COMPLETERS", "FREE", "Bash", "with_completion"]

_ACTIVE = re.compile(r"([^\w@%+=:,./-])")  # what a shell may take for something else than a letter
_ESCAPED = r"\\\1"

Item: TypeAlias = "CompletionItem[Any]"  # in older releases of Click it has no parameter when it runs
Completer: TypeAlias = Callable[[click.Context, str], Iterable["Item"]]


class Bash(BashComplete):
    """Bash, for which a word ends at a colon, an = and an @ too: those of capset are put together again."""

    source_template = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            open) COMPREPLY+=("$value"); compopt -o nospace ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_LINE="${COMP_LINE:0:$COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    @staticmethod
    def _check_version() -> None:
        """Ask nothing: whoever has a Bash before 4.4 is told by it."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Divide the line as it is typed up to the cursor."""
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        begun = words.pop() if words and not line[-1:].isspace() else ""
        value = begun.partition("=")[2] if begun.startswith("--") else begun
        ends = [at for at, char in enumerate(value, 1) if char in os.environ.get("COMP_BREAKS", "")]
        self.typed = value[: max(ends, default=0)]  # what Bash takes for other words, and keeps
        return words[1:], begun

    def format_completion(self, item: Item) -> str:
        """Write what is to follow what Bash keeps."""
        kind = "open" if item.open else item.type
        value = str(item.value).removeprefix(self.typed)
        return f"{kind},{value if kind in {'file', 'dir'} else _ACTIVE.sub(_ESCAPED, value)}"


add_completion_class(Bash)


def with_completion(command: click.Command) -> click.Command:
    """Return a command whose parameters are completed by :data:`COMPLETERS`."""
    found = copy(command)
    found.params = [_completed(param) for param in command.params]
    return found


def _completed(param: click.Parameter) -> click.Parameter:
    if param.name not in COMPLETERS or isinstance(param.type, click.Choice):
        return param
    found = copy(param)
    vars(found)["shell_complete"] = partial(_complete, COMPLETERS[param.name])
    return found


def _complete(completer: Completer, ctx: click.Context, begun: str) -> list[Item]:
    return [item for item in completer(ctx, begun) if item.type != "plain" or str(item.value).startswith(begun)]


def _engines(_ctx: click.Context, begun: str) -> Iterator[Item]:
    from capset import engines

    name, at, _ = begun.partition("@")
    if not at:
        yield from (CompletionItem(each, help=engines.get(each).title) for each in engines.names())
    elif name in engines.names():
        releases = (release.since for each in engines.versions(name) for release in each.releases)
        yield from (CompletionItem(f"{name}@{since}") for since in releases if since)


def _capabilities(_ctx: click.Context, begun: str) -> Iterator[Item]:
    from capset import Cap

    front, comma, last = begun.rpartition(",")
    for cap in Cap:
        name = str(cap) if last.lower().startswith("cap_") else str(cap).removeprefix("CAP_")
        yield CompletionItem(f"{front}{comma}{name if last[:1].isupper() else name.lower()}", help=cap.info.summary)


def _processes(ctx: click.Context, _begun: str) -> Iterator[Item]:
    proc = str(ctx.params.get("proc") or "/proc")
    yield CompletionItem("pid:self", help="this command")
    try:
        pids = sorted(int(each) for each in os.listdir(proc) if each.isascii() and each.isdigit())
    except OSError:
        return
    yield from (CompletionItem(f"pid:{pid}", help=_name(proc, pid)) for pid in pids)


def _name(proc: str, pid: int) -> str | None:
    try:
        with open(os.path.join(proc, str(pid), "comm"), "rb") as file:
            return printable(os.fsdecode(file.read(64).rstrip(b"\n"))) or None
    except OSError:
        return None


def _paths(_ctx: click.Context, begun: str) -> Iterator[Item]:
    """List the files behind ``file:``; for a path alone the shell does that itself."""
    folder, slash, last = begun.removeprefix("file:").rpartition("/")
    try:
        names = sorted(os.listdir(folder + slash or "."))
    except OSError:
        return
    for name in names:
        path = f"{folder}{slash}{name}"
        if name.isprintable() and (last[:1] == "." or name[:1] != "."):
            inside = os.path.isdir(path)
            yield CompletionItem(f"file:{path}{'/' * inside}", open=inside)


def _operands(ctx: click.Context, begun: str) -> Iterator[Item]:
    if begun.startswith("pid:"):
        yield from _processes(ctx, begun)
    elif begun.startswith("file:"):
        yield from _paths(ctx, begun)
    else:
        yield CompletionItem("pid:", help="a process", open=True)
        yield CompletionItem("file:", help="a saved status", open=True)
        yield from _engines(ctx, begun)
        yield from _capabilities(ctx, begun)


def _files(_ctx: click.Context, begun: str) -> Iterator[Item]:
    yield CompletionItem(begun, type="file")


def _folders(_ctx: click.Context, begun: str) -> Iterator[Item]:
    yield CompletionItem(begun, type="dir")


def _rules(_ctx: click.Context, begun: str) -> Iterator[Item]:
    from capset.documents import RULES

    front, comma, _ = begun.rpartition(",")
    yield from (CompletionItem(f"{front}{comma}{rule}", help=RULES[rule].meaning) for rule in RULES)


def _policies(_ctx: click.Context, _begun: str) -> Iterator[Item]:
    from capset.policy import scc_names

    yield from map(CompletionItem, ("baseline", "restricted", *(f"scc:{name}" for name in scc_names())))


def _capabilities_and_deeds(ctx: click.Context, begun: str) -> Iterator[Item]:
    yield from _capabilities(ctx, begun)
    yield from _deeds(ctx, begun)


def _deeds(_ctx: click.Context, _begun: str) -> Iterator[Item]:
    from capset import operations

    yield from (CompletionItem(each.id, help=each.title) for each in operations.table())


def _areas(_ctx: click.Context, _begun: str) -> Iterator[Item]:
    from capset import operations

    yield from map(CompletionItem, operations.areas())


def _scopes(_ctx: click.Context, _begun: str) -> Iterator[Item]:
    from capset import operations

    yield from (CompletionItem(each.name, help=each.title) for each in operations.scopes())


def _sysctls(_ctx: click.Context, _begun: str) -> Iterator[Item]:
    from capset import operations

    named = {name for each in operations.table() for made in each.conditions for name in made.settings if "." in name}
    yield from (CompletionItem(f"{name}=", open=True) for name in sorted(named))


def _noise(_ctx: click.Context, _begun: str) -> Iterator[Item]:
    from capset import observed

    yield from (CompletionItem(rule.name, help=rule.why) for rule in observed.rules())


def _subjects(ctx: click.Context, begun: str) -> Iterator[Item]:
    above = ctx.find_root()
    yield from above.command.shell_complete(above, begun)
    yield from (CompletionItem(name, help=told) for name, told in TOPICS.items())


COMPLETERS: dict[str | None, Completer] = {
    **dict.fromkeys(("engine", "chosen", "reads", "writes", "against"), _engines),
    **dict.fromkeys(
        ("cap", "caps", "add", "drop", "available", "has", "lacks", "universe", "hints", "held"), _capabilities
    ),
    **dict.fromkeys(("a", "b", "operand", "operands", "texts", "values", "target"), _operands),
    **dict.fromkeys(("pid", "process", "who"), _operands),
    "names": _capabilities_and_deeds,
    "words": _deeds,
    "area": _areas,
    "scope_name": _scopes,
    "sysctls": _sysctls,
    **dict.fromkeys(("file", "files", "path", "config", "used", "sources", "before", "after"), _files),
    "proc": _folders,
    **dict.fromkeys(("select", "ignore"), _rules),
    "off": _noise,
    "policy": _policies,
    "subject": _subjects,
}
"""By the name of a parameter, in whichever command: what may stand there."""

FREE = frozenset(
    {"name", "systemd", "exclude", "release", "thread", "wanted", "uid", "user", "users", "securebits"}
    | {"command", "commands", "containers", "repeat", "limit", "timeout", "host", "when", "since", "until"}
)
"""Parameters of which nobody can know what is meant; those with a choice are completed by Click."""
