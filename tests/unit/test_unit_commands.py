"""The commands of a unit that run with other credentials than the unit says."""

from __future__ import annotations

import pytest

from capset import CapSet, documents
from capset.errors import DocumentError, FormatError
from capset.formats import systemd

HAS_ALL = "this command has all that systemd has, whatever is said here"
PLUS, START_ONLY = f"with + {HAS_ALL}", f"with PermissionsStartOnly= {HAS_ALL}"
AS_ROOT = "with ! this command runs as root, with these capabilities"
WITH_PLUS, WITH_MARK = (f"its command has {sign} in front, and other credentials for that" for sign in "+!")


def service(*lines, **options):
    return systemd.from_unit("\n".join(["[Service]", *lines, ""]), **options)


def told(unit):
    return [problem.message for problem in unit.problems]


@pytest.mark.parametrize(
    ("command", "problems", "not_known"),
    [
        ("/bin/x +y !z", [], ""),
        ("+/bin/x", [PLUS], WITH_PLUS),
        ("-+/bin/x", [PLUS], WITH_PLUS),
        ("@:+/bin/x x", [PLUS], WITH_PLUS),
        ('"+/bin/x" y', [PLUS], WITH_PLUS),
        ("!/bin/x", [AS_ROOT], WITH_MARK),
        ("!!/bin/x", [], ""),
        ("!-!/bin/x", [], ""),
        ("/bin/y ; +/bin/x", [PLUS], WITH_PLUS),
        ("+/bin/y ; !/bin/x", [PLUS, AS_ROOT], WITH_PLUS),
        (r"/bin/y \; +/bin/x", [], ""),
        ('/bin/sh -c "a ; +b" \'; !c\' ";" +d', [], ""),
        ("/bin/y ;+/bin/x", [], ""),
        ("/bin/x \\", [], ""),
    ],
)
def test_signs_in_front(command, problems, not_known):
    unit = service("User=1000", "CapabilityBoundingSet=CAP_KILL", f"ExecStart={command}")

    assert (told(unit), unit.not_known) == (problems, not_known)


def test_what_is_shown():
    """Nothing definite, in the library, in a table or in what is written."""
    [workload] = documents.read("[Service]\nUser=1000\nCapabilityBoundingSet=CAP_KILL\nExecStart=+/bin/x\n")
    [outcome] = documents.lint(workload).outcomes

    assert (outcome.gets, outcome.known, outcome.reason) == (None, False, WITH_PLUS)
    with pytest.raises(FormatError, match="the unit: expected one of which it can be said what its processes get"):
        workload.unit.process(uid=0)
    with pytest.raises(DocumentError) as caught:
        documents.convert(workload, "docker")
    assert str(caught.value).endswith(f"what is asked for is not known, as {WITH_PLUS}")


@pytest.mark.parametrize(
    ("lines", "not_known"),
    [
        (["ExecStart=+/bin/x"], ""),
        (["Group=web", "ExecStart=+/bin/x"], ""),
        (["User=root", "ExecStart=+/bin/x"], ""),
        (["NoNewPrivileges=yes", "ExecStart=+/bin/x"], WITH_PLUS),
        (["PrivateDevices=yes", "ExecStart=+/bin/x"], WITH_PLUS),
        (["SecureBits=noroot", "ExecStart=+/bin/x"], WITH_PLUS),
        (["CapabilityBoundingSet=CAP_KILL", "ExecStart=!/bin/x"], ""),
        (["DynamicUser=yes", "ExecStart=!/bin/x"], WITH_MARK),
        (["User=web", "ExecStart=/bin/x", "ExecStart=!/bin/y"], WITH_MARK),
        (["User=web", "ExecStart=!/bin/x", "ExecStart=", "ExecStart=/bin/y"], ""),
        (["User=web", "ExecStart=/bin/x", "ExecStartPre=+/bin/y"], ""),
    ],
)
def test_where_a_sign_makes_a_difference(lines, not_known):
    unit = service(*lines)

    assert unit.not_known == not_known
    assert unit.not_known or unit.process(uid=5) is not None


def test_a_sign_that_makes_none():
    """With ! and no user, a command is as the others are."""
    unit = service("CapabilityBoundingSet=CAP_KILL", "ExecStart=!/bin/x", "ExecStartPre=!/bin/y")

    assert told(unit) == []
    assert unit.process().effective == {5}
    assert told(service("ExecStart=+/bin/x", "PermissionsStartOnly=yes", "ExecStop=/bin/x")) == []
    assert service("ExecStart=+/bin/x").process().effective == CapSet.all()


def test_a_drop_in_that_clears_a_list():
    unit = systemd.from_unit("[Service]\nUser=web\nExecStart=+/bin/x\n", "[Service]\nExecStart=\nExecStart=/bin/x\n")

    assert (told(unit), unit.not_known) == ([], "")


@pytest.mark.parametrize(("release", "sign"), [(230, "+"), (234, "!")])
def test_older_releases(release, sign):
    lines = ["User=web", f"ExecStart={sign}/bin/x"]
    [problem] = service(*lines, version=release).problems

    since = f"systemd knows {sign} in front of a command since {release + 1}"
    assert (problem.rule, problem.verdict) == ("newer-directive", "ignored")
    assert problem.message == f"{since}, and runs no such command before"
    assert service(*lines, version=release).not_known == ""
    assert service(*lines, version=release + 1).not_known


@pytest.mark.parametrize("version", [33, 252, None])
def test_permissions_for_the_start_alone(version):
    commands = ["ExecStartPre=-/bin/a", "ExecStart=/bin/b", "ExecStartPost=/bin/c ; /bin/d", "ExecStop=/bin/e"]
    unit = service("User=1000", *commands, "PermissionsStartOnly=true", version=version)

    assert told(unit) == [START_ONLY] * 4
    assert {problem.rule for problem in unit.problems} == {"start-only"}
    assert unit.problems[0].place == "line 3 (ExecStartPre)"
    assert unit.process().effective == CapSet()
    assert told(service("User=1000", *commands, "PermissionsStartOnly=no", version=version)) == []
    assert told(service("User=1000", "PermissionsStartOnly=yes", "ExecStart=/bin/b", version=version)) == []


def test_permissions_for_the_start_alone_beside_signs():
    unit = service(
        "User=web", "PermissionsStartOnly=yes", "ExecStartPre=!/bin/x", "ExecStop=+/bin/x", "ExecStart=!/bin/x"
    )

    assert told(unit) == [START_ONLY, PLUS, AS_ROOT]


def test_permissions_in_other_sections():
    unit = systemd.from_unit("[Socket]\nPermissionsStartOnly=yes\nExecStartPre=/bin/x\n", section="Socket")

    assert told(unit) == ["systemd knows it in [Service], and not in [Socket]"]
