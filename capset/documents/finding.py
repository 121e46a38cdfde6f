"""Finding: what lint has to tell of a document, and that somebody has silenced it."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from capset.plain import Plain
from capset.printable import message

__all__ = ["Finding", "Level", "Silence", "Verdict"]

Verdict = Literal["refused", "ignored", "depends", "forbidden", "note"]
"""What becomes of what a finding is about: the verdicts of a :class:`~capset.problem.Problem`, and ``"forbidden"``
where a policy does not allow it."""

Level = Literal["error", "warning", "note"]
"""How bad a finding is, in the words of SARIF."""

_LEVELS: dict[Verdict, Level] = {"refused": "error", "forbidden": "error", "note": "note"}


@frozen(kw_only=True)
class Silence(Plain):
    """Why a finding does not count.

    Attributes:
        reason: The reason, as somebody wrote it.
        where: Where that is written: ``line 5`` of the document itself, or the name of a configuration file.
        inside: Whether it is written in the document itself.
    """

    reason: str
    where: str
    inside: bool = True


@frozen(kw_only=True)
class Finding(Plain):
    """Something that lint has to tell of a document.

    Attributes:
        file: The name of the document, as it was given to :func:`~capset.documents.read`.
        line: The line, counted from 1.
        column: The column in that line, in characters, counted from 1; None where that is not known for sure.
        rule: What kind of finding it is: a key of :data:`~capset.documents.RULES`.
        verdict: What becomes of it.
        message: What happens, and what to write instead, in words.
        workload: The label of the container or the unit; empty where it has none.
        place: Where in the document, such as ``services.web.cap_add[0]``.
        value: What stands there, as written.
        effect: Of what a policy does not allow: what the container would really get.
        silence: Why it does not count; None where it does.
    """

    file: str
    line: int
    column: int | None = None
    rule: str
    verdict: Verdict
    message: str
    workload: str = ""
    place: str = ""
    value: str = ""
    effect: str = ""
    silence: Silence | None = None

    @property
    def where(self) -> str:
        """The line and the place, in words."""
        return (
            self.place if self.place.startswith("line ") else f"line {self.line}{', ' * bool(self.place)}{self.place}"
        )

    @property
    def level(self) -> Level:
        """How bad it is: an error where nothing comes of the document, or a policy does not allow it."""
        return _LEVELS.get(self.verdict, "warning")

    @property
    def told(self) -> str:
        """The message, with the effect where there is one."""
        return message(f"{self.message}; {self.effect}" if self.effect else self.message)

    def __str__(self) -> str:
        at = f"{self.line}:{self.column}" if self.column else f"{self.line}"
        return f"{message(self.file) or '-'}:{at}: {self.rule}: {self.told}"
