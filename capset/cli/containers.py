"""``capset run``, ``flags`` and ``recognise``: from a request to a container's sets, and back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from capset import engines
from capset.cli.group import json_option, proc_option, set_option
from capset.cli.operands import OPERANDS, engine_named, masks_and_names, operand, own_status
from capset.cli.output import Failure, releases_json, say, say_as_is, say_json, say_options, warn
from capset.cli.show import sets_of, show_sets
from capset.cli.subject import assumed, hint_of_bounding, tell
from capset.cli.tables import prose, say_risks, table, word
from capset.cli.users import user_in_container
from capset.engines.releases import releases_text
from capset.printable import printable
from capset.sets import CapSet

if TYPE_CHECKING:
    from capset.engines import Match

__all__ = ["flags", "recognise", "run"]


_ANOTHER = 1  # the number of a user who has but a name, and is not root: which it is makes no difference


def _available(_ctx: click.Context, _param: click.Parameter, value: str | None) -> CapSet | None:
    return None if value is None else masks_and_names(value)


available_option = click.option(
    "--available",
    metavar="CAPS",
    callback=_available,
    help="What the engine holds itself, a mask or a list; by default everything that capset knows.",
)


class _WithoutCommandLines(click.Command):
    """A command that takes no whole line for a container engine, and says what does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, unless they are such a line."""
        words = args[0].split() if len(args) == 1 else args
        if words[1:2] and words[1] in {"run", "create"} and engines.is_engine(words[0]):
            raise Failure(
                f"to read a whole command, give it in quotes to show: capset show {shlex.quote(' '.join(words))}"
            )
        return super().parse_args(ctx, args)


@click.command(cls=_WithoutCommandLines)
@click.argument("engine", metavar="ENGINE[@VERSION][:FILE]")
@click.option("--cap-add", "add", multiple=True, metavar="NAME", help="A name to add, as written for the engine.")
@click.option("--cap-drop", "drop", multiple=True, metavar="NAME", help="A name to drop.")
@click.option("--privileged", is_flag=True, help="A privileged container.")
@click.option(
    "--user",
    default="0",
    metavar="USER[:GROUP]",
    callback=user_in_container,
    help="Its user, a number or a name; 0 if not given.",
)
@click.option("--no-new-privs", is_flag=True, help="The container may gain no privileges.")
@available_option
@json_option
def run(
    engine: str,
    add: tuple[str, ...],
    drop: tuple[str, ...],
    privileged: bool,
    user: str,
    no_new_privs: bool,
    available: CapSet | None,
    as_json: bool,
) -> None:
    """Show what a container would get. Nothing is run.

    These are the five sets of the container's first process, as /proc shows them. FILE is the engine's configuration:
    containers.conf of Podman or Buildah, crio.conf, or the JSON of a Nomad agent; of other engines none is read.
    """
    chosen = engine_named(engine)
    request = engines.Request(add, drop, privileged=privileged, user=user, no_new_privs=no_new_privs)
    uid = _ANOTHER if request.uid is None else request.uid
    state = chosen.container(request, uid=uid, available=available)
    warnings = chosen.resolution(request, available=available).warnings
    taken = f"{user.partition(':')[0]} is taken for another user than root, as only the image knows its number"
    if as_json:
        about = _about(chosen)
        told = assumed(chosen) if request.uid is not None else [*assumed(chosen), taken]
        user_told = {"uid": request.uid, "user": user}
        say_json({**about, "assumed": told, **user_told, "caps": state.as_dict(), "warnings": list(warnings)})
        return
    asked = shlex.join(chosen.write(request))
    say(f"{chosen}, {printable(asked) or 'nothing asked for'}, user {user}{', no_new_privs' if no_new_privs else ''}")
    if request.uid is None:
        say(f"{taken}; all but root get the same.")
    show_sets(state)
    say_risks(*sets_of(state))
    difference = chosen.default.diff(state.bounding)
    say(f"The bounding set against the default{f' of {chosen}' if chosen.setting else ''}: {difference or 'the same'}")
    if uid and state.bounding and not state.effective:
        say(
            "Nothing is effective: for a user other than root execve(2) keeps only what is ambient, "
            f"and {chosen.title} makes nothing ambient for this request."
        )
    for warning in warnings:
        warn(warning)


@click.command(epilog=OPERANDS)
@click.argument("engine", metavar="ENGINE[@VERSION][:FILE]")
@click.argument("target")
@set_option("Which set of a process is the target.")
@available_option
@proc_option
@json_option
def flags(engine: str, target: str, which: str, available: CapSet | None, proc: str, as_json: bool) -> None:
    """Print the fewest options that give a container exactly these capabilities.

    They come on one line, ready for a shell, or, where the engine reads a file, one setting a line. TARGET is an
    operand.
    """
    chosen = engine_named(engine)
    aim = operand(target, proc)
    wanted = aim.one(which)
    request = chosen.request(wanted, available=available)
    written = chosen.write(request)
    if as_json:
        told = {**_about(chosen), "assumed": assumed(chosen, aim)}
        say_json({**told, "target": wanted.as_dict(), **_asked(request), "flags": written})
        return
    tell([aim])
    if which == "effective" and (hint := hint_of_bounding(aim)):
        warn(hint)
    if not written:
        warn(f"nothing to ask for: that is the default of {chosen}")
    elif written[0].startswith("-"):
        say_options(written)
    else:
        say_as_is("\n".join(written))


def _about(engine: engines.Engine) -> dict[str, object]:
    """Return as JSON has it which engine answers, and what was taken for granted."""
    file = printable(engine.setting.source) if engine.setting else None
    told = {"engine": engine.name, "version": engine.version, "configuration": file}
    return {**told, "assumed": assumed(engine)}


def _asked(request: engines.Request) -> dict[str, object]:
    return {"add": list(request.add), "drop": list(request.drop), "privileged": request.privileged}


@click.command(epilog=OPERANDS)
@click.argument("process")
@click.option("--all", "everything", is_flag=True, help="Every explanation, not just those with the fewest options.")
@available_option
@proc_option
@json_option
def recognise(process: str, everything: bool, available: CapSet | None, proc: str, as_json: bool) -> None:
    """Say how a process may have been started: by which engine, with which options.

    These give the first process of a container exactly the five sets of PROCESS. It is an operand that has five sets; a
    mask alone is not enough.
    """
    seen = operand(process, proc, alone=True)
    state = seen.five("recognise")
    matches = engines.recognise(state, uid=seen.uid, available=available)
    if as_json:
        told = {"process": printable(seen.label), "matches": [_match_json(match) for match in matches]}
        say_json({**told, "assumed": assumed(seen)})
        return
    tell([seen])
    say(printable(seen.label))
    if not matches:
        say("No engine that capset knows gives these sets to the first process of a container.")
        return
    shown = [match for match in matches if everything or match.request.size == matches[0].request.size]
    table([word("engine"), prose("releases"), word("user"), prose("options")], [_row(match) for match in shown])
    if len(matches) > 1:
        say(f"These sets alone do not tell which of the {len(matches)} it was.")
    if len(shown) < len(matches):
        say(f"{len(matches) - len(shown)} of them need more options, and are listed with --all.")
    if (own := own_status()) and state.bounding == own.caps.bounding:
        say("This command has the same bounding set: the process may be in no container, or in the same one.")


def _row(match: Match) -> list[str]:
    asked = shlex.join(match.flags) or "none"
    if match.also_privileged:
        asked += f", or {shlex.join(match.engine.write(engines.Request(privileged=True)))}"
    user = "root" if match.root else "not root"
    return [match.engine.name, releases_text(match.releases), user, asked]


def _match_json(match: Match) -> dict[str, object]:
    told = {"engine": match.engine.name, "releases": releases_json(match.releases), "root": match.root}
    also = {"also_privileged": match.also_privileged, "flags": match.flags}
    return {**told, **_asked(match.request), **also}
