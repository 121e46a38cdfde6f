"""``capset least`` with real commands, by setpriv(1), in a user namespace, and in containers of real engines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from capset import CapSet, engines, least
from capset.cli.output import Failure
from capset.cli.trying import as_anybody, as_root, in_container

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("setpriv") is None,
    reason="root with setpriv of util-linux runs commands with other sets",
)
PYTHON = "/usr/bin/python3"  # which every user can run
FEW = CapSet(["net_raw", "net_bind_service", "kill", "sys_chroot"])
RAW = (PYTHON, "-c", "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)")
LOW = (PYTHON, "-c", "import socket; socket.socket().bind(('127.0.0.1', 81))")
STATUS = ("sh", "-c", 'grep "^Cap" /proc/self/status > "$0"')


def found(way, universe=FEW):
    return least.minimal_sets(way.works, universe=universe)


def test_by_root():
    """By the bounding set; what a command of root's does not need is not asked for."""
    way = as_root(RAW, 0, None)
    way.probe()
    assert found(way).minimal == (CapSet(["net_raw"]),)
    assert found(as_root(("true",), 0, None)).minimal == (CapSet(),)
    assert found(as_root(("false",), 0, None)).minimal == ()


def test_by_another_user():
    """By the ambient set, which an ordinary program keeps."""
    assert found(as_root(LOW, 1000, None)).minimal == (CapSet(["net_bind_service"]),)


@pytest.fixture
def open_folder():
    """A folder that every user can write to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def test_the_sets_are_those_that_are_said(open_folder):
    """All five, of root and of another user, and of capabilities that an old setpriv has no name for."""
    caps, mask = CapSet(["kill", "bpf"]), "0000008000000020"
    for user, inherited in ((0, "0" * 16), (1000, mask)):
        path = open_folder / str(user)
        assert as_root((*STATUS, str(path)), user, None).works(caps)
        rows = dict(line.split(":\t") for line in path.read_text("utf-8").splitlines())
        assert rows == {"CapInh": inherited, "CapPrm": mask, "CapEff": mask, "CapBnd": mask, "CapAmb": inherited}


def test_the_group_of_a_user(open_folder):
    """It is that which the host has for the user, and none besides; nobody's has another number here."""
    import grp
    import pwd

    user = pwd.getpwnam("man").pw_uid
    path = open_folder / "ids"
    assert as_root(("sh", "-c", 'id -u > "$0"; id -G >> "$0"', str(path)), user, None).works(CapSet())
    assert path.read_text("ascii").split() == [str(user), str(grp.getgrnam("man").gr_gid)]


def test_in_a_user_namespace():
    """Without root: a socket of the host's network is refused whatever is held, and it says why nothing follows."""
    way = as_anybody(RAW, None)
    way.probe()
    assert found(way).minimal == ()
    assert "nothing follows for root" in way.title
    chroot = (PYTHON, "-c", "import os; os.chroot('/')")
    assert found(as_anybody(chroot, None)).minimal == (CapSet(["sys_chroot"]),)


def test_what_setpriv_cannot_do():
    """It is found out before anything is tried."""
    way = as_anybody(("true",), None)._replace(front=("setpriv", "--reuid=1000", "--"))
    with pytest.raises(
        Failure, match=r"no command can be run with other sets here: setpriv .* has none effective, and "
    ):
        way.probe()
    with pytest.raises(Failure, match=r"no command can be run with other sets here: setpriv .*: setpriv: "):
        way._replace(front=("setpriv", "--nope")).probe()
    with pytest.raises(Failure, match="there is no /nope/unshare, which runs a command with other sets"):
        way._replace(front=("/nope/unshare",)).probe()


def test_the_command():
    """As a person types it."""
    capset = [sys.executable, "-m", "capset", "least", "--universe", "net_raw,kill"]

    def said(*words):
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "80"})
        return done.returncode, done.stdout, done.stderr

    status, out, err = said(*capset, "--", *RAW)
    assert (status, err) == (0, "")
    assert out.startswith("tried as root, by the bounding set\nCAP_NET_RAW: no other set is minimal (2 capabilities, ")
    assert "\nsetpriv --bounding-set=-all,+net_raw --inh-caps=-all -- /usr/bin/python3 -c " in out
    status, out, err = said("setpriv", "--bounding-set=-setpcap", "--", *capset, "--", "true")
    assert (status, out) == (2, "")
    assert "this process lacks CAP_SETPCAP, which setpriv needs" in err


def test_in_containers(docker):
    """The options of the engine take the place of their mark."""
    words = [*map(str, docker.client), "run", "--rm", "--network=none", "{flags}", "box", "sh", "-c", "chroot / true"]
    way = in_container(words, engines.get("docker"), 60)
    assert found(way, CapSet(["sys_chroot", "kill"])).minimal == (CapSet(["sys_chroot"]),)
    with pytest.raises(Failure, match="the engine did not start"):
        in_container([*words[:-4], "nosuchimage"], engines.get("docker"), 60).works(CapSet())
