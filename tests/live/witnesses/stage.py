"""The stage: where a witness acts, with which capabilities, and in which namespaces."""

from __future__ import annotations

import errno
import json
import os
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.live.witnesses import calls
from tests.live.witnesses.witness import NotHereError, Witness

__all__ = ["INITIAL", "Place", "Scene", "Verdict", "try_out"]

SECONDS = 10
_APART = ("mount", "uts", "ipc", "cgroup", "network", "pid")  # what every run has of its own
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_MAPPED = "0 0 65536"


class Place(NamedTuple):
    """In which user namespace somebody acts.

    Attributes:
        user: Whether it is one of their own, with the ids of the initial one.
        own: The other namespaces that belong to it; the rest belong to the initial one.
    """

    user: bool = False
    own: tuple[str, ...] = ()


INITIAL = Place()


class Verdict(NamedTuple):
    """What came of a run: ``done``, ``refused`` or ``not here``, and how, as an errno or in words."""

    word: str
    how: str = ""

    @property
    def done(self) -> bool:
        """Whether it had its effect."""
        return self.word == "done"


class Scene:
    """What a witness is given: a folder of its own, and a place for what it keeps.

    Attributes:
        folder: A folder on a tmpfs, which everybody may enter; only root may write there.
        place: In which user namespace it is tried, and what belongs to that.
        result: What the act returned, for who looks at its effect.
    """

    def __init__(self, folder: Path, place: Place) -> None:
        self.folder = folder
        self.place = place
        self.result: Any = None
        self.kept: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["kept"][name]
        except KeyError:
            raise AttributeError(name) from None

    def keep(self, **values: Any) -> None:
        """Keep what the act and the effect ask for, by a name of its own."""
        assert not values.keys() & self.__dict__.keys(), f"a scene has {[*values]} itself"
        self.kept.update(values)

    def file(self, name: str = "file", *, content: bytes = b"", uid: int = 0, gid: int = 0, mode: int = 0o644) -> Path:
        """Make a file."""
        path = self.folder / name
        path.write_bytes(content)
        os.chown(path, uid, gid)
        path.chmod(mode)
        return path

    def directory(self, name: str, *, uid: int = 0, gid: int = 0, mode: int = 0o755) -> Path:
        """Make a directory."""
        path = self.folder / name
        path.mkdir()
        os.chown(path, uid, gid)
        path.chmod(mode)
        return path

    @contextmanager
    def other(self, uid: int = 2000) -> Iterator[int]:
        """Start a process of another user that waits, and give its number."""
        pid = self.start(uid)
        try:
            yield pid
        finally:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def start(self, uid: int = 2000, caps: int = 0, first: Callable[[], object] | None = None) -> int:
        """Start a process of another user that waits; it ends with its namespace.

        Args:
            uid: Whose it is.
            caps: What it may do, as a mask.
            first: What it does as root, before it is anybody's.
        """
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            if first:
                first()
            _become(uid, caps, caps)
            os.write(write, b".")
            while True:
                signal.pause()
        os.close(write)
        assert os.read(read, 1) == b"."
        os.close(read)
        return pid


def try_out(witness: Witness, caps: int, place: Place = INITIAL) -> Verdict:
    """Run a witness once, in processes and namespaces of its own."""
    return _in_child(lambda: _outer(witness, caps, place))


def _reporting(write: int, work: Callable[[], object]) -> int:
    """Do some work in a child, and write what came of it."""
    try:
        found = work()
    except NotHereError as error:
        found = Verdict("not here", str(error))
    except OSError as error:
        found = Verdict("broken", f"{_name(error)} ({_place(error)})")
    except BaseException as error:
        found = Verdict("broken", f"{type(error).__name__}: {error} ({_place(error)})")
    os.write(write, json.dumps(found).encode())
    return 0


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _told_by_child(work: Callable[[], object]) -> Any:
    """Do some work in a child, and return what it told, None if it was killed.

    What it started may outlive it and hold the pipe open, so the child is waited for, not the end of the pipe.
    """
    read, write = os.pipe2(os.O_NONBLOCK)
    pid = os.fork()
    if pid == 0:
        os.close(read)
        os._exit(_reporting(write, work))
    os.close(write)
    os.waitpid(pid, 0)
    with open(read, "rb", buffering=0) as told:
        try:
            answer = told.read(1 << 16)
        except BlockingIOError:
            answer = b""
    return json.loads(answer) if answer else None


def _in_child(work: Callable[[], Verdict]) -> Verdict:
    told = _told_by_child(work)
    return Verdict(*told) if told else Verdict("broken", "it was killed")


def _outer(witness: Witness, caps: int, place: Place) -> Verdict:
    """Enter namespaces of one's own, which belong to the initial user namespace."""
    calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    calls.unshare(*(kind for kind in _APART if kind not in witness.shared))
    calls.mount("", "/", "", _MS_REC | _MS_PRIVATE)
    folder = Path(tempfile.gettempdir())
    calls.mount("witness", folder, "tmpfs", 0, "mode=755")
    return _in_child(lambda: _first(witness, caps, folder, place))


def _first(witness: Witness, caps: int, folder: Path, place: Place) -> Verdict:
    """Be the first process, and enter another user namespace and what belongs to it if that is asked for."""
    calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    calls.mount("proc", "/proc", "proc")
    scene = Scene(folder, place)
    if _outside(witness, place) and witness.preparing:
        witness.preparing(scene)
    if not place.user:
        return _inner(witness, caps, scene, place)
    _own_user_namespace()
    if place.own:
        calls.unshare(*place.own)
    return _in_child(lambda: _inner(witness, caps, scene, place))


def _outside(witness: Witness, place: Place) -> bool:
    """Say whether it is prepared before a user namespace of one's own is entered."""
    return witness.outside if isinstance(witness.outside, bool) else not {*witness.outside} & {*place.own}


def _own_user_namespace() -> None:
    """Enter one in which every id is what it is outside."""
    entered, enter = os.pipe()
    mapped, map_it = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(enter)
        os.read(entered, 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{parent}/{name}").write_text(_MAPPED, encoding="ascii")
        os.write(map_it, b".")
        os._exit(0)
    os.close(map_it)
    calls.unshare("user")
    os.write(enter, b".")
    assert os.read(mapped, 1) == b".", "no ids were mapped"
    for end in (entered, enter, mapped):
        os.close(end)
    os.waitpid(pid, 0)


def _too_long(*_: object) -> None:
    raise RuntimeError(f"it takes longer than {SECONDS} s")


def _inner(witness: Witness, caps: int, scene: Scene, place: Place) -> Verdict:
    """Prepare, have it done, look, and undo."""
    calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGALRM, _too_long)  # the first process of a pid namespace is not ended by its own alarm
    signal.alarm(SECONDS)
    if {"pid", "mount"} <= {*place.own}:
        calls.mount("proc", "/proc", "proc")
    try:
        if witness.preparing and not _outside(witness, place):
            _prepared(witness, scene, place)
        found, scene.result = _act(witness, scene, caps)
        if found.done and witness.looking and not witness.looking(scene):
            return Verdict("refused", "nothing happens")
        return found
    finally:
        if witness.undoing:
            witness.undoing(scene)


def _prepared(witness: Witness, scene: Scene, place: Place) -> None:
    assert witness.preparing
    try:
        witness.preparing(scene)
    except OSError as error:
        if not place.user:
            raise
        raise NotHereError(f"it cannot be prepared there: {_name(error)}") from None


def _act(witness: Witness, scene: Scene, caps: int) -> tuple[Verdict, Any]:
    """Let a child do it, as whom and with what is asked for."""
    told = _told_by_child(lambda: _acting(witness, scene, caps))
    if told is None:
        return Verdict("refused", "it is killed"), None
    return Verdict(*told[:2]), told[2] if len(told) > 2 else None


def _acting(witness: Witness, scene: Scene, caps: int) -> tuple[str, str, Any]:
    _become(witness.uid, caps, caps)
    signal.alarm(SECONDS)
    try:
        result = witness.act(scene)
    except OSError as error:
        return "refused", _name(error), None
    return ("refused", "nothing happens", None) if result is False else ("done", "", result)


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, str(error))


def _become(uid: int, effective: int, permitted: int) -> None:
    """Be a user who holds these capabilities and no more."""
    os.setgroups([])
    calls.prctl(calls.PR_SET_KEEPCAPS, 1)
    if uid:
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    calls.capset(effective, permitted)
    calls.prctl(calls.PR_SET_DUMPABLE, 1)  # else the files below /proc/self are root's
