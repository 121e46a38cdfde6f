"""File capabilities: setcap, getcap and the kernel against ours."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from capset import CapSet, CapState, FileCaps, live
from capset.errors import FileCapsError
from capset.formats import libcap
from tests.strategies import masks

RUNS = int(os.environ.get("CAPSET_ORACLE_RUNS", "25"))
ATTRIBUTE = "security.capability"


@pytest.fixture
def program(tmp_path, holding):
    """A file that may have capabilities."""
    holding("setfcap")
    path = tmp_path / "program"
    path.touch()
    return path


sets = st.builds(CapSet.from_mask, masks)
states = st.one_of(
    st.builds(CapState, permitted=sets, inheritable=sets, effective=sets),
    st.builds(lambda p, i: CapState(permitted=p, inheritable=i, effective=p | i), sets, sets),
    st.builds(lambda p, i, e: CapState(permitted=p, inheritable=i, effective=p | i | e), sets, sets, sets),
)


def test_setcap_and_getcap(program, tool):
    """setcap takes what from_state() takes and writes the same bytes; getcap prints the same text."""
    setcap, getcap = tool("setcap", "libcap2-bin"), tool("getcap", "libcap2-bin")

    @settings(max_examples=4 * RUNS, deadline=None)
    @given(states, st.one_of(st.just(0), st.integers(1, 2**31 - 1)))
    @example(CapState(effective=["kill"]), 0)
    @example(CapState(permitted=["kill", "chown"], effective=["kill"]), 0)
    @example(CapState(), 1000)
    @example(CapState(), 0)
    def compare(state: CapState, rootid: int) -> None:
        options = ["-n", str(rootid)] if rootid else []
        run = subprocess.run([setcap, *options, libcap.to_text(state), program], capture_output=True, check=False)
        try:
            caps = FileCaps.from_state(state, rootid=rootid)
        except FileCapsError:
            event("refused")
            assert run.returncode != 0
            return
        event("written")
        assert run.returncode == 0, run.stderr
        assert os.getxattr(program, ATTRIBUTE) == caps.to_xattr()
        assert live.file_caps(program) == caps
        printed = subprocess.run([getcap, "-n", program], capture_output=True, text=True, check=True).stdout
        assert printed == line(live.CapFile(str(program), caps))

    compare()


def line(file: live.CapFile) -> str:
    """Write a file as ``getcap -n`` does."""
    rootid = f" [rootid={file.caps.rootid}]" if file.caps.rootid else ""
    return f"{file.path} {libcap.to_text(file.caps.state)}{rootid}\n"


WELL_FORMED = st.builds(
    FileCaps,
    permitted=sets,
    inheritable=sets,
    effective=st.booleans(),
    rootid=st.sampled_from([0, 0, 1, 1000, 2**32 - 2]),
).map(FileCaps.to_xattr)


@st.composite
def mistaken(draw):
    """An attribute with a byte changed, added or cut off."""
    data = bytearray(draw(WELL_FORMED))
    at = draw(st.sampled_from([0, 1, 2, 3, 3, len(data) - 1]))
    match draw(st.integers(0, 2)):
        case 0:
            data[at] = draw(st.integers(0, 4))
        case 1:
            data += draw(st.binary(min_size=1, max_size=4))
        case 2:
            del data[-draw(st.integers(1, len(data))) :]
    return bytes(data)


def test_what_the_kernel_takes(program):
    """The kernel takes and gives back what from_xattr() takes; revision 1 it only ever executes."""

    @settings(max_examples=40 * RUNS, deadline=None)
    @given(st.one_of(WELL_FORMED, mistaken(), st.binary(max_size=26)))
    @example(b"")
    @example((0x01000000).to_bytes(4, "little") + bytes(8))
    @example((0x03000000).to_bytes(4, "little") + bytes(20))
    @example((0x02000001).to_bytes(4, "little") + bytes(16))
    def compare(data: bytes) -> None:
        try:
            caps = FileCaps.from_xattr(data)
        except FileCapsError:
            caps = None
        try:
            os.setxattr(program, ATTRIBUTE, data)
        except OSError as error:
            assert error.errno == errno.EINVAL
            assert caps is None or caps.revision == 1
            return
        if data == b"":  # taken, and then neither handed out nor executed
            with pytest.raises(FileCapsError, match="expected one that the kernel hands out"):
                live.file_caps(program)
            return
        assert caps is not None
        read = live.file_caps(program)
        assert (read.permitted, read.inheritable, read.effective, read.rootid) == (
            caps.permitted,
            caps.inheritable,
            caps.effective,
            caps.rootid,
        )
        assert read.revision == (3 if caps.rootid else 2)

    compare()


def test_the_first_revision_is_for_images(program):
    """No kernel of today takes or hands out revision 1; an old image may hold it."""
    data = FileCaps(permitted=["kill"], revision=1).to_xattr()

    with pytest.raises(OSError, match="Invalid argument"):
        os.setxattr(program, ATTRIBUTE, data)
    assert FileCaps.from_xattr(data).permitted == {5}


def test_none_and_nothing(program):
    """An attribute without capabilities is not the same as none."""
    assert live.file_caps(program) is None
    os.setxattr(program, ATTRIBUTE, FileCaps().to_xattr())
    assert live.file_caps(program) == FileCaps()
    os.removexattr(program, ATTRIBUTE)
    assert live.file_caps(str(program)) is None


def test_links(program):
    """A link has no capabilities; what it leads to may have some."""
    os.setxattr(program, ATTRIBUTE, FileCaps(permitted=["kill"]).to_xattr())
    link = program.with_name("link")
    link.symlink_to(program)

    assert live.file_caps(link).permitted == {5}
    assert live.file_caps(link, follow_symlinks=False) is None


def test_files_that_cannot_be_read(tmp_path):
    """The error is that of the system call."""
    with pytest.raises(FileNotFoundError):
        live.file_caps(tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        live.scan_files(tmp_path / "gone")
    with pytest.raises(TypeError, match="expected a path as str"):
        live.file_caps(b"/bin/sh")


@pytest.fixture
def tree(tmp_path, holding):
    """A tree with all that is in the way of a scan."""
    holding("setfcap", "mknod", "sys_admin")
    root = tmp_path / "tree"
    (root / "a b" / "deep" / ("x" * 200)).mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "mount").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", root / "mount"], check=True)
    for name, text in {
        "plain": None,
        "ping": FileCaps(permitted=["net_raw"], effective=True),
        "a b/p=i q": FileCaps(permitted=["net_raw"], inheritable=[41], revision=2),
        "a b/deep/none": FileCaps(),
        f"a b/deep/{'x' * 200}/é": FileCaps(permitted=CapSet.all(), effective=True),
        "mount/own": FileCaps(permitted=["kill"], rootid=1000),
        "mount/zero": FileCaps(effective=True),
    }.items():
        (root / name).touch()
        if text is not None:
            os.setxattr(root / name, ATTRIBUTE, text.to_xattr())
    os.mkfifo(root / "fifo")
    os.setxattr(root / "fifo", ATTRIBUTE, FileCaps(permitted=["chown"]).to_xattr())
    os.link(root / "ping", root / "ping too")
    (root / "to file").symlink_to("ping")
    (root / "to folder").symlink_to("a b")
    (root / "nowhere").symlink_to("gone")
    (root / "loop").symlink_to("loop")
    yield root
    subprocess.run(["umount", root / "mount"], check=True)


def test_scanning_as_getcap_does(tree, tool):
    """Mounts are entered, links are not followed, and whatever is no folder is looked at."""
    getcap = tool("getcap", "libcap2-bin")
    for start in (tree, tree / "ping", tree / "to folder", f"{tree}/to folder/", tree / "fifo"):
        scan = live.scan_files(start)
        ours = sorted(line(file) for file in scan)
        printed = subprocess.run([getcap, "-rn", start], capture_output=True, text=True, check=True).stdout
        theirs = printed.replace("//", "/").splitlines(keepends=True)

        assert sorted(theirs) == [each.replace("//", "/") for each in ours]
        assert scan.gone == scan.denied == scan.malformed == scan.failed == []
    assert live.scan_files(tree / "to folder").seen == 0


def test_scanning_goes_by_name(tree):
    """Folder by folder, and each in order; the callback hears of every folder before it is read."""
    heard = []
    scan = live.scan_files(tree, progress=lambda seen, folder: heard.append((seen, folder)))
    found = [str(Path(file.path).relative_to(tree)) for file in scan]

    assert found == ["fifo", "ping", "ping too", "a b/p=i q", "a b/deep/none", f"a b/deep/{'x' * 200}/é"] + [
        "mount/own",
        "mount/zero",
    ]
    assert [Path(folder).name for _, folder in heard] == ["tree", "a b", "deep", "x" * 200, "empty", "mount"]
    assert heard[0] == (0, str(tree))
    assert scan.seen == 9
    assert repr(scan) == f"<FileScan of {tree}: 9 files so far, 0 gone, 0 denied, 0 malformed, 0 failed>"
    assert list(scan) == []


def test_what_is_malformed(tree):
    """It is told with its path, and the scan goes on."""
    os.setxattr(tree / "plain", ATTRIBUTE, b"")
    scan = live.scan_files(tree)

    assert len(list(scan)) == 8
    assert [error.source for error in scan.malformed] == [str(tree / "plain")]


def test_what_may_not_be_read(tree, holding):
    """Another user meets folders that are closed; files need no permission of their own."""
    holding("setuid", "setgid")
    (tree / "a b").chmod(0)
    (tree / "ping").chmod(0)
    for folder in tree.parents[:3]:
        folder.chmod(0o755)
    script = f"""
import os, sys
sys.path[:0] = {sys.path!r}
from capset.live import scan_files
os.setgid(65534); os.setgroups([]); os.setuid(65534)
scan = scan_files({str(tree)!r})
print([os.path.basename(file.path) for file in scan], [error.filename for error in scan.denied])
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd="/", check=False)

    found = ["fifo", "ping", "ping too", "own", "zero"]
    assert run.stdout == f"{found} {[str(tree / 'a b')]}\n", run.stderr


def test_a_scan_outlives_its_files(tree):
    """What vanishes between the listing and the reading is counted."""

    def remove(_seen: int, folder: str) -> None:
        if folder.endswith("deep"):
            (tree / "a b/deep/none").unlink()
            (tree / "a b/deep" / ("x" * 200) / "é").unlink()
            (tree / "a b/deep" / ("x" * 200)).rmdir()
            (tree / "a b/deep").rmdir()

    scan = live.scan_files(tree, progress=remove)
    assert len(list(scan)) == 6
    assert [Path(error.filename).name for error in scan.gone] == ["deep"]
