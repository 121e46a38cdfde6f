"""What a workload means: a request, which an engine makes sets of, or the sets themselves."""

from __future__ import annotations

from attrs import evolve, frozen

from capset.documents.workload import Workload
from capset.engines import Engine, Request
from capset.engines.process import first_process
from capset.engines.request import named_uid
from capset.filecaps import FileCaps
from capset.formats import oci, systemd
from capset.sets import THREAD_SETS, CapSet
from capset.state import CapState

__all__ = [
    "OF_FILES",
    "Meaning",
    "Sets",
    "after_execve",
    "of",
    "of_file",
    "of_process",
    "of_state",
    "of_unit",
    "stand_in",
]


@frozen(kw_only=True)
class Sets:
    """The sets that a dialect says by itself.

    Attributes:
        caps: The sets. Those that the dialect has no place for are made from the others.
        says: The names of those that it has a place for.
        user: The user who has them, as :class:`~capset.engines.Request` has it; empty where none is said.
        no_new_privs: Whether nothing is gained.
        before: Whether the sets are those before an execve(2).
        file: The file capabilities that they are made from, if any.
        unit: The unit that they are of, if any, and its section.
    """

    caps: CapState
    says: tuple[str, ...] = THREAD_SETS
    user: str = ""
    no_new_privs: bool = False
    before: bool = False
    file: FileCaps | None = None
    unit: systemd.Unit | None = None
    section: str = "Service"


Meaning = Request | Sets

OF_FILES = ("effective", "permitted", "inheritable")
"""The sets that a file has, and libcap's text."""


def of(workload: Workload) -> Meaning | None:
    """Return what a workload means; None where nothing can be made of it."""
    if (request := workload.request) is not None:
        if workload.state is None:
            return request
        of_engine = of_state(workload.state, workload.says)
        return evolve(of_engine, user=request.user, no_new_privs=request.no_new_privs, before=True)
    if workload.unit is not None:
        return of_unit(workload.unit, workload._section)
    if workload.process is not None:
        return of_process(workload.process)
    if workload.file_caps is not None:
        return of_file(workload.file_caps)
    if workload.state is None:
        return None
    sets = of_state(workload.state, workload.says)
    return evolve(sets, user=workload.user, no_new_privs=bool(workload.no_new_privs))


def of_state(state: CapState, says: tuple[str, ...]) -> Sets:
    """Return what some of the five sets say; without a bounding set, it is made from the others."""
    if "bounding" not in says:
        state = evolve(state, bounding=state.permitted | state.inheritable)
    return Sets(caps=state, says=says)


def of_process(process: oci.Process) -> Sets:
    """Return what a ``config.json`` says."""
    user = f"{process.uid}:{process.gid}"
    return Sets(caps=process.caps, user=user, no_new_privs=process.no_new_privs, before=True)


def of_unit(unit: systemd.Unit, section: str = "Service") -> Sets:
    """Return what a unit says."""
    caps = unit.configured()
    given = caps.bounding & caps.permitted
    caps = evolve(caps, effective=given, permitted=given)
    user = unit.user if unit.uid is None else str(unit.uid)
    gains_nothing = unit.gains_nothing(_uid(user))
    user += f":{unit.group}" if unit.group else ""
    return Sets(caps=caps, user=user, no_new_privs=gains_nothing, before=True, unit=unit, section=section)


def of_file(file: FileCaps) -> Sets:
    """Return what the attribute of a file says."""
    return evolve(of_state(file.state, OF_FILES), file=file)


def after_execve(meaning: Meaning, engine: Engine) -> CapState:
    """Return the sets after the execve(2) of a program without capabilities of its own.

    Raises:
        RequestError: The engine refuses the request.
    """
    if isinstance(meaning, Request):
        return engine.container(meaning, uid=stand_in(meaning))
    return executed(meaning.caps, meaning) if meaning.before else meaning.caps


def executed(caps: CapState, meaning: Meaning) -> CapState:
    """Take some sets through that execve(2), for the user of *meaning*."""
    uid = _uid(meaning.user)
    root = meaning.unit.is_root(uid) if isinstance(meaning, Sets) and meaning.unit else uid == 0
    return first_process(caps, held=CapSet.all(), root=root, no_new_privs=meaning.no_new_privs)


def _uid(user: str) -> int:
    """Return the number of a user; whoever a name means, it is hardly root."""
    number = named_uid(user.partition(":")[0])
    return 1 if number is None else number


def stand_in(request: Request) -> int | None:
    """Return a number for a user who has none but a name; None where the request has the number itself."""
    return _uid(request.user) if request.uid is None else None
