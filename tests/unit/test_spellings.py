"""How each engine reads names, side by side: what one takes is another one's error. tests/live asks the engines."""

from __future__ import annotations

import pytest

from capset import Cap, CapSet
from capset.engines.spelling import SPELLINGS
from capset.errors import UnknownCapabilityError

# 1 or 2: so many capabilities; *: all of them; -: passed over; 0: takes back; n: asks for nothing; .: no name in it;
# ?: none that it takes.
WORDS = (
    *("KILL", "CAP_KILL", "kill", "cap_kill", "Cap_Kill", "K\u0131ll", "ALL", "all", "All", "CAP_ALL", "cap_all", "5"),
    *("0x5", "63", "64", "CAP_KILL,CAP_CHOWN", "kill,chown", "kill chown", " KILL", "", "RESET", "reset", "none"),
)
READ = """
docker              1 1 1 1 1 1 * * * ? ? ? ? ? ? ? ? ? ? ? ? ? ?
docker before 19.03 1 ? 1 ? ? 1 * * * ? ? ? ? ? ? ? ? ? ? ? ? ? ?
podman              1 1 1 1 1 1 * * * ? ? ? ? ? ? 2 2 ? ? . ? ? ?
podman 1.1          1 ? 1 ? ? 1 * * * ? ? ? ? ? ? ? 2 ? ? . ? ? ?
containerd          1 ? 1 ? ? 1 * * * ? ? ? ? ? ? ? ? ? ? ? ? ? ?
cri-o               1 1 1 1 1 1 * * * ? ? ? ? ? ? ? ? ? ? ? ? ? ?
nerdctl             1 1 1 1 1 1 * * * ? ? ? ? ? ? 2 2 ? ? . ? ? ?
nerdctl before 0.15 1 ? 1 ? ? 1 * * * ? ? ? ? ? ? ? 2 ? ? . ? ? ?
buildah             ? 1 ? 1 1 ? * * * ? ? ? ? ? ? 2 ? ? ? . ? ? ?
nomad               1 1 1 1 1 1 * * * ? ? ? ? ? ? ? ? ? 1 ? ? ? ?
nspawn              ? 1 ? 1 1 ? ? * ? ? ? 1 1 ? ? 2 ? ? ? . ? ? ?
nspawn before 209   ? 1 ? 1 1 ? ? ? ? ? ? 1 1 ? ? 2 ? ? ? . ? ? ?
lxc                 ? ? 1 ? ? ? ? ? ? ? ? 1 1 1 ? ? ? 2 ? 0 ? ? n
bubblewrap          ? 1 ? 1 1 ? * * * ? ? 1 1 ? ? ? ? ? ? ? ? ? ?
swarm               1 1 1 1 1 1 * * * ? ? ? ? ? ? ? ? ? 1 ? - - ?
ecs                 1 ? ? ? ? ? * ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ?
systemd             ? 1 ? 1 1 ? ? ? ? ? ? 1 1 ? ? ? ? ? ? ? ? ? ?
apptainer           1 1 1 1 1 1 * * * * * ? ? ? ? 2 2 ? 1 . ? ? ?
libcap              ? 1 ? 1 1 ? ? ? ? ? ? 1 1 ? ? ? ? ? ? ? ? ? ?
oci                 ? 1 ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ?
"""


def told(spelling, word):
    """Say in a letter what comes of a word, on a kernel that has all capabilities, those without a name too."""
    asked = spelling.read((word,), CapSet.all(), CapSet.all(last_cap=63))
    flags = {"?": asked.strange, "-": asked.passed_over, "*": asked.all, "0": asked.cleared, "n": asked.nothing}
    return next((flag for flag, is_so in flags.items() if is_so), str(len(asked.caps) or "."))


@pytest.mark.parametrize("name", SPELLINGS)
def test_what_is_read(name):
    [row] = [line.removeprefix(name).split() for line in READ.splitlines() if line[:19].rstrip() == name]
    spelling = SPELLINGS[name]
    assert {word: told(spelling, word) for word in WORDS} == dict(zip(WORDS, row, strict=True))


def test_every_engine_is_there():
    assert [line[:19].rstrip() for line in READ.splitlines()[1:]] == [*SPELLINGS]


@pytest.mark.parametrize(
    ("name", "written", "every", "unnamed"),
    [
        ("docker", "KILL", "ALL", ""),
        ("nspawn", "CAP_KILL", "all", "50"),
        ("lxc", "kill", "", "50"),
        ("oci", "CAP_KILL", "", ""),
        ("ecs", "KILL", "ALL", ""),
    ],
)
def test_what_is_written(name, written, every, unnamed):
    """In the way that is read, from any other."""
    spelling = SPELLINGS[name]
    assert {spelling.rewrite(word) for word in ("kill", "CAP_KILL", " Kill ", "5")} == {written}
    if every:
        assert spelling.rewrite("All") == every
    else:
        with pytest.raises(UnknownCapabilityError):
            spelling.rewrite("All")
    if unnamed:
        assert spelling.write(Cap(50)) == unnamed
    else:
        with pytest.raises(UnknownCapabilityError, match="it has no name yet, and here only names are taken"):
            spelling.write(Cap(50))
