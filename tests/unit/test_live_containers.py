"""The process of a container, by the command of its engine: here a script that stands for it."""

from __future__ import annotations

import os

import pytest

from capset import live
from capset.errors import ArgumentError, ContainerError
from capset.live.containers import CONTAINERS
from capset.live.reading import contents

pytestmark = pytest.mark.linux


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Put a command of a name before all others, which keeps the words that it was given and does something."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def put(name, does):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\n{does}\n')
        path.chmod(0o755)
        return lambda: (tmp_path / "words").read_text().split("\n")[:-1]

    return put


ASKED = {
    "docker": ("docker", "{} {}", ["inspect", "--type=container", "--format={{.State.Pid}} {{.Id}}", "web-1.x_y"]),
    "podman": ("podman", "{} {}", ["inspect", "--type=container", "--format={{.State.Pid}} {{.Id}}", "web-1.x_y"]),
    "nerdctl": ("nerdctl", "{} {}", ["inspect", "--type=container", "--format={{.State.Pid}} {{.Id}}", "web-1.x_y"]),
    "crictl": (
        "crictl",
        "{} {}",
        ["inspect", "--output=go-template", "--template={{.info.pid}} {{.status.id}}", "web-1.x_y"],
    ),
    "incus": ("incus", '{{"cpu": {{"usage": 99}}, "pid": {}}}', ["query", "/1.0/instances/web-1.x_y/state"]),
    "lxc": ("lxc-info", "{}", ["--no-humanize", "--pid", "--name", "web-1.x_y"]),
    "systemd-nspawn": ("machinectl", "{}", ["show", "--property=Leader", "--value", "web-1.x_y"]),
}  # fmt: skip


@pytest.mark.parametrize("engine", CONTAINERS)
def test_every_engine_is_asked_in_its_way(command, monkeypatch, engine):
    """With the name as a word of its own; of a process whose control group does not name it, nothing is sure."""
    program, answer, words = ASKED[engine]
    given = command(program, f"echo '{answer.format(os.getpid(), 'f0f0f0f0f0f0')}'")

    found = live.container(engine, "web-1.x_y")
    assert given() == words
    assert (found.engine, found.name, found.pid) == (engine, "web-1.x_y", os.getpid())
    assert found.assumed == (
        f"process {os.getpid()} of this machine is that container, as its control group does not say whose it is",
    )
    named = b"0::/docker-f0f0f0f0f0f0.scope/lxc.payload.web-1.x_y\n"
    monkeypatch.setattr("capset.live.containers.contents", lambda path: named if "cgroup" in path else contents(path))
    assert live.container(engine, "web-1.x_y").assumed == ()


@pytest.mark.parametrize(
    ("groups", "sure"),
    [
        ("0::/lxc.payload.web-1", True),
        ("0::/lxc.payload.staging_web-1/init.scope", True),
        ("5:memory:/x\n9:name=systemd:/lxc/web-1", True),
        ("0::/machine.slice/machine-web\\x2d1.scope/payload", True),
        ("0::/machine.slice/systemd-nspawn@web-1.service/payload", True),
        ("9:name=systemd:/", False),
        ("0::/lxc.payload.my-web-1", False),
        ("0::/lxc.payload.web-10", False),
        ("0::/system.slice/web-1-helper.service", False),
        ("0::/", False),
    ],
)
def test_a_name_is_no_part_of_another(command, monkeypatch, groups, sure):
    """A process whose control group has the name somewhere in it may be anything."""
    command("lxc-info", f"echo {os.getpid()}")
    monkeypatch.setattr("capset.live.containers.contents", lambda _path: f"{groups}\n".encode())
    assert (live.container("lxc", "web-1").assumed == ()) is sure


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("echo 0 abc", "it does not run, so it has no process: start it first"),
        ("echo 'no such \x1b container' >&2; exit 1", "docker says: no such \\x1b container"),
        ("echo said; exit 1", "docker says: said"),
        ("exit 3", "docker says: exit status 3 alone"),
        ("echo what", "docker gives no process id, but 'what'"),
        ("echo -5", "docker gives no process id, but '-5'"),
        ("echo 999999999 abc", "it is process 999999999, which is not here: the engine runs on another machine, a "
                               "virtual one perhaps, or this /proc hides it"),
        ("exec sleep 60", "docker did not answer within 0.2 seconds"),
    ],
)  # fmt: skip
def test_why_there_is_none(command, does, told):
    """What the engine says, or what is strange about it."""
    command("docker", does)

    with pytest.raises(ContainerError) as raised:
        live.container("docker", "web", timeout=0.2 if "sleep" in does else 10)
    assert str(raised.value) == f"docker:web: {told}"
    assert (raised.value.engine, raised.value.name) == ("docker", "web")


def test_a_command_that_cannot_be_run(tmp_path, monkeypatch):
    """It is not installed, or is no program."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ContainerError, match=r"^podman:web: podman is not installed here, or not in \$PATH$"):
        live.container("podman", "web")
    (tmp_path / "podman").write_text("x")
    (tmp_path / "podman").chmod(0o755)
    with pytest.raises(ContainerError, match="podman:web: podman cannot be run: "):
        live.container("podman", "web")


@pytest.mark.parametrize("name", ["", "-v", "--help", "a b", "../x", "a/b", "a\n", "ä"])
def test_what_is_no_name(name):
    """It would be an option, or a path, to the command, which is not called."""
    with pytest.raises(ContainerError, match="no name of a container, which has letters"):
        live.container("docker", name)


def test_wrong_calls():
    """What is no engine, no text or no time."""
    with pytest.raises(
        ArgumentError, match=r"expected an engine whose containers are found \(docker, .*\), got 'runc'"
    ):
        live.container("runc", "a")
    for wrong in (0, -1, float("nan"), 3601):
        with pytest.raises(ArgumentError, match="expected a number of seconds up to 3600, got"):
            live.container("docker", "a", timeout=wrong)
    for words in ((5, "a"), ("docker", 5)):
        with pytest.raises(TypeError, match="as str, got 5"):
            live.container(*words)
    with pytest.raises(TypeError, match="expected a number of seconds, got '5'"):
        live.container("docker", "a", timeout="5")


def test_as_an_operand(run, command):
    """Of any command that looks at a process; a file that configures the engine has a slash or the end of one."""
    command("podman", f"echo {os.getpid()} f0f0")

    status, out, err = run("show", "podman:web")
    assert (status, out.splitlines()[0].endswith(f"(pid {os.getpid()}, parent {os.getppid()})")) == (0, True)
    assert err == (
        f"capset: process {os.getpid()} of this machine is that container, as its control group does not say whose "
        "it is\n"
    )
    assert run("diff", "podman:web", "pid:self")[0] == 0
    assert run("why", "podman:web", "kill")[0] == 0
    assert "podman:web (" in run("compare", "podman:web", "docker")[1]
    for file in ("containers.conf", "./web", "a.toml"):
        assert run("show", f"podman:{file}")[2].startswith(
            f"capset: there is no file '{file}': an engine is configured"
        )
    assert run("run", "podman:web")[2] == (
        "capset: there is no file 'web': an engine is configured by a file, and a container is an operand, such as "
        "that of show and diff\n"
    )
