"""How a process is confined to some capabilities, as root or as another user."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable

from attrs import evolve, frozen

from capset import kernel
from capset.capability import Cap
from capset.engines import Engine, get
from capset.errors import CapsetError, require
from capset.filecaps import FileCaps
from capset.formats import kubernetes, libcap, systemd
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Shown
from capset.state import CapState

__all__ = ["Confinement", "confinements", "setpriv"]

_NONE = CapSet()
_LAST_NAME = Cap.AUDIT_READ
_PROGRAM = "PROGRAM"
_TAKE_USER = {"docker", "nerdctl", "podman", "podman-packaged"}  # as an option beside those of capabilities
_NO_PRIVILEGES = "the program must be allowed to gain privileges: no-new-privileges and nosuid keep it from that"


@frozen(kw_only=True)
class Confinement(Plain, Shown):
    """How a process is confined to some capabilities, by one engine or tool.

    Attributes:
        to: What is asked: an engine, ``kubernetes``, ``systemd``, ``setcap`` or ``setpriv``.
        user: The number of the user that the process runs as.
        text: What to write, of a unit in several lines. ``PROGRAM`` stands for the program.
        also: What has to be done besides, a sentence or a command each.
        after: What the process holds then, by the kernel's rules; None where it cannot be had.
        problem: Why it cannot be had, in words; empty where it can.
    """

    to: str
    user: int
    text: str = ""
    also: tuple[str, ...] = ()
    after: CapState | None = None
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"{self.to}: {self.problem}"
        first, *rest = self.text.split("\n")
        return "; ".join([f"{self.to}: {first}" if first else f"{self.to} gives it by default", *rest, *self.also])


def confinements(
    caps: CapSet, *, user: int = 0, engines: Iterable[Engine] | None = None, elsewhere: bool = True
) -> list[Confinement]:
    """Say how a process is given some capabilities and no others.

    For another user than root an engine's options are not enough where it has no ambient set: the sets that the process
    gets then are computed, and where that takes file capabilities this is told.

    Args:
        caps: What the process is to hold.
        user: The number of the user that it runs as.
        engines: The engines that are asked; Docker and Podman, if not given.
        elsewhere: Whether it is told for Kubernetes, systemd and programs on the host too.

    Raises:
        TypeError: *caps* is no set, or *user* no number.
        ArgumentError: *user* is no id.

    Source:
        capabilities(7); what each engine does is in :mod:`capset.engines`.

    Examples:
        >>> from capset import CapSet
        >>> from capset.confinement import confinements
        >>> for one in confinements(CapSet(["net_raw"]), user=1000):
        ...     print(one)
        docker: --cap-drop=ALL --cap-add=NET_RAW --user=1000; in the image: setcap cap_net_raw=ep PROGRAM; the ...
        podman: --cap-drop=ALL --cap-add=NET_RAW --user=1000
        kubernetes: securityContext: {"capabilities": {"drop": ["ALL"], "add": ["NET_RAW"]}, "runAsUser": 1000}; in ...
        systemd: CapabilityBoundingSet=CAP_NET_RAW; AmbientCapabilities=CAP_NET_RAW; User=1000
        setcap: setcap cap_net_raw=ep PROGRAM; the program must be allowed to gain privileges: no-new-privileges and ...
        setpriv: setpriv --reuid=1000 --regid=1000 --clear-groups --bounding-set=-all,+net_raw ...
    """
    require(caps, CapSet, "a CapSet")
    uid = kernel.Credentials(uids=user).uids.real
    asked = [get("docker"), get("podman")] if engines is None else [*engines]
    found = [_by_engine(engine, caps, uid) for engine in asked]
    if elsewhere:
        found += [_by_pod(caps, uid), _by_unit(caps, uid)]
        found += [_by_file(caps, uid)] if uid and caps else []
        found.append(_by_setpriv(caps, uid))
    return found


def _file_caps(caps: CapSet) -> FileCaps:
    return FileCaps(permitted=caps, effective=True)


def _setcap(caps: CapSet) -> str:
    """Write the command that gives a program file capabilities."""
    return f"setcap {libcap.to_text(CapState(effective=caps, permitted=caps))} {_PROGRAM}"


def _by_engine(engine: Engine, caps: CapSet, uid: int) -> Confinement:
    """Ask an engine for them: the flags alone, where the process holds them then, or file capabilities too."""
    try:
        request = engine.request(caps)
        state = engine.container(request, uid=uid)
    except CapsetError as error:
        return Confinement(to=engine.name, user=uid, problem=str(error))
    text = shlex.join([*engine.write(request), *[f"--user={uid}"] * (engine.name in _TAKE_USER and uid > 0)])
    if caps <= state.effective:
        return Confinement(to=engine.name, user=uid, text=text, after=state)
    cred = engine.credentials(request, uid=uid)
    outcome = kernel.explain_execve(cred, kernel.Executable(caps=_file_caps(caps)))
    if outcome.after is None or not caps <= outcome.after.caps.effective:
        lacking = caps - (_NONE if outcome.after is None else outcome.after.caps.effective)
        return Confinement(
            to=engine.name, user=uid, problem=f"user {uid} gets no {lacking} there, whatever is asked for"
        )
    also = (f"in the image: {_setcap(caps)}", _NO_PRIVILEGES)
    return Confinement(to=engine.name, user=uid, text=text, also=also, after=outcome.after.caps)


def _by_pod(caps: CapSet, uid: int) -> Confinement:
    engine = get("containerd")
    found = _by_engine(engine, caps, uid)
    if found.problem:
        return evolve(found, to="kubernetes")
    try:
        request = evolve(engine.request(caps), user=str(uid) if uid else "")
        context = kubernetes.to_container(request).get("securityContext")
    except CapsetError as error:
        return Confinement(to="kubernetes", user=uid, problem=str(error))
    text = f"securityContext: {json.dumps(context)}" if context else ""
    return evolve(found, to="kubernetes", text=text)


def _by_unit(caps: CapSet, uid: int) -> Confinement:
    if caps.unknown:
        return _without_name("systemd", caps, uid)
    unit = systemd.Unit(bounding=caps, ambient=caps if uid else _NONE, user=str(uid) if uid else "")
    lines = systemd.to_unit(unit).splitlines()[1:]
    return Confinement(to="systemd", user=uid, text="\n".join(lines), after=unit.process())


def _without_name(to: str, caps: CapSet, uid: int) -> Confinement:
    return Confinement(to=to, user=uid, problem=f"{to} takes names, and there is none yet for {caps.unknown}")


def _by_file(caps: CapSet, uid: int) -> Confinement:
    if caps.unknown:
        return _without_name("setcap", caps, uid)
    cred = kernel.Credentials(uids=uid, gids=uid, caps=CapState(bounding=CapSet.all()))
    after = kernel.execve(cred, kernel.Executable(caps=_file_caps(caps))).caps
    return Confinement(to="setcap", user=uid, text=_setcap(caps), also=(_NO_PRIVILEGES,), after=after)


def _by_setpriv(caps: CapSet, uid: int) -> Confinement:
    held = CapState(
        effective=caps,
        permitted=caps,
        inheritable=caps if uid else _NONE,
        bounding=caps,
        ambient=caps if uid else _NONE,
    )
    return Confinement(to="setpriv", user=uid, text=shlex.join([*setpriv(caps, uid=uid), _PROGRAM]), after=held)


def setpriv(caps: CapSet, *, uid: int = 0, gid: int | None = None) -> list[str]:
    """Return the words of the tool that run a program with some capabilities and no others: util-linux has it.

    Args:
        caps: What it is to hold.
        uid: As whom; 0 keeps the user that there is.
        gid: Its group; that of the user's number, if not given.

    Examples:
        >>> from capset import CapSet
        >>> from capset.confinement import setpriv
        >>> setpriv(CapSet(["net_raw"]))
        ['setpriv', '--bounding-set=-all,+net_raw', '--inh-caps=-all']
    """
    held = ",".join(["-all", *(f"+{_name(cap)}" for cap in caps)])
    sets = [f"--bounding-set={held}", f"--inh-caps={held if uid else '-all'}"]
    if uid:
        ids = [f"--reuid={uid}", f"--regid={uid if gid is None else gid}", "--clear-groups"]
        sets = [*ids, *sets, f"--ambient-caps={held}"]
    return ["setpriv", *sets]


def _name(cap: Cap) -> str:
    """Write a capability as every setpriv(1) reads it: those that came later are no names to an old one."""
    return cap.name.lower() if cap <= _LAST_NAME else f"cap_{int(cap)}"
