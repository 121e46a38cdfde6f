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
        ("[Network]\nPrivate=yes", Request(), ["not-counted"]),
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
    assert ambient.problems[0].rule == "not-trusted"


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
    assert documents.dialect_of("[Files]\nBind=/a\n", "a.nspawn") == "nspawn"


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
