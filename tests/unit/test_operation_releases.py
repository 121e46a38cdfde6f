"""What an operation needs on kernels of other releases: what they said, what follows from it, and what nobody knows."""

from __future__ import annotations

import pytest
from attrs import evolve

from capset import CapSet, CapState, operations
from capset.errors import UnknownReleaseError
from capset.operations import Evidence, Requirement
from capset.operations.releases import series_of, there

MARK = operations.get("setsockopt SO_MARK")
OLD, NEW = Requirement.parse("CAP_NET_ADMIN"), Requirement.parse("CAP_NET_ADMIN | CAP_NET_RAW")


def raw() -> CapState:
    caps = CapSet(["net_raw"])
    return CapState(effective=caps, permitted=caps)


def said(release: str, needs: Requirement | None = None, how="searched", namespace="") -> Evidence:
    why = "" if how == "searched" else "so"
    return Evidence(release=release, date="2026-11-28", how=how, needs=needs, namespace=namespace, why=why)


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("5.10", (5, 10)),
        ("6.12.117+deb13-cloud-amd64", (6, 12)),
        (" 7.2-rc1 ", (7, 2)),
        ("4.18.0-553.el8_10.x86_64", (4, 18)),
    ],
)
def test_the_series_of_a_release(text, series):
    assert series_of(text) == series


@pytest.mark.parametrize("text", ["", "6", "six", "6.", ".12", "6.x", "12345.1", "Linux 6.12", "6." + "1" * 5000])
def test_what_is_no_release(text):
    """Of a text that begins with no two numbers nothing is guessed."""
    with pytest.raises(UnknownReleaseError, match="it begins with two numbers"):
        operations.can(raw(), MARK, release=text)
    with pytest.raises(UnknownReleaseError):
        operations.allowed(raw(), release=text)


@pytest.mark.parametrize("wrong", [6.12, 6, b"6.12", ("6", "12")])
def test_what_is_no_text(wrong):
    with pytest.raises(TypeError, match="a release is a text as uname -r prints it"):
        operations.can(raw(), MARK, release=wrong)


FIVE, SIX, SEVEN = said("5.10.0-32-cloud-amd64", OLD), said("6.18.44"), said("7.2.12+deb14-cloud-amd64")


@pytest.mark.parametrize(
    ("since", "until", "evidence", "release", "needs"),
    [
        ("5.17", "", (FIVE, SIX), (5, 10), OLD),  # as it said
        ("5.17", "", (FIVE, SIX), (5, 16), OLD),  # until the rule came
        ("5.17", "", (FIVE, SIX), (5, 17), NEW),
        ("5.17", "", (FIVE, SIX), (7, 9), NEW),
        ("5.17", "", (SIX,), (5, 10), None),
        ("5.17", "", (SIX,), (5, 17), NEW),
        ("", "", (FIVE, SIX), (5, 10), OLD),
        ("", "", (FIVE, SIX), (6, 1), None),  # somewhere between them it changed
        ("", "", (FIVE, SIX), (6, 18), NEW),
        ("", "", (FIVE, SIX), (6, 19), NEW),
        ("", "", (SIX, SEVEN), (7, 0), NEW),  # both say so
        ("", "", (SIX, SEVEN), (6, 12), None),
        ("", "", (), (6, 12), NEW),  # by the kernel's source
        ("5.8", "", (FIVE, SIX), (5, 15), None),  # it changed once more, and nobody knows when
        ("5.8", "", (FIVE, said("6.1.0", OLD), SIX), (5, 15), OLD),
        ("5.8", "", (FIVE, SIX), (5, 9), OLD),  # so it was from the beginning
        ("5.8", "", (FIVE, SIX), (5, 7), None),
        ("", "6.1", (FIVE,), (6, 2), None),
        ("", "6.1", (FIVE,), (6, 1), NEW),
        ("", "6.1", (SIX,), (6, 18), NEW),  # a kernel that was asked is believed
        ("", "", (said("6.18.44", how="not decided"), SEVEN), (6, 18), None),
    ],
)
def test_what_follows_from_what_kernels_said(since, until, evidence, release, needs):
    told = there(evolve(MARK, needs=NEW, since=since, until=until, evidence=evidence), release)
    assert told.needs == needs
    assert bool(told.why) is (needs is None)


@pytest.mark.parametrize(
    ("since", "until", "evidence", "release", "why"),
    [
        ("5.17", "", (), (5, 10), "it is so since Linux 5.17, and what earlier ones ask is not known"),
        ("", "5.11", (), (6, 1), "it is so until Linux 5.11, and what later ones ask is not known"),
        ("", "", (SIX,), (6, 1), "no kernel before Linux 6.18 was asked"),
        (
            "",
            "",
            (FIVE, SIX),
            (6, 1),
            "Linux 5.10 asks for CAP_NET_ADMIN, and Linux 6.18 for CAP_NET_ADMIN | CAP_NET_RAW, "
            "and none between them was asked",
        ),
    ],
)
def test_why_it_is_not_known(since, until, evidence, release, why):
    operation = evolve(MARK, needs=NEW, since=since, until=until, evidence=evidence)
    assert there(operation, release).why == why
    answer = operations.can(raw(), operation, release=".".join(map(str, release)))
    assert (answer.verdict, answer.reason, answer.missing, answer.provided) == ("not known", why, (), ())
    assert answer.gates == operations.can(raw(), operation).gates
    assert answer.operation is operation


def test_an_answer_for_a_kernel():
    """It goes by what that kernel needs, and is about the operation that was asked for."""
    assert operations.can(raw(), MARK)
    old = operations.can(raw(), MARK, release="5.10.0-32-amd64")
    assert str(old) == "setsockopt SO_MARK: no: it needs CAP_NET_ADMIN"
    assert old.missing == (CapSet(["net_admin"]),)
    assert old.operation == MARK
    assert operations.can(raw(), "setsockopt SO_MARK", release="6.18") == operations.can(raw(), MARK)


@pytest.mark.parametrize("release", ["4.19", "5.10", "6.1.176", "6.12", "6.18", "7.2", "8.0"])
def test_the_lists_for_a_kernel(release):
    """They say what each answer says, and none is in two."""
    state = CapState(effective=CapSet(["net_raw", "sys_ptrace", "syslog"]))
    lists = {
        "yes": operations.allowed(state, release=release),
        "no": operations.denied(state, release=release),
        "not known": operations.not_known(state, release=release),
    }
    found = [each.id for those in lists.values() for each in those]
    assert len(found) == len(set(found))
    for verdict, those in lists.items():
        for each in those:
            assert operations.can(state, each, release=release).verdict == verdict, each.id


def test_what_an_older_kernel_asks_for_alone_is_in_its_list():
    """A descriptor of one's own needs nothing to be linked to since Linux 6.10."""
    id = "linkat AT_EMPTY_PATH, own descriptor"
    nobody = CapState()
    assert id in [each.id for each in operations.denied(nobody, release="5.10")]
    assert id not in [each.id for each in operations.denied(nobody)]


def test_what_is_gained_on_a_kernel():
    """What it is not known of is not gained."""
    diff = CapSet().diff(CapSet(["net_raw"]))
    now, then = ([each.id for each in operations.gained(diff, release=release)] for release in (None, "5.10"))
    assert "setsockopt SO_MARK" in now
    assert "setsockopt SO_MARK" not in then
    assert "socket AF_PACKET" in then
    assert operations.gained(CapSet().diff(CapSet(["syslog"])), release="4.19") == operations.Operations()


def test_where_it_counts_there():
    """Older kernels ask for it in the initial user namespace, where newer ones take one's own."""
    told = said("6.12.117", namespace="initial")
    mark = evolve(MARK, needs=NEW, since="", evidence=(told, said("6.18.44")))
    assert there(mark, (6, 12)) == (NEW, "initial", "")
    assert there(mark, (6, 18)) == (NEW, "network", "")
    why = "Linux 6.12 asks for CAP_NET_ADMIN | CAP_NET_RAW in the initial user namespace, and Linux 6.18 for "
    assert there(mark, (6, 15)).why.startswith(why)
    rootless = {"user_ns": "rootless"}
    assert operations.can(raw(), mark, release="6.18", **rootless)
    answer = operations.can(raw(), mark, release="6.12", **rootless)
    assert answer.reason.endswith("in the initial user namespace; what is held here (rootless) does not count there")
    assert str(told) == "Linux 6.12.117: searched, in the initial user namespace alone"


def test_the_lists_go_by_where_it_counts():
    """What rootless containers can do since some release, they could not before."""
    id = "fanotify_mark FAN_MARK_MOUNT"
    root = CapState(effective=CapSet.all())
    now, then = (
        [each.id for each in operations.allowed(root, user_ns="rootless", release=release)]
        for release in ("6.18", "6.12")
    )
    assert id in now
    assert id not in then
    for each in operations.denied(root, user_ns="rootless", release="5.10"):
        assert operations.can(root, each, user_ns="rootless", release="5.10").verdict == "no"
