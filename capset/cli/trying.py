"""Running a command of the caller's with chosen capabilities, by setpriv(1) or by a container engine."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, NamedTuple

from capset import live
from capset.capability import Cap
from capset.cli.output import Failure
from capset.cli.users import group_of
from capset.confinement import setpriv
from capset.errors import UnreachableError, shown
from capset.printable import printable
from capset.sets import CapSet
from capset.summary import summary

if TYPE_CHECKING:
    from capset.engines import Engine

__all__ = ["FLAGS", "Way", "as_anybody", "as_root", "in_container"]

FLAGS = "{flags}"
"""What stands in a command where the options of an engine are to be."""

_NEEDED = CapSet(["setpcap"])  # by setpriv, for the bounding set
_FOR_ANOTHER = CapSet(["setuid", "setgid", "setpcap"])
_ENGINE_FAILED = 125  # of docker run and podman run: nothing was started
_TOO_LONG = 124  # as of timeout(1)
_NO_GROUP = (ProcessLookupError, AttributeError)  # none is left, or the system has none, as Windows
_PATIENCE = 5  # seconds in which a command may end by itself what it has begun
_END = 4096  # so many bytes of what a command said are looked at
_LINES = 5  # so many of what a command said last are shown
_OWN_USER_NS = (
    "a user namespace of its own, as you are not root: what is asked for in the initial one fails there whatever is "
    "held, so that nothing follows for root where no set will do"
)


class Way(NamedTuple):
    """How a command is run with a set of capabilities.

    Attributes:
        title: How, in words.
        universe: All that it can be given.
        words: The command, as it was given.
        front: What stands before it and its sets.
        user: The user ID that it gets; 0 keeps that which is there.
        engine: The engine whose options take the place of ``{flags}``; None where setpriv(1) gives the sets.
        timeout: After so many seconds it has failed; None for never.
    """

    title: str
    universe: CapSet
    words: tuple[str, ...]
    front: tuple[str, ...] = ()
    user: int = 0
    engine: Engine | None = None
    timeout: float | None = None

    def command(self, caps: CapSet) -> list[str]:
        """Write what is run to try a set."""
        if self.engine is not None:
            flags = self.engine.flags(caps)
            return [part for word in self.words for part in _filled(word, flags)]
        sets = setpriv(caps, uid=self.user, gid=group_of(self.user)) if self.user else setpriv(caps)
        return [*self.front, *sets, "--", *self.words]

    def probe(self) -> None:
        """Make sure that a command gets the sets that it is to get: setpriv(1) is silent where it cannot drop one.

        Raises:
            Failure: It does not.
        """
        if self.engine is not None:  # which says so itself
            return
        for program in dict.fromkeys((*self.front[:1], "setpriv")):
            if shutil.which(program) is None:
                raise Failure(f"there is no {program}, which runs a command with other sets: it is part of util-linux")
        if shutil.which(self.words[0]) is None:
            raise Failure(f"there is no program {shown(self.words[0])} to be tried")
        for caps in (CapSet(), self.universe):
            command = self._replace(words=("cat", "/proc/self/status")).command(caps)
            done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
            what = f"no command can be run with other sets here: {shlex.join(command)}"
            if done.returncode:
                raise Failure(f"{what}: {_last(done.stderr)}")
            got = live.parse_status(done.stdout).caps
            if (got.effective, got.bounding) != (caps, caps):
                raise Failure(
                    f"{what} has {summary(got.effective)} effective, and {summary(got.bounding)} in its bounding set"
                )

    def works(self, caps: CapSet) -> bool:
        """Run the command with a set, and say whether it succeeded.

        Raises:
            Failure: It could not be started, so that nothing is known.
        """
        return self.run(self.command(caps)) == 0

    def run(self, command: Sequence[str]) -> int:
        """Run something, and return its exit status."""
        try:
            with (
                tempfile.TemporaryFile() as errors,  # of a pipe that nobody reads it could wait for ever
                subprocess.Popen(  # noqa: S603 - it is the caller's own command
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    start_new_session=True,  # so that all that it has started can be ended
                ) as process,
            ):
                try:
                    status = process.wait(timeout=self.timeout)
                except subprocess.TimeoutExpired:
                    return _TOO_LONG
                finally:
                    _end(process)
                said = _tail(errors)
        except OSError as error:
            raise Failure(f"cannot run {shlex.join(command)}: {error.strerror}") from None
        if self.engine is not None and status == _ENGINE_FAILED:
            raise Failure(f"the engine did not start {shlex.join(command)}: {_last(said)}")
        return status


def as_root(words: Sequence[str], user: int, timeout: float | None) -> Way:
    """Return how root runs a command: with a smaller bounding set, and as another user with an ambient one.

    Raises:
        Failure: This process lacks what setpriv(1) needs.
    """
    held = live.read().caps
    if lacking := (_FOR_ANOTHER if user else _NEEDED) - held.effective:
        raise Failure(f"this process lacks {lacking}, which setpriv needs to run a command with other sets")
    title = f"user {user}, by the ambient set" if user else "root, by the bounding set"
    return Way(title, held.bounding & held.permitted, tuple(words), user=user, timeout=timeout)


def as_anybody(words: Sequence[str], timeout: float | None) -> Way:
    """Return how somebody runs a command who is not root: as root of a user namespace."""
    return Way(_OWN_USER_NS, live.supported(), tuple(words), ("unshare", "--user", "--map-root-user"), timeout=timeout)


def in_container(words: Sequence[str], engine: Engine, timeout: float | None) -> Way:
    """Return how a command is run that starts a container of an engine."""
    if not any(FLAGS in word for word in words):
        raise Failure(
            f"the command needs {FLAGS} where the options of {engine.name} are to be: docker run {FLAGS} IMAGE"
        )
    try:
        engine.request(CapSet())
    except UnreachableError as error:
        raise Failure(f"of {engine.name} no set can be asked for that is to be tried: {error}") from None
    universe = CapSet(cap for cap in CapSet.all() if _gives(engine, cap))
    return Way(f"a container of {engine.title}", universe, tuple(words), engine=engine, timeout=timeout)


def _gives(engine: Engine, cap: Cap) -> bool:
    try:
        engine.request(CapSet([cap]))
    except UnreachableError:
        return False
    return True


def _filled(word: str, flags: list[str]) -> list[str]:
    """Put options in the place of their mark: as words of their own, or within a line for a shell."""
    return flags if word == FLAGS else [word.replace(FLAGS, shlex.join(flags))]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what a command has started, and the command itself, which may put its things in order first."""
    if process.returncode is None:  # somebody has interrupted it, or it takes too long
        with suppress(*_NO_GROUP):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_PATIENCE)
    with suppress(*_NO_GROUP):  # what it has left behind could make the next trial fail, or succeed
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _tail(file: IO[bytes]) -> bytes:
    """Return the end of what was written to a file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END))
    return file.read(_END)


def _last(said: bytes) -> str:
    return printable("; ".join(said.decode("utf-8", "backslashreplace").split("\n")[-_LINES:]).strip("; "))
