"""Services under a real systemd, of this machine and of other suites, against what is said of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from capset import Cap, documents, live
from capset.formats import systemd
from tests.live.suites import Suite
from tests.live.systemd import processes, shown, version_of

RUNS = int(os.environ.get("CAPSET_ORACLE_RUNS", "10"))

FILTERS = {
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "PrivateDevices": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "RestrictAddressFamilies": "AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "SystemCallLog": "@clock",
}
"""The settings that make filters, each with a value of which there is one."""

OTHERS = [
    *("LockPersonality=no", "LockPersonality=", "LockPersonality=yes\nLockPersonality=", "LockPersonality=maybe"),
    *(
        "ProtectHostname=private",
        "ProtectHostname=private:a",
        "ProtectHostname=yes:a",
        "ProtectHostname=yes\nProtectHostname=",
    ),
    *("RestrictAddressFamilies=none", "RestrictAddressFamilies=~AF_UNIX", "RestrictAddressFamilies=~"),
    "RestrictAddressFamilies=AF_UNIX\nRestrictAddressFamilies=",
    "RestrictAddressFamilies=~AF_UNIX\nRestrictAddressFamilies=AF_UNIX",
    "RestrictAddressFamilies=none\nRestrictAddressFamilies=AF_UNIX",
    *("RestrictNamespaces=no", "RestrictNamespaces=user mnt", "RestrictNamespaces=cgroup ipc net mnt pid user uts"),
    *("RestrictNamespaces=~user", "RestrictNamespaces=~", "RestrictNamespaces=user\nRestrictNamespaces="),
    *("RestrictNamespaces=bogus", "RestrictNamespaces=~user\nRestrictNamespaces=user"),
    *("SystemCallArchitectures=bogus", "SystemCallArchitectures=native\nSystemCallArchitectures="),
    *(
        "SystemCallFilter=~@privileged",
        "SystemCallFilter=~capset",
        "SystemCallFilter=~prctl:EPERM",
        "SystemCallFilter=~",
    ),
    *(
        "SystemCallFilter=~@clock",
        "SystemCallFilter=~@process",
        "SystemCallFilter=~@bogus",
        "SystemCallFilter=~@setuid",
    ),
    "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources",
    "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged\nSystemCallFilter=capset",
    "SystemCallFilter=~@privileged\nSystemCallFilter=",
    "SystemCallFilter=~@privileged\nSystemCallFilter=@privileged",
    *("SystemCallLog=~@clock", "SystemCallLog=@clock\nSystemCallLog="),
    *("RestrictFileSystems=ext4", "ProtectProc=invisible", "ProcSubset=pid", "PrivateNetwork=yes"),
]
CAPS = st.lists(st.sampled_from(["CAP_KILL", "CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_RAW"]), max_size=3)
BITS = ["keep-caps", "no-setuid-fixup", "noroot", "keep-caps-locked", "no-setuid-fixup-locked", "noroot-locked", "no"]
LINES = st.one_of(
    st.builds(
        "{}={}{}".format, st.sampled_from(["CapabilityBoundingSet"]), st.sampled_from(["", "~"]), CAPS.map(" ".join)
    ),
    st.builds("AmbientCapabilities={}".format, CAPS.map(" ".join)),
    st.sampled_from([f"{key}={value}" for key, value in FILTERS.items()]),
    st.sampled_from(OTHERS),
    st.builds("SecureBits={}".format, st.lists(st.sampled_from(BITS), max_size=2).map(" ".join)),
    st.sampled_from(["NoNewPrivileges=yes", "NoNewPrivileges=no", "DynamicUser=yes", "Group=1000"]),
    st.sampled_from(["User=1000", "User=root", "User=0", "User=", "User=user"]),
)


@pytest.fixture(scope="module", params=["of this machine", "trixie", "forky"])
def suite(request, folder, tool):
    """Start a root with a systemd in it."""
    tool("systemd-nspawn", "systemd systemd-container")
    lower = Path("/") if request.param == "of this machine" else None
    found = Suite(request.param.replace(" ", "-"), folder, tool, lower=lower)
    yield found
    found.close()


def compare(suite, folder, units: list[str]) -> int:
    """Run units, and say how many were run at all; what is said of each must be what it has."""
    release = version_of(suite)
    ran = 0
    for unit, status in zip(units, processes(suite, folder, units), strict=True):
        read = systemd.from_unit(f"[Service]\n{unit}\n", version=release)
        if status is None:
            continue
        ran += 1
        uid = status.uids.real
        assert (read.uid == uid) or (read.uid == 61184 and 61184 <= uid <= 65519) or read.user == "user", unit
        held = live.read().caps.bounding
        assert read.process(uid=uid, available=held) == status.caps, (release, unit)
        assert read.gains_nothing(uid, available=held) == status.no_new_privs, (release, unit)
    return ran


def test_every_filter(suite, folder):
    """Each with another user, with root, and beside a NoNewPrivileges=no that does not keep it from counting."""
    users = [
        "User=1000",
        "User=0",
        "NoNewPrivileges=yes\nUser=root",
        "NoNewPrivileges=no\nUser=user",
        "DynamicUser=yes",
        "",
    ]
    units = [f"{user}\n{key}={value}" for key, value in FILTERS.items() for user in users]

    assert compare(suite, folder, units) == len(units)


def test_values_of_filters(suite, folder):
    """Values of which there is no filter, lists that take back, and filters that forbid what systemd itself needs."""
    units = [f"User=1000\n{lines}" for lines in OTHERS]

    assert compare(suite, folder, units) == len(units)


def test_drawn_units(suite, folder):
    """All of it together."""
    ran = []

    @settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(st.lists(st.lists(LINES, max_size=5).map("\n".join), min_size=5 * RUNS, max_size=5 * RUNS))
    def run(units: list[str]) -> None:
        ran.append(compare(suite, folder, units) / len(units))

    run()
    assert min(ran) > 0.8


def test_users_whom_systemd_makes(suite, folder):
    """One that exists is that one, and so root with everything."""
    units = [
        f"DynamicUser=yes\n{lines}" for lines in ("User=root", "User=0", "User=nobody", "AmbientCapabilities=CAP_KILL")
    ]
    root, zero, nobody, ambient = processes(suite, folder, units)

    assert root.uids.real == zero.uids.real == 0
    assert Cap.SYS_ADMIN in root.caps.effective
    assert nobody.uids.real == 65534
    assert ambient.caps.effective == {Cap.KILL}
    assert compare(suite, folder, [units[0], units[1], units[3]]) == 3


PROPERTIES = "Id,CapabilityBoundingSet,AmbientCapabilities,User,Group,DynamicUser,NoNewPrivileges,SecureBits"


@pytest.mark.parametrize("options", [["--all"], [f"--property={PROPERTIES},{','.join(FILTERS)}"]])
def test_what_systemctl_shows(suite, folder, options):
    """What is read of it for the release is what the process has; nothing is told where nothing is odd."""
    users = ["", "User=1000", "User=user\nGroup=user", "DynamicUser=yes", "NoNewPrivileges=yes"]
    others = [
        *("CapabilityBoundingSet=", "CapabilityBoundingSet=CAP_KILL CAP_BPF", "CapabilityBoundingSet=~CAP_KILL"),
        *("AmbientCapabilities=CAP_NET_RAW CAP_SETPCAP", "SecureBits=noroot keep-caps", "PrivateDevices=yes"),
        "",
    ]
    units = [f"{user}\n{line}" for user in users for line in others]
    units += [f"User=1000\n{key}={value}" for key, value in FILTERS.items()]
    # systemctl shows ProtectHostname=private as yes.
    units += [f"User=1000\n{lines}" for lines in OTHERS if "bogus" not in lines and "=private" not in lines]
    statuses, text = shown(suite, folder, units, *options)
    found = documents.read(text)
    release, held = version_of(suite), live.read().caps.bounding

    assert {each.dialect for each in found} == {"systemctl"}
    assert [each.name for each in found] == [f"unit{at}.service" for at in range(len(units))]
    assert [(each.not_known, each.problems) for each in found] == [("", ())] * len(units)
    read = [outcome.workload.unit for outcome in documents.lint(found, systemd=release).outcomes]
    for unit, status, lines in zip(read, statuses, units, strict=True):
        uid = status.uids.real
        assert unit.process(uid=uid, available=held) == status.caps, (release, lines)
        assert unit.gains_nothing(uid, available=held) == status.no_new_privs, (release, lines)


def test_what_systemctl_shows_of_commands_with_a_prefix(suite, folder):
    """Theirs are not the unit's capabilities, so nothing is said of them."""
    commands = [f"ExecStart=\nExecStart={sign}/bin/cat /proc/self/status" for sign in ("+", "!", "-@", "!!", "")]
    units = [f"User=1000\n{line}".replace("-@/bin/cat", "-@/bin/cat cat") for line in commands]
    _, text = shown(suite, folder, units, "--all")

    assert [each.not_known.partition(" in front")[0] for each in documents.read(text)] == [
        *("its command has +", "its command has !", "", "", "")
    ]
