"""What people type for an engine, and the engines that are told by it."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from capset import CapSet, engines
from capset.cli.group import capset
from capset.engines import Request
from capset.engines.alias import plain
from capset.errors import UnknownEngineError, UnknownNameError, UnknownVersionError


@pytest.mark.parametrize("alias", engines.aliases(), ids=lambda alias: alias.name)
def test_every_alias(alias):
    """It stands for the one engine that it has; of several it names each, and why none is taken."""
    assert plain(alias.name) == alias.name
    assert alias.name not in engines.names()
    assert set(alias.engines) <= set(engines.names())
    assert alias.why.endswith(".") is (len(alias.engines) == 1)
    assert engines.is_engine(alias.name)
    if len(alias.engines) == 1:
        assert engines.get(alias.name) == engines.get(*alias.engines)
        return
    with pytest.raises(UnknownEngineError, match=re.escape(f"{alias.why}: choose {alias.engines[0]}")) as raised:
        engines.get(alias.name)
    assert raised.value.close == alias.engines


def test_no_alias_is_two():
    """A name that stands twice in the data would be lost once."""
    from capset.facts import load

    names = [name for entry in load("aliases")["aliases"] for name in entry["names"]]
    assert len(set(names)) == len(names) == len(engines.aliases())


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Docker", "docker"),
        ("  docker ", "docker"),
        ("Podman rootless", "podman"),
        ("rootless_podman", "podman"),
        ("CRI-O", "cri-o"),
        ("Cri O", "cri-o"),
        ("systemd nspawn", "systemd-nspawn"),
        ("containerd/CRI", "containerd"),
        ("OpenShift", "cri-o"),
    ],
)
def test_as_people_write_it(written, name):
    """In any case, with white space or an underscore; a version goes with it."""
    assert engines.get(written).name == name
    assert engines.versions(written) == engines.versions(name)


def test_a_version_of_an_alias():
    assert engines.get("moby", "20.10.24") == engines.get("docker", "20.10.24")
    assert engines.get("Docker-CE", "20.10") == engines.get("docker", "20.10")


@pytest.mark.parametrize("alias", [each for each in engines.aliases() if each.own_versions], ids=lambda each: each.name)
def test_a_version_that_is_not_the_engines(alias):
    """That of OpenShift, say, is no version of CRI-O: what is taken for one would be another engine's answer."""
    engine = engines.get(alias.name)
    told = f"no facts about version '1.20' of {alias.name}: it has versions of its own; give that of {engine.title}, "
    with pytest.raises(UnknownVersionError, match=re.escape(f"{told}with the name {engine.name}. {alias.why[:-1]}")):
        engines.get(alias.name, "1.20")
    with pytest.raises(UnknownVersionError, match="it has versions of its own"):
        engines.get(alias.name.upper(), "1.20")


def test_what_has_versions_of_its_own():
    """What is no name of the engine itself, or of its package or program."""
    own = {alias.name for alias in engines.aliases() if alias.own_versions}

    assert {"openshift", "ocp", "okd", "k3s", "rke2", "eks", "compose", "docker-desktop", "swarm", "buildx"} < own
    assert {"podman-compose", "podman-desktop", "singularity", "dockershim"} < own
    assert own.isdisjoint({"moby", "docker-ce", "docker.io", "crio", "nspawn", "bwrap", "runsc", "buildkitd"})


def test_the_aliases_of_an_engine():
    assert engines.get("cri-o").aliases == ("crio", "openshift", "ocp", "okd")
    assert engines.get("cri-o", "1.20").aliases == engines.get("cri-o").aliases
    assert engines.get("runc").aliases == ()


def test_what_is_no_engine():
    """A mask, a capability and a typo are none."""
    assert not any(map(engines.is_engine, ("a80425fb", "kill", "dokcer", "")))
    with pytest.raises(TypeError, match="expected the name of an engine as str, got 5"):
        engines.is_engine(5)


def test_on_the_command_line():
    """Wherever an engine may stand."""
    runner = CliRunner()

    assert "--cap-drop=NET_RAW" in runner.invoke(capset, ["flags", "moby", "podman-rootless"]).output
    result = runner.invoke(capset, ["diff", "k8s", "docker"])
    assert (result.exit_code, "choose containerd, cri-o or cri-dockerd" in result.output) == (2, True)
    assert runner.invoke(capset, ["diff", "Docker", "moby@28.0"]).exit_code == 0
    result = runner.invoke(capset, ["run", "openshift@4.16"])
    assert (result.exit_code, "give that of CRI-O, with the name cri-o" in result.output) == (2, True)


APPTAINER, YOUKI, CRI_DOCKERD = (engines.get(name) for name in ("apptainer", "youki", "cri-dockerd"))


def test_apptainer():
    """Root keeps everything in all five sets; another user has what is added, and nothing else."""
    root = APPTAINER.container()
    assert all(getattr(root, name) == CapSet.all() for name in ("effective", "inheritable", "bounding", "ambient"))
    assert APPTAINER.container(uid=1000).bounding == CapSet()
    user = APPTAINER.container(add=["net_raw, CAP_KILL"], drop=["kill"], uid=1000)
    assert user.effective == user.ambient == user.bounding == CapSet(["net_raw"])
    assert APPTAINER.resolve(drop=["kill,chown"]) == CapSet.all() - {"kill", "chown"}


def test_apptainers_names():
    """ALL, with CAP_ too, takes the rest of its list with it; an unknown name is passed over in both lists."""
    for word in ("ALL", "all", "CAP_ALL", "cap_all", "bogus,ALL"):
        assert APPTAINER.resolve(drop=[word]) == CapSet()
        assert APPTAINER.container(add=[word], uid=5).effective == CapSet.all()
    resolution = APPTAINER.resolution(add=["BOGUS"], drop=["NONSENSE"])
    assert resolution.caps == CapSet.all()
    assert resolution.warnings == (
        "Apptainer skips 'BOGUS', which it does not know: nothing is added",
        "Apptainer skips 'NONSENSE', which it does not know: nothing is dropped",
    )
    old = engines.get("apptainer", "1.1.9")
    assert old.default == CapSet.all(37)
    assert old.resolution(add=["bpf"]).warnings
    assert APPTAINER.flags(CapSet.all() - {"kill"}) == ["--drop-caps=KILL"]
    # Of an option that stands twice, Apptainer 1.4.5 takes the last alone: CHOWN would be kept.
    assert APPTAINER.flags(CapSet.all() - {"kill", "chown"}) == ["--drop-caps=CHOWN,KILL"]
    assert APPTAINER.write(Request(["kill", "bpf"], ["all"])) == ["--drop-caps=all", "--add-caps=kill,bpf"]


def test_cap_all_elsewhere():
    """Only Apptainer takes it for ALL."""
    with pytest.raises(UnknownNameError, match="write ALL"):
        engines.get("docker").resolve(add=["CAP_ALL"])


def test_cri_dockerd():
    """A pod's lists, by Docker's rules: unlike containerd, a name with CAP_ counts, and adding wins."""
    assert CRI_DOCKERD.resolve(add=["CAP_NET_ADMIN"]) - CRI_DOCKERD.default == CapSet(["net_admin"])
    assert CRI_DOCKERD.resolve(add=["KILL"], drop=["KILL"]) == CRI_DOCKERD.default
    assert "kill" not in engines.get("containerd").resolve(add=["KILL"], drop=["KILL"])
    with pytest.raises(UnknownNameError):
        CRI_DOCKERD.resolve(add=["BOGUS"])
    assert CRI_DOCKERD.flags(["kill"])[0] == "securityContext.capabilities.drop=ALL"


def test_youki():
    """Its template made its three ambient until 0.6, and so another user had them."""
    assert YOUKI.default == engines.get("crun").default
    assert engines.get("youki", "0.6").container(uid=1000).effective == YOUKI.default
    assert YOUKI.container(uid=1000).effective == CapSet()
    assert engines.get("crun").container(uid=1000).effective == CapSet()
