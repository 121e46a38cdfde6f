"""What was read of a thread is taken wherever its five sets or its credentials are wanted, and only there."""

from __future__ import annotations

import pytest

from capset import (
    DOCKER_DEFAULT,
    CapDiff,
    CapSet,
    CapState,
    FileCaps,
    StateDiff,
    compare,
    engines,
    kernel,
    live,
    policy,
)
from capset.formats import libcap, oci

SETS = CapState(effective=["kill"], permitted=["kill"], bounding=DOCKER_DEFAULT)
PING = kernel.Executable(caps=FileCaps(permitted=["kill"], effective=True))


@pytest.fixture
def status():
    """Return a thread of user 1000."""
    return live.ProcStatus(
        pid=7, tgid=7, ppid=1, name="web", uids=(1000,) * 4, gids=(50,) * 4, groups=(), caps=SETS,
        no_new_privs=False, seccomp=0,
    )  # fmt: skip


def test_five_sets(status):
    """A ProcStatus, and Credentials, are taken for a CapState."""
    for thread in (status, status.credentials(), oci.Process(caps=SETS)):
        assert CapState().diff(thread) == CapState().diff(SETS)
        assert CapState().diff(SETS).inverse().apply(thread) == CapState()
        assert engines.recognise(thread) == engines.recognise(SETS)
        assert FileCaps.from_state(thread) == FileCaps.from_state(SETS)
        assert libcap.to_text(thread) == libcap.to_text(SETS)
        assert libcap.IAB.from_state(thread) == libcap.IAB.from_state(SETS)
        assert oci.to_config(thread) == oci.to_config(SETS)
        assert compare(one=thread).sets == {"one": SETS.effective}


def test_status_has_what_its_sets_have(status):
    """A difference, and a row."""
    assert status.diff(CapState()) == SETS.diff(CapState())
    assert status.diff(status) == StateDiff()
    assert status.to_records() == live.Snapshot([status]).to_records()
    assert len(status.to_records()) == 1


def test_credentials(status):
    """A ProcStatus is taken for the credentials that it tells, with what was assumed."""
    cred = status.credentials()

    assert kernel.why(status, "kill") == kernel.why(cred, "kill")
    assert kernel.why(status, "kill").cred.assumed == cred.assumed
    assert kernel.histories(status) == kernel.histories(cred)
    assert kernel.execve(status, PING) == kernel.execve(cred, PING)
    assert kernel.explain_execve(status, PING) == kernel.explain_execve(cred, PING)
    inside = kernel.unshare_user(cred)
    assert kernel.write_uid_map(inside, [(0, 1000, 1)], status) == kernel.write_uid_map(inside, [(0, 1000, 1)], cred)


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (CapSet(["kill"]), r"got CapSet.parse\('CAP_KILL'\); a CapSet may be one of them, as in CapState\("),
        (FileCaps(permitted=["kill"]), "its state has them"),
        (engines.get("docker"), r"its container\(\) are those of a container's first process"),
        (5, "expected five sets, a CapState or what has one as caps, got 5$"),
        (live.CapFile("/bin/ping", FileCaps()), r"got \('/bin/ping', FileCaps"),
    ],
)
def test_no_five_sets(wrong, remedy):
    """What has no five sets is refused, with the way to them."""
    for call in (
        CapState().diff,
        StateDiff().apply,
        engines.recognise,
        FileCaps.from_state,
        libcap.to_text,
        libcap.IAB.from_state,
        oci.to_config,
    ):
        with pytest.raises(TypeError, match=remedy):
            call(wrong)


def test_one_set(status):
    """Where one set is wanted, one of the five has to be chosen."""
    docker = engines.get("docker")
    firsts = ((status, "caps.effective"), (SETS, "permitted"), (FileCaps(), "permitted"), (docker, "default"))
    for wrong, first in firsts:
        for call in (CapSet, DOCKER_DEFAULT.diff, DOCKER_DEFAULT.union, docker.flags, docker.request, CapDiff().apply):
            with pytest.raises(TypeError, match=f"no single set; take one of those that it has, such as its {first}"):
                call(wrong)
    with pytest.raises(TypeError, match=r"expected an iterable of capabilities, got 1\.5$"):
        CapSet(1.5)


def test_no_credentials():
    """An engine has some for every request; the caller says for which."""
    for wrong in (engines.get("docker"), SETS, 5):
        with pytest.raises(TypeError, match=r"expected Credentials or a ProcStatus, got .*credentials\(\) reads those"):
            kernel.why(wrong, "kill")
    with pytest.raises(TypeError, match="expected Credentials or a ProcStatus, got 5"):
        kernel.write_setgroups(kernel.unshare_user(kernel.Credentials()), "deny", 5)


def test_no_difference():
    """A difference goes on with a difference."""
    with pytest.raises(TypeError, match=r"expected a CapDiff, as before.diff\(after\) makes one, got CapSet\(\)"):
        CapDiff().then(CapSet())
    with pytest.raises(TypeError, match=r"expected a StateDiff, .* of two states makes one, got CapDiff"):
        StateDiff().then(CapDiff())


def test_beyond_default_needs_a_request():
    """A list of options is read first."""
    assert policy.beyond_default(engines.Request(["kill"])) == CapDiff()
