"""Walks on paper: what puppets are told is written down, for other kernels to play, and compared with what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import field, frozen

from capset import CapSet, CapState, kernel, live
from capset.kernel import Credentials, Executable, Rules
from tests.live import puppet as wire
from tests.live.kernel_machine import Step, check
from tests.live.puppet import Answer

__all__ = ["PaperStage", "answers", "compare"]

ALL = CapSet.all()
ORDINARY, NOSUID = "/stage/ordinary", "/stage/mount/nosuid"


class PaperPuppet:
    """Whoever writes down what it is told, in the words of player.c and puppet.c."""

    first = None

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.lines.append("N")

    def tell(self, line: str) -> None:
        """Write down what it is to do."""
        self.lines.append(line)

    def call(self, name: str, *arguments: int) -> None:
        """Write down a system call; the machine is one of x86-64."""
        self.tell(" ".join(map(str, ["S", wire.SYSCALLS[name], *(argument % 2**64 for argument in arguments)])))

    def write_outside(self, file: str, text: str) -> None:
        """Write down what is written to one of its files in /proc."""
        self.tell(f"O {file} {text.replace(chr(10), ';')}")

    def close(self) -> None:
        """Do nothing: the next one ends it."""


@frozen
class PaperStage:
    """A stage in a machine that does not run yet, where the first thread has every capability.

    Attributes:
        rules: Those of its kernel.
        lines: The script: each line but those that make files is a puppet's start, or one step of it.
    """

    rules: Rules
    lines: list[str] = field(factory=list)
    teller = Credentials(caps=CapState(effective=ALL, permitted=ALL, bounding=ALL))
    has_nosuid = True

    def start(self) -> PaperPuppet:
        """Start a puppet."""
        return PaperPuppet(self.lines)

    def set(self, executable: Executable) -> str:
        """Write down how a file is to be; return what is executed."""
        path = NOSUID if executable.nosuid else ORDINARY
        caps = executable.caps.to_xattr().hex() if executable.caps is not None else "-"
        self.lines.append(f"F {path} {executable.uid} {executable.gid} {executable.mode:o} {caps}")
        if executable.script is None:
            return path
        script, path = executable.script, f"/stage/{Path(path).name}-script"
        self.lines.append(f"F {path} {script.uid} {script.gid} {script.mode:o} -")
        return path


class View:
    """A status file of which only the lines are told that have changed."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}

    def read(self, changed: Sequence[str]) -> live.ProcStatus:
        """Read it as it is now."""
        self.lines |= {line.partition(":")[0]: line for line in changed}
        return live.parse_status("\n".join([*self.lines.values(), ""]))


def answers(text: str) -> Iterator[Answer]:
    """Read what player.c prints between the release of its kernel and *the end*."""
    inside, outside = View(), View()
    for paragraph in text.split("\n\n"):
        head, *lines = paragraph.split("\n")
        result, errno, secure, bits = map(int, head.split())
        views = [
            view.read([line[1:] for line in lines if line[0] == key]) for key, view in (("i", inside), ("o", outside))
        ]
        yield Answer(result, errno, bool(secure), bits, *views)


def by_rules(step: Step, before: Credentials, rules: Rules) -> Step:
    """Make a step from where a thread is by the rules of another kernel."""
    told = getattr(kernel, f"explain_{step.call}")(before, *step.arguments, **step.keywords, rules=rules)
    number, after = told.error.errno if told.error else 0, told.after or before
    return step._replace(before=before, errno=number, after=after, secure=told.secure)


def compare(stage: PaperStage, steps: Iterable[Step], rules: Rules, text: str) -> Iterator[str]:
    """Return where a kernel and the model by its rules part, once a puppet: what comes after is another walk.

    Args:
        stage: On what the steps were made.
        steps: As they were made, by whatever rules.
        rules: Those of the kernel.
        text: What it has answered.
    """
    drawn, said, together = iter(steps), answers(text), True
    asked = [line for line in stage.lines if not line.startswith("F ")]
    for line, answer in zip(asked, said, strict=True):
        if line == "N":
            step, together = Step("start", stage.teller, (), {}, 0, stage.teller, secure=False), True
        else:
            step = by_rules(next(drawn), step.after, rules)
        if together:
            try:
                check(step, answer, stage.teller.user_ns)
            except AssertionError as error:
                together = False
                yield f"{line}: {error}"
    assert next(drawn, None) is None, "a step that nobody was told to make"
