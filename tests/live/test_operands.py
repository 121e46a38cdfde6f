"""What runs in containers of real engines, found by their names."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from contextlib import suppress

import pytest
from click.testing import CliRunner

from capset import engines, live
from capset.cli.group import capset as command
from capset.errors import ContainerError
from tests.live.containers import COMPILED_IN, LIMITS, call


@pytest.fixture
def first(tmp_path, monkeypatch):
    """Put the command of an engine of its own before all others."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def put(name, words):
        (tmp_path / name).write_text(f'#!/bin/sh\nexec {shlex.join(map(str, words))} "$@"\n')
        (tmp_path / name).chmod(0o755)

    return put


def look(operand):
    """Show an operand; return the exit status, and what is told of it."""
    told = CliRunner().invoke(command, ["show", operand])
    return told.exit_code, told.stdout, told.stderr


def test_docker(docker, first):
    """Its process, with the sets that Docker gives; none once it has ended, and no other by its name."""
    first("docker", docker.client)
    options = ("--network=none", "--user=1000", "--cap-add=NET_ADMIN", "box", "tail", "-f", "/dev/null")
    assert call(*docker.client, "run", "-d", "--name=capset-web", *options).returncode == 0
    try:
        found = live.container("docker", "capset-web")
        caps = engines.get("docker", docker.version).container(["NET_ADMIN"], uid=1000).bounding
        assert found.assumed == ()  # its control group has its id
        status = live.read(found.pid)
        assert (status.name, status.uids.effective) == ("tail", 1000)
        assert status.caps.bounding == caps & live.read().caps.bounding
        code, out, err = look("docker:capset-web")
        assert (code, out.startswith(f"tail (pid {found.pid}, parent "), err) == (0, True, "")
        call(*docker.client, "stop", "--time=0", "capset-web")
        assert look("docker:capset-web")[2] == (
            "capset: docker:capset-web: it does not run, so it has no process: start it first\n"
        )
    finally:
        call(*docker.client, "rm", "-f", "capset-web")
    with pytest.raises(ContainerError, match=r"docker says: .*[Nn]o such (container|object): capset-web"):
        live.container("docker", "capset-web")


def test_docker_that_does_not_run(first, tool, tmp_path):
    """What its client says of that."""
    first("docker", [tool("docker", "docker.io"), "-H", f"unix://{tmp_path}/sock"])

    with pytest.raises(ContainerError, match=r"docker:web: docker says: .*Is the docker daemon running"):
        live.container("docker", "web")


def test_podman(podman, first):
    """Likewise, without a server."""
    first("podman", podman.podman)
    options = ("--pull=never", "--network=none", "--pids-limit=0", *LIMITS, "box:1", "tail", "-f", "/dev/null")
    made = call(*podman.podman, "run", "-d", "--name=capset-web", *options, env=COMPILED_IN)
    assert made.returncode == 0, made.stderr
    try:
        found = live.container("podman", "capset-web")
        assert live.read(found.pid).name == "tail"
        assert found.assumed == ()
        assert look("podman:capset-web")[1].startswith(f"tail (pid {found.pid}, parent ")
    finally:
        call(*podman.podman, "rm", "-f", "-t", "0", "capset-web")
    assert "podman says: " in look("podman:capset-web")[2]


def test_lxc(lxc, first, find):
    """The init of a container of LXC itself."""
    first("lxc-info", [*find("here")("lxc-info", "lxc"), "-P", lxc.folder])
    (lxc.folder / "config").write_text(
        "lxc.include = /usr/share/lxc/config/common.conf\nlxc.uts.name = capset-web\n"
        f"lxc.rootfs.path = dir:{lxc.root}\nlxc.net.0.type = empty\n"
        "lxc.mount.auto =\nlxc.mount.auto = proc:mixed sys:ro\n"
    )
    words = [*lxc.execute, "-P", lxc.folder, "-n", "capset-web", "-f", lxc.folder / "config", "--"]
    run = subprocess.Popen([*map(str, words), "/bin/tail", "-f", "/dev/null"], stdin=subprocess.DEVNULL)
    found = None
    try:
        for _ in range(300):
            with suppress(ContainerError):
                found = live.container("lxc", "capset-web")
                break
            time.sleep(0.1)
        assert found is not None, "it did not start"
        assert found.assumed == ()
        assert live.read(found.pid).ppid != os.getpid()
    finally:
        if found is not None:
            os.kill(found.pid, signal.SIGKILL)
        run.wait(30)
    assert "lxc-info says: " in look("lxc:capset-web")[2]
