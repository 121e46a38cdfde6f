"""What ``capset convert`` tells of what does not go over, and that it tells nothing where nothing is lost."""

from __future__ import annotations

import json

import pytest

ROOTID = "0100000300200000000000000000000000000000e8030000"
PROCESS = {"user": {"uid": 5, "gid": 6}, "capabilities": {"bounding": ["CAP_KILL"], "inheritable": ["CAP_KILL"]}}
CONFIG = json.dumps({"process": PROCESS})
WHO = "--user 1000:5 --security-opt no-new-privileges --cap-drop all"
DYNAMIC = "[Service]\nDynamicUser=yes\nCapabilityBoundingSet=\n"
GROUP_ALONE = "spec: {containers: [{name: a, securityContext: {runAsGroup: 5}}]}"
IMAGES = "the user is the image's, and what is written is for root"
NAMED = "--user: depends: only the image knows the number of the user 'web'; 0 is root"
MADE = "the user is one whom systemd makes, and what is written is for 61184"


def not_the_same(who, *sets):
    return f"what {who} gives is not the same: {'; '.join(sets)}"


@pytest.mark.parametrize(
    ("source", "target", "text", "told"),
    [
        # Of file capabilities.
        *(
            ("xattr", target, ROOTID, ["left out: the root id 1000"])
            for target in ("libcap", "docker", "compose", "kubernetes", "systemd", "oci")
        ),
        ("xattr", "iab", ROOTID, ["left out: the effective and the permitted set, the root id 1000"]),
        ("xattr", "xattr", ROOTID, []),
        # Of sets.
        ("iab", "systemd", "cap_kill", [not_the_same("systemd", "inheritable: -CAP_KILL")]),
        (
            "iab",
            "docker",
            "^cap_kill",
            [not_the_same("Docker Engine", "inheritable: -CAP_KILL", "ambient: -CAP_KILL")],
        ),
        ("iab", "libcap", "^cap_kill", ["left out: the bounding and the ambient set"]),
        ("iab", "iab", "cap_kill,!cap_kill,^cap_chown", []),
        ("iab", "oci", "^cap_kill,cap_chown", []),
        (
            "libcap",
            "systemd",
            "cap_kill=i",
            [not_the_same("systemd", "effective: +CAP_KILL", "permitted: +CAP_KILL", "inheritable: -CAP_KILL")],
        ),
        (
            "libcap",
            "systemd",
            "cap_net_raw=eip cap_kill=p",
            [not_the_same("systemd", "effective: +CAP_KILL", "inheritable: -CAP_NET_RAW")],
        ),
        ("libcap", "iab", "cap_net_raw=eip cap_kill=p", ["left out: the effective and the permitted set"]),
        ("libcap", "iab", "cap_kill=i", []),
        ("libcap", "oci", "cap_kill=p", [not_the_same("oci", "effective: +CAP_KILL")]),
        ("libcap", "docker", "cap_kill=ep", []),
        ("libcap", "xattr", "cap_kill=ep", []),
        (
            "libcap",
            "xattr",
            "cap_kill=ep cap_chown=e",
            [not_the_same("xattr", "effective: -CAP_CHOWN")],
        ),
        # Of users, and of what they gain.
        ("oci", "systemd", CONFIG, [not_the_same("systemd", "inheritable: -CAP_KILL")]),
        ("oci", "oci", CONFIG, []),
        ("oci", "iab", CONFIG, ["left out: the user (5:6)"]),
        *(
            ("docker", target, WHO, ["left out: the user (1000:5), no_new_privs"])
            for target in ("iab", "libcap", "xattr")
        ),
        *(("docker", target, WHO, []) for target in ("compose", "docker", "kubernetes", "systemd", "oci")),
        *(("docker", target, "--cap-drop all", [IMAGES]) for target in ("oci", "systemd", "libcap", "iab", "xattr")),
        *(("docker", target, "--cap-drop all", []) for target in ("compose", "docker", "kubernetes")),
        *(("docker", target, "--user 0 --cap-add kill", []) for target in ("oci", "systemd", "iab", "kubernetes")),
        ("docker", "docker", "--user web", [NAMED]),
        ("kubernetes", "docker", GROUP_ALONE, [f"a: {IMAGES}"]),
        ("kubernetes", "compose", GROUP_ALONE, [f"a: {IMAGES}"]),
        ("kubernetes", "kubernetes", GROUP_ALONE, []),
        *(("systemd", target, DYNAMIC, [MADE]) for target in ("docker", "compose", "kubernetes", "oci")),
        *(
            ("systemd", target, DYNAMIC, ["left out: the user (one whom systemd makes), no_new_privs"])
            for target in ("iab", "libcap", "xattr")
        ),
        ("systemd", "systemd", DYNAMIC, []),
        ("systemd", "docker", "[Service]\nCapabilityBoundingSet=CAP_KILL\n", []),
        ("systemd", "libcap", "[Service]\nCapabilityBoundingSet=CAP_KILL\n", []),
    ],
)  # fmt: skip
def test_losses(run, source, target, text, told):
    """Each in one line, and nothing else."""
    status, out, err = run("convert", "--from", source, "--to", target, stdin=text)

    assert (status, err.splitlines()) == (0, [f"capset: {line}" for line in told])
    assert out


@pytest.mark.parametrize(
    ("source", "target", "text", "lines"),
    [
        ("docker", "systemd", "--user 5:6 --cap-drop all", ["User=5", "Group=6"]),
        ("docker", "systemd", "--user +5:0 --cap-drop all", ["User=5", "Group=0"]),
        ("docker", "systemd", "--user root:0 --cap-drop all", ["CapabilityBoundingSet="]),
        ("docker", "systemd", "--user :6 --cap-drop all", ["CapabilityBoundingSet=", "Group=6"]),
        ("docker", "systemd", "--user web:web --cap-drop all", ["User=web", "Group=web"]),
        ("docker", "kubernetes", "--user :5", ["        runAsUser: 0", "        runAsGroup: 5"]),
        ("oci", "docker", CONFIG, ["--cap-drop=ALL --cap-add=KILL --user=5:6"]),
        ("oci", "docker", '{"process": {"capabilities": {}}}', ["--cap-drop=ALL --user=0:0"]),
        ("systemd", "docker", "[Service]\nCapabilityBoundingSet=\n", ["--cap-drop=ALL --user=0"]),
        ("systemd", "docker", "[Service]\nCapabilityBoundingSet=\nGroup=7\n", ["--cap-drop=ALL --user=0:7"]),
        ("systemd", "docker", "[Service]\nCapabilityBoundingSet=\nUser=5\nGroup=w\n", ["--cap-drop=ALL --user=5:w"]),
        ("systemd", "systemd", "[Service]\nUser=5\nGroup=w\n", ["User=5", "Group=w"]),
    ],
)
def test_users_and_groups_go_over(run, source, target, text, lines):
    """Root is said where none would be somebody else."""
    out = run("convert", "--from", source, "--to", target, stdin=text)[1]

    assert out.splitlines()[-len(lines) :] == lines


def test_losses_of_several(run):
    """Each with the name of its container."""
    text = "services: {a: {user: '5', cap_add: [all], privileged: true}, b: {user: www}}"

    assert [line[:25] for line in run("convert", "--to", "compose", stdin=text)[2].splitlines()] == [
        "capset: a: services.a.cap",
        "capset: b: services.b.use",
    ]


def test_what_an_engine_refuses_is_told(run):
    """From request to request, names go over all the same; sets, it does not make."""
    args = ("convert", "--from", "docker", "--reads", "docker@20.10", "--to")
    refused = "capset: Docker Engine 20.10 refuses to add 'PERFMON': it knows no capability after CAP_AUDIT_READ\n"

    told = (
        "capset: --cap-add: refused: Docker Engine 20.10 knows no capability 'PERFMON': "
        "it knows no capability after CAP_AUDIT_READ\n"
    )
    assert run(*args, "docker", stdin="--cap-add=PERFMON") == (0, "--cap-add=PERFMON\n", told)
    assert run(
        "convert", "--from", "docker", "--writes", "docker@20.10", "--to", "docker", stdin="--cap-add=PERFMON"
    ) == (
        0,
        "--cap-add=PERFMON\n",
        refused,
    )
    assert run(*args, "oci", stdin="--cap-add=PERFMON") == (2, "", refused)
