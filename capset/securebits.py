"""Securebits: how a thread treats user id 0, and which of that is locked."""

from __future__ import annotations

from enum import EnumType, IntFlag
from typing import Any, cast

from capset.errors import ArgumentError, shown

__all__ = ["Securebits"]


class _Checked(EnumType):
    """What is no number is told in the words of this library, and so is one that IntFlag fails to write down."""

    def __call__(cls, value: Any = 0, /) -> Securebits:  # type: ignore[override]
        if not isinstance(value, int):
            raise TypeError(f"securebits are Securebits or a number, got {shown(value)}")
        if not -(2**32) <= value < 2**32:  # negative ones are what ~ makes of others
            raise ArgumentError(f"securebits are a number from 0 to 2**32 - 1, got {shown(value)}", value)
        bits: Any = super().__call__(value)
        return cast("Securebits", bits)


class Securebits(IntFlag, metaclass=_Checked):
    """The securebits flags of a thread.

    Each flag has a companion, its lock, one bit above it: once the lock is raised, nobody can change
    the flag any more, whichever state it is in. Bits that have no name here are kept.

    The members carry the kernel's names; the spelling of the C header, with ``SECBIT_``, works as well.

    Source:
        Linux ``include/uapi/linux/securebits.h``; capabilities(7), *The securebits flags*. The two
        ``EXEC_`` flags and their locks are of Linux 6.14.

    Examples:
        >>> bits = Securebits(0b0011)
        >>> print(bits)
        SECBIT_NOROOT|SECBIT_NOROOT_LOCKED
        >>> Securebits.NOROOT.lock
        Securebits.NOROOT_LOCKED
        >>> bits.locked
        Securebits.NOROOT
    """

    NOROOT = 1 << 0
    NOROOT_LOCKED = 1 << 1
    NO_SETUID_FIXUP = 1 << 2
    NO_SETUID_FIXUP_LOCKED = 1 << 3
    KEEP_CAPS = 1 << 4
    KEEP_CAPS_LOCKED = 1 << 5
    NO_CAP_AMBIENT_RAISE = 1 << 6
    NO_CAP_AMBIENT_RAISE_LOCKED = 1 << 7
    EXEC_RESTRICT_FILE = 1 << 8
    EXEC_RESTRICT_FILE_LOCKED = 1 << 9
    EXEC_DENY_INTERACTIVE = 1 << 10
    EXEC_DENY_INTERACTIVE_LOCKED = 1 << 11

    SECBIT_NOROOT = NOROOT
    SECBIT_NOROOT_LOCKED = NOROOT_LOCKED
    SECBIT_NO_SETUID_FIXUP = NO_SETUID_FIXUP
    SECBIT_NO_SETUID_FIXUP_LOCKED = NO_SETUID_FIXUP_LOCKED
    SECBIT_KEEP_CAPS = KEEP_CAPS
    SECBIT_KEEP_CAPS_LOCKED = KEEP_CAPS_LOCKED
    SECBIT_NO_CAP_AMBIENT_RAISE = NO_CAP_AMBIENT_RAISE
    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED = NO_CAP_AMBIENT_RAISE_LOCKED
    SECBIT_EXEC_RESTRICT_FILE = EXEC_RESTRICT_FILE
    SECBIT_EXEC_RESTRICT_FILE_LOCKED = EXEC_RESTRICT_FILE_LOCKED
    SECBIT_EXEC_DENY_INTERACTIVE = EXEC_DENY_INTERACTIVE
    SECBIT_EXEC_DENY_INTERACTIVE_LOCKED = EXEC_DENY_INTERACTIVE_LOCKED

    @property
    def lock(self) -> Securebits:
        """The locks of the flags that are raised here."""
        return Securebits((self & _FLAGS) << 1)

    @property
    def locked(self) -> Securebits:
        """The flags whose locks are raised here, which can no longer change."""
        return Securebits((self & _FLAGS.lock) >> 1)

    @property
    def _unnamed(self) -> int:
        return int(self) & ~int(_FLAGS | _FLAGS.lock)  # ~ of a flag knows named bits only

    def __str__(self) -> str:
        names = [f"SECBIT_{flag.name}" for flag in self]
        return "|".join(names + [hex(self._unnamed)] * bool(self._unnamed)) or "0"

    def __repr__(self) -> str:
        parts = [f"Securebits.{flag.name}" for flag in self]
        return "|".join(parts + [f"Securebits({self._unnamed:#x})"] * (bool(self._unnamed) or not parts))


_FLAGS = (
    Securebits.NOROOT
    | Securebits.NO_SETUID_FIXUP
    | Securebits.KEEP_CAPS
    | Securebits.NO_CAP_AMBIENT_RAISE
    | Securebits.EXEC_RESTRICT_FILE
    | Securebits.EXEC_DENY_INTERACTIVE
)
