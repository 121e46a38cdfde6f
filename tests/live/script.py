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

__all__ = ["PaperStage", "answers", "compare", "made_by"]

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


def made_by(rules: Rules, stage: PaperStage, steps: Iterable[Step]) -> Iterator[tuple[str, Step]]:
    """Make what was drawn by the rules of another kernel; return each line that is answered, and its step."""
    drawn, cred = iter(steps), stage.teller
    for line in stage.lines:
        if line == "N":
            cred = stage.teller
            yield line, Step("start", cred, (), {}, 0, cred, secure=False)
        elif not line.startswith("F "):
            step = next(drawn)
            told = getattr(kernel, f"explain_{step.call}")(cred, *step.arguments, **step.keywords, rules=rules)
            number, after = told.error.errno if told.error else 0, told.after or cred
            yield line, step._replace(before=cred, errno=number, after=after, secure=told.secure)
            cred = after
    assert next(drawn, None) is None, "a step that nobody was told to make"


def compare(made: Iterable[tuple[str, Step]], text: str, teller: Credentials) -> Iterator[str]:
    """Return where kernel and model part, once a puppet: what comes after is another walk.

    Args:
        made: What the model makes by the rules of the kernel.
        text: What the kernel has answered.
        teller: Who looks at the puppets from outside.
    """
    together = True
    for (line, step), answer in zip(made, answers(text), strict=True):
        together = together or line == "N"
        if together:
            try:
                check(step, answer, teller.user_ns)
            except AssertionError as error:
                together = False
                yield f"{line}: {error}"
