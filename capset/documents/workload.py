"""Workload: one container, unit or file in a document, and what is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from attrs import evolve, field, fields, frozen

from capset.engines.engine import Engine
from capset.engines.request import Request
from capset.errors import FormatError, clipped, require, shown
from capset.filecaps import FileCaps
from capset.formats import audit
from capset.formats.audit import Execution
from capset.formats.document import Node
from capset.formats.kubernetes import Pod
from capset.formats.oci import Process
from capset.formats.printed import Who
from capset.formats.systemd import Manager, Unit
from capset.live.rows import StatusRows
from capset.plain import Plain
from capset.problem import Problem
from capset.sets import THREAD_SETS
from capset.shown import Shown
from capset.state import CapState

__all__ = ["Workload", "listed"]


_NO_LINES: Mapping[str, int] = {}
_NO_FILES: Mapping[str, str] = {}


@frozen(kw_only=True, repr=False)
class Workload(Plain, Shown):
    """One container, unit or file in a document, and what the document asks for it.

    One of the five attributes from ``request`` to ``state`` has what is asked, whichever the dialect is about; the
    others are None, but for a ``state`` beside a ``request``, which is what an engine has made of it. All five are
    None where the document has a part of which nothing can be made, so that no part is lost without a word:
    ``problems`` say what it is. So they are where the part tells of ``checks``, which are no sets.

    Attributes:
        name: The name of the container, or of the unit if the text says it, as ``systemctl cat`` does, and else of its
            section; empty where there is none.
        within: The name of the pod in which the container is; empty where it is in none.
        dialect: The name of the dialect in which the document is written; empty where it could not be read.
        source: The name of the document, as it was given to :func:`~capset.documents.read`.
        line: The line on which it begins, counted from 1.
        request: What an engine is asked for.
        unit: What a unit of systemd says.
        process: What a ``config.json`` says.
        file_caps: The capabilities of a program file.
        state: Sets by themselves; beside a request, those before the execve(2), as ``podman inspect`` shows them.
        says: Which of the five sets of ``state`` are said: libcap's text has no place for a bounding and an ambient
            set, and of a status file a text may have some rows alone.
        checks: What an audit record says of capabilities that a thread asked for, and was refused or granted.
        execution: The execve(2) of which audit records tell, beside what the kernel's rules make of it; ``state`` has
            the sets afterwards.
        not_known: Why it cannot be said what the process gets, such as a variable that decides; empty where it can.
        problems: What the document says and its target does not take as it looks, and what was not read.
    """

    name: str = ""
    within: str = ""
    dialect: str
    source: str = ""
    line: int = 1
    request: Request | None = None
    unit: Unit | None = None
    process: Process | None = None
    file_caps: FileCaps | None = None
    state: CapState | None = None
    says: tuple[str, ...] = THREAD_SETS
    checks: tuple[audit.Check, ...] = ()
    execution: Execution | None = None
    not_known: str = ""
    problems: tuple[Problem, ...] = ()
    _pod: Pod | None = field(default=None, alias="pod", repr=False, eq=False)
    _node: Node | None = field(default=None, alias="node", repr=False, eq=False)  # where it stands in its pod
    # Of a unit, which another release reads anew: its section, its text and its drop-ins, each with the number of lines
    # before it, whose it is, and by what it is taken for that, if its path does not say.
    _section: str = field(default="", alias="section", repr=False, eq=False)
    _parts: tuple[tuple[int, str], ...] = field(default=(), alias="parts", repr=False, eq=False)
    _manager: Manager = field(default="system", alias="manager", repr=False, eq=False)
    _sign: str = field(default="", alias="sign", repr=False, eq=False)
    _error: FormatError | None = field(default=None, alias="error", repr=False, eq=False)
    _lines: Mapping[str, int] = field(default=_NO_LINES, alias="lines", repr=False, eq=False)  # of what a request has
    _thread: StatusRows | None = field(default=None, alias="thread", repr=False, eq=False)  # of which it is the state
    _who: Who = field(default=Who(), alias="who", repr=False, eq=False)  # as a tool has printed it beside sets
    _files: Mapping[str, str] = field(default=_NO_FILES, alias="files", repr=False, eq=False)  # and of which document
    _engine: str = field(default="", alias="engine", repr=False, eq=False)  # where it is not that of its dialect
    _texts: Mapping[str, str] = field(default=_NO_FILES, alias="texts", repr=False, eq=False)  # of the documents
    # In which dialect those are, as a unit has the commands of other programs in it.
    _written_in: str = field(default="", alias="written_in", repr=False, eq=False)
    # Reads a container again, for an engine: what it makes of the names is known only where somebody says which it is.
    _again: Callable[..., Workload] | None = field(default=None, alias="again", repr=False, eq=False)

    def __repr__(self) -> str:
        told = ((each.name, getattr(self, each.name), each.default) for each in fields(Workload) if each.repr)
        return f"Workload({', '.join(f'{name}={value!r}' for name, value, default in told if value != default)})"

    def for_engine(self, engine: Engine) -> Workload:
        """Return a container as an engine reads it, whose problems are those that this engine has with it.

        Examples:
            >>> from capset import documents, engines
            >>> [web] = documents.read("docker run --cap-add KILL --cap-drop KILL web")
            >>> print(web.problems[0].message)
            it is added as well, and Docker lets that win
            >>> print(web.for_engine(engines.get("podman")).problems[0].message)
            it is dropped as well, which Podman refuses
        """
        require(engine, Engine, "an Engine, as engines.get() gives it")
        return self if self._again is None else self.as_read_again(self._again(engine=engine))

    def as_read_again(self, again: Workload) -> Workload:
        """Return what was made of the same part of the same documents, with these."""
        return evolve(again, texts=self._texts, written_in=self._written_in)

    @property
    def asks(self) -> Request | Unit | Process | FileCaps | CapState | None:
        """Whichever of the five there is; None where nothing can be made of this part of the document."""
        found = (self.request, self.unit, self.process, self.file_caps, self.state)
        return next((each for each in found if each is not None), None)

    @property
    def label(self) -> str:
        """The name, behind that of the pod where there is one."""
        return f"{clipped(self.within)}: {self.name}" if self.within else self.name

    @property
    def user(self) -> str:
        """As whom it runs, as the dialect writes users; empty where the document does not say."""
        if self.request is not None:
            return self.request.user
        if self.process is not None:
            return f"{self.process.uid}:{self.process.gid}"
        if self.unit is not None:
            if self.unit.manager == "user":
                return self.unit.user or "its manager's"
            return self.unit.user or ("a dynamic one" if self.unit.dynamic_user else "root")
        if self._thread is not None and self._thread.uids is not None:
            gids = self._thread.gids
            return f"{self._thread.uids.effective}{'' if gids is None else f':{gids.effective}'}"
        if self._who.uid is not None:
            return f"{self._who.uid}{'' if self._who.gid is None else f':{self._who.gid}'}"
        return ""

    @property
    def no_new_privs(self) -> bool | None:
        """Whether execve(2) can no longer give privileges; None where the document does not say."""
        says = self.request or self.unit or self.process or self._thread or self._who
        return says.no_new_privs

    @property
    def refusal(self) -> Problem | None:
        """The problem for which nothing comes of it; None where something does."""
        return next((problem for problem in self.problems if problem.verdict == "refused"), None)


def listed(workloads: object) -> list[Workload]:
    """Return one workload, or several, as a list.

    Raises:
        TypeError: It is something else, or has something else in it.
    """
    expected = "expected workloads, as documents.read(text) gives them"
    if isinstance(workloads, Workload):
        return [workloads]
    if isinstance(workloads, str | bytes) or not isinstance(workloads, Iterable):
        raise TypeError(f"{expected}, got {shown(workloads)}")
    found: list[Workload] = []
    for each in cast("Iterable[object]", workloads):
        if not isinstance(each, Workload):
            raise TypeError(f"{expected}, got {shown(each)}")
        found.append(each)
    return found
