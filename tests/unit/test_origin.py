"""Where a process runs, and since when, as the files beside its status tell it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from capset.live.origin import (
    Origin,
    boot_id,
    control_group,
    has_own_pids,
    host_name,
    origin,
    sees_all_groups,
    start_time,
)

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
        ("/machine.slice/web.service/libpod-payload-" + ID, ID, "podman"),
        ("/system.slice/docker-0123456789abcdefghijklmno.scope", "0123456789abcdefghijklmno", "docker"),
        ("/docker/buildkit/0123456789abcdefghijklmno", "0123456789abcdefghijklmno", "docker"),
        ("/user.slice/system.slice:docker:0123456789abcdefghijklmno", "0123456789abcdefghijklmno", "docker"),
        ("/system.slice:buildkit:0123456789abcdefghijklmno", "0123456789abcdefghijklmno", "buildkit"),
        ("/buildah-buildah3762294847", "buildah3762294847", "buildah"),
        ("/system.slice/runc-buildah-buildah1534195536.scope", "buildah1534195536", "buildah"),
        (f"/lxc.payload.{ID}", ID, "lxc"),
        ("/lxc.payload.web/.lxc", "web", "lxc"),
        (f"/machine.slice/machine-libpod_pod_{OTHER}.slice/libpod-{ID}.scope", ID, "podman"),
        (f"/made/{ID}", ID, None),
        ("/buildkit/0123456789abcdefghijklmno", "0123456789abcdefghijklmno", "buildkit"),
        ("/lxc/101/ns/init.scope", "101", "lxc"),
        ("/lxc.payload/web", "web", "lxc"),
        ("/lxc.payload.web.service/init.scope", "web.service", "lxc"),
        ("/lxc.payload.web.slice", "web.slice", "lxc"),
        ("/lxc/web.service", "web.service", "lxc"),
        ("/machine.slice/machine-e.scope", "e", "systemd-nspawn"),
        ("/lxc.payload.a/system.slice/lxc.payload.b", "b", "lxc"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/lxc-web-0.scope/lxc.payload.web", "web", "lxc"),
        # a group below that of an engine which is not known may be of somebody in a container
        ("/default/web/lxc/x", "x", None),
        ("/default/web/lxc.payload.x", "x", None),
        ("/system.slice/ctr-web.scope/machine.slice/machine-x.scope", "x", None),
        ("/system.slice/garden.service/lxc.payload.x", "x", None),
        # libvirt's machines are none of systemd-nspawn, and neither is what has its names elsewhere
        (r"/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt", "vm", None),
        (r"/machine.slice/machine-lxc\x2d1\x2dweb.scope", "web", None),
        ("/a.slice/machine-web.scope", "web", None),
    ],
)
def test_whose_container_a_control_group_is(group, container, engine):
    """By its path alone; of those in each other the inner one counts."""
    assert origin(group) == Origin(container, engine, contained=True)


@pytest.mark.parametrize(
    ("made", "engine"),
    [
        ("machine.slice/machine-x.scope", "docker"),
        ("lxc.payload.x", "docker"),
        (f"libpod-{OTHER}", "podman"),
        ("user.slice", "docker"),
        ("lxc.monitor.x", "docker"),
    ],
)
def test_no_group_that_a_container_makes_gives_it_more(made, engine):
    """Who is in one names the groups below its own: the least of all that are named is what is given."""
    assert origin(f"/docker/{ID}/{made}").engine == engine
    assert origin(f"/lxc.payload.x/docker/{ID}").engine == "docker"
    assert origin(f"/lxc.payload.x/pods/{ID}").engine is None
    assert origin(f"/kubepods/burstable/pod3/{ID}/{made}").engine == {"podman": "podman"}.get(engine)


@pytest.mark.parametrize(
    "group",
    [
        f"/machine.slice/libpod-conmon-{ID}.scope",  # it watches over one from outside
        f"/kubepods.slice/crio-conmon-{ID}.scope",
        f"/libpod_parent/libpod-conmon-{ID}",
        "/libpod_parent/conmon",
        f"/machine.slice/machine-libpod_pod_{OTHER}.slice/libpod-conmon-{ID}.scope",
        f"/system.slice/{ID}-4f0702360ff724b9.service",  # podman's health check, which runs on the host
        f"/system.slice/{ID}.service",
        "/machine.slice/systemd-nspawn@web.service/supervisor",
        "/user.slice/user-1000.slice/user@1000.service/init.scope",
        f"/lxc.monitor.{ID}",
        r"/system.slice/system-serial\x2dgetty.slice/serial-getty@ttyS0.service",
        "/lxc.monitor.web",
        "/lxc.monitor/web",
        "/init.scope",
        "/system.slice/systemd-udevd.service/udev",
        "/user.slice/user-1000.slice/session-2.scope",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope",
        "/system.slice/run-r1.scope",
    ],
)
def test_groups_of_a_host(group):
    """They are in no container."""
    assert origin(group) == Origin(contained=False)


@pytest.mark.parametrize(
    "group",
    [
        "/",  # in a container that is what all have
        "/web.service",  # as runc may name one
        "/system.slice/web.service/supervisor",
        "/system.slice/web.service/runtime",
        "/system.slice/garden.service/web.service",
        "/system.slice/garden.service/x.slice/web.service",
        "/system.slice/garden.service/udev",
        "/user.slice",
        "",
        "/../x",
        f"/../libpod-conmon-{ID}.scope",
        "/default/web",
        "/system.slice/garden.service/garden/good/web",
        "/nomad.slice/share.slice/x.scope",
        f"/{ID[:-1]}",  # one digit less, and one more
        f"/{ID}0",
        f"/docker-{ID.upper()}.scope",
        f"/x/libpod-conmon-{ID}",
    ],
)
def test_groups_of_which_it_is_not_known(group):
    """What is not known to be outside may be inside."""
    assert origin(group) == Origin()


def test_whether_the_groups_are_those_of_the_host(tmp_path):
    """In a container they begin at its own; a saved tree tells it by the kernel's first thread."""
    assert not sees_all_groups(proc=tmp_path)
    (tmp_path / "2").mkdir()
    (tmp_path / "2/stat").write_text("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0\n")
    assert sees_all_groups(proc=tmp_path)
    (tmp_path / "2/stat").write_text("2 (kthreadd) S 0 2 2 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0\n")
    assert not sees_all_groups(proc=tmp_path)
    (tmp_path / "self/ns").mkdir(parents=True)
    link = tmp_path / "self/ns/cgroup"
    link.symlink_to("cgroup:[4026531835]")
    assert sees_all_groups(proc=tmp_path)
    link.unlink()
    link.symlink_to("cgroup:[4026532999]")
    assert not sees_all_groups(proc=tmp_path)


def test_whether_it_has_a_pid_namespace_of_its_own(tmp_path):
    """What runs in a container mostly has, whatever its control group."""
    (tmp_path / "7/task/9/ns").mkdir(parents=True)
    (tmp_path / "7/ns").mkdir()
    assert not has_own_pids(7, proc=tmp_path)
    (tmp_path / "7/ns/pid").symlink_to("pid:[4026531836]")
    (tmp_path / "7/task/9/ns/pid").symlink_to("pid:[4026532999]")
    assert not has_own_pids(7, proc=tmp_path)
    assert has_own_pids(7, proc=tmp_path, tid=9)


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
        ("4:memory:/garden/x\n3:pids:/\n0::/system.slice/garden.service\n", "/garden/x"),
        ("4:cpu:/\n1:name=systemd:/init.scope\n", "/init.scope"),
        (f"4:cpu:/docker/{OTHER}\n0::/docker/{ID}\n", f"/docker/{ID}"),
        ("4:cpu:/made\n1:pids:/made/web\n0::/init.scope\n", "/made/web"),
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


RECORDED = tomllib.loads(Path("tests/data/control_groups.toml").read_text("utf-8"))["process"]


@pytest.mark.parametrize("of", RECORDED, ids=lambda of: f"{of['engine']} {of['version']}, {of['how']}")
def test_what_engines_have_made(saved, of):
    """What runs in a container is never taken for the host's, nor what has started it for what runs in one."""
    (saved / "cgroup").write_text("".join(f"1:x:{path}\n" for path in of["paths"]))
    found = origin(control_group(7, proc=saved.parent))
    if "--cgroups=disabled" in of["how"]:  # which has a pid namespace of its own, and no group
        assert found.contained is not True
    elif of["is"] in {"container", "build"}:
        assert found.contained is not False
        # Incus lets LXC start its containers, and Podman buildah build its images.
        assert found.engine in {None, of["engine"], {"incus": "lxc", "podman": "buildah"}.get(of["engine"])}
        if found.container and of["is"] == "container":
            # The second of a name has a number behind it, and what is in a project of Incus the project before it.
            assert found.container in {of["container"], f"{of['container']}-1", f"proj_{of['container']}"}
    elif "libvirt_lxc" not in of["how"]:  # which is in the group of its container
        assert found.contained is not True


def test_what_engines_have_made_is_known_for_the_most():
    """Few of what was recorded says nothing, and those are named as whoever started them wanted."""
    told = [origin(of["paths"][-1] if of["cgroups"] == 2 else of["paths"][0]) for of in RECORDED]
    assert len(told) > 250
    assert sum(found.contained is None for found in told) < 0.4 * len(told)
