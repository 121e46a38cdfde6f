"""What the tools that are installed here print, against what is read of it and what the kernel says."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings

from capset import CapSet, FileCaps, documents, live
from capset.errors import ProcessGoneError
from capset.formats import libcap
from tests.live.containers import COMPILED_IN, LIMITS, call
from tests.live.test_engines import in_suite
from tests.strategies import masks

RUNS = int(os.environ.get("CAPSET_ORACLE_RUNS", "25"))
NAMES = ["ping", "a b", "a = cap_kill", "c:d", "one=cap_kill+ep", "tab\tx", "ü", "back\\slash", "#x", "[rootid=5]"]


def printed(*command):
    """Return what a tool prints; what it says on standard error is no part of that."""
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


@pytest.fixture
def files(tmp_path, holding, tool):
    """Files of odd names, each with other capabilities, as they are read from the file system."""
    holding("setfcap")
    setcap = tool("setcap", "libcap2-bin")
    texts = [
        "cap_net_raw=ep",
        "cap_kill=p",
        "cap_kill=i",
        "cap_chown=eip cap_kill+ei",
        "=ep",
        "=",
        "cap_kill,cap_bpf=p",
    ]
    for at, name in enumerate(NAMES):
        path = tmp_path / name
        path.touch()
        options = ["-n", "1000"] if at % 3 == 2 else []
        subprocess.run([setcap, *options, texts[at % len(texts)], path], check=True)
    (tmp_path / "without").touch()
    return tmp_path


def file_caps(folder):
    return {str(folder / name): live.file_caps(folder / name) for name in NAMES}


def test_getcap(files, tool):
    """Recursively and one by one; a file without capabilities is told with -v."""
    getcap = tool("getcap", "libcap2-bin")
    found = documents.read(printed(getcap, "-n", "-r", files))
    assert {each.dialect for each in found} == {"getcap"}
    assert {each.name: each.file_caps for each in found} == file_caps(files)
    assert [each.problems for each in found] == [()] * len(NAMES)
    [one, other] = documents.read(printed(getcap, "-v", files / "ping", files / "without"))
    assert (one.file_caps, other.asks) == (live.file_caps(files / "ping"), None)


@pytest.mark.parametrize("encoding", ["hex", "base64", "text"])
def test_getfattr(files, tool, encoding):
    """Every encoding; names have escapes."""
    getfattr = tool("getfattr", "attr")
    paths = [files / name for name in NAMES]
    text = printed(getfattr, "--absolute-names", "-d", "-e", encoding, "-m", "security.capability", *paths)
    # Of a byte that is no UTF-8 a terminal makes nothing that could be read; it is told so.
    found = documents.read(text.decode("utf-8", "surrogateescape"))
    assert {each.dialect for each in found} == {"getfattr"}
    assert {each.name: each.file_caps for each in found} == file_caps(files)


def test_filecap(files, tool):
    """It tells of the permitted sets, and leaves out files that have none."""
    filecap = tool("filecap", "libcap-ng-utils")
    found = {each.name: each.file_caps for each in documents.read(printed(filecap, files))}
    expected = {path: caps for path, caps in file_caps(files).items() if caps.permitted}
    assert {path: caps.permitted for path, caps in found.items()} == {
        path: caps.permitted for path, caps in expected.items()
    }


def test_capsh_and_getpcaps(tool):
    """This very process, as each of them shows it."""
    capsh, getpcaps = tool("capsh", "libcap2-bin"), tool("getpcaps", "libcap2-bin")
    caps = live.read().caps
    own = str(os.getpid())
    for command in ([capsh, "--print"], [capsh, "--current"]):
        [one] = documents.read(printed(*command))
        assert one.dialect == "capsh"
        assert one.state.permitted == live.read().caps.permitted
        assert one.problems == ()
    assert documents.read(printed(capsh, "--print"))[0].state.bounding == caps.bounding
    for options in ([], ["--ugly"], ["--verbose"], ["--iab"]):
        run = subprocess.run([getpcaps, *options, own], capture_output=True, text=True, check=True)
        [one] = documents.read(run.stdout + run.stderr)
        assert (one.dialect, one.name, one.problems) == ("getpcaps", f"pid {own}", ())
        for name in one.says:
            assert getattr(one.state, name) == getattr(caps, name)


def test_capsh_decode(tool):
    capsh = tool("capsh", "libcap2-bin")

    @settings(max_examples=RUNS, deadline=None)
    @given(masks)
    def compare(mask):
        [one] = documents.read(printed(capsh, f"--decode={mask:x}"))
        assert (one.dialect, one.state.effective.mask, one.problems) == ("capsh-decode", mask, ())

    compare()


def test_pscap(tool):
    """Each process that it shows, against its status; one may end in between."""
    pscap = tool("pscap", "libcap-ng-utils")
    found = documents.read(printed(pscap, "-a"))
    assert {each.dialect for each in found} == {"pscap"}
    compared = 0
    for each in found:
        assert all(problem.verdict == "note" for problem in each.problems)
        try:
            status = live.read(int(each.name.partition(",")[0].removeprefix("pid ")))
        except ProcessGoneError:
            continue
        if each.state.permitted == CapSet.all() or status.caps.permitted == each.state.permitted:
            compared += 1
    assert compared > len(found) / 2


CALLS = """
import ctypes, sys
libc = ctypes.CDLL(None)
for words in eval(sys.argv[1]):
    libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*words))
libc.prctl(24, 50)
libc.prctl(47, 2, 13, 0, 0)
"""


@pytest.mark.parametrize("style", ["abbrev", "verbose"])
def test_strace(tool, tmp_path, style):
    """Every mask that a call can have, also bits without a name."""
    strace = tool("strace", "strace")
    drawn = []

    @settings(max_examples=RUNS, deadline=None)
    @given(masks)
    def draw(mask):
        drawn.append(mask)

    draw()
    words = [(0, 0, mask & 0xFFFFFFFF, 0, 0, mask >> 32) for mask in drawn]
    log = tmp_path / "log"
    command = [strace, "-X", style, "-e", "trace=capset,prctl", "-o", log, sys.executable, "-c", CALLS, repr(words)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs to trace a process (ptrace)")
    found = [each for each in documents.read(log.read_bytes()) if each.name == "capset"]
    assert {each.dialect for each in found} == {"strace"}
    assert [each.state.inheritable.mask for each in found] == drawn


def test_rpm(tmp_path, tool):
    """A package made here, with a file that has capabilities and one that has none."""
    rpmbuild, rpm = tool("rpmbuild", "rpm"), tool("rpm", "rpm")
    spec = tmp_path / "t.spec"
    spec.write_text(
        "Name: t\nVersion: 1\nRelease: 1\nSummary: t\nLicense: MIT\nBuildArch: noarch\n%description\nt\n%install\n"
        'mkdir -p "%{buildroot}/opt"\ntouch "%{buildroot}/opt/a b" "%{buildroot}/opt/c"\n%files\n'
        '%caps(cap_net_raw,cap_kill=ep) "/opt/a b"\n/opt/c\n'
    )
    subprocess.run([rpmbuild, "-bb", "--define", f"_topdir {tmp_path}", spec], capture_output=True, check=True)
    [package] = (tmp_path / "RPMS").rglob("*.rpm")
    [one] = documents.read(printed(rpm, "-qp", "--filecaps", package))
    assert (one.dialect, one.name) == ("rpm", "/opt/a b")
    assert one.file_caps == FileCaps.from_state(libcap.from_text("cap_net_raw,cap_kill=ep"))


CAPS = "capeff,capprm,capbnd,capinh,capamb"
COMMAND = "tail -f /dev/null 'a  b\tc' & tail -f /dev/null"


@pytest.mark.parametrize("podman", ["here", in_suite("trixie"), in_suite("forky")], indirect=True)
def test_podman_top(podman):
    """Each process of a container against its status."""
    options = [
        [],
        ["--user=1000", "--cap-add=KILL"],
        ["--privileged"],
        ["--cap-drop=ALL"],
        ["--cap-drop=ALL", "--cap-add=CHOWN", "--cap-add=BPF"],
        ["--cap-add=ALL", "--cap-drop=SYS_RESOURCE"],
    ]
    for each in options:
        image = ("--pull=never", "--network=none", "--pids-limit=0", *LIMITS, "box:1", "sh", "-c", COMMAND)
        made = call(*podman.podman, "run", "-d", "--name=capset-top", *each, *image, env=COMPILED_IN)
        assert made.returncode == 0, made.stderr
        try:
            look = ("exec", "capset-top", "sh", "-c", "for each in /proc/[0-9]*/status; do cat $each; echo; done")
            texts = call(*podman.podman, *look, env=COMPILED_IN).stdout.split(b"\n\n")
            statuses = {each.pid: each.caps for each in map(live.parse_status, filter(None, texts))}
            for columns in (f"pid,{CAPS}", f"pid,comm,{CAPS},user", f"{CAPS},pid,label,args", f"args,{CAPS},pid"):
                shown = call(*podman.podman, "top", "capset-top", columns, env=COMPILED_IN)
                compare_with_statuses(documents.read(shown.stdout), shown.stdout, statuses)
        finally:
            call(*podman.podman, "rm", "-f", "-t", "0", "capset-top")


def compare_with_statuses(found, shown, statuses):
    """A row that a tab in a command has moved is not understood; all others are the process's own sets.

    Unless Podman has no name for one of them, which is told.
    """
    assert {each.dialect for each in found} == {"podman-top"}, shown
    assert len(found) == 2
    read = [each for each in found if each.not_known != "the line was not understood"]
    assert len(read) >= 1
    for each in read:
        caps = statuses[int(each.name.partition(",")[0].removeprefix("pid "))]
        if each.not_known:
            assert b"CHOWN,unknown " in shown
            assert caps.bounding - each.state.bounding == CapSet(["bpf"])
        else:
            assert each.state == caps, shown
