"""Where a process runs, and since when, as the files beside its status tell it."""

from __future__ import annotations

import os

import pytest

from capset.live.origin import Origin, boot_id, control_group, host_name, origin, start_time

ID = "0123456789abcdef" * 4
OTHER = "f" * 64


@pytest.mark.parametrize(
    ("group", "container", "engine"),
    [
        (f"/system.slice/docker-{ID}.scope", ID, "docker"),
        (f"/docker/{ID}", ID, "docker"),
        (f"/docker/{OTHER}/docker/{ID}", ID, "docker"),
        (f"/machine.slice/libpod-{ID}.scope/container", ID, "podman"),
        (f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope", ID, "podman"),
        (f"/kubepods.slice/kubepods-besteffort.slice/kubepods-podx.slice/cri-containerd-{ID}.scope", ID, "containerd"),
        (f"/kubepods-podx.slice:cri-containerd:{ID}", ID, "containerd"),
        (f"/kubepods.slice/kubepods-podx.slice/crio-{ID}.scope", ID, "cri-o"),
        (f"/kubepods/burstable/pod3/{ID}", ID, None),
        (f"/system.slice/nerdctl-{ID}.scope", ID, "nerdctl"),
        (f"/ecs/0123456789abcdef0123456789abcdef/{ID}", ID, "aws-ecs"),
        (
            "/ecs/task/0123456789abcdef0123456789abcdef-1234567890",
            "0123456789abcdef0123456789abcdef-1234567890",
            "aws-ecs",
        ),
        (f"/docker/{OTHER}/kubelet.slice/kubepods-podx.slice/cri-containerd-{ID}.scope", ID, "containerd"),
        ("/lxc.payload.web-1", "web-1", "lxc"),
        ("/lxc.payload.web/system.slice/ssh.service", "web", "lxc"),
        (r"/machine.slice/machine-web\x2d1.scope/payload", "web-1", "systemd-nspawn"),
        ("/machine.slice/systemd-nspawn@web.service/payload", "web", "systemd-nspawn"),
        (f"/system.slice/docker-{ID}.scope/conmon", ID, "docker"),  # a group that somebody in it has made
        (f"/docker/{ID}/libpod_parent/libpod-conmon-{OTHER}", ID, "docker"),
        # what is in none, or watches over one from outside
        (f"/machine.slice/libpod-conmon-{ID}.scope", None, None),
        (f"/kubepods.slice/crio-conmon-{ID}.scope", None, None),
        ("/", None, None),
        ("", None, None),
        ("/user.slice/user-1000.slice/session-2.scope", None, None),
        ("/lxc.monitor.web", None, None),
        (f"/{ID[:-1]}", None, None),  # one digit less, and one more
        (f"/{ID}0", None, None),
        (f"/docker-{ID.upper()}.scope", None, None),
    ],
)
def test_whose_container_a_control_group_is(group, container, engine):
    """By its path alone; of those in each other the inner one counts."""
    assert origin(group) == Origin(container, engine)


@pytest.fixture
def saved(tmp_path):
    """A folder of one process, to whose files a test writes."""
    folder = tmp_path / "7"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["sh", "a b) S 1 2 3", "", ")", "\n"])
def test_the_start_stands_behind_any_name(saved, name):
    """A process chooses its name, and may choose one that looks like the rest of the line."""
    (saved / "stat").write_text(f"7 ({name}) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 9 10 11\n")
    assert start_time(7, proc=saved.parent) == 987654


@pytest.mark.parametrize("text", ["", "7 (sh) S 1", "nonsense", "7 (sh) S" + " x" * 60])
def test_a_stat_without_a_start(saved, text):
    """What cannot be read is not known."""
    (saved / "stat").write_text(text)
    assert start_time(7, proc=saved.parent) is None
    assert start_time(8, proc=saved.parent) is None


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("0::/init.scope\n", "/init.scope"),
        (f"12:pids:/docker/{ID}\n1:name=systemd:/docker/{ID}\n0::/system.slice\n", f"/docker/{ID}"),
        ("4:cpu:/a\n1:name=systemd:/b\n", "/b"),
        ("0::/a:b:c\n", "/a:b:c"),
        ("", None),
        ("nonsense\n", None),
        ("0::/\udcff\n", "/\udcff"),
    ],
)
def test_the_control_group_of_either_version(saved, text, group):
    """Where there are groups of version 1, it is they that engines use."""
    (saved / "cgroup").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert control_group(7, proc=saved.parent) == group
    assert control_group(8, proc=saved.parent) is None


def test_of_a_thread(saved):
    """A thread has files of its own."""
    task = saved / "task/9"
    task.mkdir(parents=True)
    (task / "cgroup").write_text("0::/x\n")
    (task / "stat").write_text("9 (sh) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 5 9\n")
    assert (control_group(7, proc=saved.parent, tid=9), start_time(7, proc=saved.parent, tid=9)) == ("/x", 5)


def test_of_the_host(tmp_path):
    """What is not there, or empty, is not known."""
    assert (boot_id(proc=tmp_path), host_name(proc=tmp_path)) == (None, None)
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("1-2\n")
    (tmp_path / "sys/kernel/hostname").write_text("\n")
    assert (boot_id(proc=tmp_path), host_name(proc=tmp_path)) == ("1-2", None)
    (tmp_path / "sys/kernel/hostname").write_text("web1\n")
    assert host_name(proc=tmp_path) == "web1"


@pytest.mark.linux
def test_of_this_process():
    """The kernel's own files."""
    assert start_time(os.getpid()) > 0
    assert control_group(os.getpid()).startswith("/")
    assert host_name() == os.uname().nodename
    assert len(boot_id()) == 36
