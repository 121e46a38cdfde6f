"""What engines set so that a capability is not needed."""

from __future__ import annotations

import re

import pytest

from capset import CapSet, engines, facts
from capset.engines import Sysctl
from capset.engines.releases import key

DOCUMENT = facts.load("sysctls")
PORTS, PING = "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range"


@pytest.mark.parametrize(
    ("engine", "version", "names"),
    [
        ("docker", "19.03.15", []),
        ("docker", "20.10.0", [PORTS]),
        ("docker", "20.10.12", [PORTS]),
        ("docker", "20.10.13", [PORTS, PING]),
        ("docker", None, [PORTS, PING]),
        ("containerd", "1.7.0", []),
        ("containerd", "2.0.0", [PORTS, PING]),
        ("containerd", None, [PORTS, PING]),
        ("podman", "2.1.1", []),
        ("podman", "2.2.0", [PING]),
        ("podman", "4.3.1", [PING]),
        ("podman", None, [PING]),
        ("podman-packaged", "2.2.0", [PING]),
        ("podman-packaged", None, [PING]),
        ("cri-o", None, []),
        ("aws-ecs", None, []),
    ],
)
def test_sysctls(engine, version, names):
    """By the release that sets them first."""
    assert [sysctl.name for sysctl in engines.sysctls(engines.get(engine, version))] == names


def test_of_an_era():
    """Its last release counts, where no version was asked for."""
    eras = engines.versions("docker")

    assert engines.sysctls(eras[0]) == []
    assert [len(engines.sysctls(era)) for era in eras] == sorted(len(engines.sysctls(era)) for era in eras)
    assert engines.sysctls(engines.get("docker").with_default([])) == engines.sysctls(engines.get("docker"))


def test_every_fact():
    """Each is complete, and each source is somebody's."""
    assert {"schema", "sysctls", "sources"} == set(DOCUMENT)
    assert DOCUMENT["schema"] == 1
    for entry in DOCUMENT["sysctls"]:
        assert entry["engine"] in engines.names()
        assert entry["confidence"] in {"run", "read", "documented"}
        assert re.fullmatch(r"net\.ipv4\.[a-z_]+", entry["name"])
        assert all(key(release["since"]) for release in entry["releases"])
        assert len(CapSet(entry["instead_of"])) == 1
    assert {source for entry in DOCUMENT["sysctls"] for source in entry["sources"]} == set(DOCUMENT["sources"])


def test_forth_and_back():
    """As plain types."""
    [sysctl] = engines.sysctls(engines.get("podman"))

    assert Sysctl.from_dict(sysctl.as_dict()) == sysctl
    assert str(sysctl).startswith(f"{PING}=0 0 in place of CAP_NET_RAW: to ping, ")


def test_what_is_no_engine():
    with pytest.raises(TypeError, match="an Engine, such as"):
        engines.sysctls("docker")
