"""libcap's text against libcap itself, a command line against its words; the scan of a tree against a bare loop."""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess

import pytest

from capset import DOCKER_DEFAULT, CapSet, live
from capset.formats import docker, libcap

TEXT = "cap_chown,cap_net_raw=ep"
TIMES = 1000


@pytest.fixture(scope="module")
def library():
    """Load libcap, or skip."""
    try:
        library = ctypes.CDLL("libcap.so.2")
    except OSError:
        pytest.skip("needs libcap.so.2 (Debian: apt-get install libcap2)")
    for name, arguments in (("cap_from_text", [ctypes.c_char_p]), ("cap_to_text", [ctypes.c_void_p, ctypes.c_void_p])):
        getattr(library, name).restype = ctypes.c_void_p
        getattr(library, name).argtypes = arguments
    library.cap_free.argtypes = [ctypes.c_void_p]
    return library


def test_reading_text(against, library):
    """Into a state here, into a structure that nobody has looked into there."""
    data = TEXT.encode()

    def theirs():
        for _ in range(TIMES):
            library.cap_free(library.cap_from_text(data))

    def mine():
        for _ in range(TIMES):
            libcap.from_text(TEXT)

    against(mine, theirs, name="libcap.from_text(text)", floor_name="cap_from_text through ctypes", times=TIMES)


def test_writing_text(against, library):
    """From a state here, from a structure there."""
    caps = library.cap_from_text(TEXT.encode())
    state = libcap.from_text(TEXT)

    def theirs():
        for _ in range(TIMES):
            text = library.cap_to_text(caps, None)
            ctypes.string_at(text).decode()
            library.cap_free(text)

    def mine():
        for _ in range(TIMES):
            libcap.to_text(state)

    against(mine, theirs, name="libcap.to_text(state)", floor_name="cap_to_text through ctypes", times=TIMES)
    library.cap_free(caps)


@pytest.mark.parametrize(("write", "limit"), [(CapSet.names, 0.1), (str, 0.1)], ids=["names()", "str()"])
@pytest.mark.parametrize("many", [1, 2000])
def test_writing_names(against, library, write, limit, many):
    """Of one set again and again, and of so many that none is kept from the last time; libcap has the same set."""
    sets = [CapSet.from_mask(DOCKER_DEFAULT.mask | number << 30) for number in range(many)] * (TIMES // many or 1)
    caps = library.cap_from_text(f"{str(DOCKER_DEFAULT).lower()}=ep".encode())

    def theirs():
        for _ in sets:
            text = library.cap_to_text(caps, None)
            ctypes.string_at(text).decode()
            library.cap_free(text)

    def mine():
        for caps in sets:
            write(caps)

    name = f"CapSet.{write.__name__}(), {'the same set' if many == 1 else '2,000 sets'}"
    against(
        mine,
        theirs,
        name=name,
        floor_name="cap_to_text through ctypes",
        limit=limit if many == 1 else None,
        times=len(sets),
    )
    library.cap_free(caps)


def test_reading_options(against):
    """Four words, of which the floor only finds the borders."""
    line = "--cap-drop=all --cap-add net_raw alpine"
    words = shlex.split(line)

    def theirs():
        for _ in range(100):
            shlex.split(line)

    def mine():
        for _ in range(100):
            docker.from_flags(words)

    against(mine, theirs, name="docker.from_flags(4 words)", floor_name="shlex.split", limit=3, times=100)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Make 5,000 files in 50 folders."""
    root = tmp_path_factory.mktemp("tree")
    for folder in range(50):
        (root / str(folder)).mkdir()
        for name in range(100):
            (root / str(folder) / str(name)).touch()
    return str(root)


def test_scanning(against, tree):
    """A bare loop that looks at every file, and keeps nothing."""

    def bare():
        for folder, _, names in os.walk(tree):
            for name in names:
                try:
                    os.getxattr(f"{folder}/{name}", "security.capability", follow_symlinks=False)
                except OSError:
                    continue

    against(
        lambda: list(live.scan_files(tree)),
        bare,
        name="live.scan_files(), 5,000 files",
        floor_name="os.walk and os.getxattr",
        rounds=15,
    )


def test_scanning_against_getcap(against, tree):
    """The whole program."""
    getcap = shutil.which("getcap", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if getcap is None:
        pytest.skip("needs getcap (Debian: apt-get install libcap2-bin)")
    against(
        lambda: list(live.scan_files(tree)),
        lambda: subprocess.run([getcap, "-r", tree], check=True),
        name="live.scan_files(), 5,000 files",
        floor_name="getcap -r",
        rounds=15,
    )
