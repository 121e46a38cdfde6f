"""``capset exec`` and ``capset why``: what the kernel's rules make of a process."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, cast

import click
from attrs import evolve

from capset import live
from capset.cli.containers import available_option
from capset.cli.group import exit_code_option, json_option, kernel_option, proc_option
from capset.cli.operands import OPERANDS, engine_named, operand
from capset.cli.output import Failure, say, say_json
from capset.cli.subject import Subject
from capset.engines import Request
from capset.errors import ProcUnavailableError
from capset.kernel import NEWEST, Answer, Credentials, Executable, Explanation, Rules, execve, explain_execve
from capset.kernel import why as answer
from capset.printable import printable
from capset.securebits import Securebits
from capset.sets import CapSet

__all__ = ["exec_", "why"]


def _securebits(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Securebits | None:
    if value is None:
        return None
    bits = Securebits(0)
    for word in re.split(r"[|,\s]+", value.strip()):
        name = word.upper().replace("-", "_").removeprefix("SECBIT_")
        if name.isdecimal() and int(name) < 2**32:
            bits |= Securebits(int(name))
        elif name in Securebits.__members__:
            bits |= Securebits[name]
        else:
            known = ", ".join(each.name.lower() for each in Securebits if each.name)
            raise Failure(f"no securebit is called {word!r}: known are {known}")
    return bits


def thread_options(command: Any) -> Any:
    """Add to a command what a status file does not say of a thread."""
    told = "With these securebits, which no status file says: names such as noroot,keep_caps, or a number."
    command = click.option("--securebits", metavar="BITS", callback=_securebits, help=told)(command)
    return click.option("--no-new-privs", is_flag=True, help="With no_new_privs set.")(command)


_ANOTHER = 1000  # for any user but root the kernel does the same


@click.command(name="exec", epilog=OPERANDS)
@click.argument("path")
@click.option("--pid", metavar="OPERAND", help="Who executes it; this command if not given.")
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
    help="With --engine: the user id, 0 if not given; else that of --pid, if it says none.",
)
@thread_options
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
    securebits: Securebits | None,
    available: CapSet | None,
    release: str | None,
    proc: str,
    as_json: bool,
) -> None:
    """Explain what executing PATH would do to capabilities. Nothing is executed.

    PATH is a program, or a script, for which its interpreter counts. It is looked at here, not in an image, and not
    looked for in $PATH; file:PATH and - are what getcap and the like print of one program. Whether it is a program at
    all, and noexec mounts, do not count here. AT_SECURE makes a program ignore LD_PRELOAD and the like.

    Exit status: 0 it would be executed, 1 the rules refuse it, 2 an error.
    """
    if engine is None:
        if add or drop or privileged or (uid is not None and pid is None) or available is not None:
            raise Failure(
                "--cap-add, --cap-drop, --privileged, --user and --available are about a container: give --engine"
            )
        cred, rules = _credentials(operand(pid or "self", proc, alone=True), uid, "--user", proc, release)
    elif pid is not None:
        raise Failure("either --pid or --engine executes it: give one of them")
    else:
        request = Request(add, drop, privileged=privileged)
        rules = NEWEST if release is None else Rules.of(release)
        cred = engine_named(engine, tell=as_json).credentials(request, uid=uid or 0, available=available, rules=rules)
    cred = _as_given(cred, no_new_privs, securebits)
    explanation = explain_execve(cred, _executable(path, proc), rules=rules)
    if as_json:
        say_json(_explanation_json(explanation))
    else:
        say(str(explanation))
    click.get_current_context().exit(int(explanation.error is not None))


def _executable(path: str, proc: str) -> Executable:
    """Look at a program, or take its capabilities from what a tool says of it."""
    if path != "-" and not path.startswith("file:"):
        return live.executable(path)
    subject = operand(path, proc)
    if subject.file_caps is None or subject.unknown:
        told = (
            f": {subject.unknown}" if subject.unknown else " says nothing of a program's capabilities, as getcap does"
        )
        raise Failure(f"{subject.label}{told}")
    return Executable(caps=subject.file_caps)


@click.command(epilog=OPERANDS)
@click.argument("process")
@click.argument("cap")
@click.option("--uid", type=click.IntRange(0, 2**32 - 2), metavar="UID", help="Its user id, if no row says it.")
@thread_options
@kernel_option
@exit_code_option("it is effective")
@proc_option
@json_option
def why(
    process: str,
    cap: str,
    uid: int | None,
    no_new_privs: bool,
    securebits: Securebits | None,
    release: str | None,
    exit_code: bool,
    proc: str,
    as_json: bool,
) -> None:
    """Say why PROCESS has, or has not, the capability CAP, and what would give it.

    PROCESS is an operand with five sets, and what more it says counts. With rows of the sets alone, --uid says who it
    is; without it, the answer is for root and for another user. Of an engine, it is the first process of a container.
    """
    subject = operand(process, proc, alone=True)
    unsaid = uid is None and not as_json and subject.lacks_user and not subject.not_root
    answers: list[Answer] = []
    for each in (0, _ANOTHER) if unsaid else (uid,):
        cred, rules = _credentials(subject, each, "--uid", proc, release)
        answers.append(answer(_as_given(cred, no_new_privs, securebits), cap, rules=rules))
    told = answers[0]
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
    elif unsaid:
        say("Nothing says which user it is; --uid does.")
        for title, one in zip(("If it is root", "If it is another user, such as 1000"), answers, strict=True):
            say(f"\n{title}:\n{printable_lines(str(one))}")
    else:
        say(printable_lines(str(told)))
    if exit_code:
        if told.effective is None:
            raise Failure(f"whether {told.cap} is effective is not known")
        click.get_current_context().exit(int(told.effective))


def printable_lines(text: str) -> str:
    """Make each line of a text safe to show."""
    return "\n".join(map(printable, text.split("\n")))


def _as_given(cred: Credentials, no_new_privs: bool, securebits: Securebits | None) -> Credentials:
    """Put in what options say, in the place of what was assumed."""
    if no_new_privs:
        cred = evolve(cred, no_new_privs=True, assumed=_without("no_new_privs", cred))
    if securebits is not None:
        cred = evolve(cred, securebits=securebits, assumed=_without("the securebits", cred))
    return cred


def _without(what: str, cred: Credentials) -> list[str]:
    return [told for told in cred.assumed if not told.startswith(what)]


def _credentials(
    subject: Subject, uid: int | None, option: str, proc: str, release: str | None
) -> tuple[Credentials, Rules]:
    """Return the credentials of whom a person names, and find the rules of the kernel."""
    if subject.engine is not None:
        rules = NEWEST if release is None else Rules.of(release)
        first = subject.engine.credentials(uid=uid or 0, rules=rules)
        return execve(first, Executable(), rules=rules), rules
    cred = _read(subject, uid, option, proc)
    cred = evolve(cred, assumed=dict.fromkeys([*subject.assumed, *cred.assumed]))
    if release is not None:
        rules = Rules.of(release)
        return rules.fit(cred), rules
    if subject.pid is not None:
        with suppress(ProcUnavailableError):  # a saved tree may be without it
            return cred, live.kernel_rules(proc=proc)
    return cred, Rules.supposed(cred)


def _read(subject: Subject, uid: int | None, option: str, proc: str) -> Credentials:
    if subject.pid is None:
        return _of_rows(subject, uid, option)
    if uid is not None:
        raise Failure(f"{subject.label} says itself which user it is: leave {option} out")
    if subject.pid in {"self", "thread-self"} and proc == "/proc":
        try:
            return live.credentials()  # this command has one thread
        except ModuleNotFoundError:  # without python-prctl the securebits are assumed
            return live.credentials("self")
    return live.credentials(subject.pid, proc=proc)


def _of_rows(subject: Subject, uid: int | None, option: str) -> Credentials:
    """Make credentials of what was saved of a thread."""
    subject.five("this command")
    rows = cast("live.StatusRows", subject.thread)
    if uid is None and subject.not_root:
        uid = _ANOTHER
    if (rows.uids is None) is (uid is None):
        told = f"nothing says which user it is: give {option} UID"
        if uid is not None:
            told = f"it says itself which user it is: leave {option} out"
        raise Failure(f"{subject.label}: {told}")
    return rows.credentials(uid=uid)


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
