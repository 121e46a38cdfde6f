"""Reading the whole host while it changes."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from capset import live
from capset.errors import ProcessGoneError

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
    """Each thread of this process, the main one first."""
    stop = threading.Event()
    workers = [threading.Thread(target=stop.wait) for _ in range(3)]
    for worker in workers:
        worker.start()
    try:
        mine = [status.pid for status in live.scan(threads=True) if status.tgid == os.getpid()]
    finally:
        stop.set()
        for worker in workers:
            worker.join()

    assert mine == sorted([os.getpid(), *(worker.native_id for worker in workers)])


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
