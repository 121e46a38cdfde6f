"""FileCaps: the capabilities of a program file, the ``security.capability`` attribute."""

from __future__ import annotations

import struct

from attrs import Factory, field, frozen

from capset.errors import FileCapsError, shown
from capset.plain import Plain
from capset.sets import CapSet
from capset.shown import Shown
from capset.state import CapState, HasCaps, five_sets

__all__ = ["FileCaps"]

_EFFECTIVE = 1  # VFS_CAP_FLAGS_EFFECTIVE; the revision is in the highest byte of the same word

# After the first word: permitted and inheritable, 32 bits of each at a time, then the root id.
_LAYOUTS = {1: struct.Struct("<3I"), 2: struct.Struct("<5I"), 3: struct.Struct("<6I")}
_NO_ID = 2**32 - 1


def _as_libcap(caps: FileCaps) -> int:
    return 3 if caps.rootid else 2


@frozen(kw_only=True)
class FileCaps(Plain, Shown):
    """The capabilities of a program file: what its ``security.capability`` attribute holds.

    An attribute without any capability is not the same as none: such a file still counts as one with
    capabilities, so that execve(2) clears the ambient set.

    Attributes:
        permitted: What execve(2) adds to the permitted set, within the bounding set.
        inheritable: What execve(2) adds of the thread's inheritable set.
        effective: Whether all that the thread is then permitted is effective too. One bit, no set.
        rootid: The user id that is root in the user namespaces for which the attribute counts, seen
            from the namespace in which it is read; 0 for all of them.
        revision: The layout: 1 with the first 32 capabilities, 2 with 64, 3 with the root id. If not
            given, the one that libcap writes: 2, or 3 for a root id.

    Raises:
        FileCapsError: The layout has no place for a capability or for the root id.
        TypeError: *effective* is no bool, or *rootid* or *revision* no number.

    Source:
        Linux ``include/uapi/linux/capability.h``, ``struct vfs_ns_cap_data``; capabilities(7), *File
        capability extended attribute versioning*.

    Examples:
        >>> from capset import FileCaps
        >>> ping = FileCaps(permitted=["net_raw"], effective=True)
        >>> ping.to_xattr().hex()
        '0100000200200000000000000000000000000000'
        >>> FileCaps.from_xattr(ping.to_xattr()) == ping
        True
        >>> print(ping.state.effective)
        CAP_NET_RAW
    """

    permitted: CapSet = field(default=CapSet(), converter=CapSet)
    inheritable: CapSet = field(default=CapSet(), converter=CapSet)
    effective: bool = False
    rootid: int = 0
    revision: int = field(default=Factory(_as_libcap, takes_self=True))

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.effective, bool):
            raise TypeError(f"effective is one bit, True or False, got {shown(self.effective)}")
        for name in ("rootid", "revision"):
            if type(value := getattr(self, name)) is not int:
                raise TypeError(f"{name} is a number, got {shown(value)}")
        if self.revision not in _LAYOUTS:
            raise FileCapsError(self.revision, "revision 1, 2 or 3")
        if not 0 <= self.rootid < _NO_ID:
            raise FileCapsError(self.rootid, "a root id from 0 to 2**32 - 2")
        if self.rootid and self.revision != 3:
            raise FileCapsError(self.rootid, f"no root id in revision {self.revision}; revision 3 has one")
        if self.revision == 1 and (beyond := CapSet.from_mask((self.permitted | self.inheritable).mask >> 32 << 32)):
            expected = "the capabilities from 0 to 31 in revision 1; revision 2 has all"
            raise FileCapsError(", ".join(beyond.names()), expected)

    @classmethod
    def from_xattr(cls, data: bytes, *, source: str = "") -> FileCaps:
        """Read the bytes of the attribute, which are little-endian on every machine.

        Args:
            data: The bytes as getxattr(2), an image layer or a tar's ``SCHILY.xattr`` entry has them. Of such an
                entry ``tarfile`` makes a str, which becomes bytes again by ``.encode("utf-8", "surrogateescape")``.
            source: Where they come from, for errors.

        Raises:
            FileCapsError: They are no attribute of one of the three revisions.
            TypeError: *data* is not bytes.

        Examples:
            >>> caps = FileCaps.from_xattr(bytes.fromhex("0100000200200000000000000000000000000000"))
            >>> caps.permitted, caps.effective, caps.revision
            (CapSet.parse('CAP_NET_RAW'), True, 2)
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            remedy = ""
            if isinstance(data, str):
                remedy = '; digits go to bytes.fromhex(), and what tarfile read to .encode("utf-8", "surrogateescape")'
            raise TypeError(f"expected the bytes of the attribute, got {shown(data)}{remedy}")
        data = bytes(data)
        if len(data) < 4:
            raise FileCapsError(data, "12 bytes for revision 1, 20 for revision 2 or 24 for revision 3", source)
        magic = int.from_bytes(data[:4], "little")
        revision, flags = magic >> 24, magic & 0xFFFFFF
        if revision not in _LAYOUTS:
            raise FileCapsError(data, f"revision 1, 2 or 3 in the fourth byte, not {revision}", source)
        layout = _LAYOUTS[revision]
        if len(data) != layout.size:
            raise FileCapsError(data, f"{layout.size} bytes for revision {revision}, not {len(data)}", source)
        if flags & ~_EFFECTIVE:
            raise FileCapsError(data, f"no flag but the effective bit, not {flags:#x}", source)
        words = [*layout.unpack(data)[1:], 0, 0, 0]
        rootid = words[4]
        if rootid == _NO_ID:
            raise FileCapsError(data, "a root id from 0 to 2**32 - 2", source)
        return cls(
            permitted=CapSet.from_mask(words[0] | words[2] << 32),
            inheritable=CapSet.from_mask(words[1] | words[3] << 32),
            effective=bool(flags),
            rootid=rootid,
            revision=revision,
        )

    def to_xattr(self) -> bytes:
        """Return the bytes of the attribute.

        Nothing is written to a file by this. The kernel takes revisions 2 and 3.
        """
        words = [part for shift in (0, 32) for part in (self.permitted.mask >> shift, self.inheritable.mask >> shift)]
        layout = _LAYOUTS[self.revision]
        fields = [self.revision << 24 | self.effective, *(word & 0xFFFFFFFF for word in words), self.rootid]
        return layout.pack(*fields[: layout.size // 4])

    @classmethod
    def from_state(cls, state: CapState | HasCaps, *, rootid: int = 0) -> FileCaps:
        """Return what setcap(8) writes for three sets.

        Args:
            state: A CapState or what has one as ``caps``: the permitted and the inheritable set. The effective
                one must be empty, or have all that these two have, as a file has one bit for it. libcap takes more
                than that, and all it keeps of it is the bit; so it is here.
            rootid: The root id of the attribute.

        Raises:
            FileCapsError: The effective set has a part of the other two.

        Source:
            libcap ``libcap/cap_file.c``, ``_fcaps_save()``.

        Examples:
            >>> from capset.formats import libcap
            >>> FileCaps.from_state(libcap.from_text("cap_net_raw=ep cap_chown=p"))
            Traceback (most recent call last):
            capset.errors.FileCapsError: no valid security.capability attribute: expected an effective set \
that is empty or has CAP_CHOWN too, as a file has one bit for it, got 'CAP_NET_RAW'
        """
        state = five_sets(state)
        lacking = (state.permitted | state.inheritable) - state.effective
        if state.effective and lacking:
            names = ", ".join(lacking.names())
            expected = f"an effective set that is empty or has {names} too, as a file has one bit for it"
            raise FileCapsError(", ".join(state.effective.names()), expected)
        return cls(
            permitted=state.permitted,
            inheritable=state.inheritable,
            effective=bool(state.effective),
            rootid=rootid,
        )

    @property
    def state(self) -> CapState:
        """The three sets as cap_get_file(3) returns them: with the bit, both others together are effective."""
        effective = self.permitted | self.inheritable if self.effective else CapSet()
        return CapState(effective=effective, permitted=self.permitted, inheritable=self.inheritable)
