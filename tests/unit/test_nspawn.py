"""The settings of a container of systemd-nspawn."""

from __future__ import annotations

import pickle

import pytest

from capset import documents, engines
from capset.engines import Request
from capset.errors import DialectError, FormatError
from capset.formats import nspawn

TRUSTED = "# /etc/systemd/nspawn/web.nspawn\n[Exec]\n"


@pytest.mark.parametrize(
    ("lines", "request_", "told"),
    [
        ("", Request(), []),
        (
            "Capability=CAP_NET_ADMIN 12 'CAP_KILL'\nCapability=all",
            Request(["CAP_NET_ADMIN", "12", "CAP_KILL", "all"]),
            [],
        ),
        (
            "DropCapability=cap_kill\nUser=5\nNoNewPrivileges=yes",
            Request(drop=["cap_kill"], user="5", no_new_privs=True),
            [],
        ),
        ("Capability=NET_RAW CAP_KILL,CAP_CHOWN CAP_FOWNER", Request(["CAP_FOWNER"]), ["unknown-capability"] * 2),
        ("Capability=CAP_KILL 'CAP_CHOWN", Request(["CAP_KILL"]), ["open-quote"]),
        ("Capability=$X", Request(), ["variable"]),
        ("AmbientCapability=CAP_KILL", Request(), ["not-counted"]),
        ("PrivateUsers=pick", Request(), ["own-user-namespace"]),
        ("PrivateUsers=no\nBoot=yes", Request(), []),
        ("NoNewPrivileges=maybe", Request(), ["odd-boolean"]),
        ("DropCapabilities=CAP_KILL", Request(), ["unknown-key"]),
        ("User=web", Request(user="web"), ["named-user"]),
        ("[Network]\nPrivate=yes", Request(["CAP_NET_ADMIN"]), []),
        ("[Network]\nVirtualEthernet=yes\nBridge=br0", Request(["CAP_NET_ADMIN"]), []),
        ("[Network]\nInterface=a\nInterface=", Request(["CAP_NET_ADMIN"]), []),
        ("[Network]\nPrivate=yes\nDropCapability=CAP_KILL", Request(["CAP_NET_ADMIN"]), ["misplaced"]),
        ("[Network]\nPrivate=no\nVirtualEthernet=yes\nVirtualEthernet=", Request(), []),
        ("[Network]\nBridge=br0\nBridge=\nPort=80", Request(), []),
        ("[Network]\nPrivate=maybe", Request(), ["odd-boolean"]),
        (
            "DropCapability=CAP_NET_ADMIN\n[Network]\nPrivate=yes",
            Request(["CAP_NET_ADMIN"], ["CAP_NET_ADMIN"]),
            ["in-both-lists"],
        ),
        ("[Files]\nUser=5", Request(), ["misplaced"]),
        ("[X-A]\nUser=5", Request(), []),
        (
            "DropCapability=CAP_KILL\nCapability=CAP_KILL",
            Request(["CAP_KILL"], ["CAP_KILL"]),
            ["in-both-lists"],
        ),
    ],
)
def test_settings(lines, request_, told):
    """systemd-nspawn passes over names that it does not know."""
    [workload] = documents.read(TRUSTED + lines)

    assert (workload.dialect, workload.name, workload.request) == ("nspawn", "web", request_)
    assert [problem.rule for problem in workload.problems] == told
    assert all(problem.line >= 3 for problem in workload.problems)


def test_what_is_ambient_is_not_known():
    """What it gives more is not counted, so nobody is told that there is nothing."""
    [workload] = documents.read("[Exec]\nUser=x\nAmbientCapability=CAP_SYS_ADMIN\n", "a.nspawn")
    assert workload.not_known == "not counted here: what is ambient"
    [outcome] = documents.lint(workload).outcomes
    assert (outcome.gets, outcome.reason, outcome.known) == (None, workload.not_known, False)


def test_whether_a_file_is_trusted():
    """By its folder; where nobody knows, it counts and is told."""
    for path, verdict, add in (
        ("/etc/systemd/nspawn/web.nspawn", [], ("CAP_KILL",)),
        ("/var/lib/machines/web.nspawn", ["ignored"], ()),
        ("web.nspawn", ["depends"], ("CAP_KILL",)),
    ):
        [workload] = documents.read("[Exec]\nCapability=CAP_KILL\n", path)
        assert ([problem.verdict for problem in workload.problems], workload.request.add) == (verdict, add)
    [ambient] = documents.read("[Exec]\nAmbientCapability=CAP_KILL\n", "/var/lib/machines/web.nspawn")
    assert (ambient.problems[0].rule, ambient.not_known) == ("not-trusted", "")
    for path, rules, add in (
        ("/run/systemd/nspawn/web.nspawn", [], ("CAP_NET_ADMIN",)),
        ("/var/lib/machines/web.nspawn", ["ignored"], ()),
        ("web.nspawn", ["depends"], ("CAP_NET_ADMIN",)),
    ):
        [workload] = documents.read("[Network]\nZone=web\n", path)
        assert ([problem.verdict for problem in workload.problems], workload.request.add) == (rules, add)


def test_files_with_drop_ins():
    """A drop-in adds to the lists."""
    text = f"{TRUSTED}Capability=CAP_KILL\n# /etc/systemd/nspawn/web.nspawn.d/a.conf\n[Exec]\nCapability=CAP_X\n"
    [workload] = documents.read(text)
    assert (workload.request.add, workload.problems[0].line) == (("CAP_KILL",), 6)
    assert pickle.loads(pickle.dumps(workload)) == workload
    other = workload.for_engine(engines.get("systemd-nspawn", "252"))
    assert (other.request, other.source) == (workload.request, "")


def test_what_is_none():
    """An [Exec] of something else, and a unit; by its name it is one, whatever is in it."""
    for text in ("[Exec]\nFoo=bar\n", "[Service]\nUser=5\n"):
        with pytest.raises(DialectError) as caught:
            documents.read(text, "x.ini")
        assert dict(caught.value.tried)["nspawn"] == "it has no section [Exec] with a key of systemd-nspawn"
    for section in ("Files", "Network"):
        assert documents.dialect_of(f"[{section}]\nBind=/a\n", "a.nspawn") == "nspawn"
    assert documents.dialect_of("[Network]\nSubnet=1.2.3.0/24\n", "a.network") == "quadlet"


def test_written():
    request = Request(["NET_ADMIN"], ["kill"], user="5:0", no_new_privs=True)
    with pytest.raises(FormatError, match="add"):
        nspawn.to_settings(Request(["KIL"]))
    with pytest.raises(FormatError, match="a user without a group"):
        nspawn.to_settings(Request(user="5:6"))
    with pytest.raises(FormatError, match="a user without a group"):
        nspawn.to_settings(Request(user="a b"))
    written = nspawn.to_settings(Request(["CAP_NET_ADMIN"], ["cap_kill"], user="5:0", no_new_privs=True))
    assert written == "[Exec]\nCapability=CAP_NET_ADMIN\nDropCapability=CAP_KILL\nUser=5\nNoNewPrivileges=yes\n"
    assert nspawn.to_settings(Request(privileged=True)) == "[Exec]\nCapability=all\n"
    assert request.user == "5:0"
    with pytest.raises(TypeError, match="a file of settings as str"):
        nspawn.from_settings([5])
