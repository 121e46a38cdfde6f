"""``capset least``: the least sets of capabilities with which a command works, by trying."""

from __future__ import annotations

import json
import os
import shlex
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

import click

from capset.cli.group import json_option
from capset.cli.operands import engine_named, masks_and_names
from capset.cli.output import Failure, say, say_as_is, say_json, warn
from capset.cli.progress import progress
from capset.cli.tables import prose, table
from capset.cli.trying import FLAGS, Way, as_anybody, as_root, in_container
from capset.cli.users import uid_of
from capset.errors import clipped
from capset.least import Search, Trial, minimal_sets
from capset.sets import CapSet
from capset.summary import summary

__all__ = ["least"]

_EXIT_INTERRUPTED = 130
_INTERRUPTED = "interrupted"


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option(
    "--engine",
    "chosen",
    metavar="ENGINE[@VERSION][:FILE]",
    help=f"The command starts a container of this engine, with {FLAGS} where its options are to be.",
)
@click.option(
    "--user",
    default="0",
    metavar="NAME|UID",
    help="As root: which user runs it, in its own group alone; 0 if not given.",
)
@click.option(
    "--universe", metavar="CAPS", help="Only these are given, a mask or a list; all that can be, if not given."
)
@click.option("--hint", "hints", multiple=True, metavar="CAPS", help="A set that may do, to be tried first.")
@click.option("--one", is_flag=True, help="Stop at the first set that cannot be made smaller.")
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1), help="Try each set so many times.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Try so many sets at most.")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="What takes longer has failed."
)
@click.option("--trials", "path", metavar="FILE", help="Keep what was tried in a file, and do not try that again.")
@click.option("--dry-run", is_flag=True, help="Print what would be run with the first set, and run nothing.")
@json_option
@click.pass_context
def least(
    ctx: click.Context,
    command: tuple[str, ...],
    chosen: str | None,
    user: str,
    universe: str | None,
    hints: tuple[str, ...],
    one: bool,
    repeat: int,
    limit: int | None,
    timeout: float | None,
    path: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find the least sets of capabilities with which COMMAND works, by running it again and again.

    COMMAND is a test of the caller's: it succeeds, with exit status 0, where what is needed works, and may be run any
    number of times. What it does is done each time. Root runs it with a smaller bounding set, by setpriv(1), another
    user as root of a user namespace, and --engine in containers.

    It reads nothing and has no terminal; what it has started is ended with it.

    Exit status: 0 every set is decided, 1 not every one is, 2 an error, 130 interrupted.
    """
    way = _way(command, chosen, user, timeout, tell=as_json)
    within = way.universe if universe is None else masks_and_names(universe)
    if beyond := within - way.universe:
        raise Failure(f"--universe: {beyond} cannot be given by {way.title}")
    tried_first = [masks_and_names(each) for each in hints]
    for hint in tried_first:
        if beyond := hint - within:
            raise Failure(f"--hint: {beyond} is not among what is tried")
    if dry_run:
        _say_plan(way, (tried_first or [within])[0])
        return
    way.probe()
    kept = Kept(path, {"command": list(command), "how": way.title, "timeout": timeout})
    search, why = _search(way, within, tried_first, kept, every=not one, repeat=repeat, limit=limit)
    stopped = why == _INTERRUPTED
    if as_json:
        told = {"command": list(command), "how": way.title, "engine": way.engine and way.engine.name}
        say_json({**told, "interrupted": stopped, **search.as_dict()})
    else:
        _say(search, way, within, why)
    if why and not stopped:
        raise Failure(why)
    ctx.exit(_EXIT_INTERRUPTED if stopped else int(not search.complete))


def _way(command: tuple[str, ...], chosen: str | None, user: str, timeout: float | None, *, tell: bool) -> Way:
    """Return how the command is run, as the options say."""
    if chosen is not None:
        if user != "0":
            raise Failure("--user is for commands on this host; give a container its user by an option of its engine")
        return in_container(command, engine_named(chosen, tell=tell), timeout)
    if any(FLAGS in each for each in command):
        raise Failure(f"{FLAGS} stands for the options of an engine: name it, as in --engine docker")
    if not hasattr(os, "geteuid") or not os.path.exists("/proc/self/status"):
        raise Failure("only Linux runs a command with other sets; --engine starts containers elsewhere too")
    uid = uid_of(user, here=True)
    if os.geteuid() == 0:
        return as_root(command, uid, timeout)
    if uid:
        raise Failure("--user needs root, as nobody else may become another user")
    return as_anybody(command, timeout)


def _say_plan(way: Way, first: CapSet) -> None:
    say(f"With {summary(first)}, as {way.title}:")
    say_as_is(shlex.join(way.command(first)))


def _search(
    way: Way, within: CapSet, hints: list[CapSet], kept: Kept, *, every: bool, repeat: int, limit: int | None
) -> tuple[Search, str]:
    """Try sets until all is decided, or it cannot go on; say too why it could not: empty where it could.

    Raises:
        Failure: Not even one set could be tried.
    """
    known = kept.read()
    trials = [*known]
    why = ""
    with progress() as report, kept.open() as keep, _ended_in_order():

        def works(caps: CapSet) -> bool:
            report(f"set {len(trials) - len(known) + 1}: {summary(caps)}")
            return way.works(caps)

        def record(trial: Trial) -> None:
            trials.append(trial)
            keep(trial)

        try:
            minimal_sets(
                works,
                universe=within,
                hints=hints,
                all=every,
                repeat=repeat,
                known=known,
                limit=limit,
                record=record,
            )
        except KeyboardInterrupt:
            why = _INTERRUPTED
        except Failure as error:
            if len(trials) == len(known):
                raise
            why = error.message
    return Search(universe=within, trials=trials), why


@contextmanager
def _ended_in_order() -> Generator[None]:
    """Have a request to end (SIGTERM) taken as an interrupt, so that what a trial has started is ended with it."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Kept(NamedTuple):
    """The file in which trials are kept, a line of JSON each, below one that says what was tried."""

    path: str | None
    about: dict[str, Any]

    def read(self) -> list[Trial]:
        """Return the trials of the file; none where there is none yet.

        Raises:
            Failure: It cannot be read, or is about something else.
        """
        if self.path is None or not os.path.exists(self.path):
            return []
        try:
            with open(self.path, encoding="utf-8", errors="backslashreplace") as file:
                about, *lines = [*file] or [""]
                if lines and not lines[-1].endswith("\n"):
                    warn(f"{self.path}: the last line was cut off, and that set is tried again")
                    lines.pop()
        except OSError as error:
            raise Failure(f"cannot read {self.path}: {error.strerror}") from None
        if about and self._read(about, 1) != self.about:
            raise Failure(f"{self.path} has the trials of something else: {clipped(about.strip())}")
        return [Trial.from_dict(self._read(line, number)) for number, line in enumerate(lines, 2)]

    def _read(self, line: str, number: int) -> Any:
        try:
            return json.loads(line)
        except (ValueError, RecursionError) as error:
            remedy = "take that line out to have the others read"
            raise Failure(f"{self.path}, line {number}, is no trial ({error}): {remedy}") from None

    @contextmanager
    def open(self) -> Generator[Callable[[Trial], None]]:
        """Give what adds a trial to the file, at once, so that nothing is lost where the search is ended."""
        if self.path is None:
            yield lambda _trial: None
            return
        try:
            file = open(self.path, "a+", encoding="utf-8", newline="")  # noqa: SIM115 - the error is of opening alone
        except OSError as error:
            raise Failure(f"cannot write {self.path}: {error.strerror}") from None
        with file:
            file.seek(0)
            whole = file.read().rpartition("\n")
            file.truncate(len("".join(whole[:2]).encode()))  # without a line that was cut off
            if not file.tell():
                print(json.dumps(self.about), file=file, flush=True)
            yield lambda trial: print(json.dumps(trial.as_dict()), file=file, flush=True)


def _say(search: Search, way: Way, within: CapSet, why: str) -> None:
    """Print what was found, and how it is given."""
    if why:
        warn(f"{why if why == _INTERRUPTED else 'not all was tried'}: this is what the trials so far say")
    say(f"tried as {way.title}")
    say(str(search))
    if search.complete and not search.minimal:
        more = "What fails with all of them is no matter of capabilities alone: run it by hand with all, and see why."
        say(more if within == way.universe else "Others may do: try it without --universe.")
    if not search.minimal or search.minimal == (CapSet(),):
        return
    if way.engine is not None:
        rows = [[" and ".join(map(str, caps)), shlex.join(way.engine.flags(caps))] for caps in search.minimal]
        say()
        table([prose("capabilities"), prose(f"as {way.engine.name} is asked")], rows)
    else:
        say()
        say("To run it with the first of them:")
        say_as_is(shlex.join(way.command(search.minimal[0])))
