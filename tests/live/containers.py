"""Real container engines, each with folders of its own, running ``cat /proc/self/status`` in a container.

Each is found by `Find`: on this machine, or in the root of another Debian suite, where the folders have the same names.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from attrs import frozen

from capset import CapState, live
from capset.engines import Request

Find = Callable[[str, str], list[str]]
"""From a program and its Debian package to the words that start it, the last of them its path."""


@frozen
class Outcome:
    """What became of a container: the five sets of its process, or what was said instead."""

    state: CapState | None
    said: str


def call(*command: str | Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end, whatever that is."""
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=120, check=False, **options)


def outcome(*command: str | Path, **options: object) -> Outcome:
    """Run a command that prints a status file if it starts a process at all."""
    run = call(*command, stdin=subprocess.DEVNULL, **options)
    said = run.stderr.decode("utf-8", "replace")
    at = run.stdout.find(b"Name:")
    if at < 0:
        return Outcome(None, said + run.stdout.decode("utf-8", "replace"))
    return Outcome(live.parse_status(run.stdout[at:].replace(b"\r", b"")).caps, said)


def make_root(folder: Path, find: Find) -> Path:
    """Make a root file system that holds nothing but busybox and two users."""
    root = folder / "root"
    for name in ("bin", "dev", "etc", "proc", "run", "sys", "tmp", "usr/bin", "root"):
        (root / name).mkdir(parents=True)
    shutil.copy(find("busybox", "busybox-static")[-1], root / "bin/busybox")
    for applet in ("cat", "sh", "grep", "tail"):
        (root / "bin" / applet).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nuser:x:1000:\n")
    (root / "etc/os-release").write_text("ID=test\n")
    # systemd-nspawn looks users up with this one.
    getent = root / "usr/bin/getent"
    getent.write_text('#!/bin/sh\ncase $1 in passwd) grep "^$2:" /etc/passwd;; initgroups) echo "$2 1000";; esac\n')
    getent.chmod(0o755)
    return root


def archive(root: Path) -> Path:
    """Pack a root file system, once."""
    path = root.with_suffix(".tar")
    if not path.exists():
        subprocess.run(["tar", "-C", str(root), "-cf", str(path), "."], check=True)
    return path


def version_of(*command: str | Path) -> str:
    """Return the first of the words that a program prints of its version which looks like one."""
    return next(word for word in call(*command).stdout.decode().split() if word[0].isdigit())


class Daemon:
    """A server in the background, with a log.

    Args:
        command: The words that start it.
        log: The file for what it says.
        ready: A command that works as soon as the server does.
        options: Of both commands, such as their environment.
    """

    def __init__(
        self, command: Sequence[str | Path], log: Path, ready: Sequence[str | Path], **options: object
    ) -> None:
        with log.open("wb") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True, **options)
        try:
            self._wait(log, ready, options)
        except BaseException:  # pytest's skip is none of Exception
            self.end()
            raise

    def _wait(self, log: Path, ready: Sequence[str | Path], options: dict[str, object]) -> None:
        for _ in range(300):
            if call(*ready, **options).returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        *_, last = log.read_text("utf-8", "replace").strip().split("\n")
        pytest.skip(f"{self.process.args[-1]} does not start here: {last}")

    def end(self) -> None:
        """End it and what it was started through, in order if it can."""
        signum, patience = int(signal.SIGTERM), time.monotonic() + 30
        while True:
            self.process.poll()
            try:
                os.killpg(self.process.pid, signum)
            except ProcessLookupError:
                return
            signum = 0 if time.monotonic() < patience else int(signal.SIGKILL)
            time.sleep(0.05)


class Docker:
    """A Docker Engine of its own."""

    name = "docker"

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.folder = folder
        self.client = [*find("docker", "docker.io"), "-H", f"unix://{folder}/sock"]
        options = ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
        options += [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
        options += ["--storage-driver=vfs", f"--host=unix://{folder}/sock"]
        self.daemon = Daemon([*find("dockerd", "docker.io"), *options], folder / "log", [*self.client, "info"])
        imported = call(*self.client, "import", archive(root), "box")
        assert imported.returncode == 0, imported.stderr
        version = call(*self.client, "version", "--format", "{{.Server.Version}}")
        self.version = version.stdout.decode().strip()

    def run(self, request: Request, uid: int, no_new_privs: bool) -> Outcome:
        """Run a container."""
        options = [f"--cap-add={name}" for name in request.add] + [f"--cap-drop={name}" for name in request.drop]
        options += ["--privileged"] * request.privileged + ["--security-opt=no-new-privileges"] * no_new_privs
        return outcome(
            *self.client, "run", "--rm", "--network=none", f"--user={uid}", *options, "box", "cat", "/proc/self/status"
        )

    def create(self, words: Sequence[str]) -> object | None:
        """Create a container with the words of a command line; return what inspect shows, None if it is refused."""
        created = call(*self.client, "create", *words)
        if created.returncode:
            return None
        name = created.stdout.decode().split()[-1]
        shown = json.loads(call(*self.client, "inspect", name).stdout)
        call(*self.client, "rm", name)
        return shown

    def close(self) -> None:
        """End this daemon, and take back what it mounted."""
        self.daemon.end()
        unmount_below(self.folder)


def unmount_below(folder: Path) -> None:
    """Unmount what an engine left mounted below its folder, the innermost first."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
        call("umount", mount)


class Runc:
    """runc, with a configuration written for each run."""

    name = "runc"
    options: tuple[str, ...] = ()

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.folder = folder
        self.runtime = find(self.name, self.name)
        self.version = version_of(*self.runtime, "--version")
        self.bundle = folder / "bundle"
        self.bundle.mkdir()
        assert call(*self.runtime, "spec", "--bundle", self.bundle).returncode == 0
        self.template = json.loads((self.bundle / "config.json").read_text())
        self.template["root"] = {"path": str(root), "readonly": True}
        self.template["process"] |= {"terminal": False, "args": ["cat", "/proc/self/status"]}
        self.runs = 0

    def run(self, lists: dict[str, Sequence[str]], uid: int, no_new_privs: bool) -> Outcome:
        """Run a container with these five lists."""
        user = {"uid": uid, "gid": uid}
        return self.run_process({"user": user, "capabilities": lists, "noNewPrivileges": no_new_privs})

    def run_process(self, said: dict[str, object]) -> Outcome:
        """Run a container with what is said of its process, and nothing else of what it is about."""
        about = ("user", "capabilities", "noNewPrivileges")
        process = {key: value for key, value in self.template["process"].items() if key not in about} | said
        (self.bundle / "config.json").write_text(json.dumps(self.template | {"process": process}))
        self.runs += 1
        return outcome(
            *self.runtime,
            *self.options,
            "--root",
            self.folder / "state",
            "run",
            "--bundle",
            self.bundle,
            f"c{self.runs}",
        )

    def close(self) -> None:
        """Leave nothing: a container is gone when its process ends."""


class Crun(Runc):
    """crun, alike; by default it says nothing of a name that is none."""

    name = "crun"
    options = ("--log-level=warning",)


COMPILED_IN = {**os.environ, "CONTAINERS_CONF": "/dev/null"}
LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")  # their own need CAP_SYS_RESOURCE


class Podman:
    """Podman with storage of its own, and what is compiled in or what its packages configure."""

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.folder = folder
        self.podman = [
            *find("podman", "podman"),
            *("--root", folder / "storage", "--runroot", folder / "run", "--tmpdir", folder / "tmp"),
            *("--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file"),
            *("--runtime", find("runc", "runc")[-1]),
        ]
        imported = call(*self.podman, "import", "-q", archive(root), "box:1")
        if imported.returncode:
            pytest.skip(f"podman does not work here: {imported.stderr.decode()}")
        self.version = call(*self.podman, "version", "--format", "{{.Client.Version}}").stdout.decode().strip()

    def run(self, request: Request, uid: int, no_new_privs: bool, *, packaged: bool = False) -> Outcome:
        """Run a container."""
        words = self._words(request, str(uid), no_new_privs)
        return outcome(*self.podman, "run", "--rm", *words, env=os.environ if packaged else COMPILED_IN)

    def inspected(self, request: Request, user: str, no_new_privs: bool) -> tuple[str, Outcome]:
        """Make a container; return what ``podman inspect`` prints of it before it runs, and what comes of it."""
        name = "inspected"
        words = self._words(request, user, no_new_privs)
        made = call(*self.podman, "create", f"--name={name}", *words, env=COMPILED_IN)
        assert made.returncode == 0, made.stderr
        shown = call(*self.podman, "inspect", name).stdout.decode()
        found = outcome(*self.podman, "start", "--attach", name, env=COMPILED_IN)
        call(*self.podman, "rm", "-f", name)
        return shown, found

    def _words(self, request: Request, user: str, no_new_privs: bool) -> list[str]:
        return [
            *("--pull=never", "--network=none", f"--user={user}"),
            *("--pids-limit=0", *LIMITS),  # nor is there always a controller for it
            *(f"--cap-add={name}" for name in request.add),
            *(f"--cap-drop={name}" for name in request.drop),
            *["--privileged"] * request.privileged,
            *["--security-opt=no-new-privileges"] * no_new_privs,
            *("box:1", "cat", "/proc/self/status"),
        ]

    def close(self) -> None:
        """Remove what it keeps."""
        call(*self.podman, "rm", "-fa")
        call(*self.podman, "rmi", "-fa")
        unmount_below(self.folder)


class Buildah:
    """``buildah run`` in a working container of its own."""

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.folder = folder
        storage = ("--root", folder / "storage", "--runroot", folder / "run", "--storage-driver", "vfs")
        self.buildah = [*find("buildah", "buildah"), *storage]
        self.version = version_of(*self.buildah, "--version")
        self.runc = find("runc", "runc")[-1]
        # What is configured for its containers is looked up now.
        made = call(*self.buildah, "from", "--name", "box", *LIMITS, "scratch", env=COMPILED_IN)
        if made.returncode:
            pytest.skip(f"buildah does not work here: {made.stderr.decode()}")
        assert call(*self.buildah, "add", "-q", "box", archive(root), "/").returncode == 0

    def run(self, request: Request, uid: int) -> Outcome:
        """Run a command."""
        options = [f"--cap-add={name}" for name in request.add] + [f"--cap-drop={name}" for name in request.drop]
        return outcome(
            *self.buildah,
            *("run", "--isolation=oci", "--runtime", self.runc, "--network=none", f"--user={uid}"),
            *options,
            *("box", "cat", "/proc/self/status"),
            env=COMPILED_IN,
        )

    def close(self) -> None:
        """Remove what it keeps."""
        call(*self.buildah, "rm", "-a")
        unmount_below(self.folder)


class Bubblewrap:
    """bubblewrap as an ordinary user calls it."""

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.root = root
        self.bwrap = find("bwrap", "bubblewrap")
        self.version = version_of(*self.bwrap, "--version")
        self.setpriv = find("setpriv", "util-linux")

    def run(self, request: Request) -> Outcome:
        """Run it."""
        options = [part for name in request.drop for part in ("--cap-drop", name)]
        options += [part for name in request.add for part in ("--cap-add", name)]
        return outcome(
            *(*self.setpriv, "--reuid=1000", "--regid=1000", "--clear-groups", self.bwrap[-1]),
            *("--unshare-user", "--ro-bind", self.root, "/", "--proc", "/proc", *options),
            *("/bin/cat", "/proc/self/status"),
            cwd="/",
        )

    def close(self) -> None:
        """Leave nothing."""


class Apptainer:
    """Apptainer as an ordinary user calls it, in a user namespace."""

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.root = root
        self.apptainer = find("apptainer", "apptainer")
        self.version = version_of(*self.apptainer, "--version")
        self.setpriv = find("setpriv", "util-linux")

    def run(self, request: Request) -> Outcome:
        """Run a command."""
        # Of an option that stands twice the last one counts, so all names stand in one.
        options = [f"--add-caps={','.join(request.add)}"] * bool(request.add)
        options += [f"--drop-caps={','.join(request.drop)}"] * bool(request.drop)
        return outcome(
            *(*self.setpriv, "--reuid=1000", "--regid=1000", "--clear-groups", self.apptainer[-1]),
            *("exec", "--no-home", "--no-mount", "home,tmp,cwd,hostfs,devpts,sys", *options),
            *(self.root, "/bin/cat", "/proc/self/status"),
            env={**os.environ, "HOME": "/tmp"},
        )

    def close(self) -> None:
        """Leave nothing."""


class Nspawn:
    """systemd-nspawn without a bus."""

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.nspawn = [*find("systemd-nspawn", "systemd-container"), "--directory", root, "--register=no"]
        self.version = version_of(*self.nspawn, "--version")

    def run(self, request: Request, uid: int, no_new_privs: bool) -> Outcome:
        """Run a container."""
        options = [f"--capability={name}" for name in request.add]
        options += [f"--drop-capability={name}" for name in request.drop]
        return outcome(
            *(*self.nspawn, "--keep-unit", "--quiet", "--pipe"),
            *(f"--no-new-privileges={'yes' if no_new_privs else 'no'}", *(["--user=user"] if uid else [])),
            *options,
            *("/bin/cat", "/proc/self/status"),
        )

    def close(self) -> None:
        """Leave nothing."""


class Lxc:
    """A privileged LXC container with common.conf."""

    def __init__(self, folder: Path, root: Path, find: Find) -> None:
        self.folder, self.root = folder, root
        self.execute = find("lxc-execute", "lxc")
        self.version = version_of(*self.execute, "--version")

    def run(self, request: Request, uid: int, no_new_privs: bool) -> Outcome:
        """Run a container."""
        config = self.folder / "config"
        config.write_text(
            "lxc.include = /usr/share/lxc/config/common.conf\nlxc.uts.name = test\n"
            f"lxc.rootfs.path = dir:{self.root}\nlxc.net.0.type = empty\n"
            "lxc.mount.auto =\nlxc.mount.auto = proc:mixed sys:ro\n"
            f"lxc.init.uid = {uid}\nlxc.init.gid = {uid}\nlxc.no_new_privs = {int(no_new_privs)}\n"
            + "".join(f"lxc.cap.drop = {name}\n" for name in request.drop)
            + "".join(f"lxc.cap.keep = {name}\n" for name in request.add)
        )
        command = ("-P", self.folder, "-n", "test", "-f", config, "--", "/bin/cat", "/proc/self/status")
        return outcome(*self.execute, *command)

    def close(self) -> None:
        """Leave nothing."""
