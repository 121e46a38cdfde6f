"""Scans that keep what they read, and snapshots of them."""

from __future__ import annotations

import pickle

import pytest

from capset import live
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


def test_snapshot(host):
    """A sequence of threads; a slice and a filtered one are snapshots too."""
    (host / "9").mkdir()
    (host / "9/status").write_text("Name:\tx\n")
    whole = live.scan(proc=host).snapshot()

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
    again = compare(docker=engines.get("docker")).all().plot(drawn[0])
    assert again is drawn[0]
    pyplot.close("all")
