"""The saved server of examples/ is what its README says, and what a kernel and Docker could have made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from capset import CapSet, FileCaps, engines, kernel, live

FOLDER = Path(__file__).parent.parent.parent / "examples/server"
HOST = {status.pid: status for status in live.scan(proc=FOLDER)}
DOCKER = engines.get("docker")
FULL = CapSet.all() | {41}


def test_the_readme():
    """A row for each process: its id, its name, its user and its effective set."""
    text = (FOLDER / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| ([0-9, ]+) \| `(.+?)` \| (\d+) \| .* \| `(\w+)` \|$", text, re.MULTILINE)
    told = {int(pid): (name, int(uid), mask) for pids, name, uid, mask in rows for pid in pids.split(",")}

    assert told == {pid: (each.name, each.uids.effective, each.caps.effective.hex()) for pid, each in HOST.items()}


@pytest.mark.parametrize("pid", HOST)
def test_a_process(pid):
    """No set breaks a rule, its parent is there, and each id is that of its folder."""
    status = HOST[pid]

    assert status.caps.violations() == []
    assert status.pid == status.tgid == pid
    assert status.ppid in HOST or status.ppid == 0
    assert status.caps.bounding <= FULL


@pytest.mark.parametrize(
    ("pid", "request_"),
    [
        (1221, {}),
        (1321, {"privileged": True}),
        (1421, {"add": ["NET_ADMIN"]}),
        (1521, {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
    ],
)
def test_a_container(pid, request_):
    """Docker gives these sets for these options."""
    assert HOST[pid].caps == DOCKER.container(**request_)


def test_what_became_another_user():
    """The worker of nginx, by the kernel's rules."""
    [user] = {*HOST[1250].uids}

    assert kernel.setresuid(HOST[1221].credentials(), user, user, user).caps == HOST[1250].caps


def test_what_has_it_from_its_file():
    """What the manager of user 1000 gets by executing a program with cap_net_raw=ep."""
    fping = kernel.Executable(caps=FileCaps(permitted=["net_raw"], effective=True))

    assert kernel.execve(HOST[1602].credentials(), fping).caps == HOST[1730].caps


def test_what_is_rootless():
    """Everything in a user namespace of one's own, and Podman's default in a container there."""
    assert HOST[1650].caps.effective == HOST[1650].caps.bounding == FULL
    assert HOST[1661].caps == engines.get("podman").container()
