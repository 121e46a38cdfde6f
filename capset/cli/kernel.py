"""``capset exec`` and ``capset why``: what the kernel's rules make of a process."""

from __future__ import annotations

from typing import Any

import click
from attrs import evolve

from capset import live
from capset.cli.containers import available_option
from capset.cli.group import exit_code_option, json_option, proc_option
from capset.cli.operands import engine_named, pid_or_self, saved_status
from capset.cli.output import Failure, say, say_json
from capset.engines import Request
from capset.errors import ProcUnavailableError
from capset.kernel import NEWEST, Credentials, Explanation, Rules, explain_execve
from capset.kernel import why as answer
from capset.printable import printable
from capset.sets import CapSet

__all__ = ["exec_", "why"]


def kernel_option(command: Any) -> Any:
    """Add ``--kernel`` to a command."""
    told = "By this kernel's rules, as uname -r prints it; if not given, that of a live process, else the newest."
    return click.option("--kernel", "release", metavar="RELEASE", help=told)(command)


@click.command(name="exec")
@click.argument("path")
@click.option("--pid", metavar="PROCESS", help="Who executes it: a process id or file:PATH; this command if not given.")
@click.option(
    "--engine", metavar="ENGINE[@VERSION][:FILE]", help="A container of this engine executes it as its first program."
)
@click.option("--cap-add", "add", multiple=True, metavar="NAME", help="With --engine: a name to add.")
@click.option("--cap-drop", "drop", multiple=True, metavar="NAME", help="With --engine: a name to drop.")
@click.option("--privileged", is_flag=True, help="With --engine: a privileged container.")
@click.option(
    "--user",
    "uid",
    type=click.IntRange(0, 2**32 - 2),
    metavar="UID",
    help="With --engine: the user id, 0 if not given.",
)
@click.option("--no-new-privs", is_flag=True, help="With no_new_privs set.")
@available_option
@kernel_option
@proc_option
@json_option
def exec_(
    path: str,
    pid: str | None,
    engine: str | None,
    add: tuple[str, ...],
    drop: tuple[str, ...],
    privileged: bool,
    uid: int | None,
    no_new_privs: bool,
    available: CapSet | None,
    release: str | None,
    proc: str,
    as_json: bool,
) -> None:
    """Explain what executing PATH would do to capabilities. Nothing is executed.

    PATH is a program or a script, of which the interpreter counts. It is looked at here, not in an image, and not
    looked for in $PATH. Whether it is a program at all, and noexec mounts, do not count here. AT_SECURE makes a program
    ignore LD_PRELOAD and the like.

    Exit status: 0 it would be executed, 1 the rules refuse it, 2 an error.
    """
    if engine is None:
        if add or drop or privileged or uid is not None or available is not None:
            raise Failure(
                "--cap-add, --cap-drop, --privileged, --user and --available are about a container: give --engine"
            )
        cred, rules = _credentials(pid or "self", proc, release)
    elif pid is not None:
        raise Failure("either --pid or --engine executes it: give one of them")
    else:
        request = Request(add, drop, privileged=privileged)
        rules = NEWEST if release is None else Rules.of(release)
        cred = engine_named(engine, tell=as_json).credentials(request, uid=uid or 0, available=available, rules=rules)
    if no_new_privs:
        cred = evolve(cred, no_new_privs=True)
    explanation = explain_execve(cred, live.executable(path), rules=rules)
    if as_json:
        say_json(_explanation_json(explanation))
    else:
        say(str(explanation))
    click.get_current_context().exit(int(explanation.error is not None))


@click.command()
@click.argument("process")
@click.argument("cap")
@kernel_option
@exit_code_option("it is effective")
@proc_option
@json_option
def why(process: str, cap: str, release: str | None, exit_code: bool, proc: str, as_json: bool) -> None:
    """Say why PROCESS has, or has not, the capability CAP, and what would give it.

    PROCESS is a process id, "self", or file:PATH, a saved /proc/PID/status.
    """
    cred, rules = _credentials(process, proc, release)
    told = answer(cred, cap, rules=rules)
    if as_json:
        say_json(
            {
                "capability": str(told.cap),
                "sets": list(told.sets),
                "effective": told.effective,
                "verdict": told.verdict,
                "ways": [{"what": way.what, "gives": way.gives, "because": way.because} for way in told.ways],
                "histories": [{"title": history.title, "says": history.says} for history in told.histories],
                "kernel": told.rules.release or None,
                "assumed": list(told.assumed),
            }
        )
    else:
        say(printable_lines(str(told)))
    if exit_code:
        if told.effective is None:
            raise Failure(f"whether {told.cap} is effective is not known")
        click.get_current_context().exit(int(told.effective))


def printable_lines(text: str) -> str:
    """Make each line of a text safe to show."""
    return "\n".join(map(printable, text.split("\n")))


def _credentials(process: str, proc: str, release: str | None) -> tuple[Credentials, Rules]:
    """Read the credentials of whom a person names, and find the rules of the kernel."""
    cred = _read(process, proc)
    if release is not None:
        rules = Rules.of(release)
        return rules.fit(cred), rules
    try:
        if not process.startswith("file:"):
            return cred, live.kernel_rules(proc=proc)
    except ProcUnavailableError:  # a saved tree may be without it
        pass
    return cred, Rules.supposed(cred)


def _read(process: str, proc: str) -> Credentials:
    if process.startswith("file:"):
        return saved_status(process.removeprefix("file:")).credentials()
    pid = pid_or_self(process.removeprefix("pid:"))
    if pid == "self" and proc == "/proc":
        try:
            return live.credentials()  # this command has one thread
        except ModuleNotFoundError:  # without python-prctl the securebits are assumed
            return live.credentials("self")
    return live.credentials(pid, proc=proc)


def _explanation_json(explanation: Explanation) -> dict[str, object]:
    after = explanation.after
    return {
        "call": printable(explanation.call),
        "errno": None if explanation.error is None else explanation.error.errno,
        "error": None if explanation.error is None else str(explanation.error),
        "secure": explanation.secure,
        "notes": list(explanation.notes),
        "uids": None if after is None else after.uids._asdict(),
        "gids": None if after is None else after.gids._asdict(),
        "caps": None if after is None else after.caps.as_dict(),
        "reasons": [
            {
                "set": reason.set,
                "capability": str(reason.cap),
                "change": reason.change,
                "rule": reason.rule.name,
                "why": reason.why,
            }
            for reason in explanation.reasons
        ],
        "kernel": explanation.rules.release or None,
        "assumed": list(explanation.assumed),
    }
