"""Reading the whole host while it changes."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from capset import live
from capset.bounds import LONGEST_TEXT
from capset.errors import ProcessGoneError, ProcUnavailableError, StoppedError
from capset.live.keeping import Kept

STATUS = Path("/proc/self/status")


def test_every_process_once():
    """In ascending order, this one among them; a second look is a second scan."""
    scan = live.scan()
    pids = [status.pid for status in scan]

    assert pids == sorted(set(pids))
    assert os.getpid() in pids
    assert iter(scan) is scan
    assert list(scan) == []
    assert "processes; so far" in repr(scan)


def test_it_is_an_iterator():
    """next() and for share one place."""
    scan = live.scan(user_ns=True)
    first = next(scan)

    assert first.pid not in [status.pid for status in scan]
    with pytest.raises(StopIteration):
        next(scan)


def test_threads():
    """Each thread of this process; what other tests have imported (Arrow, polars) may keep threads of its own."""
    stop = threading.Event()
    workers = [threading.Thread(target=stop.wait) for _ in range(3)]
    for worker in workers:
        worker.start()
    there = _threads()
    try:
        mine = [status.pid for status in live.scan(threads=True) if status.tgid == os.getpid()]
        still = _threads()
    finally:
        stop.set()
        for worker in workers:
            worker.join()

    ours = {os.getpid(), *(worker.native_id for worker in workers)}
    assert mine == sorted(mine)
    assert ours <= there & still <= set(mine) <= there | still


def _threads():
    """Return the numbers of the threads of this process as its folder lists them."""
    return {int(name) for name in os.listdir("/proc/self/task")}


def test_what_stands_in_the_place_of_a_file(tmp_path):
    """Nobody writes into the pipe, and /dev/zero has no end: a saved tree is from somebody else."""
    for pid in range(1, 5):
        (tmp_path / f"{pid}").mkdir()
    os.mkfifo(tmp_path / "1" / "status")
    (tmp_path / "2" / "status").symlink_to("/dev/zero")
    with open(tmp_path / "3" / "status", "wb") as file:
        file.truncate(LONGEST_TEXT + 1)
    (tmp_path / "4" / "status").write_bytes(STATUS.read_bytes())
    scan = live.scan(proc=tmp_path)

    assert len(list(scan)) == 1
    assert [error.errno for error in scan.failed] == [errno.EINVAL, errno.EINVAL, errno.EFBIG]
    assert [error.filename for error in scan.failed] == [f"{tmp_path}/{pid}/status" for pid in (1, 2, 3)]
    with pytest.raises(OSError, match="this is no regular file, as one of a process is"):
        live.read(1, proc=tmp_path)
    with pytest.raises(OSError, match="more than 16777216 bytes, which no file of a process has"):
        live.read(3, proc=tmp_path)
    (tmp_path / "sys" / "kernel").mkdir(parents=True)
    for name, read in (("cap_last_cap", live.last_cap), ("osrelease", live.kernel_release)):
        os.mkfifo(tmp_path / "sys" / "kernel" / name)
        with pytest.raises(OSError, match="this is no regular file, as one of a process is"):
            read(proc=tmp_path)


def test_a_folder_without_processes(tmp_path):
    """Others have a /proc too, with nothing but self in it: no process has ended there."""
    (tmp_path / "self").mkdir()
    with pytest.raises(ProcUnavailableError):
        live.read(1, proc=tmp_path)
    (tmp_path / "7").mkdir()
    with pytest.raises(ProcessGoneError):
        live.read(1, proc=tmp_path)


def forked(child):
    """Run a function in a process of its own; return what it returns, or None where it takes longer than a minute."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(60)
            os.write(writer, child().encode())
        finally:
            os._exit(0)
    os.close(writer)
    told = os.read(reader, 1000).decode()
    os.close(reader)
    os.waitpid(pid, 0)
    return told


def test_a_fork_while_another_thread_reads():
    """Which holds the lock, and is not there in the child: nobody reads on there, and nobody waits."""
    reached, go_on = threading.Event(), threading.Event()

    def slow():
        yield 1
        reached.set()
        go_on.wait(60)
        yield 2

    def looked_at():
        try:
            return f"{next(kept)}"
        except StoppedError as error:
            return str(error)

    kept = Kept(slow())
    assert forked(lambda: str(list(Kept(iter([3]))))) == "[3]"
    assert next(kept) == 1
    worker = threading.Thread(target=lambda: next(kept))
    worker.start()
    reached.wait(60)
    told = forked(looked_at)
    go_on.set()
    worker.join()

    assert told.startswith(
        "this scan was stopped after 1 by RuntimeError('a fork(2) while another thread was reading')"
    )
    assert list(kept) == []


def test_what_a_fork_leaves_in_the_child(monkeypatch):
    """The same without a fork: another process, and another thread that was reading when it began."""
    kept = Kept(iter([1, 2]))
    assert next(kept) == 1
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert next(kept) == 2, "nobody was reading"

    kept = Kept(iter([1]))
    kept._reader = threading.get_ident() + 1
    monkeypatch.setattr(os, "getpid", lambda: -2)
    with pytest.raises(StoppedError, match="while another thread was reading"):
        next(kept)


def test_a_fork_between_two_steps():
    """What was read is there, and each process reads on by itself."""
    kept = Kept(iter([1, 2]))
    assert next(kept) == 1

    assert forked(lambda: f"{list(kept)}") == "[2]"
    assert list(kept) == [2]


@pytest.mark.parametrize("threads", [False, True])
def test_processes_that_end_meanwhile(threads):
    """The scan goes on and keeps them apart."""
    children = []
    for _ in range(5):
        pid = os.fork()
        if pid == 0:
            time.sleep(60)
            os._exit(0)
        children.append(pid)
    scan = live.scan(threads=threads)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    seen = {status.pid for status in scan}

    assert set(children) <= {error.pid for error in scan.gone}
    assert seen.isdisjoint(children)
    assert os.getpid() in seen
    assert all(isinstance(error, ProcessGoneError) for error in scan.gone)


def test_malformed_files_are_kept_apart(tmp_path):
    """One broken file in a saved tree costs no other."""
    for pid in (5, 30, 200):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "status").write_bytes(STATUS.read_bytes())
    (tmp_path / "30" / "status").write_text("Name:\tx\n")
    (tmp_path / "31").mkdir()
    (tmp_path / "300" / "status").mkdir(parents=True)
    scan = live.scan(proc=tmp_path)

    assert len(list(scan)) == 2
    assert [error.filename for error in scan.failed] == [f"{tmp_path}/300/status"]
    assert [error.source for error in scan.malformed] == [f"{tmp_path}/30/status"]
    assert [error.pid for error in scan.gone] == [31]
    assert scan.denied == []


def test_a_saved_tree_of_threads(tmp_path):
    """<pid>/task/<tid>/status, as proc has it; where there are no tasks, the main thread."""
    for tid in (5, 6):
        (tmp_path / "5" / "task" / str(tid)).mkdir(parents=True)
        (tmp_path / "5" / "task" / str(tid) / "status").write_bytes(STATUS.read_bytes())
    (tmp_path / "6").mkdir()
    (tmp_path / "6" / "status").write_bytes(STATUS.read_bytes())
    (tmp_path / "7").mkdir()
    (tmp_path / "8").mkdir()
    (tmp_path / "8" / "task").touch()
    scan = live.scan(proc=tmp_path, threads=True)

    assert len(list(scan)) == 3
    assert [error.pid for error in scan.gone] == [7, 8]


def test_other_errors_end_the_scan(monkeypatch):
    """Too many open files is no matter of one process."""

    def full(*_):
        raise OSError(24, "Too many open files")

    scan = live.scan()
    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="Too many open files"):
        next(scan)


def test_processes_that_may_not_be_read(tmp_path, monkeypatch):
    """Kept apart from those that are gone; the real thing is in test_reading."""
    for pid in (5, 6):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "status").write_bytes(STATUS.read_bytes())
    really_open = os.open

    def refuse(path, flags):
        if "/5/" in path:
            raise PermissionError(13, "Permission denied", path)
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    scan = live.scan(proc=tmp_path)

    assert len(list(scan)) == 1
    assert [(error.pid, error.tid) for error in scan.denied] == [(5, None)]
    assert scan.gone == []
    assert "1 denied" in repr(scan)
