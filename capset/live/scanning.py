"""Reading every process of a host, past those that vanish or refuse."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import TYPE_CHECKING

from capset.errors import AccessDeniedError, ProcessGoneError, ProcUnavailableError, StatusError
from capset.live.keeping import Kept
from capset.live.reading import Root, explain, hides_others, numbered, read_thread, root_folder
from capset.live.status import ProcStatus
from capset.shown import PlottedBySet

if TYPE_CHECKING:
    from capset.live.snapshot import Snapshot

__all__ = ["Scan", "scan"]


# What stands in the way of reading anything at all, not of reading this.
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


class Scan(Kept[ProcStatus], PlottedBySet):
    """The processes or threads of a host, read one by one as one iterates.

    Made by :func:`scan`. It can be gone through once. What could not be read is kept beside it, and is
    complete when the iteration ends. It is shown, drawn and made rows of as its :meth:`snapshot` is, by reading
    on to its end, which takes nothing from whoever iterates; to look at a host more than once, take that.

    Attributes:
        proc: Where the proc file system is.
        gone: One error for each process or thread that ended before it was read.
        denied: One error for each that this process may not read.
        malformed: One error for each whose status file is not what a kernel writes.
        failed: Any other error of a single file, such as a folder in the place of one.
        hidden: Whether this proc hides the processes that one may not trace, of which none is listed then.
    """

    def __init__(self, proc: Root, *, threads: bool, user_ns: bool) -> None:
        self.proc = root_folder(proc)
        self.gone: list[ProcessGoneError] = []
        self.denied: list[AccessDeniedError] = []
        self.malformed: list[StatusError] = []
        self.failed: list[OSError] = []
        self._user_ns = user_ns
        try:
            self._pids = numbered(self.proc)
        except (FileNotFoundError, NotADirectoryError):
            self._pids = []
        if not self._pids:  # there is always at least the one who looks
            raise ProcUnavailableError(self.proc)
        self.hidden = hides_others(proc=self.proc)
        super().__init__(self._read(self._threads() if threads else self._processes()))

    def snapshot(self) -> Snapshot:
        """Read on to the end, and return all that this scan read, from its beginning.

        Raises:
            StoppedError: It was interrupted, or failed, on the way.

        Examples:
            >>> from capset import live
            >>> host = live.scan(proc="examples/host").snapshot()
            >>> [status.name for status in host], [status.name for status in host]
            (['sh', 'cat'], ['sh', 'cat'])
        """
        from capset.live.snapshot import Snapshot

        statuses = self._all()
        return Snapshot(
            statuses,
            proc=self.proc,
            gone=tuple(self.gone),
            denied=tuple(self.denied),
            malformed=tuple(self.malformed),
            failed=tuple(self.failed),
            hidden=self.hidden,
        )

    def __repr__(self) -> str:
        return (
            f"<Scan of {self.proc}: {len(self._pids)} processes; so far {len(self.gone)} gone, "
            f"{len(self.denied)} denied, {len(self.malformed)} malformed, {len(self.failed)} failed{self._ended}>"
        )

    def _processes(self) -> Iterator[tuple[str, int, int | None]]:
        for pid in self._pids:
            yield f"{self.proc}/{pid}", pid, None

    def _threads(self) -> Iterator[tuple[str, int, int | None]]:
        for pid in self._pids:
            tasks = f"{self.proc}/{pid}/task"
            try:
                tids = numbered(tasks)
            except FileNotFoundError:  # gone, or a saved tree of main threads only: reading will tell
                yield f"{self.proc}/{pid}", pid, None
                continue
            except OSError as error:
                self._keep(explain(error, tasks, pid, None, self.proc))
                continue
            for tid in tids:
                yield f"{tasks}/{tid}", pid, tid

    def _read(self, folders: Iterator[tuple[str, int, int | None]]) -> Iterator[ProcStatus]:
        for folder, pid, tid in folders:
            try:
                status = read_thread(folder, pid, tid, self.proc, user_ns=self._user_ns)
            except (OSError, StatusError) as error:
                self._keep(error)
            else:
                yield status

    def _keep(self, error: OSError | StatusError) -> None:
        match error:
            case ProcessGoneError():
                self.gone.append(error)
            case AccessDeniedError():
                self.denied.append(error)
            case StatusError():
                self.malformed.append(error)
            case _ if error.errno in _EXHAUSTED:
                raise error
            case _:
                self.failed.append(error)


def scan(*, threads: bool = False, proc: Root = "/proc", user_ns: bool = False) -> Scan:
    """Read every process, or every thread, that can be read.

    Processes that end while the scan runs, or that may not be read, do not stop it; the scan keeps
    them apart in its :attr:`~Scan.gone` and :attr:`~Scan.denied`. Under ``hidepid`` other users'
    processes are not even listed, which :attr:`~Scan.hidden` says.

    Args:
        threads: Whether to go through the threads of each process; otherwise, and in a saved tree
            that has no ``task`` folders, its main thread stands for it.
        proc: Where the proc file system is: another mount, or a saved tree.
        user_ns: Whether to find out the user namespaces too, as in :func:`~capset.live.read`.

    Returns:
        An iterator in ascending order of process ids, then thread ids.

    Raises:
        ProcUnavailableError: There are no processes at *proc*.

    Examples:
        >>> from capset import Cap, live
        >>> host = live.scan()
        >>> mighty = [status.pid for status in host if Cap.SYS_ADMIN in status.caps.effective]
        >>> host
        <Scan of /proc: ...>
    """
    return Scan(proc, threads=threads, user_ns=user_ns)
