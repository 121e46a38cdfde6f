"""Subject: what a command looks at, whichever way it was named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from capset.cli.output import Failure, warn
from capset.sets import THREAD_SETS, CapSet

if TYPE_CHECKING:
    from typing import Any, Never

    from capset import CapState, FileCaps
    from capset.engines import Engine
    from capset.live import ProcStatus, StatusRows
    from capset.live.reading import Pid

__all__ = ["Subject", "assumed", "hint_of_bounding", "tell"]


class Subject(NamedTuple):
    """What a person names: a set, an engine with its default, or a thread with its five sets or some of them."""

    text: str  # as it was written
    label: str  # with what it was taken for
    caps: CapSet | None = None  # of what is one set
    engine: Engine | None = None  # of which that set is the default
    thread: ProcStatus | StatusRows | None = None
    pid: Pid | None = None  # of a thread that runs here
    uid: int | None = None  # of a thread, where that is its user id in its own user namespace
    assumed: tuple[str, ...] = ()
    says: tuple[str, ...] | None = None  # of a document, the sets that it says
    file_caps: FileCaps | None = None  # of which they are, and not those of a thread
    engine_of: str = ""  # the name of the engine that gives them
    not_root: bool = False  # where it is somebody, whose number nobody says
    name: str = ""  # by which it is chosen among several
    unknown: str = ""  # why it is not known which they are

    @property
    def sets(self) -> Mapping[str, CapSet]:
        """Those of the five sets of a thread that are known."""
        thread: Any = self.thread
        known: Mapping[str, CapSet] | None = getattr(thread, "sets", None)  # of rows
        if known is None:
            return {name: getattr(thread.caps, name) for name in THREAD_SETS}
        return known if self.says is None else {name: known[name] for name in self.says if name in known}

    @property
    def lacks_user(self) -> bool:
        """Whether it is a thread of which nothing says as which user it runs."""
        return self.thread is not None and self.pid is None and self.thread.uids is None

    def one(self, which: str) -> CapSet:
        """Return the set, or *which* of the five."""
        if self.caps is not None:
            return self.caps
        return self.sets[which] if which in self.sets else self._lacks([which])

    def five(self, what: str) -> CapState:
        """Return the five sets, for a question that needs them; of an engine, what root has in a container."""
        from capset import CapState

        if self.engine is not None:
            return self.engine.container()
        if self.caps is not None:
            ways = "give pid:N, file:PATH, - or a container"
            raise Failure(f"{self.label} is one set, and {what} asks for the five of a process: {ways}")
        if missing := [name for name in THREAD_SETS if name not in self.sets]:
            self._lacks(missing)
        return CapState(**self.sets)

    def _lacks(self, names: list[str]) -> Never:
        from capset.live.rows import ROWS

        if self.unknown:
            raise Failure(f"{self.label}: {self.unknown}")
        sets = f"the {' and the '.join(names)} set"
        if self.says is not None:
            raise Failure(f"{self.label}: {sets} cannot be told: it says {' and '.join(self.says)} alone")
        there, missing = (", ".join(ROWS[name] for name in each) for each in (self.sets, names))
        raise Failure(f"{self.label}: {sets} cannot be told: there is no row {missing}, but {there} alone")


def hint_of_bounding(*subjects: Subject) -> str:
    """Say that the effective set, which is looked at, is not what an engine was asked to give, if that is so."""
    for each in subjects:
        if each.thread is not None and "bounding" in each.sets and "effective" in each.sets:
            beyond = each.sets["bounding"] - each.sets["effective"]
            if beyond and not each.sets["effective"]:
                return f"{each.label} has nothing effective; what it was given is in another set: --set bounding"
    return ""


def assumed(*subjects: Subject | Engine | None) -> list[str]:
    """Return what was taken for granted, for JSON, each sentence once; None is nothing."""
    every = [told for each in subjects if each for told in each.assumed]
    return list(dict.fromkeys(every))


def tell(subjects: Iterable[Subject]) -> None:
    """Tell what was taken for granted of subjects; of an engine it is told where its name is read."""
    for told in assumed(*(each for each in subjects if each.engine is None)):
        warn(told)
