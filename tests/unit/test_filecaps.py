"""FileCaps: bytes, and what they cannot hold."""

from __future__ import annotations

import io
import pickle
import tarfile

import pytest

import capset
from capset import CapSet, CapState, FileCaps
from capset.errors import FileCapsError


@pytest.mark.parametrize(
    ("hexadecimal", "caps"),
    [
        ("0100000200200000000000000000000000000000", FileCaps(permitted=["net_raw"], effective=True)),
        ("0000000200000000010000000000000000000080", FileCaps(inheritable=["chown", 63])),
        ("00000003000000000000000000010000000000000a000000", FileCaps(permitted=[40], rootid=10)),
        ("000000030100000000000000000000000000000000000000", FileCaps(permitted=[0], revision=3)),
        ("010000010100000002000000", FileCaps(permitted=[0], inheritable=[1], effective=True, revision=1)),
        ("0000000200000000000000000000000000000000", FileCaps()),
        ("0100000200000000000000000000000000000000", FileCaps(effective=True)),
    ],
)
def test_bytes(hexadecimal, caps):
    """Little-endian, revision and root id kept."""
    data = bytes.fromhex(hexadecimal)

    assert FileCaps.from_xattr(data) == caps
    assert caps.to_xattr() == data
    assert FileCaps.from_xattr(bytearray(data)) == FileCaps.from_xattr(memoryview(data)) == caps
    assert pickle.loads(pickle.dumps(caps)) == caps
    assert eval(repr(caps), vars(capset)) == caps


SIZES = "expected 12 bytes for revision 1, 20 for revision 2 or 24 for revision 3"


@pytest.mark.parametrize(
    ("hexadecimal", "message"),
    [
        ("", f"{SIZES}, got none"),
        ("000002", f"{SIZES}, got 000002"),
        ("00000004", "expected revision 1, 2 or 3 in the fourth byte, not 4, got 00000004"),
        ("02000000" + "00" * 16, "expected revision 1, 2 or 3 in the fourth byte, not 0, got 02000000" + "00" * 16),
        ("00000002" + "00" * 8, "expected 20 bytes for revision 2, not 12, got 00000002" + "00" * 8),
        ("02000002" + "00" * 16, "expected no flag but the effective bit, not 0x2, got 02000002" + "00" * 16),
        (
            "00000003" + "00" * 16 + "ff" * 4,
            "expected a root id from 0 to 2**32 - 2, got 00000003" + "00" * 16 + "ff" * 4,
        ),
    ],
)
def test_what_is_no_attribute(hexadecimal, message):
    """The error shows the bytes and says what is wrong with them."""
    with pytest.raises(FileCapsError) as caught:
        FileCaps.from_xattr(bytes.fromhex(hexadecimal), source="/bin/x")

    assert str(caught.value) == f"/bin/x: no valid security.capability attribute: {message}"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"revision": 4}, "expected revision 1, 2 or 3, got 4"),
        ({"rootid": -1}, "expected a root id from 0 to 2**32 - 2, got -1"),
        ({"rootid": 2**32 - 1}, "expected a root id from 0 to 2**32 - 2, got 4294967295"),
        ({"rootid": 5, "revision": 2}, "expected no root id in revision 2; revision 3 has one, got 5"),
        (
            {"permitted": [32], "revision": 1},
            "expected the capabilities from 0 to 31 in revision 1; revision 2 has all, got 'CAP_MAC_OVERRIDE'",
        ),
    ],
)
def test_what_a_layout_cannot_hold(values, message):
    with pytest.raises(FileCapsError) as caught:
        FileCaps(**values)

    assert str(caught.value) == f"no valid security.capability attribute: {message}"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FileCaps(effective="yes"), "effective is one bit, True or False, got 'yes'"),
        (lambda: FileCaps(effective=["kill"]), "effective is one bit"),
        (lambda: FileCaps(rootid="0"), "rootid is a number, got '0'"),
        (lambda: FileCaps(rootid=True), "rootid is a number, got True"),
        (lambda: FileCaps(revision=None), "revision is a number, got None"),
        (
            lambda: FileCaps.from_xattr("0100"),
            "expected the bytes of the attribute, got '0100'; digits go to",
        ),
    ],
)
def test_other_types(make, message):
    with pytest.raises(TypeError) as caught:
        make()

    assert message in str(caught.value)


def test_from_the_sets_of_a_text():
    """One bit stands for the effective set; what libcap refuses is refused."""
    both = CapSet.parse("kill,chown")

    assert FileCaps.from_state(CapState(permitted=["kill"], inheritable=["chown"], effective=both)).effective
    assert not FileCaps.from_state(CapState(permitted=["kill"])).effective
    # libcap takes more in the effective set, and keeps the bit alone.
    assert FileCaps.from_state(CapState(effective=["kill"])) == FileCaps(effective=True)
    assert FileCaps.from_state(CapState(), rootid=5) == FileCaps(rootid=5, revision=3)
    with pytest.raises(FileCapsError, match="is empty or has CAP_CHOWN too, as a file has one bit for it"):
        FileCaps.from_state(CapState(permitted=both, effective=["kill"]))


def test_to_the_sets_of_a_text():
    """With the bit, all that the file has is effective."""
    caps = FileCaps(permitted=["kill"], inheritable=["chown"], effective=True)

    assert caps.state == CapState(permitted=["kill"], inheritable=["chown"], effective=["kill", "chown"])
    assert FileCaps(permitted=["kill"]).state == CapState(permitted=["kill"])


def test_from_tarfile():
    """Of an attribute in a tar's headers tarfile makes a str; the error says how it becomes bytes again."""
    caps = FileCaps(permitted=CapSet.all(), effective=True)
    member = tarfile.TarInfo("ping")
    member.pax_headers = {"SCHILY.xattr.security.capability": caps.to_xattr().decode("utf-8", "surrogateescape")}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member)
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        text = archive.getmember("ping").pax_headers["SCHILY.xattr.security.capability"]

    with pytest.raises(TypeError, match=r'what tarfile read to \.encode\("utf-8", "surrogateescape"\)'):
        FileCaps.from_xattr(text)
    assert FileCaps.from_xattr(text.encode("utf-8", "surrogateescape")) == caps


def test_a_message_is_shorter_than_what_it_is_about():
    """A megabyte is not quoted in full."""
    for size in (100, 10_000, 2**20):
        with pytest.raises(FileCapsError) as caught:
            FileCaps.from_xattr(bytes(size))
        assert len(str(caught.value)) < 300
        assert caught.value.value == bytes(size)
