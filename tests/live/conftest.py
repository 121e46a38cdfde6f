"""What the tests of the running system need, and how they say that it is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from capset import live
from tests.live import emulator
from tests.live.containers import (
    Apptainer,
    Bubblewrap,
    Buildah,
    Crun,
    Docker,
    Find,
    Lxc,
    Nspawn,
    Podman,
    Runc,
    make_root,
)
from tests.live.cri import Containerd
from tests.live.incus import Incus
from tests.live.suites import Suite, mirror


@pytest.fixture(scope="session")
def tool():
    """Find a program, or skip and say which Debian package has it."""

    def find(name: str, package: str) -> str:
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if path is None:
            pytest.skip(f"needs {name} (Debian: apt-get install {package})")
        return path

    return find


_TRACEFS = Path("/sys/kernel/tracing")


@pytest.fixture(scope="session")
def holding():
    """Skip unless this process holds some capabilities."""

    def require(*caps: str) -> None:
        missing = [cap for cap in caps if cap not in live.read().caps.effective]
        if missing:
            pytest.skip(f"needs {', '.join(missing)} (run as root)")

    return require


@pytest.fixture(scope="session")
def folder(holding):
    """Make a folder for the engines' own, which need to be root."""
    holding("sys_admin", "mknod", "setuid", "setpcap", "sys_chroot")
    path = Path(tempfile.mkdtemp(prefix="capset-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def find(folder, tool):
    """Return how programs are found in a place: "here", where Debian's own come first, or a suite of Debian."""
    with ExitStack() as entered:

        @cache
        def find_in(place: str) -> Find:
            if place == "here":
                return lambda name, package: [shutil.which(name, path="/usr/bin:/usr/sbin") or tool(name, package)]
            suite = Suite(place, folder, tool)
            entered.callback(suite.close)
            return suite.tool

        yield find_in


@pytest.fixture(scope="session")
def root(folder, find):
    """Make a root file system with busybox in it."""
    return make_root(folder, find("here"))


@pytest.fixture(scope="session")
def kernel_of(tool, tmp_path_factory) -> Callable[[str], emulator.Kernel]:
    """Return how the kernel of a suite of Debian is got, once; neither hardware nor root is needed."""
    for program, package in (
        ("gcc", "gcc"),
        ("cpio", "cpio"),
        ("dpkg", "dpkg"),
        ("apt-get", "apt"),
        ("qemu-system-x86_64", "--no-install-recommends qemu-system-x86"),
    ):
        tool(program, package)
    if os.uname().machine != "x86_64":
        pytest.skip("needs a compiler for x86-64")
    if not emulator.KEYRING.exists():
        pytest.skip("needs Debian's keys (Debian: apt-get install debian-archive-keyring)")
    uri = mirror(tool)
    return cache(lambda suite: emulator.get(suite, uri, tmp_path_factory.mktemp(f"kernel-{suite}")))


def of_its_own(kind: type) -> Callable[..., Iterator[object]]:
    """Make a fixture that starts an engine in a folder of its own, and ends it. Its parameter is the place."""

    @pytest.fixture(scope="session")
    def start(request, folder, root, find):
        place = getattr(request, "param", "here")
        own = Path(tempfile.mkdtemp(prefix=f"{kind.__name__.lower()}-", dir=folder))
        own.chmod(0o755)
        engine = kind(own, root, find(place))
        yield engine
        engine.close()

    return start


docker, containerd, podman, buildah = map(of_its_own, (Docker, Containerd, Podman, Buildah))
apptainer = of_its_own(Apptainer)
runc, crun, bubblewrap, nspawn, lxc, incus = map(of_its_own, (Runc, Crun, Bubblewrap, Nspawn, Lxc, Incus))


@pytest.fixture(scope="module")
def tracing(holding, tool):
    """Have tracefs, with the tracepoint that came with Linux 6.14."""
    holding("sys_admin", "perfmon")
    mount = tool("mount", "mount")
    mounted = not (_TRACEFS / "events").exists()
    if mounted:
        subprocess.run([mount, "-t", "tracefs", "tracefs", _TRACEFS], check=True)
    if not (_TRACEFS / "events/capability/cap_capable").exists():
        pytest.skip("needs the tracepoint cap_capable (Linux 6.14)")
    before = sorted((_TRACEFS / "instances").iterdir())
    yield
    assert sorted((_TRACEFS / "instances").iterdir()) == before, "something was left behind"
    if mounted:
        subprocess.run(["umount", _TRACEFS], check=True)
