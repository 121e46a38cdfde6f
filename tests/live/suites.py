"""Roots of other Debian suites, whose engines are newer than this machine's, and what runs in them.

A root is unpacked once, with ``mmdebstrap`` from the mirror that this machine's apt uses, into the folder that
CAPSET_SUITES names (``.ci/run`` has one for all its tests) or else into a temporary one. A test works in a `Suite`:
a root of its own above the unpacked one, in namespaces of its own. Their first process reads a pipe of the tests, so
however the tests end, it ends, and the kernel ends and unmounts all of it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

__all__ = ["PACKAGES", "Suite", "mirror", "remove", "unpacked"]

_BASE = "base-files base-passwd bash busybox-static coreutils dash grep libc-bin mount sed util-linux"
_ENGINES = (
    "buildah conmon containerd docker-cli docker.io golang-github-containers-common iptables podman runc systemd "
    "systemd-container"
)
_PYTHONS = "python3.14 python3.15"
PACKAGES = {
    "forky": f"{_BASE} {_ENGINES} {_PYTHONS} bubblewrap crun docker-compose incus-base libcap2-bin lxc tar".split(),
    "trixie": f"{_BASE} {_ENGINES}".split(),
    "sid": f"{_BASE} apptainer".split(),
}
"""What is unpacked, by suite."""

# What becomes the first process of a suite: $1 is what was unpacked, $2 an empty folder, $3 the folder that is seen on
# both sides. The old root is gone after it, with all that was mounted in it. The control groups are those of today's
# systems, cgroup2 alone, below a group of its own, whatever this machine has: crun and systemd refuse both together.
_FIRST = r"""
set -e
mount --make-rprivate /
mount -t tmpfs suite "$2"
mkdir "$2/upper" "$2/work" "$2/root" "$2/cgroup"
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" suite "$2/root"
mount -t cgroup2 cgroup2 "$2/cgroup"
mkdir "$2/cgroup/${2##*/}"
echo $$ >"$2/cgroup/${2##*/}/cgroup.procs"
exec unshare --cgroup sh -c '
set -e
cd "$2/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 run run
mkdir -p .before ".$3" tmp dev
mount --rbind /dev dev
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --bind "$3" ".$3"
pivot_root . .before
umount -l /.before
echo ready
cat
:
' suite "$@"
"""
# The control groups below that of a suite are not gone with their last process.
_REMOVE = (
    'mount -t cgroup2 cgroup2 "$1"; cd "$1"; [ ! -d "${1##*/}" ] || find "${1##*/}" -depth -type d -exec rmdir {} +'
)


def unpacked(suite: str, tool) -> Path:
    """Return the folder into which a suite's packages are unpacked; nobody may write into it.

    Skips without root, apt, mmdebstrap or mirror, and says which.
    """
    if os.geteuid():
        pytest.skip(f"needs to be root, to unpack Debian {suite}")
    mmdebstrap = tool("mmdebstrap", "mmdebstrap")
    kept = Path(os.environ.get("CAPSET_SUITES") or _of_this_run())
    root = kept / suite
    with (kept / f"{suite}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests of another process may be at it
        if not root.exists():
            _unpack(suite, root, mmdebstrap, mirror(tool))
    return root


_temporary: list[tempfile.TemporaryDirectory[str]] = []


def _of_this_run() -> str:
    """Return a folder that is gone when this process ends."""
    if not _temporary:
        _temporary.append(tempfile.TemporaryDirectory(prefix="capset-suites-"))
    return _temporary[0].name


def mirror(tool) -> str:
    """Return where this machine's apt gets Debian from."""
    told = subprocess.run(
        [tool("apt-get", "apt"), "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(RELEASE)|$(REPO_URI)"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in told.stdout.splitlines():
        origin, label, release, uri = line.split("|")
        if (origin, label) == ("Debian", "Debian") and "-" not in release:  # neither updates nor backports
            return uri
    pytest.skip("needs a mirror of Debian in the sources of apt, and its lists (apt-get update)")


def _unpack(suite: str, root: Path, mmdebstrap: str, mirror: str) -> None:
    """Unpack without running what the packages would run on a system that starts.

    A mirror may be a copy that is some weeks old: the signature of what it has is checked, its date is not.
    """
    making = root.with_name(f"{suite}.making")
    shutil.rmtree(making, ignore_errors=True)  # of a run that was ended
    making.mkdir()
    options = ['Acquire::Check-Valid-Until "false"', 'APT::Install-Recommends "false"']
    run = subprocess.run(
        [
            *(mmdebstrap, "--variant=extract", "--mode=root", "--format=directory", "--quiet"),
            *(f"--aptopt={option}" for option in options),
            *(f"--include={','.join(PACKAGES[suite])}", suite, making, mirror),
        ],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if run.returncode:
        pytest.skip(f"needs the packages of Debian {suite}: {run.stderr.strip().rpartition(chr(10))[2]}")
    for name in ("passwd", "group"):  # as base-passwd would make them
        shutil.copy(making / f"usr/share/base-passwd/{name}.master", making / "etc" / name)
    with (making / "etc/passwd").open("a") as passwd:
        passwd.write("user:x:1000:1000::/:/bin/sh\n")
    (making / "etc/localtime").touch()
    for name in ("subuid", "subgid"):  # for user namespaces
        (making / "etc" / name).write_text("root:1000000:65536\n")
    (making / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (making / "etc/machine-id").write_text("c" * 32 + "\n")
    making.chmod(0o755)
    making.rename(root)


class Suite:
    """A root of a Debian suite, in mount, pid, IPC, host name and cgroup namespaces of its own.

    Args:
        name: The suite, such as "forky".
        shared: A folder that is seen in the root under the same name.
        tool: Finds a program of this machine, or skips.
        lower: What is in the root; by default the unpacked packages of the suite.
    """

    def __init__(self, name: str, shared: Path, tool, *, lower: Path | None = None) -> None:
        self.name = name
        lower = lower or unpacked(name, tool)
        self.place = Path(tempfile.mkdtemp(prefix=f"capset-{name}-", dir=shared))
        unshare = [tool("unshare", "util-linux"), "--mount", "--pid", "--fork", "--kill-child", "--ipc", "--uts"]
        self.outer = subprocess.Popen(
            [*unshare, "sh", "-c", _FIRST, name, lower, self.place, shared],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        if self.outer.stdout.readline() != b"ready\n":
            self.outer.stdin.close()
            said = self.outer.stderr.read().decode("utf-8", "replace").strip()
            self.close()
            pytest.skip(f"needs a root of Debian {name}: {said}")
        [self.first] = Path(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children").read_text().split()
        self.root = Path(f"/proc/{self.first}/root")
        namespaces = ("--mount", "--pid", "--ipc", "--uts", "--cgroup")
        self.enter = [tool("nsenter", "util-linux"), f"--target={self.first}", *namespaces, "--root", "--wd"]
        # nsenter does not go into the group.
        self.enter += ["/bin/sh", "-c", 'echo $$ >/sys/fs/cgroup/cgroup.procs && exec "$@"', "sh"]

    def tool(self, name: str, package: str) -> list[str]:
        """Return the words that start a program of the suite, as the fixture ``tool`` finds one of this machine."""
        for folder in ("usr/bin", "usr/sbin", f"usr/libexec/{package.removesuffix('-base')}"):
            if (self.root / folder / name).exists():
                return [*self.enter, f"/{folder}/{name}"]
        pytest.skip(f"needs {name} (Debian {self.name}: {package})")

    def close(self) -> None:
        """End all that runs in the root; it is unmounted with its last process."""
        self.outer.stdin.close()
        try:
            self.outer.wait(30)
        except subprocess.TimeoutExpired:
            self.outer.kill()  # and the kernel kills the others
            self.outer.wait()
        self.outer.stdout.close()
        self.outer.stderr.close()
        remove(self.place)


def remove(place: Path) -> None:
    """Remove the folder of a root that has ended, and its control groups, which alone outlive tests that are killed."""
    subprocess.run(["unshare", "--mount", "sh", "-c", _REMOVE, "remove", place], check=True)
    place.rmdir()
