"""Scans that keep what they read, and snapshots of them."""

from __future__ import annotations

import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from capset import live
from capset.errors import AccessDeniedError, StoppedError
from capset.live.keeping import Kept


def test_a_scan_keeps_what_it_read(host):
    """Looking at it takes nothing from whoever iterates, and iterating nothing from whoever looks."""
    scan = live.scan(proc=host)
    first = next(scan)
    seen = scan._repr_html_()
    rest = list(scan)

    assert [first.pid, *(status.pid for status in rest)] == [1, 7]
    assert scan._repr_html_() == seen
    assert [status.pid for status in scan.snapshot()] == [1, 7]
    assert [row["pid"] for row in scan.to_records()] == [1, 7]
    assert list(scan) == []


def test_kept():
    """In every order of looking and taking."""
    source = iter("abcd")
    kept = Kept(source)

    assert next(kept) == "a"
    assert kept._all() == ["a", "b", "c", "d"]
    assert list(kept) == ["b", "c", "d"]
    assert kept._all() == ["a", "b", "c", "d"]
    with pytest.raises(StopIteration):
        next(kept)


def test_what_goes_wrong_goes_on_from_there():
    """An error on the way is raised where it happens, and what was read before is still there."""

    def source():
        yield 1
        raise OSError("no more files")

    kept = Kept(source())
    with pytest.raises(OSError, match="no more files"):
        kept._all()
    assert next(kept) == 1
    for look in (kept._all, kept.__next__, kept._all):
        with pytest.raises(StoppedError, match=r"stopped after 1 by OSError.* and is not complete; make a new one"):
            look()


@pytest.mark.linux
def test_an_interrupted_scan_does_not_look_complete(monkeypatch, tmp_path):
    """Neither the second time: what a person stopped is not what there is."""
    for name in "abc":
        (tmp_path / name).touch()

    def interrupted(path, **_):
        if path.endswith("b"):
            raise KeyboardInterrupt

    monkeypatch.setattr("capset.live.files.file_caps", interrupted)
    scan = live.scan_files(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        scan._repr_html_()
    assert repr(scan).endswith(" 0 failed; stopped by KeyboardInterrupt()>")
    for look in (scan._repr_html_, scan.to_records):
        with pytest.raises(StoppedError, match="stopped after 0 by KeyboardInterrupt"):
            look()


def test_threads_share_a_scan():
    """Each gets all of it to look at; none stops it for the others."""

    def slowly():
        for number in range(200):
            time.sleep(0.0001)
            yield number

    kept = Kept(slowly())
    with ThreadPoolExecutor(4) as pool:
        looks = list(pool.map(lambda _: list(kept._all()), range(4)))
    assert looks == [list(range(200))] * 4
    assert list(kept) == list(range(200))


@pytest.mark.linux
def test_what_a_scan_calls_cannot_read_it_on(tmp_path):
    """It is told so, and the scan goes on."""
    (tmp_path / "a").touch()
    told = []

    def progress(_seen, _folder):
        with pytest.raises(ValueError, match="this scan is being read right now"):
            scan._repr_html_()
        told.append(True)

    scan = live.scan_files(tmp_path, progress=progress)
    assert list(scan) == []
    assert told
    assert len(scan.to_records()) == 0
    assert "stopped" not in repr(scan)


def test_snapshot(host):
    """A sequence of threads; a slice and a filtered one are snapshots too."""
    (host / "9").mkdir()
    (host / "9/status").write_text("Name:\tx\n")
    (host / "8").mkdir()
    (host / "10/status").mkdir(parents=True)
    scan = live.scan(proc=host)
    scan.denied.append(AccessDeniedError("/proc/3/status", 3))
    whole = scan.snapshot()
    assert (whole.gone, whole.denied, whole.malformed, whole.failed) == tuple(
        map(tuple, (scan.gone, scan.denied, scan.malformed, scan.failed))
    )
    assert [len(errors) for errors in (whole.gone, whole.denied, whole.malformed, whole.failed)] == [1, 1, 1, 1]

    assert [status.pid for status in whole] == [1, 7]
    assert (whole[0].pid, whole[-1].name) == (1, "cat")
    assert isinstance(whole[1:], live.Snapshot)
    assert [status.pid for status in whole[1:]] == [7]
    assert whole.proc == str(host)
    assert len(whole.malformed) == 1
    assert whole[:1].malformed == whole.malformed
    assert whole[0] in whole
    filtered = live.Snapshot(status for status in whole if status.name == "cat")
    assert filtered == whole[1:]
    assert hash(filtered) == hash(whole[1:])
    assert (filtered.proc, filtered.gone, filtered.denied, filtered.malformed, filtered.failed) == ("", (), (), (), ())
    assert pickle.loads(pickle.dumps(filtered)) == filtered


def test_what_is_no_thread():
    """Said at once, not when it is shown."""
    with pytest.raises(TypeError, match="a snapshot is made of ProcStatus, got 7 among them"):
        live.Snapshot([7])


def test_plots(host):
    """A scan, a snapshot, a comparison and a history draw themselves."""
    from capset import compare, engines

    pytest.importorskip("matplotlib", reason="needs Matplotlib (pip install 'capset[plot]')").use("Agg")
    from matplotlib import pyplot

    scan = live.scan(proc=host)
    drawn = [
        scan.plot(),
        scan.plot_tree(),
        scan.snapshot().plot("bounding"),
        scan.snapshot().plot_tree("bounding"),
        compare(docker=engines.get("docker"), podman=engines.get("podman")).plot(),
        engines.versions("docker").plot(),
    ]
    assert all(ax.figure for ax in drawn)
    titles = [ax.get_title(loc="left") for ax in drawn]
    assert titles[:4] == [
        "The effective sets of 2 processes: how many have each capability",
        "The effective sets of 2 processes, each beside its parent's",
        "The bounding sets of 2 processes: how many have each capability",
        "The bounding sets of 2 processes, each beside its parent's",
    ]
    assert titles[4:] == ["Which effective set has which capability", "The default of Docker Engine"]
    again = compare(docker=engines.get("docker")).all().plot(ax=drawn[0])
    assert again is drawn[0]
    assert len(again.get_yticklabels()) == 41
    pyplot.close("all")
